//! The `Cargo.toml` of a project: written where there is none, else given what is missing: the new member, the SDK. What
//! is there stays as it is, comments and all. What lies elsewhere in the workspace it asks cargo.

use std::path::Path;
use std::process::{Command, Stdio};

use glob::Pattern;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::error::Error;
use super::name::Name;
use super::sdk;

/// What a new one says.
const NEW: &str = include_str!("../../templates/rust/project.toml");

/// The crate of the SDK, and that of its test kit.
const SDK: &str = "vestibule";
const TEST_KIT: &str = "vestibule-test";

/// A `Cargo.toml` that knows the new function.
pub(super) struct Workspace {
    /// What it says; none if there is nothing to change.
    pub(super) text: Option<String>,
    /// Whether the SDK is taken from the sources that this program writes.
    pub(super) uses_written_sdk: bool,
    /// Whether functions can be tested with the test kit.
    pub(super) has_test_kit: bool,
}

/// Adds a function to a `Cargo.toml`; `has_test_kit` says whether the sources have one.
///
/// # Errors
/// If what is there is no workspace that can take it.
pub(super) fn with(name: &Name, existing: Option<&str>, has_test_kit: bool) -> Result<Workspace, Error> {
    let mut new: DocumentMut = filled(name).parse().map_err(|error| Error::Failed(format!("the template: {error}")))?;
    if !has_test_kit && let Some(dependencies) = table(&mut new, &["workspace", "dependencies"]) {
        dependencies.remove(TEST_KIT);
    }
    let Some(text) = existing else {
        return Ok(Workspace { text: Some(new.to_string()), uses_written_sdk: true, has_test_kit });
    };

    let wrong = |message: &str| Error::usage(format!("Cargo.toml {message}"));
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| wrong(&format!("cannot be read: {}", error.message())))?;
    let Some(workspace) = table(&mut document, &["workspace"]) else {
        return Err(wrong(
            "here is a package's and no workspace's; run this in the folder above it, or in an empty one, or write \
             [workspace] into it",
        ));
    };
    if is_listed(workspace.get("exclude"), name.as_str()) {
        return Err(wrong(&format!("excludes {name}; take it out of [workspace] exclude")));
    }
    if !is_listed(workspace.get("members"), name.as_str()) {
        add(workspace, "members", name.as_str()).map_err(|()| wrong("has members that are no list; write a list"))?;
    }
    let dependencies = workspace.entry("dependencies").or_insert_with(|| Item::Table(Table::new()));
    let Some(dependencies) = dependencies.as_table_mut() else {
        return Err(wrong("has dependencies of the workspace that are no table; write [workspace.dependencies]"));
    };
    let offered = table(&mut new, &["workspace", "dependencies"]).map(|table| table.clone()).unwrap_or_default();
    if !dependencies.contains_key(SDK) {
        take(dependencies, &offered, SDK);
        if has_test_kit {
            take(dependencies, &offered, TEST_KIT);
        }
    } else if !dependencies.contains_key(TEST_KIT)
        && let Some(kit) = beside(dependencies.get(SDK), has_test_kit)
    {
        dependencies.insert(TEST_KIT, kit);
    }
    let uses_written_sdk = path(dependencies.get(SDK)).is_some_and(|path| path.starts_with(sdk::FOLDER));
    let has_test_kit = dependencies.contains_key(TEST_KIT);
    if uses_written_sdk && !is_listed(workspace.get("exclude"), sdk::FOLDER) {
        add(workspace, "exclude", sdk::FOLDER).map_err(|()| wrong("has an exclude that is no list; write a list"))?;
    }
    let changed = document.to_string();
    Ok(Workspace { text: (changed != text).then_some(changed), uses_written_sdk, has_test_kit })
}

