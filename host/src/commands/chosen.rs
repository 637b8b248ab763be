//! The scheme that a command works with, and its keys: named on the command line, taken from a policy file, or from a line
//! of a log of deliveries. All of them become `[verify]` of a policy and are checked as one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command};
use signatures::{Scheme, Secret, Setup, Verifier};
use toml::{Table, Value};

use super::{Failure, named, read};
use crate::config::{Policy, PolicyBase, Problem, Problems, VerifyPolicy};

/// Which scheme, with which keys.
#[derive(Args)]
pub(super) struct SchemeOptions {
    /// Take scheme, names of secrets and settings from [verify] of this policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Look the policy's secrets up where [secrets] of this host.toml says [default: host.toml beside the policy's folder]
    #[arg(long, value_name = "FILE", requires = "policy")]
    config: Option<PathBuf>,
    /// A setting of [verify], as in a policy: --set 'tolerance="1m"'
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_setting)]
    settings: Vec<(String, Value)>,
    #[command(flatten)]
    named: SecretOptions,
    /// A secret itself. Everybody on the machine can see it: for tests
    #[arg(long, value_name = "TEXT")]
    secret: Vec<String>,
    /// The sender's public key, from a file: PEM, certificate, hex, Base64 or JWK
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
}

/// Which secrets, without their being written on the command line.
#[derive(Args)]
pub(super) struct SecretOptions {
    /// A secret, from the environment variable of this name
    #[arg(long, value_name = "NAME")]
    secret_env: Vec<String>,
    /// A secret, from a file; a line break at its end is no part of it
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<PathBuf>,
}

impl SecretOptions {
    /// Whether none is named.
    pub(super) fn is_empty(&self) -> bool {
        self.secret_env.is_empty() && self.secret_file.is_empty()
    }

    /// The secrets, those of the environment first.
    pub(super) fn read(&self) -> Result<Vec<Secret>, Failure> {
        let mut secrets = Vec::new();
        for name in &self.secret_env {
            let value = std::env::var_os(name).unwrap_or_default().into_encoded_bytes();
            if value.is_empty() {
                return Err(Failure::usage(format!("there is nothing in the environment variable {name}")));
            }
            secrets.push(Secret::new(name, value));
        }
        for file in &self.secret_file {
            let mut value = read(file)?;
            while value.ends_with(b"\n") || value.ends_with(b"\r") {
                value.pop();
            }
            secrets.push(Secret::new(file.display().to_string(), value));
        }
        Ok(secrets)
    }
}

/// The name of a scheme. Any text: whether there is such a scheme is said with the nearest one, when it is looked for. Shells
/// are told all that there are.
#[derive(Clone)]
pub(super) struct SchemeName;

impl TypedValueParser for SchemeName {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(signatures::schemes().map(|scheme| PossibleValue::new(scheme.name()))))
    }
}

/// A scheme with its keys.
pub(super) struct Chosen {
    pub(super) scheme: Scheme,
    pub(super) setup: Setup,
    /// The URL of the function as the sender knows it, if `[verify]` says it.
    pub(super) url: Option<String>,
}

impl Chosen {
    /// The verifier of the scheme.
    pub(super) fn verifier(self) -> Result<Verifier, signatures::SetupError> {
        Verifier::new(&self.scheme, self.setup)
    }
}

impl SchemeOptions {
    /// Whether the scheme is that of a policy.
    pub(super) fn has_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// The scheme called `name`, or that of the policy, with the keys that the options name.
    pub(super) fn choose(&self, name: Option<&str>) -> Result<Chosen, Failure> {
        let mut verify = match (&self.policy, name) {
            (Some(_), Some(name)) => {
                let message = format!("the scheme is \"{name}\" or that of --policy; name one of them");
                return Err(Failure::usage(message));
            }
            (None, None) => return Err(Failure::usage("name a scheme, as github, or a policy with --policy")),
            (Some(policy), None) => verify_table(policy)?,
            (None, Some(name)) => Table::from_iter([("scheme".to_owned(), Value::from(name))]),
        };
        verify.extend(self.settings.iter().cloned());
        let mut public_keys = Vec::new();
        for file in &self.public_key {
            let key = String::from_utf8(read(file)?);
            let key = key.map_err(|_| Failure::usage(format!("{} is not text", file.display())))?;
            public_keys.push(Value::from(key.trim_end()));
        }
        if !public_keys.is_empty() {
            verify.insert("public_key".into(), Value::Array(public_keys));
        }

        let mut secrets = self.named.read()?;
        for (place, secret) in self.secret.iter().enumerate() {
            secrets.push(Secret::new(format!("--secret {}", place + 1), secret.as_bytes()));
        }
        let named = secrets.is_empty().then(|| named_secrets(&verify)).flatten();
        let secrets = match named {
            Some(names) => named::secrets(&names, self.policy.as_deref(), self.config.as_deref())?,
            None => secrets,
        };
        let named = verify.get("scheme").and_then(Value::as_str).and_then(|name| signatures::scheme(name).ok());
        if secrets.is_empty() && named.is_some_and(Scheme::uses_secrets) {
            return Err(Failure::usage(
                "there is no secret; write --secret-env NAME, --secret-file FILE or --secret TEXT",
            ));
        }
        if let Some(scheme) = named.filter(|scheme| scheme.uses_public_key())
            && secrets.is_empty()
            && !verify.contains_key("public_key")
        {
            let name = scheme.name();
            return Err(Failure::usage(format!(
                "there is no key for \"{name}\"; write --public-key FILE to verify, or --secret-file FILE with the private \
                 key to sign"
            )));
        }
        choose(Path::new(crate::config::COMMAND_LINE), verify, secrets).map_err(Failure::usage)
    }
}

