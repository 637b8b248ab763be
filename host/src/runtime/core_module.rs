//! What a core module was made of and for, told by what it imports and by who says to have built it, and how to make a
//! component of the same source. A core module is what came before components; compilers of many languages still make one
//! unless they are told otherwise.

use std::fmt;

use super::look::Look;

/// What a core module was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreModule {
    /// What it was made for, in words; none if nothing says so.
    made_for: Option<&'static str>,
    built_by: Option<String>,
    fix: &'static str,
}

const RUST: &str =
    "build it for wasm32-wasip2: `host build` in its project, or cargo build --release --target wasm32-wasip2";
const COMPONENT_NEW: &str =
    "make a component of it: `host component` (or `wasm-tools component new`), or build it for wasm32-wasip2";
const BROWSER: &str = "build it for wasm32-wasip2 and without wasm-bindgen: cargo build --release --target wasm32-wasip2 \
                       (crates that need a browser, as js-sys and web-sys, have nothing to talk to here)";
const TINYGO: &str = "build it with `tinygo build -target=wasip2`, and the world in wit/";
const ADAPT: &str = "build it for WASI 0.2 (Rust: wasm32-wasip2, TinyGo: -target=wasip2, C: wasi-sdk's wasm32-wasip2), or \
                     make a component of it: `host component` (or `wasm-tools component new --adapt`)";
const EMSCRIPTEN: &str = "build it with wasi-sdk for wasm32-wasip2 instead: what Emscripten makes needs its JavaScript";
const ASSEMBLYSCRIPT: &str = "write it in a language that components are made of: what AssemblyScript makes needs \
                              JavaScript's strings";
const UNDEFINED: &str = "link what it lacks: what is imported from `env` are functions that were declared and that no \
                         object file has (an `extern` block, a library that was left out)";

impl CoreModule {
    /// Of a module that has been looked at.
    pub(super) fn of(look: &Look) -> Self {
        let (made_for, fix) = purpose(look).map_or((None, COMPONENT_NEW), |(what, fix)| (Some(what), fix));
        Self { made_for, built_by: look.built_by(), fix }
    }

    /// What to do about it.
    pub(super) fn fix(&self) -> &'static str {
        self.fix
    }
}

fn purpose(look: &Look) -> Option<(&'static str, &'static str)> {
    let from = |starts: &[&str]| {
        look.core_imports.iter().any(|(module, _)| starts.iter().any(|start| module.starts_with(start)))
    };
    let named =
        |starts: &[&str]| look.core_imports.iter().any(|(_, name)| starts.iter().any(|start| name.starts_with(start)));
    if from(&["wbg", "__wbindgen"]) || look.tool(&["wasm-bindgen"]).is_some() {
        return Some(("JavaScript in a browser, with wasm-bindgen", BROWSER));
    }
    if look.core_imports.iter().any(|(module, _)| matches!(module.as_str(), "go" | "gojs")) {
        return Some(("JavaScript (GOOS=js)", TINYGO));
    }
    if from(&["vestibule:", "wasi:", "cm32p2", "[export]"]) {
        return Some(("a component, which nobody has made of it yet", COMPONENT_NEW));
    }
    let is_emscripten =
        look.tool(&["emscripten"]).is_some() || named(&["emscripten_", "_emscripten", "invoke_", "__cxa_"]);
    if is_emscripten {
        return Some(("JavaScript, with Emscripten", EMSCRIPTEN));
    }
    if from(&["wasi_snapshot_preview1", "wasi_unstable"]) {
        let fix = if look.is_in("Rust") {
            RUST
        } else if look.tool(&["TinyGo"]).is_some() || look.is_in("Go") {
            TINYGO
        } else {
            ADAPT
        };
        return Some(("WASI preview 1 (wasip1), which came before components", fix));
    }
    if from(&["env"]) {
        let is_assemblyscript = look.tools.is_empty()
            && look.core_imports.iter().all(|(module, name)| {
                module == "env" && matches!(name.as_str(), "abort" | "seed" | "trace" | "memory")
            });
        return Some(if is_assemblyscript {
            ("JavaScript, perhaps with AssemblyScript", ASSEMBLYSCRIPT)
        } else {
            ("somebody who has the functions that it imports from `env`", UNDEFINED)
        });
    }
    look.is_in("Rust").then_some(("no system (wasm32-unknown-unknown)", RUST))
}

/// What goes after "this is a core WebAssembly module, not a component".
impl fmt::Display for CoreModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.made_for, &self.built_by) {
            (Some(what), Some(by)) => write!(f, ": it was built by {by}, for {what}"),
            (Some(what), None) => write!(f, ": it was built for {what}"),
            (None, Some(by)) => write!(f, ": it was built by {by}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a module with these imports, and who says it was built by whom.
    fn said(imports: &str, tool: Option<(&str, &str, &str)>) -> (String, &'static str) {
        let mut bytes = wat::parse_str(format!("(module {imports})")).unwrap();
        if let Some((field, name, version)) = tool {
            let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            let content = [text("producers"), vec![1], text(field), vec![1], text(name), text(version)].concat();
            bytes.extend([vec![0, u8::try_from(content.len()).unwrap()], content].concat());
        }
        let module = CoreModule::of(&Look::of(&bytes));
        (module.to_string(), module.fix())
    }

    #[test]
    fn who_made_it_for_what_is_told_by_its_imports() {
        let preview1 = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
        let env = |name: &str| format!(r#"(import "env" "{name}" (func))"#);
        for (imports, tool, what, fix) in [
            ("", None, "", "wasm-tools component new"),
            ("", Some(("language", "Rust", "")), "wasm32-unknown-unknown", "--target wasm32-wasip2"),
            (preview1, None, "WASI preview 1", "component new --adapt"),
            (
                preview1,
                Some(("language", "Rust", "")),
                "WASI preview 1",
                "cargo build --release --target wasm32-wasip2",
            ),
            (
                preview1,
                Some(("processed-by", "TinyGo", "0.40.0")),
                "built by TinyGo 0.40.0, for WASI",
                "-target=wasip2",
            ),
            (r#"(import "wbg" "__wbg_log_1" (func))"#, None, "wasm-bindgen", "without wasm-bindgen"),
            (
                r#"(import "./x_bg.js" "f" (func))"#,
                Some(("processed-by", "wasm-bindgen", "0.2.100")),
                "wasm-bindgen",
                "js-sys",
            ),
            (r#"(import "gojs" "runtime.wasmExit" (func (param i32)))"#, None, "GOOS=js", "tinygo"),
            (&env("emscripten_resize_heap"), None, "Emscripten", "wasi-sdk"),
            (&env("abort"), None, "AssemblyScript", "JavaScript"),
            (&env("my_function"), None, "imports from `env`", "link what it lacks"),
            (
                r#"(import "vestibule:function/output@0.1.0" "write" (func))"#,
                None,
                "nobody has made of it",
                "component new",
            ),
        ] {
            let (said, to_do) = said(imports, tool);
            assert!(said.contains(what) && to_do.contains(fix), "{imports}: {said}: {to_do}");
        }
    }
}
