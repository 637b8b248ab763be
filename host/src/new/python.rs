//! The files of a function in Python: a folder with a `pyproject.toml`, and the requirements of the project's environment. Knows
//! nothing of what is put into them, nor of who installs them.

use super::template::{Chosen, Texts, template};

/// The requirements of the project, from its folder.
pub(super) const REQUIREMENTS: &str = "requirements.txt";

/// What they say where there are none yet.
const NEW: &str = include_str!("../../templates/python/requirements.txt");

/// The SDK, as the templates have it.
const SDK: &str = "-e .vestibule/guest-sdk/python[build]";

/// What has to be run once before functions are built; and once more when the requirements have changed.
pub(super) const PREPARE: &str = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";

/// What is kept out of version control besides.
pub(super) const IGNORED: [&str; 4] = ["# What Python's tools leave.", "/.venv/", "__pycache__/", "*.egg-info/"];

/// The test of the built component.
const COMPONENT_TEST: &str = "test_component.py";

/// The files of a function.
pub(super) fn files(chosen: &Chosen) -> Texts {
    let files = match chosen {
        Chosen::Http => template!("python/http": "app.py", "test_app.py", "test_component.py"),
        Chosen::Webhook(sender) if sender.sends_forms() => {
            template!("python/webhook-form": "app.py", "test_app.py", "test_component.py")
        }
        Chosen::Webhook(_) => template!("python/webhook": "app.py", "test_app.py", "test_component.py"),
        Chosen::Api => template!("python/api": "app.py", "notes.py", "test_app.py", "test_component.py"),
        Chosen::Auth => template!("python/auth": "app.py", "test_app.py", "test_component.py"),
    };
    let manifest = ("pyproject.toml", include_str!("../../templates/python/function.toml"));
    let files = files.into_iter().filter(|(path, _)| chosen.can_be_played() || *path != COMPONENT_TEST);
    [manifest].into_iter().chain(files).collect()
}

/// The project's requirements with what functions need, and whether they take the SDK from the sources that this program writes.
/// None where there is nothing to change: who has chosen an SDK keeps it.
pub(super) fn requirements(existing: Option<&str>) -> (Option<String>, bool) {
    let Some(existing) = existing else { return (Some(NEW.to_owned()), true) };
    let lines = || existing.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    if let Some(line) = lines().find(|line| is_sdk(line)) {
        return (None, line.contains(super::sdk::FOLDER));
    }
    let mut missing = vec![SDK];
    if !lines().any(|line| package(line) == "pytest") {
        missing.push("pytest");
    }
    let gap = if existing.is_empty() || existing.ends_with('\n') { "" } else { "\n" };
    (Some(format!("{existing}{gap}{}\n", missing.join("\n"))), true)
}

/// Whether a line asks for the SDK: by its name, or by a folder that is called as it is in this repository.
fn is_sdk(line: &str) -> bool {
    let path = line.trim_start_matches("-e").trim_start_matches("--editable").trim().trim_end_matches("[build]");
    package(line) == "vestibule" || path.trim_end_matches('/').ends_with("guest-sdk/python")
}

/// The name of the package that a line asks for.
fn package(line: &str) -> String {
    let end = |letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    line.split(end).next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_that_are_there_keep_all_they_say() {
        let (new, is_written) = requirements(None);
        let new = new.unwrap();
        assert!(is_written && new.lines().any(|line| line == SDK) && new.lines().any(|line| line == "pytest"), "{new}");
        assert_eq!(requirements(Some(&new)), (None, true), "a second time there is nothing to change");

        let (added, is_written) = requirements(Some("# Ours.\nrequests"));
        assert_eq!((added, is_written), (Some(format!("# Ours.\nrequests\n{SDK}\npytest\n")), true));
        let (added, _) = requirements(Some("pytest==9\npytest-cov\n"));
        assert_eq!(added, Some(format!("pytest==9\npytest-cov\n{SDK}\n")));
    }

    #[test]
    fn an_sdk_from_elsewhere_is_kept_and_none_is_written() {
        for theirs in
            ["vestibule[build]>=0.1", "Vestibule", "-e ../vestibule/guest-sdk/python[build]", "./guest-sdk/python/"]
        {
            assert_eq!(requirements(Some(theirs)), (None, false), "{theirs}");
        }
        let (added, is_written) = requirements(Some("# vestibule\nvestibule-extra\n"));
        assert!(added.is_some() && is_written);
    }
}
