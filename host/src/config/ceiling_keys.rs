//! The keys of `[ceilings]`, with their bounds and meaning. What they hold down is decided elsewhere.

use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::choice::Switch;
use super::destination::Destination;
use super::grants;
use super::key::{Custom, Key, Read, Row, Typed, Within};
use super::limit::{self, Rate};
use super::policy_keys as keys;
use super::problem::Wrong;
use super::units::Size;
use super::values;

/// What the reference says of a ceiling that is not written.
const NONE: &str = "none";

pub(super) static TIMEOUT: Within<Duration> = Within {
    name: "timeout",
    otherwise: NONE,
    least: keys::TIMEOUT.least,
    most: keys::TIMEOUT.most,
    meaning: "The longest `timeout`, of a function and of a verifier.",
};

pub(super) static MEMORY: Within<Size> = Within {
    name: "memory",
    otherwise: NONE,
    least: keys::MEMORY.least,
    most: keys::MEMORY.most,
    meaning: "The largest `memory`, of a function and of a verifier.",
};

pub(super) static CONCURRENCY: Within<usize> = Within {
    name: "concurrency",
    otherwise: NONE,
    least: keys::CONCURRENCY.least,
    most: keys::CONCURRENCY.most,
    meaning: "The largest `concurrency`, of a function and of a verifier; of each, not of all in the folder together.",
};

pub(super) static BODY_LIMIT: Within<Size> = Within {
    name: "body_limit",
    otherwise: NONE,
    least: keys::BODY_LIMIT.least,
    most: keys::BODY_LIMIT.most,
    meaning: "The largest `body_limit`.",
};

pub(super) static RESPONSE_LIMIT: Within<Size> = Within {
    name: "response_limit",
    otherwise: NONE,
    least: keys::RESPONSE_LIMIT.least,
    most: keys::RESPONSE_LIMIT.most,
    meaning: "The largest `response_limit`.",
};

pub(super) static RATE: Custom<Rate> = Custom {
    name: "rate",
    kind: "text",
    otherwise: NONE,
    meaning: "The most that the `rate` of a `[limit]` may allow each caller; its `burst` may be no more than the number in it. \
              A function without `[limit]` gets this one, by address.",
    read: limit::read_rate,
};

/// A list of names, which may be empty: then nothing may be named.
pub(super) struct Names<T: 'static = String> {
    pub(super) name: &'static str,
    meaning: &'static str,
    example: &'static str,
    read: fn(&str) -> Result<T, Wrong>,
}

impl<T> Key for Names<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        Row {
            name: self.name,
            kind: "list of texts".to_owned(),
            default: "any".to_owned(),
            bounds: String::new(),
            meaning: self.meaning,
        }
    }
}

impl<T: PartialEq> Typed for Names<T> {
    type Value = Vec<T>;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<Vec<T>> {
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => Ok(Vec::new()),
            _ => values::list(value, self.example, self.read),
        }
    }
}

pub(super) static SECRETS: Names = Names {
    name: "secrets",
    meaning: "The secrets that may be named: names, or their beginnings with a `*`, as `\"ACME_*\"`. `[]` for none.",
    example: r#"["ACME_*"]"#,
    read: secret_pattern,
};

pub(super) static PROVIDERS: Names = Names {
    name: "providers",
    meaning: "The `[auth.NAME]` that may be named. `[]` for none.",
    example: r#"["supabase"]"#,
    read: values::any,
};

pub(super) static KV: Names = Names {
    name: "kv",
    meaning: "The stores that `grants.kv` may name: names, or their beginnings with a `*`, as `\"acme-*\"`. `[]` for none.",
    example: r#"["acme-*"]"#,
    read: store_pattern,
};

pub(super) static HTTP: Names<Destination> = Names {
    name: "http",
    meaning: "What `grants.http` may name, written as there: a `*` also allows what is narrower. `[]` for nothing.",
    example: r#"["https://*.example.com"]"#,
    read: Destination::read,
};

pub(super) static PUBLIC: Switch = Switch {
    name: "public",
    default: true,
    meaning: "Whether a function may be open to anyone: by `access = \"public\"`, or for trying it out as one that says \
              nothing about who may call it.",
};

pub(super) static HTTP_PRIVATE: Switch = Switch {
    name: "http_private",
    default: true,
    meaning: "Whether `grants.http_private` may be written: functions of others may otherwise be led by a name of theirs to \
              whatever the host's own network has.",
};

/// The name of a secret, or the beginning of one and a `*`.
fn secret_pattern(text: &str) -> Result<String, Wrong> {
    match text.strip_suffix('*') {
        Some("") => Ok(text.to_owned()),
        Some(start) => values::secret_name(start).map(|start| format!("{start}*")),
        None => values::secret_name(text),
    }
}

/// The name of a store, or the beginning of one and a `*`.
fn store_pattern(text: &str) -> Result<String, Wrong> {
    match text.strip_suffix('*') {
        Some("") => Ok(text.to_owned()),
        Some(start) => grants::store_name(start).map(|start| format!("{start}*")),
        None => grants::store_name(text),
    }
}
