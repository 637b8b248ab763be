//! What a function's language needs of the project that it joins: an entry in a list of the language's own tools, and the SDK's
//! sources, unless the project has them from elsewhere. Knows nothing of templates and policies.

use std::path::Path;

use super::change::{Changes, READABLE};
use super::error::Error;
use super::name::Name;
use super::sdk::{self, Sdk, State};
use super::template::Language;
use super::{Made, javascript, python, workspace};

/// What came of it.
#[derive(Default)]
pub(super) struct Joined {
    /// Whether built components can be tested.
    pub(super) has_test_kit: bool,
    /// What the tools of the language leave, which is kept out of version control.
    pub(super) ignored: &'static [&'static str],
}

/// Prepares a project for a function in a language.
///
/// # Errors
/// If what is there cannot take one.
pub(super) fn project(
    changes: &mut Changes,
    project: &Path,
    name: &Name,
    language: Language,
    made: &mut Made,
) -> Result<Joined, Error> {
    let sdk = Sdk::unpack()?;
    match language {
        Language::Rust => {
            let has_test_kit = join_workspace(sdk, changes, project, name, &mut made.notes)?;
            Ok(Joined { has_test_kit, ..Joined::default() })
        }
        Language::Python => {
            let existing = changes.read(python::REQUIREMENTS)?;
            let before = existing.as_ref().map(|existing| existing.text.as_str());
            let (text, is_written) = python::requirements(before);
            if is_written {
                write_sdk(sdk, changes, project, &mut made.notes)?;
            }
            // One that is there has what the other functions needed, and that is the same.
            if text.is_some() || !project.join(".venv").exists() {
                made.preparing.push(python::PREPARE.to_owned());
            }
            if let Some(text) = text {
                changes.write(python::REQUIREMENTS, text, READABLE, existing);
            }
            Ok(Joined { has_test_kit: true, ignored: &python::IGNORED })
        }
        Language::Js | Language::Ts => {
            // Each function says itself where the SDK is, and npm installs what both need.
            write_sdk(sdk, changes, project, &mut made.notes)?;
            made.preparing.push(javascript::prepare(name));
            Ok(Joined { has_test_kit: true, ignored: &javascript::IGNORED })
        }
        // The module says itself where the SDK is; for C, only editors ask.
        Language::Go | Language::C => {
            write_sdk(sdk, changes, project, &mut made.notes)?;
            Ok(Joined { has_test_kit: true, ..Joined::default() })
        }
    }
}

/// Adds a crate to the project's workspace, and the SDK if it is what functions there are built with. Says whether there
/// is a test kit.
fn join_workspace(
    sdk: Sdk,
    changes: &mut Changes,
    project: &Path,
    name: &Name,
    notes: &mut Vec<String>,
) -> Result<bool, Error> {
    let existing = changes.read("Cargo.toml")?;
    let packed = sdk.file("guest-sdk/test/Cargo.toml").is_some();
    let workspace = workspace::with(name, existing.as_ref().map(|existing| existing.text.as_str()), packed)?;
    if existing.is_some() {
        workspace::refuse_the_same_name(project, name)?;
    }
    if workspace.uses_written_sdk {
        // With the versions that the SDK was tested with; `cargo update` goes on from there.
        let lock = sdk.file("Cargo.lock").map(|lock| String::from_utf8_lossy(lock).into_owned());
        if let Some(lock) = lock.filter(|_| existing.is_none())
            && changes.read("Cargo.lock")?.is_none()
        {
            changes.write("Cargo.lock", lock, READABLE, None);
        }
        write_sdk(sdk, changes, project, notes)?;
    }
    if let Some(text) = workspace.text {
        changes.write("Cargo.toml", text, READABLE, existing);
    }
    Ok(workspace.has_test_kit)
}

/// Writes the SDK's sources, unless they are there; what somebody has changed stays.
fn write_sdk(sdk: Sdk, changes: &mut Changes, project: &Path, notes: &mut Vec<String>) -> Result<(), Error> {
    let version = sdk::this_version();
    match sdk.state(project)? {
        State::Current => {}
        State::Missing => changes.make(sdk::FOLDER, sdk.into_files()),
        State::Written(before) => {
            notes.push(format!("{} was that of {before}, and is that of {version} now", sdk::FOLDER));
            changes.replace(sdk::FOLDER, sdk.into_files());
        }
        State::Newer(newer) => {
            notes.push(format!("{} is that of {newer}, which is newer than this command, {version}", sdk::FOLDER));
        }
        State::Changed => notes.push(format!(
            "{0} is another than that of {version}, and somebody has changed it: it is left as it is. To have that of \
             {version}, move {0} away and run this again",
            sdk::FOLDER
        )),
    }
    Ok(())
}
