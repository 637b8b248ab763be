//! A project as `host new` leaves it: what is there, what is not touched, and what is in the way.

use std::fs;

use super::*;

fn wish(project: &Path, name: &str, template: Option<Template>, scheme: Option<&str>) -> Result<Made, Error> {
    wish_in(Language::Rust, project, name, template, scheme)
}

fn wish_in(
    language: Language,
    project: &Path,
    name: &str,
    template: Option<Template>,
    scheme: Option<&str>,
) -> Result<Made, Error> {
    make(Wish {
        project: project.to_owned(),
        name: Name::parse(name).unwrap(),
        template,
        scheme: scheme.map(str::to_owned),
        language,
    })
}

/// Every file below a folder, in order, without the SDK's.
fn files(folder: &Path) -> Vec<String> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(sdk::FOLDER) {
                continue;
            }
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

fn read(project: &Path, file: &str) -> String {
    fs::read_to_string(project.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn an_empty_folder_becomes_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let made = wish(project, "payments", None, Some("github")).unwrap();
    assert_eq!((made.template, made.scheme), ("webhook", Some("github")));
    let of_function = ["Cargo.toml", "fixtures/example.json", "payments.toml", "src/lib.rs"];
    for file in of_function {
        assert!(project.join("payments").join(file).is_file(), "{file}");
    }
    for file in [".env", ".gitignore", "Cargo.lock", "Cargo.toml", "host.toml"] {
        assert!(files(project).contains(&file.to_owned()), "{file}");
        assert!(made.written.contains(&file.to_owned()), "{file}: {:?}", made.written);
    }
    assert!(project.join(".vestibule/guest-sdk/src/lib.rs").is_file());
    assert!(project.join(".vestibule/written-by.toml").is_file());
    let secret = read(project, ".env");
    assert!(secret.contains("PAYMENTS_SECRET='"), "{secret}");
    let said = format!("{:?}{:?}{:?}{:?}", made.written, made.tries, made.to_fill_in, made.notes);
    let value = secret.split('\'').nth(1).unwrap();
    assert!(value.len() >= 32 && !said.contains(value), "a secret is shown");
    let sent = "host sign --policy payments/payments.toml payments/fixtures/example.json --send http://127.0.0.1:8080/payments";
    assert_eq!(made.tries, [sent]);
}

#[test]
fn a_function_without_secrets_brings_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    wish(folder.path(), "hello", None, None).unwrap();
    assert!(!folder.path().join(".env").exists() && !folder.path().join("host.toml").exists());
}

#[test]
fn a_second_function_joins_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    wish(project, "payments", None, Some("github")).unwrap();
    let before: Vec<(String, String)> =
        files(project).into_iter().map(|file| (file.clone(), read(project, &file))).collect();
    let made = wish(project, "me", Some(Template::Auth), None).unwrap();
    assert_eq!(made.written, ["me/", "Cargo.toml (changed)", ".env (changed)", "host.toml (changed)"]);
    for (file, text) in before {
        let now = read(project, &file);
        let grows = [".env", "host.toml"].contains(&file.as_str());
        let is_right = match file.as_str() {
            "Cargo.toml" => now == text.replace("[\"payments\"]", "[\"payments\", \"me\"]"),
            _ if grows => now.starts_with(&text) && now.len() > text.len(),
            _ => now == text,
        };
        assert!(is_right, "{file}:\n{now}");
    }
    // The host knows the key by its hash alone.
    let key = read(project, ".env").lines().find_map(|line| line.strip_prefix("ME_KEY='").map(str::to_owned)).unwrap();
    let settings = read(project, "host.toml");
    assert!(settings.contains("[[auth.me.keys]]") && !settings.contains(key.trim_end_matches('\'')));
}

#[test]
fn a_project_has_functions_in_several_languages() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    wish(project, "hello", None, None).unwrap();
    let (cargo, ignored) = (read(project, "Cargo.toml"), read(project, ".gitignore"));
    fs::write(project.join("requirements.txt"), "requests\n").unwrap();
    let made = wish_in(Language::Python, project, "payments", None, Some("github")).unwrap();
    assert_eq!(made.preparing, ["python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"]);
    let changed =
        ["payments/", "requirements.txt (changed)", ".env", "host.toml", ".gitignore (changed)"].map(str::to_owned);
    assert_eq!(made.written, changed);
    assert!(read(project, "requirements.txt").starts_with("requests\n-e .vestibule/guest-sdk/python"));
    assert_eq!(read(project, ".gitignore"), format!("{ignored}/.venv/\n__pycache__/\n*.egg-info/\n"));

    // With the environment there, one more asks for nothing.
    fs::create_dir(project.join(".venv")).unwrap();
    for (language, name, written) in [
        (Language::Python, "sums", ["pyproject.toml", "app.py"]),
        (Language::Go, "totals", ["go.mod", "main.go"]),
        (Language::C, "parts", ["compile_flags.txt", "handler.c"]),
    ] {
        let made = wish_in(language, project, name, None, None).unwrap();
        assert_eq!((made.written, made.preparing), (vec![format!("{name}/")], vec![]));
        for file in written {
            assert!(project.join(name).join(file).is_file(), "{name}/{file}");
        }
    }
    assert_eq!(read(project, "Cargo.toml"), cargo);
    assert!(project.join(".vestibule/guest-sdk/c/vestibule.h").is_file());

    let before = files(project);
    let refused = wish_in(Language::C, project, "more", Some(Template::Api), None);
    assert!(matches!(&refused, Err(Error::Usage(text)) if text.contains("no template `api` in C")));
    assert_eq!(files(project), before);
}