/// Refuses a name that another package of the workspace has: cargo would build none of them any more. Where cargo has no
/// answer, whatever the workspace lacks is said by the build.
///
/// # Errors
/// If there is such a package; the text names its place.
pub(super) fn refuse_the_same_name(project: &Path, name: &Name) -> Result<(), Error> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let asked = cargo.current_dir(project).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let Some(told) = asked.ok().filter(|asked| asked.status.success()) else { return Ok(()) };
    let Ok(told) = serde_json::from_slice::<serde_json::Value>(&told.stdout) else { return Ok(()) };
    let mut packages = told.get("packages").and_then(serde_json::Value::as_array).into_iter().flatten();
    let text = |package: &serde_json::Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    let has_name = |package: &&serde_json::Value| text(package, "name").as_deref() == Some(name.as_str());
    let Some(other) = packages.find(has_name) else { return Ok(()) };
    let place = text(other, "manifest_path").unwrap_or_default();
    Err(Error::usage(format!("the workspace has a package called {name} already: {place}; choose another name")))
}

fn filled(name: &Name) -> String {
    let version = sdk::this_version();
    NEW.replace("NAME", name.as_str()).replace("VERSION", &format!("{}.{}", version.major, version.minor))
}

fn table<'d>(document: &'d mut DocumentMut, path: &[&str]) -> Option<&'d mut Table> {
    path.iter().try_fold(document.as_table_mut(), |table, name| table.get_mut(name)?.as_table_mut())
}

/// Whether a list of the workspace's has a folder, by its name or by a pattern that fits it.
fn is_listed(list: Option<&Item>, folder: &str) -> bool {
    let entries = list.and_then(Item::as_array).into_iter().flatten().filter_map(Value::as_str);
    entries
        .map(|entry| entry.trim_start_matches("./").trim_end_matches('/'))
        .any(|entry| entry == folder || Pattern::new(entry).is_ok_and(|pattern| pattern.matches(folder)))
}

/// Adds a folder to a list of the workspace's, in the way in which the others stand there.
fn add(workspace: &mut Table, list: &str, folder: &str) -> Result<(), ()> {
    let array = workspace.entry(list).or_insert_with(|| Item::Value(Array::new().into())).as_array_mut().ok_or(())?;
    let last = array.iter().last().map(|last| last.decor().clone());
    let mut value = Value::from(folder);
    let stands_alone =
        last.as_ref().and_then(|decor| decor.prefix()?.as_str()).is_some_and(|prefix| prefix.contains('\n'));
    match last {
        Some(decor) if stands_alone => {
            // Only the line break and the indentation: a comment above the last one is about the last one.
            let prefix = decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let indentation = prefix.rsplit('\n').next().unwrap_or_default();
            value.decor_mut().set_prefix(format!("\n{indentation}"));
            array.push_formatted(value);
        }
        _ => array.push(value),
    }
    Ok(())
}

/// Takes a dependency over, with the comment above it.
fn take(dependencies: &mut Table, offered: &Table, name: &str) {
    if let Some((key, item)) = offered.get_key_value(name) {
        dependencies.insert_formatted(key, item.clone());
    }
}

/// The test kit that belongs to an SDK which somebody else has chosen.
fn beside(sdk: Option<&Item>, has_test_kit: bool) -> Option<Item> {
    let sdk = sdk?;
    if let Some(path) = path(Some(sdk)) {
        let mut kit = toml_edit::InlineTable::new();
        kit.insert("path", format!("{}/test", path.trim_end_matches('/')).into());
        return has_test_kit.then(|| Item::Value(kit.into()));
    }
    let version = sdk.as_str().or_else(|| sdk.get("version")?.as_str())?;
    Some(toml_edit::value(version))
}

