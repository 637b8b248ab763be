//! What a file's bytes are, as far as they say so themselves: WebAssembly or something else, a component or a core module,
//! whole or cut off, by whom built, for debugging or not, and what it asks for by name. It checks nothing and compiles
//! nothing; whether a component is right is for the compiler to say.

use std::borrow::Cow;

use wasmparser::{Encoding, KnownCustom, Parser, Payload};

/// The most names that are kept of a kind: enough to tell what a file is, whatever somebody wrote into it.
const MOST_NAMES: usize = 512;

/// The most tools that are kept.
const MOST_TOOLS: usize = 32;

/// Bytes of a name that are shown.
const SHOWN: usize = 100;

/// What a file is.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Whether it is a component; else it is a core module.
    pub(super) is_component: bool,
    /// What a component imports, at its top.
    pub(super) imports: Vec<String>,
    /// What a component exports, at its top.
    pub(super) exports: Vec<String>,
    /// What a core module imports: of which module, and what.
    pub(super) core_imports: Vec<(String, String)>,
    /// Languages and tools that say they made it.
    pub(super) tools: Vec<Tool>,
    /// Bytes of sections for debuggers.
    pub(super) debug_bytes: usize,
    /// Bytes of all of it.
    pub(super) bytes: usize,
    /// What the reader stumbled over.
    pub(super) flaw: Option<Flaw>,
}

/// Something that a file names as having made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    field: String,
    pub(super) name: String,
    version: String,
}

/// Where a file cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It ends before it should.
    Cut,
    /// Something else.
    Other,
}

impl Look {
    /// Looks through `bytes`, which begin as WebAssembly does. What is wrong ends the look, and is no error.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut look = Self { bytes: bytes.len(), ..Self::default() };
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let read = payload.and_then(|payload| match payload {
                Payload::Version { encoding, .. } => {
                    if depth == 0 {
                        look.is_component = encoding == Encoding::Component;
                    }
                    depth += 1;
                    Ok(())
                }
                Payload::End(_) => {
                    depth = depth.saturating_sub(1);
                    Ok(())
                }
                Payload::ComponentImportSection(section) if depth == 1 => section.into_iter().try_for_each(|import| {
                    keep(&mut look.imports, import?.name.name);
                    Ok(())
                }),
                Payload::ComponentExportSection(section) if depth == 1 => section.into_iter().try_for_each(|export| {
                    keep(&mut look.exports, export?.name.name);
                    Ok(())
                }),
                Payload::ImportSection(section) if depth == 1 => section.into_imports().try_for_each(|import| {
                    let import = import?;
                    if look.core_imports.len() < MOST_NAMES {
                        look.core_imports.push((shown(import.module), shown(import.name)));
                    }
                    Ok(())
                }),
                Payload::CustomSection(section) => {
                    if section.name().starts_with(".debug_") {
                        look.debug_bytes += section.data().len();
                    }
                    if let KnownCustom::Producers(producers) = section.as_known() {
                        // What is wrong with what a tool says of itself is no reason to know less of the rest.
                        let _ = look.made_by(producers);
                    }
                    Ok(())
                }
                _ => Ok(()),
            });
            if let Err(error) = read {
                let cut = error.message().contains("unexpected end");
                look.flaw = Some(if cut { Flaw::Cut } else { Flaw::Other });
                break;
            }
        }
        look
    }

    fn made_by(&mut self, producers: wasmparser::ProducersSectionReader<'_>) -> wasmparser::Result<()> {
        for field in producers {
            let field = field?;
            for value in field.values {
                let value = value?;
                let tool = Tool { field: shown(field.name), name: shown(value.name), version: shown(value.version) };
                if self.tools.len() < MOST_TOOLS && !self.tools.contains(&tool) {
                    self.tools.push(tool);
                }
            }
        }
        Ok(())
    }

    /// The tool of those named that says it made it, with its version; in the order in which they are named.
    pub(super) fn tool(&self, names: &[&str]) -> Option<String> {
        let found = names.iter().find_map(|name| self.tools.iter().find(|tool| tool.name.eq_ignore_ascii_case(name)));
        found.map(Tool::shown)
    }

    /// Whether it says that it was written in this language.
    pub(super) fn is_in(&self, language: &str) -> bool {
        self.tools.iter().any(|tool| tool.field == "language" && tool.name.starts_with(language))
    }

    /// What built it, in words: the tool that its author knows.
    pub(super) fn built_by(&self) -> Option<String> {
        let known = [
            "componentize-js",
            "ComponentizeJS",
            "componentize-py",
            "jco",
            "TinyGo",
            "emscripten",
            "wasm-bindgen",
            "AssemblyScript",
            "rustc",
            "Go cmd/compile",
            "clang",
        ];
        self.tool(&known).or_else(|| {
            self.tools
                .iter()
                .find(|tool| tool.field == "processed-by" && !tool.name.starts_with("wit-"))
                .map(Tool::shown)
        })
    }
}