#[test]
fn what_is_in_the_way_is_listed_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    fs::create_dir(project.join("hello")).unwrap();
    fs::create_dir(project.join("functions")).unwrap();
    fs::write(project.join("functions/hello.wasm"), "").unwrap();
    let error = wish(project, "hello", None, None).err().unwrap().to_string();
    assert!(error.starts_with("hello, functions/hello.wasm are in the way, and nothing is overwritten"), "{error}");
    assert_eq!(files(project), ["functions/hello.wasm"]);
    assert!(!project.join(sdk::FOLDER).exists());
}

#[test]
fn where_a_file_of_the_project_is_wrong_nothing_is_made() {
    for (file, text, said) in [
        ("Cargo.toml", "[package]\nname = \"a\"\n", "run this in the folder above it"),
        ("host.toml", "prefx = \"/api\"\n", "prefix"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        for (template, scheme) in [(None, Some("stripe")), (Some(Template::Api), None)] {
            let error = wish(folder.path(), "hello", template, scheme).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(files(folder.path()), [file]);
            assert!(!folder.path().join(sdk::FOLDER).exists());
        }
    }
}

#[test]
fn secrets_are_kept_out_of_version_control_whatever_is_ignored_already() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), "target\n*.log").unwrap();
    wish(folder.path(), "hello", None, None).unwrap();
    assert_eq!(read(folder.path(), ".gitignore"), "target\n*.log\n/functions/\n.env\n/state.redb\n");
}

#[test]
fn the_file_of_the_secrets_is_ignored_and_private_whatever_it_is_called() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    fs::write(project.join("host.toml"), "[secrets]\ndotenv = \"dev.env\"\n").unwrap();
    fs::write(project.join("dev.env"), "OTHER='1'\n").unwrap();
    fs::set_permissions(project.join("dev.env"), fs::Permissions::from_mode(0o644)).unwrap();
    let made = wish(project, "payments", None, Some("github")).unwrap();
    assert!(read(project, ".gitignore").lines().any(|line| line == "/dev.env"));
    assert!(read(project, "dev.env").starts_with("OTHER='1'\nPAYMENTS_SECRET='"));
    assert_eq!(fs::metadata(project.join("dev.env")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(made.to_fill_in.iter().any(|line| line.contains("in dev.env")), "{:?}", made.to_fill_in);
}

#[test]
fn a_key_that_nobody_would_have_is_not_made() {
    for (settings, dotenv) in [("", "ME_KEY='old'\n"), ("[secrets]\ndotenv = \"../x.env\"\n", "")] {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        fs::write(project.join("host.toml"), settings).unwrap();
        fs::write(project.join(".env"), dotenv).unwrap();
        let refused = wish(project, "me", Some(Template::Auth), None);
        assert!(matches!(refused, Err(Error::Usage(_))), "{settings}");
        assert_eq!((read(project, "host.toml").as_str(), read(project, ".env").as_str()), (settings, dotenv));
        assert!(!project.join("me").exists());
    }
}

#[test]
fn a_wish_that_makes_no_sense_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    for (template, scheme, said) in [
        (Some(Template::Webhook), None, "write --scheme NAME"),
        (Some(Template::Api), Some("github"), "write --template webhook"),
        (None, Some("gitub"), "did you mean \"github\"?"),
    ] {
        let error = wish(folder.path(), "hello", template, scheme).err().unwrap();
        assert!(matches!(&error, Error::Usage(text) if text.contains(said)), "{error}");
    }
    let error = wish(&folder.path().join("nowhere"), "hello", None, None).err().unwrap().to_string();
    assert!(error.contains("--project"), "{error}");
    assert_eq!(files(folder.path()).len(), 0);
}

#[test]
fn a_name_that_another_package_of_the_workspace_has_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let package = project.join("crates/pay");
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("src/lib.rs"), "").unwrap();
    fs::write(package.join("Cargo.toml"), "[package]\nname = \"payments\"\nedition = \"2024\"\n").unwrap();
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
    fs::write(project.join("Cargo.toml"), workspace).unwrap();
    let before = files(project);

    let Err(Error::Usage(refused)) = wish(project, "payments", None, None) else { panic!("it was made") };
    assert!(refused.contains("crates/pay/Cargo.toml") && refused.contains("choose another name"), "{refused}");
    assert_eq!((files(project), read(project, "Cargo.toml").as_str()), (before, workspace));
    assert!(wish(project, "orders", None, None).is_ok());
}
