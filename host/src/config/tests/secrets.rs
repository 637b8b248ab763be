//! Secrets: where they are looked up, and that nothing prints them.

use std::fs;
use std::path::Path;

use crate::config::{MissingSecret, Secrets, SecretsSettings};

/// A variable that cargo sets for every test.
const VARIABLE: &str = "CARGO_PKG_NAME";

fn open(dir: Option<&Path>, dotenv: Option<&Path>, env: bool) -> Secrets {
    let settings = SecretsSettings { dir: dir.map(Into::into), dotenv: dotenv.map(Into::into), env };
    Secrets::open(&settings).expect("every place is there")
}

fn text(secrets: &Secrets, name: &str) -> String {
    let secret = secrets.get(name).expect(name);
    String::from_utf8(secret.expose().to_vec()).expect("text")
}

#[test]
fn places_that_are_not_there_are_problems() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = folder.path().join("gone");
    let settings = SecretsSettings { dir: Some(gone.clone()), dotenv: Some(gone.clone()), env: true };
    let problems = Secrets::open(&settings).err().unwrap();
    assert_eq!(problems.len(), 2, "{problems}");
    assert!(problems.iter().all(|problem| problem.file == gone));
    let a_folder = SecretsSettings { dotenv: Some(folder.path().to_owned()), ..SecretsSettings::default() };
    assert!(Secrets::open(&a_folder).err().unwrap().to_string().contains("not a file"));
}

#[test]
fn the_folder_is_asked_first_then_the_file_then_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, dotenv) = (folder.path().join("secrets"), folder.path().join(".env"));
    fs::create_dir(&dir).expect("made");
    fs::write(&dotenv, format!("{VARIABLE}=from-file\nB='two words'\n# a comment\nexport C=\"c\"\n")).expect("written");

    let here = std::env::var(VARIABLE).expect("cargo sets it");
    assert_eq!(text(&open(None, None, true), VARIABLE), here);
    let secrets = open(Some(&dir), Some(&dotenv), true);
    assert_eq!(text(&secrets, VARIABLE), "from-file");
    assert_eq!(text(&secrets, "B"), "two words");
    assert_eq!(text(&secrets, "C"), "c");
    // The folder is asked each time: a secret that is put there later is found.
    fs::write(dir.join(VARIABLE), "from-folder\n").expect("written");
    assert_eq!(text(&secrets, VARIABLE), "from-folder");
}

#[test]
fn one_line_break_at_the_end_of_a_file_does_not_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let secrets = open(Some(folder.path()), None, false);
    for (written, read) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("a\r", "a\r")]
    {
        fs::write(folder.path().join("KEY"), written).expect("written");
        assert_eq!(text(&secrets, "KEY"), read, "{written:?}");
    }
}

#[test]
fn a_secret_that_nobody_has_is_missing_with_the_places_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = open(Some(folder.path()), None, true).get("NO_SUCH_SECRET").err().unwrap();
    let said = missing.to_string();
    assert!(said.contains("NO_SUCH_SECRET") && said.contains("the environment"), "{said}");
    assert!(said.contains(&folder.path().display().to_string()), "{said}");
    let said = open(None, None, false).get(VARIABLE).err().unwrap().to_string();
    assert!(said.contains("none is named"), "{said}");
}

#[test]
fn an_empty_secret_is_missing_and_hides_later_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let dotenv = folder.path().join(".env");
    fs::write(&dotenv, format!("{VARIABLE}=\n")).expect("written");
    let missing = open(None, Some(&dotenv), true).get(VARIABLE).err().unwrap();
    assert!(matches!(&missing, MissingSecret::Empty { name, .. } if name == VARIABLE), "{missing}");
    fs::write(folder.path().join("KEY"), "\n").expect("written");
    let missing = open(Some(folder.path()), None, true).get("KEY").err().unwrap();
    assert!(matches!(missing, MissingSecret::Empty { .. }), "{missing}");
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("secrets")).expect("made");
    fs::write(folder.path().join("KEY"), "outside").expect("written");
    let secrets = open(Some(&folder.path().join("secrets")), None, true);
    let absolute = folder.path().join("KEY").display().to_string();
    for name in ["../KEY", absolute.as_str(), "", ".", "A/B", "A=B", "A\0", "É", &"A".repeat(129)] {
        let missing = secrets.get(name).err().unwrap();
        assert!(matches!(missing, MissingSecret::Name), "{name:?}: {missing}");
    }
}

#[test]
fn a_file_that_is_no_secret_is_an_error_and_not_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(VARIABLE)).expect("made");
    fs::write(folder.path().join("LONG"), vec![b'x'; (64 << 10) + 1]).expect("written");
    fs::write(folder.path().join("JUST"), vec![b'x'; 64 << 10]).expect("written");
    let secrets = open(Some(folder.path()), None, true);
    for name in [VARIABLE, "LONG"] {
        let missing = secrets.get(name).err().unwrap();
        assert!(matches!(missing, MissingSecret::Unreadable { .. }), "{missing}");
    }
    assert_eq!(secrets.get("JUST").expect("just short enough").expose().len(), 64 << 10);
}

#[test]
fn a_line_that_cannot_be_read_is_reported_without_its_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let dotenv = folder.path().join(".env");
    fs::write(&dotenv, "A=1\nhunter2 hunter2\nA=2\n").expect("written");
    let settings = SecretsSettings { dotenv: Some(dotenv.clone()), ..SecretsSettings::default() };
    let problems = Secrets::open(&settings).err().unwrap();
    let said = problems.to_string();
    assert!(said.contains("a line after A is not NAME=value"), "{said}");
    assert!(said.contains("A is there twice"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