impl Tool {
    fn shown(&self) -> String {
        // A compiler's version says in brackets which commit it was made of.
        let version = self.version.split(" (").next().unwrap_or_default();
        if version.is_empty() { self.name.clone() } else { format!("{} {version}", self.name) }
    }
}

fn keep(names: &mut Vec<String>, name: &str) {
    if names.len() < MOST_NAMES {
        names.push(shown(name));
    }
}

/// A name that somebody wrote, as a message can have it.
pub(super) fn shown(name: &str) -> String {
    let mut escaped = String::new();
    for c in name.chars() {
        if c.is_control() || c == '`' { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    if escaped.len() <= SHOWN {
        return escaped;
    }
    let cut: String = escaped.chars().take(SHOWN).collect();
    format!("{cut}…")
}

/// What bytes are that are no WebAssembly, and what to do about it.
pub(super) fn other_than_wasm(bytes: &[u8]) -> (Cow<'static, str>, &'static str) {
    const BUILD: &str =
        "build it as a component: `host build` in its project, or cargo build --release --target wasm32-wasip2";
    const PARSE: &str = "translate it: wasm-tools parse NAME.wat -o NAME.wasm";
    const UNPACK: &str = "unpack it first: what lies in the functions folder is the component itself";
    const DOWNLOAD: &str =
        "look into it: it may be what a server answered instead of the file; get the component again";
    const LFS: &str = "fetch what it stands for: git lfs pull";
    let starts: [(&[u8], &'static str, &'static str); 14] = [
        (
            b"\x1f\x8b",
            "it is compressed with gzip",
            "unpack it first: mv NAME.wasm NAME.wasm.gz && gunzip NAME.wasm.gz",
        ),
        (b"\x28\xb5\x2f\xfd", "it is compressed with zstd", UNPACK),
        (b"\xfd7zXZ\0", "it is compressed with xz", UNPACK),
        (b"BZh", "it is compressed with bzip2", UNPACK),
        (b"PK\x03\x04", "it is a zip archive", UNPACK),
        (b"\x7fELF", "it is a program or library of a machine (ELF)", BUILD),
        (b"MZ", "it is a program of Windows", BUILD),
        (b"\xcf\xfa\xed\xfe", "it is a program or library of macOS", BUILD),
        (b"\xca\xfe\xba\xbe", "it is a program of macOS or a class of Java", BUILD),
        (b"!<arch>\n", "it is an archive of a linker (ar), as a static library is", BUILD),
        (b"BC\xc0\xde", "it is bitcode of LLVM", BUILD),
        (b"#!", "it is a script", BUILD),
        (b"version https://git-lfs", "it is a pointer of Git LFS, without the file", LFS),
        (b"<", "it is a page of HTML or XML", DOWNLOAD),
    ];
    if bytes.is_empty() {
        return ("it is empty".into(), BUILD);
    }
    if bytes.starts_with(b"\0asm") {
        let what = match bytes.len() {
            length @ ..8 => format!("it is cut off after {length} bytes"),
            _ => "it has a version of the format that is not known here".to_owned(),
        };
        return (what.into(), BUILD);
    }
    if let Some((_, what, fix)) = starts.into_iter().find(|(start, ..)| bytes.starts_with(start)) {
        return (what.into(), fix);
    }
    // The beginning of a text is enough; it may end within a character.
    let head = bytes.get(..4096).unwrap_or(bytes);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => "",
    };
    let code = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with(";;"));
    if code.is_some_and(|line| line.starts_with("(component") || line.starts_with("(module") || line.starts_with("(;"))
    {
        return ("it is WebAssembly's text form (WAT)".into(), PARSE);
    }
    if !text.is_empty() && !text.contains('\0') {
        return ("it is text".into(), BUILD);
    }
    ("it begins with none of its marks".into(), BUILD)
}