fn path(dependency: Option<&Item>) -> Option<&str> {
    dependency?.get("path")?.as_str().map(|path| path.trim_start_matches("./"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Name {
        Name::parse("payments").unwrap()
    }

    fn joined(existing: &str) -> Workspace {
        with(&name(), Some(existing), true).unwrap()
    }

    #[test]
    fn a_new_one_has_the_function_and_the_sdk() {
        let new = with(&name(), None, true).unwrap();
        assert!(new.uses_written_sdk && new.has_test_kit);
        let text = new.text.unwrap();
        assert!(text.contains("members = [\"payments\"]\nexclude = [\".vestibule\"]\n"), "{text}");
        assert!(text.contains("vestibule-test = { path = \".vestibule/guest-sdk/test\" }\n"), "{text}");
        assert!(text.contains("#   vestibule = \"0."), "{text}");
        // What it says is what a second function needs: nothing but the member is added.
        let second = with(&Name::parse("orders").unwrap(), Some(&text), true).unwrap().text.unwrap();
        assert_eq!(second, text.replace("[\"payments\"]", "[\"payments\", \"orders\"]"));
        let without = with(&name(), None, false).unwrap();
        assert!(!without.has_test_kit && !without.text.unwrap().contains("vestibule-test = {"));
    }

    #[test]
    fn one_that_is_there_keeps_all_it_says() {
        let existing = "# Ours.\n[workspace]\nmembers = [\n    \"one\", # the first\n    \"two\",\n]\n\n[workspace.dependencies]\nserde = \"1\"\n";
        let text = joined(existing).text.unwrap();
        assert!(
            text.starts_with(
                "# Ours.\n[workspace]\nmembers = [\n    \"one\", # the first\n    \"two\",\n    \"payments\",\n]\n"
            ),
            "{text}"
        );
        assert!(text.contains("exclude = [\".vestibule\"]") && text.contains("serde = \"1\"\n"), "{text}");
        assert!(text.contains("# The SDK's sources"), "{text}");
        text.parse::<DocumentMut>().unwrap();
        assert!(joined(&text).text.is_none(), "a second time there is nothing to change");
    }

    #[test]
    fn a_pattern_that_fits_is_enough() {
        let existing = "[workspace]\nmembers = [\"*\"]\nexclude = [\".vestibule\"]\n\n[workspace.dependencies]\nvestibule = { path = \".vestibule/guest-sdk\" }\nvestibule-test = { path = \".vestibule/guest-sdk/test\" }\n";
        let workspace = joined(existing);
        assert!(workspace.text.is_none() && workspace.uses_written_sdk);
        let text = joined(&existing.replace("\"*\"", "\"pay?\"")).text.unwrap();
        assert!(text.contains("members = [\"pay?\", \"payments\"]"), "{text}");
    }

    #[test]
    fn an_sdk_from_elsewhere_is_taken_and_none_is_written() {
        let path =
            joined("[workspace]\nmembers = []\n\n[workspace.dependencies]\nvestibule = { path = \"../guest-sdk\" }\n");
        assert!(!path.uses_written_sdk && path.has_test_kit);
        let text = path.text.unwrap();
        assert!(
            text.contains("vestibule-test = { path = \"../guest-sdk/test\" }") && !text.contains("exclude"),
            "{text}"
        );
        let published = joined("[workspace]\nmembers = []\n\n[workspace.dependencies]\nvestibule = \"0.1\"\n");
        assert!(!published.uses_written_sdk);
        assert!(published.text.unwrap().contains("vestibule-test = \"0.1\""));
    }

    #[test]
    fn what_cannot_take_a_function_says_what_to_do() {
        for (existing, said) in [
            ("[package]\nname = \"a\"\n", "run this in the folder above it"),
            ("[workspace]\nmembers = [\n", "cannot be read"),
            ("[workspace]\nexclude = [\"pay*\"]\n", "take it out of [workspace] exclude"),
            ("[workspace]\nmembers = 7\n", "write a list"),
            ("[workspace]\ndependencies = 7\n", "write [workspace.dependencies]"),
        ] {
            let error = with(&name(), Some(existing), true).err().unwrap();
            assert!(matches!(&error, Error::Usage(text) if text.contains(said)), "{error}");
        }
    }
}