/// `[verify]` of a policy file.
fn verify_table(policy: &Path) -> Result<Table, Failure> {
    let text = String::from_utf8(read(policy)?);
    let text = text.map_err(|_| Failure::usage(format!("{} is not UTF-8", policy.display())))?;
    let mut root: Table =
        toml::from_str(&text).map_err(|error| Failure::usage(format!("{} is not TOML: {error}", policy.display())))?;
    match root.remove("verify") {
        Some(Value::Table(verify)) => Ok(verify),
        _ => Err(Failure::usage(format!("{} has no table [verify]", policy.display()))),
    }
}

fn named_secrets(verify: &Table) -> Option<Vec<String>> {
    let names = verify.get("secrets")?.as_array()?;
    names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Checks a `[verify]` table, in which the names of the secrets are put in place of those that it has.
pub(super) fn choose(origin: &Path, mut verify: Table, secrets: Vec<Secret>) -> Result<Chosen, Problems> {
    verify.remove("secrets");
    if !secrets.is_empty() {
        let names = (1..=secrets.len()).map(|place| Value::from(format!("SECRET_{place}")));
        verify.insert("secrets".into(), Value::Array(names.collect()));
    }
    let checks_nothing = verify
        .get("scheme")
        .and_then(Value::as_str)
        .is_some_and(|name| signatures::scheme(name).is_ok_and(Scheme::checks_nothing));
    let mut root = Table::from_iter([("verify".to_owned(), Value::Table(verify))]);
    if checks_nothing {
        root.insert("access".into(), "public".into());
    }
    let unwritable = |error: toml::ser::Error| Problem::of_file(origin, error.to_string(), "write it as in a policy");
    let text = toml::to_string(&root).map_err(unwritable)?;
    let policy = Policy::check(origin, &text, &PolicyBase::default()).map_err(without_lines)?;
    match policy.verify {
        Some(VerifyPolicy { scheme, public_keys, key_id, url, tolerance, .. }) => {
            Ok(Chosen { scheme, setup: Setup { secrets, public_keys, key_id, tolerance }, url })
        }
        None if checks_nothing => {
            let scheme = signatures::scheme("none")
                .map_err(|error| Problem::of_file(origin, error.to_string(), "docs/webhooks.md has all schemes"))?;
            Ok(Chosen { scheme: scheme.clone(), setup: Setup::default(), url: None })
        }
        None => {
            let message = "the scheme is a component, which only a running host can ask";
            Err(Problem::of_file(origin, message, "send the request to the host").into())
        }
    }
}

/// The lines are those of a text that nobody wrote.
fn without_lines(problems: Problems) -> Problems {
    let mut without = Problems::default();
    for problem in problems.iter() {
        without.push(Problem { line: None, ..problem.clone() });
    }
    without
}

/// Reads `key=value`, where a value that is no TOML is a text.
fn parse_setting(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("write a setting as key=value")?;
    let value = value.trim();
    let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut table| table.remove("value"));
    Ok((key.trim().to_owned(), parsed.unwrap_or_else(|| Value::from(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_toml_or_a_text() {
        let value = |text: &str| parse_setting(text).unwrap().1;
        assert_eq!(value("tolerance=\"1m\""), Value::from("1m"));
        assert_eq!(value("tolerance=1m"), Value::from("1m"));
        assert_eq!(value("id={ header = \"x\" }").get("header"), Some(&Value::from("x")));
        assert!(parse_setting("tolerance").is_err());
    }

    #[test]
    fn settings_are_checked_as_in_a_policy() {
        let problems = |scheme: &str, setting: &str| {
            let mut verify = Table::from_iter([("scheme".to_owned(), Value::from(scheme))]);
            verify.extend([parse_setting(setting).unwrap()]);
            let chosen = choose(Path::new("here"), verify, vec![Secret::new("S", *b"s")]);
            chosen.err().unwrap().to_string()
        };
        assert!(problems("gitub", "tolerance=1m").contains("did you mean \"github\""));
        assert!(problems("stripe", "tolerance=0s").contains("verify.tolerance"));
        assert!(problems("stripe", "issuer=x").contains("verify.issuer"));
        assert!(problems("stripe", "no_such_key=1").contains("no_such_key"));
    }
}
