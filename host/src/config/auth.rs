//! `[auth]` of a policy, or of the defaults: which callers a function lets in. It knows the names of the providers and
//! nothing else about them.

use std::collections::BTreeSet;

use super::document::Section;
use super::key::Key;
use super::policy_keys::{AUTH, OPTIONAL, PROVIDERS, ROLES, SCOPES};
use super::problem::{Problems, Wrong, nearest, quoted};

/// Who may call a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthPolicy {
    /// The providers that may vouch for a caller; at least one, and all of them defined.
    pub providers: Vec<String>,
    /// The roles of which a caller must have one; empty if any caller will do.
    pub roles: Vec<String>,
    /// The scopes that a caller must have, all of them.
    pub scopes: Vec<String>,
    /// Whether callers without a token are let in too. Only where access is [`Access::Public`](super::Access::Public).
    pub optional: bool,
}

/// Reads the table: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, defined: &BTreeSet<String>, problems: &mut Problems) -> Option<AuthPolicy> {
    let fix = r#"write providers = ["NAME"], where host.toml has [auth.NAME]"#;
    let providers = table.take_or_missing(&PROVIDERS, fix, problems);
    for name in providers.iter().flatten().filter(|name| !defined.contains(*name)) {
        let fix = match nearest(name, defined.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None if defined.is_empty() => format!("define it in host.toml: [auth.{name}]"),
            None => {
                let names: Vec<&str> = defined.iter().map(String::as_str).collect();
                format!("define it in host.toml, or write one of {}", names.join(", "))
            }
        };
        problems
            .push(table.problem("providers", Wrong::new(format!("host.toml has no provider {}", quoted(name)), fix)));
    }
    let roles = table.take(&ROLES, problems);
    let scopes = table.take(&SCOPES, problems);
    let optional = table.take_or_default(&OPTIONAL, problems);
    for (key, is_asked) in [(&ROLES, roles.is_some()), (&SCOPES, scopes.is_some())] {
        if optional && is_asked {
            let message = format!("of no use beside optional = true, which lets in callers without any {}", key.name());
            problems.push(table.problem(key.name(), Wrong::new(message, "remove one of them")));
        }
    }
    table.finish(&AUTH, None, problems);
    Some(AuthPolicy {
        providers: providers?,
        roles: roles.unwrap_or_default(),
        scopes: scopes.unwrap_or_default(),
        optional,
    })
}
