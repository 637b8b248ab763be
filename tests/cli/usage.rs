//! The command line and wrong settings: what is said, where, and with which exit status.

use std::net::TcpListener;
use std::process::Command;

use crate::support::{Ended, Site, run};

#[test]
fn help_and_version_are_no_errors() {
    let Ended { code, stdout, stderr } = run(&["--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("serve") && stdout.contains("completions"), "{stdout}");

    let Ended { code, stdout, stderr } = run(&["serve", "--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for said in ["--listen <ADDRESS>", "--log-format <FORMAT>", "Examples:", "Exit status: 0"] {
        assert!(stdout.contains(said), "{said} is not in:\n{stdout}");
    }

    let Ended { code, stdout, stderr } = run(&["--version"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(stdout, format!("host {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_use_is_64_and_names_what_was_wrong() {
    for (arguments, named) in [
        (&["serve", "--lisen", "127.0.0.1:0"][..], "--listen"),
        (&["serve", "--listen", "localhost"], "localhost"),
        (&["serve", "--log-format", "xml"], "json"),
        (&["sreve"], "serve"),
        (&[], "Usage"),
    ] {
        let Ended { code, stdout, stderr } = run(arguments);
        assert_eq!((code, stdout.as_str()), (Some(64), ""), "{arguments:?}");
        assert!(stderr.contains(named), "{arguments:?}: {named} is not in:\n{stderr}");
    }
}

#[test]
fn completions_know_commands_options_and_schemes() {
    for shell in ["bash", "zsh", "fish"] {
        let Ended { code, stdout, stderr } = run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["serve", "routes", "check", "log-format", "strict"] {
            assert!(stdout.contains(word), "{shell}: {word}");
        }
        // For fish, clap_complete writes no values of arguments without a name.
        assert_eq!(stdout.contains("standardwebhooks"), shell != "fish", "{shell}");
    }
    let Ended { code, stderr, .. } = run(&["completions", "fsh"]);
    assert!(code == Some(64) && stderr.contains("fish"), "{stderr}");
}

/// What bash offers after a line, with what `host completions bash` prints.
fn offered(line: &[&str]) -> Vec<String> {
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                  _host host \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output =
        Command::new("bash").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_host")).args(line).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_with_them() {
    assert_eq!(offered(&["host", "che"]), ["check"]);
    assert_eq!(offered(&["host", "check", "--str"]), ["--strict"]);
    assert_eq!(offered(&["host", "check", "--format", ""]), ["human", "json"]);
    let schemes = offered(&["host", "sign", ""]);
    assert!(schemes.iter().any(|scheme| scheme == "github"), "{schemes:?}");
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let Ended { code, stdout, stderr } = run(&["man", pages.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "", ""));
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page("host.1").contains("host\\-serve(1)") || page("host.1").contains("serve"), "{}", page("host.1"));
    let check = page("host-check.1");
    for said in [".TH host-check 1", "\\-\\-strict", ".SH EXAMPLES", "Exit status: 0"] {
        assert!(check.contains(said), "{said} is not in:\n{check}");
    }
    assert!(!pages.join("host-compile-component.1").exists());
    let Ended { code, stdout, .. } = run(&["man", "--of", "check"]);
    assert_eq!((code, stdout == check), (Some(0), true));
    let Ended { code, stderr, .. } = run(&["man", "--of", "chek"]);
    assert!(code == Some(64) && stderr.contains("did you mean check?"), "{stderr}");
}

#[test]
fn a_missing_functions_folder_is_named_with_what_to_type() {
    let site = Site::new();
    std::fs::remove_dir(site.functions()).unwrap();
    let Ended { code, stdout, stderr } = site.run();
    assert_eq!((code, stdout.as_str()), (Some(64), ""));
    assert!(stderr.contains(&format!("{}: there is no such functions folder", site.functions().display())), "{stderr}");
    assert!(stderr.contains("host serve FOLDER"), "{stderr}");
}

#[test]
fn a_missing_settings_file_is_an_error_where_one_was_named() {
    let site = Site::new();
    let file = site.folder().join("other.toml").display().to_string();
    let Ended { code, stderr, .. } = site.options(["--config", &file]).run();
    assert_eq!(code, Some(64));
    assert!(stderr.contains(&file), "{stderr}");
}

#[test]
fn settings_that_link_nowhere_are_not_taken_for_none() {
    let site = Site::new().example("hello");
    std::os::unix::fs::symlink("gone.toml", site.folder().join("host.toml")).unwrap();
    let Ended { code, stdout, stderr } = site.run();
    assert_eq!((code, stdout.as_str()), (Some(64), ""));
    assert!(stderr.contains("host.toml"), "{stderr}");
}

#[test]
fn a_place_for_secrets_that_is_not_there_is_a_wrong_setting() {
    for place in ["dir", "dotenv"] {
        let site = Site::new().example("hello").settings(&format!("[secrets]\n{place} = \"nowhere\"\n"));
        let Ended { code, stdout, stderr } = site.run();
        assert_eq!((code, stdout.as_str()), (Some(64), ""), "{place}");
        assert!(stderr.contains("/nowhere"), "{stderr}");
    }
}

#[test]
fn everything_that_is_wrong_is_listed_at_once_with_file_key_and_fix() {
    let site = Site::new()
        .component("hello", "hello")
        .file("hello.toml", "access = \"public\"\ntimeot = \"1s\"\n")
        .component("divide", "maths/divide")
        .file("maths/divide.toml", "memory = \"64MB\"\n")
        .settings("prefx = \"/api\"\n\n[server]\ndrain = 5\n")
        .options(["--prefix", "api/"]);
    let Ended { code, stdout, stderr } = site.run();
    assert_eq!((code, stdout.as_str()), (Some(64), ""));
    let at = |file: &str| site.folder().canonicalize().unwrap().join(file).display().to_string();
    let problems = [
        (format!("{}:1: prefx: ", at("host.toml")), "prefix"),
        (format!("{}:4: server.drain: ", at("host.toml")), "\"500ms\""),
        ("command line: --prefix: ".to_owned(), "\"/api\""),
        (format!("{}:2: timeot: ", at("functions/hello.toml")), "timeout"),
        (format!("{}:1: memory: ", at("functions/maths/divide.toml")), "\"64MiB\""),
    ];
    let lines: Vec<&str> = stderr.lines().collect();
    for (place, fix) in &problems {
        let line = lines.iter().position(|line| line.starts_with(place));
        let line = line.unwrap_or_else(|| panic!("no line starts with {place}:\n{stderr}"));
        assert!(lines[line + 1].contains(fix), "the fix of {place} does not say {fix}: {}", lines[line + 1]);
    }
    assert_eq!(lines.len(), 2 * problems.len(), "{stderr}");
}

#[test]
fn a_taken_port_is_named_with_the_option_that_helps() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let Ended { code, stdout, stderr } = Site::new().example("hello").listen(address).run();
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("cannot listen on {address}")) && stderr.contains("--listen"), "{stderr}");
}

#[test]
fn the_operators_listener_stays_on_this_machine_unless_that_is_said() {
    let site = Site::new().example("hello").settings("admin = \"0.0.0.0:0\"\n");
    let file = site.folder().join("host.toml").display().to_string();
    // Without the option that the other tests are started with, which would win.
    let folder = site.functions().display().to_string();
    let Ended { code, stderr, .. } = run(&["serve", &folder, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(64));
    assert!(stderr.contains("host.toml:1: admin: ") && stderr.contains("loopback"), "{file}: {stderr}");
}

#[test]
fn who_closes_standard_error_is_told_by_the_status() {
    for (arguments, code) in [
        (&["invoke", "nope"][..], 64),
        (&["routes", "nowhere"], 64),
        (&["sign", "github", "nope", "--secret", "x"], 64),
        (&["serve", "nowhere"], 64),
        (&["key", "demo", "ci"], 1),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut host = std::process::Command::new(env!("CARGO_BIN_EXE_host"));
        host.args(arguments).env_clear().stdout(std::process::Stdio::null()).stderr(full);
        assert_eq!(host.status().unwrap().code(), Some(code), "{arguments:?}");
    }
}
