//! `[grants]` of a policy: what a function may reach beside its request. Nothing is reachable that is not here. Keys and
//! settings stand together; what is done with a grant is not known here.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::choice::Switch;
use super::destination::Destination;
use super::document::Section;
use super::key::{Custom, Group, Read};
use super::problem::{Problems, Wrong, quoted};
use super::units::article;
use super::values;
use super::verify::Lines;

/// The longest name of a store.
const LONGEST_STORE: usize = 64;

/// The most that all variables may come to, names and values together, in bytes.
const MOST_ENV: usize = 64 << 10;

/// What a function may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantsPolicy {
    /// Where it may send requests.
    pub http: Vec<Destination>,
    /// Whether the names among those may stand for addresses that are not public.
    pub http_private: bool,
    /// The stores that it may read and write.
    pub kv: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// The names of the secrets that it may read.
    pub secrets: Vec<String>,
    /// The names of the secrets that it may have something signed with.
    pub sign: Vec<String>,
    /// Where all this stands, for whoever finds something wrong with it.
    pub lines: Lines,
}

pub(super) static HTTP: Custom<Vec<Destination>> = Custom {
    name: "http",
    kind: "list of texts",
    otherwise: "none",
    meaning: "Where the function may send HTTP requests: scheme, host and port, as `\"https://api.stripe.com\"`. \
              `\"https://*.example.com\"` is every name below that one, `\"https://*\"` every host.",
    read: |value| values::list(value, r#"["https://api.stripe.com"]"#, Destination::read),
};

pub(super) static HTTP_PRIVATE: Switch = Switch {
    name: "http_private",
    default: false,
    meaning: "Whether what `http` names may be in a private network, on this machine or on this link. Otherwise only public \
              addresses are connected to, whatever a name stands for.",
};

pub(super) static KV: Custom<Vec<String>> = Custom {
    name: "kv",
    kind: "list of texts",
    otherwise: "none",
    meaning: "The key-value stores that the function may read and write, by name. A store is there once somebody is granted \
              it, and all who are share it.",
    read: |value| values::list(value, r#"["orders"]"#, store_name),
};

static ENV: Custom<BTreeMap<String, String>> = Custom {
    name: "env",
    kind: "table of texts",
    otherwise: "empty",
    meaning: "The function's environment, as `env = { LOG_LEVEL = \"debug\" }`. Nothing of the host's is in it. Not for \
              secrets: it stands in this file.",
    read: read_env,
};

pub(super) static SECRETS: Custom<Vec<String>> = Custom {
    name: "secrets",
    kind: "list of texts",
    otherwise: "none",
    meaning: "The names (never the values) of the secrets that the function may read.",
    read: |value| values::list(value, r#"["SENDGRID_KEY"]"#, values::secret_name),
};

pub(super) static SIGN: Custom<Vec<String>> = Custom {
    name: "sign",
    kind: "list of texts",
    otherwise: "none",
    meaning: "The names of the secrets with which the host signs what the function sends. Their values stay in the host.",
    read: |value| values::list(value, r#"["OUTGOING_SECRET"]"#, values::secret_name),
};

/// What a function may reach.
pub(super) static GRANTS: Group = Group {
    table: "grants",
    about: "What the function may reach beside its request; nothing is reachable that is not here. What a function asks for \
            and is not granted fails for it with an error, and the log names the line to add. Cannot be a default. See \
            [grants](grants.md).",
    keys: &[&HTTP, &HTTP_PRIVATE, &KV, &ENV, &SECRETS, &SIGN],
    tables: &[],
    later: &[],
};

/// Reads the table; what is wrong with it, the problems say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> GrantsPolicy {
    let before = problems.len();
    let http = table.take(&HTTP, problems);
    let http_private = table.take_or_default(&HTTP_PRIVATE, problems);
    if http_private && http.is_none() && problems.len() == before {
        let wrong =
            Wrong::new("says of `http`, which is not there, that it may be private", "write `http`, or remove it");
        problems.push(table.problem(HTTP_PRIVATE.name, wrong));
    }
    let policy = GrantsPolicy {
        http: http.unwrap_or_default(),
        http_private,
        kv: table.take(&KV, problems).unwrap_or_default(),
        env: table.take(&ENV, problems).unwrap_or_default(),
        secrets: table.take(&SECRETS, problems).unwrap_or_default(),
        sign: table.take(&SIGN, problems).unwrap_or_default(),
        lines: Lines::read(table, GRANTS.names()),
    };
    table.finish(&GRANTS, None, problems);
    policy
}

/// Whether this can be the name of a store: it becomes part of keys that several hosts share.
pub fn is_store_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
    begins && text.len() <= LONGEST_STORE && text.bytes().all(is_plain)
}

/// The name of a store.
pub(super) fn store_name(text: &str) -> Result<String, Wrong> {
    if is_store_name(text) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("{} is not the name of a store", quoted(text)),
        format!(
            "write a letter or digit, then letters, digits, - _ and ., all lower-case, {LONGEST_STORE} at most: \"orders\""
        ),
    ))
}

fn read_env(value: &Spanned<DeValue<'_>>) -> Read<BTreeMap<String, String>> {
    let fix = r#"write names and texts: env = { LOG_LEVEL = "debug" }"#;
    let DeValue::Table(entries) = value.get_ref() else {
        let found = article(value.get_ref());
        return Err(vec![Wrong::new(format!("{found} stands where a table is wanted"), fix)]);
    };
    let mut env = BTreeMap::new();
    let mut wrongs = Vec::new();
    for (name, value) in entries {
        let at = Some(value.span());
        let name = name.get_ref();
        let wrong = match value.get_ref() {
            _ if !values::is_secret_name(name) => {
                let message = format!("{} is not the name of a variable", quoted(name));
                Wrong::new(message, "write a letter or _, then letters, digits and _, 128 at most")
            }
            DeValue::String(text) if text.contains('\0') => {
                Wrong::new(format!("the value of {name} holds a NUL"), "remove it: no environment can hold one")
            }
            DeValue::String(text) => {
                env.insert(name.to_string(), text.to_string());
                continue;
            }
            other => {
                let message = format!("{name}: {} stands where a text is wanted", article(other));
                Wrong::new(message, format!("write it in quotes: {name} = \"…\""))
            }
        };
        wrongs.push(Wrong { at, ..wrong });
    }
    let size: usize = env.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MOST_ENV {
        let message = format!("{size} bytes of names and values; {MOST_ENV} are the most");
        wrongs.push(Wrong::new(message, "write less; what is large belongs in the component, or in a store"));
    }
    if wrongs.is_empty() { Ok(env) } else { Err(wrongs) }
}
