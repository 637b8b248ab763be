//! `host new` in JavaScript, TypeScript, Python, Go and C, as an author has it: what it writes is built, checked and tested by each language's own tools,
//! and as components behind the gates. Components take the time, so of Python there is one and of others there are two; the
//! handlers of all are tested for this machine. The tools are those of `tools/`; one that cannot be had fails the test.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::run;

/// Functions of every template, and of senders that differ in what they need.
const FUNCTIONS: [(&str, &[&str]); 7] = [
    ("hello", &[]),
    ("my-notes", &["--template", "api"]),
    ("me", &["--template", "auth"]),
    // A secret that is a text; an id; a form and the URL; a public key.
    ("pushes", &["--scheme", "github"]),
    ("messages", &["--template", "webhook", "--scheme", "standardwebhooks"]),
    ("calls", &["--scheme", "twilio"]),
    ("commands", &["--scheme", "discord"]),
];

/// A project in a language.
struct Project {
    folder: PathBuf,
    /// What is run before a program: a script that finds the language's tools.
    tools: Option<PathBuf>,
    functions: Vec<&'static str>,
}

impl Project {
    /// Makes one with all templates that the language has, at the same place every time. `tools` is a script of this repository.
    fn new(language: &str, tools: Option<&str>) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let folder = repository.join("target/test-projects").join(format!("new-{language}"));
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let tools = tools.map(|script| repository.join("tools").join(script));
        let mut project = Self { folder, tools, functions: Vec::new() };
        for (name, options) in FUNCTIONS {
            let at = ["new", name, "--lang", language, "--project", project.folder.to_str().unwrap()];
            let made = run(&[&at, options].concat());
            if language == "c" && name == "my-notes" {
                assert_eq!((made.code, made.stdout.as_str()), (Some(64), ""));
                assert!(made.stderr.contains("no template `api` in C"), "{}", made.stderr);
                assert!(!project.folder.join(name).exists());
                continue;
            }
            assert_eq!(made.code, Some(0), "{name}: {}{}", made.stdout, made.stderr);
            assert!(
                made.stdout.contains("host dev") && made.stdout.contains(&format!("  {name}/\n")),
                "{}",
                made.stdout
            );
            project.functions.push(name);
        }
        assert!(!project.folder.join("Cargo.toml").exists(), "nobody asked for Rust");
        project
    }

    /// Runs a program with the language's tools in a folder of the project, and returns what it printed. It has to succeed.
    fn runs<I: AsRef<OsStr>>(&self, folder: &str, program: impl AsRef<OsStr>, arguments: &[I]) -> String {
        let mut command = match &self.tools {
            None => Command::new(program.as_ref()),
            Some(tools) => {
                let mut command = Command::new(tools);
                command.arg(program.as_ref());
                command
            }
        };
        command.args(arguments).current_dir(self.folder.join(folder)).stdin(Stdio::null());
        // As an author has it: what others' tests are told is no business of these.
        for name in ["VESTIBULE_FUNCTIONS", "VIRTUAL_ENV", "GOFLAGS"] {
            command.env_remove(name);
        }
        let output = command.env("VESTIBULE_HOST", env!("CARGO_BIN_EXE_host")).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let asked = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect::<Vec<_>>().join(" ");
        let program = program.as_ref().to_string_lossy();
        assert!(output.status.success(), "{folder}: {program} {asked}: {}\n{stdout}{stderr}", output.status);
        stdout
    }

    /// Builds functions and runs all their tests.
    fn tests(&self, names: &[&str]) -> String {
        self.runs("", env!("CARGO_BIN_EXE_host"), &[&["test"], names].concat())
    }

    /// The names of a function's files that end so, in order.
    fn files(&self, function: &str, end: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join(function)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
        files.sort();
        files
    }
}

#[test]
fn in_javascript_and_typescript_every_template_is_checked_and_tested_as_it_is_made() {
    let npm = Command::new("npm").arg("--version").output();
    assert!(npm.is_ok_and(|npm| npm.status.success()), "there is no npm on PATH: on Debian, apt-get install npm");
    let typed = Project::new("ts", None);
    let ignored = fs::read_to_string(typed.folder.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "node_modules/"), "{ignored}");

    // As `host new` says it. It is the same for every function, so once is enough for all; the SDK is that of the project.
    typed.runs("", "npm", &["install", "--prefix", "hello", "--no-audit", "--no-fund", "--prefer-offline"]);
    let packages = typed.folder.join("hello/node_modules");
    let sdk = fs::canonicalize(packages.join("@vestibule/function")).unwrap();
    assert!(sdk.ends_with("new-ts/.vestibule/guest-sdk/js"), "{}", sdk.display());
    let plain = Project::new("js", None);

    for (project, built) in [(&typed, ["pushes", "calls"]), (&plain, ["my-notes", "me"])] {
        for function in &project.functions {
            let own = project.folder.join(function).join("node_modules");
            if own != packages {
                std::os::unix::fs::symlink(&packages, own).unwrap();
            }
            if !project.files(function, ".ts").is_empty() {
                project.runs(function, "npm", &["run", "--silent", "types"]);
            }
            let tested = project.runs(function, "npm", &["run", "--silent", "test", "--", "index.test.js"]);
            assert!(tested.contains("# fail 0") && !tested.contains("# pass 0"), "{function}: {tested}");
        }
        let tested = project.tests(&built);
        assert_eq!(tested.matches("# fail 0").count(), 2, "{tested}");
        assert_eq!(tested.matches("# skipped 0").count(), 2, "{tested}");
        for component in ["gets in", "what another has written", "what is forged"] {
            let is_built = (component == "what is forged") == built.contains(&"pushes");
            assert_eq!(tested.contains(component), is_built, "{component}: {tested}");
        }
    }

    // What npm has left in the SDK is no change of anybody's.
    let more = run(&["new", "more", "--lang", "typescript", "--project", typed.folder.to_str().unwrap()]);
    assert_eq!(more.code, Some(0), "{}", more.stderr);
    assert!(
        more.stdout.contains("npm install --prefix more") && !more.stdout.contains("changed it"),
        "{}",
        more.stdout
    );
}

