//! What a host is made of, before it is started: components with their policies, secrets, settings, what is in the stores.
//! Owns what a test's host has that production's does not; the folder itself, and who serves it, is the backends' business.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, caller, find};

/// Sandboxes at once, where the test's settings do not say.
const SANDBOXES: i64 = 16;

/// One function: where its component is, and its policy, if it is not the one beside that.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) component: PathBuf,
    pub(crate) route: Option<String>,
    pub(crate) policy: Option<String>,
}

/// What a test says of its host.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub(crate) functions: Vec<Function>,
    pub(crate) secrets: BTreeMap<String, Vec<u8>>,
    pub(crate) settings: String,
    /// Providers whose callers the test vouches for, whatever the settings say of them.
    pub(crate) providers: BTreeSet<String>,
    pub(crate) seeds: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
}

/// What a backend serves.
pub(crate) struct Site {
    /// The files of the functions folder: paths with `/` and bytes.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) secrets: BTreeMap<String, Vec<u8>>,
    /// `host.toml`, without `[secrets]` and `[cache]`.
    pub(crate) settings: String,
    pub(crate) seeds: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    pub(crate) key: caller::Key,
    /// The providers that [`key`](Self::key) is for.
    pub(crate) vouched: BTreeSet<String>,
}

impl Site {
    pub(crate) fn of(plan: Plan) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut trusted = BTreeSet::new();
        for function in &plan.functions {
            trusted.extend(add(&mut files, function)?);
        }
        let key = caller::Key::new()?;
        let mut secrets = plan.secrets;
        if let Some(name) = secrets.keys().find(|name| !is_file_name(name)) {
            return Err(Error::new(format!("{name:?} is not the name of a secret: write letters, digits and _")));
        }
        secrets.insert(caller::SECRET.into(), key.value().into());
        let (settings, vouched) = settings(&plan.settings, &trusted, &plan.providers)?;
        Ok(Self { files, secrets, settings, seeds: plan.seeds, key, vouched })
    }
}

/// Adds a function's files. Returns the providers that its policy names.
fn add(files: &mut Vec<(String, Vec<u8>)>, function: &Function) -> Result<Vec<String>, Error> {
    let component = find::file(&function.component)?;
    let route = match &function.route {
        Some(route) => route.clone(),
        None => find::route(&function.component)?,
    };
    if !route.split('/').all(is_file_name) {
        return Err(Error::new(format!("{route:?} is no route: write names with / between them, as orders/[id]")));
    }
    let bytes = read(&component)?;
    let beside = component.with_extension("toml");
    let policy = match &function.policy {
        Some(policy) => Some(policy.clone().into_bytes()),
        None if beside.is_file() => Some(read(&beside)?),
        None => None,
    };
    let mut providers = Vec::new();
    if let Some(policy) = policy {
        // What is wrong with a policy is said by the host, in its own words.
        let table = std::str::from_utf8(&policy).ok().and_then(|text| text.parse::<toml::Table>().ok());
        let table = table.unwrap_or_default();
        providers.extend(texts(table.get("auth").and_then(|auth| auth.get("providers"))));
        for name in texts(table.get("verify").and_then(|verify| verify.get("component"))) {
            let (verifier, place) = (component.with_file_name(&name), place_beside(&route, &name));
            if is_file_name(&name) && verifier.is_file() && !files.iter().any(|(path, _)| *path == place) {
                files.push((place, read(&verifier)?));
            }
        }
        files.push((format!("{route}.toml"), policy));
    }
    files.push((format!("{route}.wasm"), bytes));
    Ok(providers)
}

/// The path of a file in the folder that a route's component is in.
fn place_beside(route: &str, name: &str) -> String {
    match route.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// Whether this names a file in its folder, and none elsewhere.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0'])
}

/// A text, or several in a list.
fn texts(value: Option<&toml::Value>) -> Vec<String> {
    match value {
        Some(toml::Value::String(text)) => vec![text.clone()],
        Some(toml::Value::Array(list)) => list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// `host.toml` as the test wants it, with what every test's host has. Providers that policies trust and nobody defines, and
/// those that the test vouches for, are defined by a key of the test's own. Returns which these are.
fn settings(
    text: &str,
    trusted: &BTreeSet<String>,
    vouched: &BTreeSet<String>,
) -> Result<(String, BTreeSet<String>), Error> {
    let mut table: toml::Table = text.parse().map_err(|error| Error::new(format!("the settings: {error}")))?;
    for ours in ["secrets", "cache", "listen", "admin", "functions"] {
        table.remove(ours);
    }
    // What a test keeps is its own: never in the place of a host that serves. Quotas count as they are written.
    if let Some(toml::Value::Table(state)) = table.get_mut("state") {
        state.retain(|key, _| key != "path" && key != "redis");
    }
    let mut inner = |name: &str| match table.entry(name).or_insert_with(|| toml::Table::new().into()) {
        toml::Value::Table(table) => Ok(std::mem::take(table)),
        _ => Err(Error::new(format!("the settings: {name} is a table, [{name}]"))),
    };
    let (mut server, mut auth) = (inner("server")?, inner("auth")?);
    server.entry("concurrency").or_insert(SANDBOXES.into());
    let mut made = vouched.clone();
    made.extend(trusted.iter().filter(|name| !auth.contains_key(*name)).cloned());
    for name in &made {
        auth.insert(name.clone(), caller::provider().into());
    }
    table.insert("server".into(), server.into());
    if auth.is_empty() {
        table.remove("auth");
    } else {
        table.insert("auth".into(), auth.into());
    }
    Ok((table.to_string(), made))
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(Error::of(file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_provider_that_the_settings_define_is_left_alone_unless_the_test_vouches_for_it() {
        let text = "[auth.keys]\nkind = \"api-key\"\n[secrets]\nenv = true\n[state]\npath = \"/srv/state\"\nredis = \"R\"\n\
                    kv_keys = 7\n";
        let (settings_text, made) = settings(text, &names(&["keys", "company"]), &names(&[])).unwrap();
        let table: toml::Table = settings_text.parse().unwrap();
        assert_eq!(made, names(&["company"]));
        assert_eq!(table["auth"]["keys"]["kind"].as_str(), Some("api-key"));
        assert_eq!(table["auth"]["company"]["kind"].as_str(), Some("jwt"));
        assert!(!table.contains_key("secrets"), "a test's secrets are those that it gives");
        let state = table["state"].as_table().unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), ["kv_keys"], "what a test writes is in no host's place");
        let (settings_text, made) = settings(text, &names(&["keys"]), &names(&["keys"])).unwrap();
        let table: toml::Table = settings_text.parse().unwrap();
        assert_eq!(made, names(&["keys"]));
        assert_eq!(table["auth"]["keys"]["kind"].as_str(), Some("jwt"));
    }

    #[test]
    fn settings_that_are_no_toml_are_an_error() {
        assert!(settings("timeout = ", &names(&[]), &names(&[])).is_err());
        assert!(settings("auth = 1", &names(&[]), &names(&[])).is_err());
    }
}