#[test]
fn in_python_every_template_is_checked_and_tested_as_it_is_made() {
    let project = Project::new("python", Some("python"));
    let ignored = fs::read_to_string(project.folder.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.venv/"), "{ignored}");

    // The project's environment, as the command makes it that `host new` names; but what is there already is not asked for
    // from elsewhere: the tools. The SDK is that of the project.
    let python = ["-c", "import site; print(site.getsitepackages()[0])"];
    let tools = project.runs("", "python", &python);
    project.runs("", "python", &["-m", "venv", "--without-pip", ".venv"]);
    let own = project.runs("", project.folder.join(".venv/bin/python"), &python);
    fs::write(Path::new(own.trim()).join("tools.pth"), &tools).unwrap();
    let venv = project.folder.join(".venv/bin/python");
    let pip = ["-m", "pip", "--python", venv.to_str().unwrap(), "install", "--quiet", "--no-index"];
    project.runs("", "python", &[&pip[..], &["--no-build-isolation", "-r", "requirements.txt"]].concat());
    let sdk = project.runs("", &venv, &["-c", "import vestibule; print(vestibule.__file__)"]);
    assert!(sdk.contains("/new-python/.vestibule/"), "{sdk}");

    for function in &project.functions {
        project.runs(function, "mypy", &["--strict", "--cache-dir", "../../mypy", "."]);
        let rules = ["--isolated", "--no-cache", "--select", "E4,E7,E9,F,W,I,B,UP,SIM,RET", "."];
        project.runs(function, "ruff", &[&["check", "--quiet"], &rules[..]].concat());
        project.runs(function, "ruff", &["format", "--isolated", "--no-cache", "--check", "--quiet", "."]);
        let tested = project.runs(function, &venv, &["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py"]);
        assert!(tested.contains(" passed"), "{function}: {tested}");
    }
    let tested = project.tests(&["pushes"]);
    assert!(tested.contains("test_app.py") && tested.contains("test_component.py ."), "{tested}");

    // What the environment has left in the SDK is no change of anybody's, and what is there is enough for one more.
    let more = run(&["new", "more", "--lang", "python", "--project", project.folder.to_str().unwrap()]);
    assert_eq!(more.code, Some(0), "{}", more.stderr);
    assert!(!more.stdout.contains("pip install") && !more.stdout.contains("changed it"), "{}", more.stdout);
}

#[test]
fn in_go_every_template_is_checked_and_tested_as_it_is_made() {
    let project = Project::new("go", Some("go"));
    for function in &project.functions {
        let sources = project.files(function, ".go");
        assert_eq!(project.runs(function, "gofmt", &[&["-l".to_owned()], &sources[..]].concat()), "", "{function}");
        project.runs(function, "go", &["vet", "./..."]);
        // The handler alone, as not all components are built.
        let handler = sources.into_iter().filter(|file| file != "component_test.go");
        let arguments: Vec<String> = ["test".to_owned(), "-count=1".to_owned()].into_iter().chain(handler).collect();
        assert!(project.runs(function, "go", &arguments).starts_with("ok"), "{function}");
    }
    let tested = project.tests(&["my-notes", "pushes"]);
    assert_eq!(tested.lines().filter(|line| line.starts_with("ok ")).count(), 2, "{tested}");
    assert!(!tested.contains("(cached)"), "{tested}");
}

#[test]
fn in_c_every_template_is_tested_as_it_is_made() {
    let clang = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/clang")).output().unwrap();
    assert!(clang.status.success(), "{}", String::from_utf8_lossy(&clang.stderr));
    let project = Project::new("c", None);
    let tested = project.tests(&[]);
    let ends = tested.lines().filter(|line| line.ends_with(" passed, 0 failed")).count();
    assert_eq!(ends, project.functions.len(), "{tested}");
    assert!(tested.contains("ok what_is_signed_runs_and_what_is_forged_does_not"), "{tested}");
    assert!(project.folder.join("target/c-tests/hello").is_file());

    // A test that fails, one that crashes and one that does not compile are each told, and none is a success.
    let test = project.folder.join("hello/tests/more.c");
    for (text, told) in [
        ("VB_TEST(fails) { VB_CHECK(1 == 2); }", "tests/more.c:2: it is not so: 1 == 2"),
        ("VB_TEST(crashes) { *(volatile int *)0 = 1; }", "FAILED crashes: it crashed (signal 11)"),
        ("VB_TEST(is_none) { nothing }", "host: hello/tests: the tests do not compile"),
    ] {
        fs::write(&test, format!("#include <vestibule_test.h>\n{text}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
        let output = command.args(["test", "hello"]).current_dir(&project.folder).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told), "{told} is not in:\n{said}");
    }
}
