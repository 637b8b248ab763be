//! `[ceilings]` of `host.toml`: the most that policies may ask for, for the whole functions folder and for single folders
//! in it. Which of them counts for a policy is decided here; what becomes of a policy that asks for more is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::bounds::{Bound, Bounds};
use super::choice::Switch;
use super::destination::Destination;
use super::document::Section;
use super::grants;
use super::headers::HeadersPolicy;
use super::key::{Custom, Group, Key, Read, Row, Typed, Within};
use super::limit::{self, Rate};
use super::policy::{Defaults, PolicyBase};
use super::policy_keys as keys;
use super::problem::{Problems, Wrong, nearest, quoted};
use super::units::Size;
use super::values;

/// What the reference says of a ceiling that is not written.
const NONE: &str = "none";

static TIMEOUT: Within<Duration> = Within {
    name: "timeout",
    otherwise: NONE,
    least: keys::TIMEOUT.least,
    most: keys::TIMEOUT.most,
    meaning: "The longest `timeout`, of a function and of a verifier.",
};

static MEMORY: Within<Size> = Within {
    name: "memory",
    otherwise: NONE,
    least: keys::MEMORY.least,
    most: keys::MEMORY.most,
    meaning: "The largest `memory`, of a function and of a verifier.",
};

static CONCURRENCY: Within<usize> = Within {
    name: "concurrency",
    otherwise: NONE,
    least: keys::CONCURRENCY.least,
    most: keys::CONCURRENCY.most,
    meaning: "The largest `concurrency`, of a function and of a verifier; of each, not of all in the folder together.",
};

static BODY_LIMIT: Within<Size> = Within {
    name: "body_limit",
    otherwise: NONE,
    least: keys::BODY_LIMIT.least,
    most: keys::BODY_LIMIT.most,
    meaning: "The largest `body_limit`.",
};

static RESPONSE_LIMIT: Within<Size> = Within {
    name: "response_limit",
    otherwise: NONE,
    least: keys::RESPONSE_LIMIT.least,
    most: keys::RESPONSE_LIMIT.most,
    meaning: "The largest `response_limit`.",
};

static RATE: Custom<Rate> = Custom {
    name: "rate",
    kind: "text",
    otherwise: NONE,
    meaning: "The most that the `rate` of a `[limit]` may allow each caller; its `burst` may be no more than the number in it. \
              A function without `[limit]` gets this one, by address.",
    read: limit::read_rate,
};

/// A list of names, which may be empty: then nothing may be named.
struct Names<T: 'static = String> {
    name: &'static str,
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

static SECRETS: Names = Names {
    name: "secrets",
    meaning: "The secrets that may be named: names, or their beginnings with a `*`, as `\"ACME_*\"`. `[]` for none.",
    example: r#"["ACME_*"]"#,
    read: secret_pattern,
};

static PROVIDERS: Names = Names {
    name: "providers",
    meaning: "The `[auth.NAME]` that may be named. `[]` for none.",
    example: r#"["supabase"]"#,
    read: values::any,
};

static KV: Names = Names {
    name: "kv",
    meaning: "The stores that `grants.kv` may name: names, or their beginnings with a `*`, as `\"acme-*\"`. `[]` for none.",
    example: r#"["acme-*"]"#,
    read: store_pattern,
};

static HTTP: Names<Destination> = Names {
    name: "http",
    meaning: "What `grants.http` may name, written as there: a `*` also allows what is narrower. `[]` for nothing.",
    example: r#"["https://*.example.com"]"#,
    read: Destination::read,
};

static PUBLIC: Switch = Switch {
    name: "public",
    default: true,
    meaning: "Whether a function may be open to anyone: by `access = \"public\"`, or for trying it out as one that says \
              nothing about who may call it.",
};

/// The most that policies may ask for.
pub(super) static CEILINGS: Group = Group {
    table: "ceilings",
    about: "The most that policies may ask for, for whoever runs the functions of others. A policy that asks for more is not \
            served, and is told the figure that is allowed. One that says nothing gets its default, lowered to what is \
            allowed; `[defaults]` itself may not ask for more than `[ceilings]`. `[ceilings.\"tenants/acme\"]`, with the \
            same keys, is for the functions in that folder of the functions folder and below it: of several such tables, \
            the innermost one that has a key decides about that key, **also if it allows more**, and `[ceilings]` decides \
            about keys that none of them has.",
    keys: &[
        &TIMEOUT,
        &MEMORY,
        &CONCURRENCY,
        &BODY_LIMIT,
        &RESPONSE_LIMIT,
        &RATE,
        &SECRETS,
        &PROVIDERS,
        &KV,
        &HTTP,
        &PUBLIC,
    ],
    tables: &[],
    later: &[],
};

/// One table of ceilings; what it does not say, it leaves to those around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ceiling {
    timeout: Option<Duration>,
    memory: Option<Size>,
    concurrency: Option<usize>,
    body_limit: Option<Size>,
    response_limit: Option<Size>,
    rate: Option<Rate>,
    secrets: Option<Vec<String>>,
    providers: Option<Vec<String>>,
    kv: Option<Vec<String>>,
    http: Option<Vec<Destination>>,
    public: Option<bool>,
}

impl Ceiling {
    fn read(section: &mut Section<'_>, problems: &mut Problems) -> Self {
        Self {
            timeout: section.take(&TIMEOUT, problems),
            memory: section.take(&MEMORY, problems),
            concurrency: section.take(&CONCURRENCY, problems),
            body_limit: section.take(&BODY_LIMIT, problems),
            response_limit: section.take(&RESPONSE_LIMIT, problems),
            rate: section.take(&RATE, problems),
            secrets: section.take(&SECRETS, problems),
            providers: section.take(&PROVIDERS, problems),
            kv: section.take(&KV, problems),
            http: section.take(&HTTP, problems),
            public: section.take(&PUBLIC, problems),
        }
    }
}

/// All tables of ceilings, by their folders in the functions folder, which itself is the empty path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ceilings(BTreeMap<PathBuf, Ceiling>);

impl Ceilings {
    /// Reads `[ceilings]` and the tables in it. `providers` are those that `host.toml` defines.
    pub(super) fn read(section: Option<Section<'_>>, providers: &BTreeSet<String>, problems: &mut Problems) -> Self {
        let mut ceilings = Self::default();
        let Some(mut section) = section else { return ceilings };
        for (folder, mut table) in section.take_tables(problems) {
            match plain(&folder) {
                Ok(folder) => ceilings.add(folder, &mut table, providers, problems),
                Err(wrong) => problems.push(table.whole(wrong)),
            }
        }
        ceilings.add(PathBuf::new(), &mut section, providers, problems);
        ceilings
    }

    fn add(&mut self, folder: PathBuf, section: &mut Section<'_>, defined: &BTreeSet<String>, problems: &mut Problems) {
        let ceiling = Ceiling::read(section, problems);
        for name in ceiling.providers.iter().flatten().filter(|name| !defined.contains(*name)) {
            let fix = match nearest(name, defined.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("remove it, or define it: [auth.{name}]"),
            };
            let wrong = Wrong::new(format!("there is no provider {}", quoted(name)), fix);
            problems.push(section.problem(PROVIDERS.name, wrong));
        }
        section.finish(&CEILINGS, None, problems);
        self.0.insert(folder, ceiling);
    }

    /// The folders that have a table of their own, from the functions folder.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path).filter(|folder| !folder.as_os_str().is_empty())
    }

    /// All keys that are written, with their tables.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().flat_map(|(folder, ceiling)| {
            let Ceiling {
                timeout,
                memory,
                concurrency,
                body_limit,
                response_limit,
                rate,
                secrets,
                providers,
                kv,
                http,
                public,
            } = ceiling;
            let table = table_of(folder);
            [
                (TIMEOUT.name, timeout.is_some()),
                (MEMORY.name, memory.is_some()),
                (CONCURRENCY.name, concurrency.is_some()),
                (BODY_LIMIT.name, body_limit.is_some()),
                (RESPONSE_LIMIT.name, response_limit.is_some()),
                (RATE.name, rate.is_some()),
                (SECRETS.name, secrets.is_some()),
                (PROVIDERS.name, providers.is_some()),
                (KV.name, kv.is_some()),
                (HTTP.name, http.is_some()),
                (PUBLIC.name, public.is_some()),
            ]
            .into_iter()
            .filter(|(_, is_written)| *is_written)
            .map(move |(key, _)| format!("{table}.{key}"))
        })
    }

    /// What counts for the policies in a folder of the functions folder.
    pub(super) fn within(&self, folder: &Path) -> Bounds {
        // From the innermost outwards. The outermost counts for every folder, however that is written.
        let mut tables: Vec<(&Path, &Ceiling)> = Vec::new();
        for folder in folder.ancestors().filter(|folder| !folder.as_os_str().is_empty()).chain([Path::new("")]) {
            tables.extend(self.0.get(folder).map(|ceiling| (folder, ceiling)));
        }
        Bounds {
            timeout: innermost(&tables, TIMEOUT.name, |ceiling| ceiling.timeout),
            memory: innermost(&tables, MEMORY.name, |ceiling| ceiling.memory),
            concurrency: innermost(&tables, CONCURRENCY.name, |ceiling| ceiling.concurrency),
            body_limit: innermost(&tables, BODY_LIMIT.name, |ceiling| ceiling.body_limit),
            response_limit: innermost(&tables, RESPONSE_LIMIT.name, |ceiling| ceiling.response_limit),
            rate: innermost(&tables, RATE.name, |ceiling| ceiling.rate),
            secrets: innermost(&tables, SECRETS.name, |ceiling| ceiling.secrets.clone()),
            providers: innermost(&tables, PROVIDERS.name, |ceiling| ceiling.providers.clone()),
            kv: innermost(&tables, KV.name, |ceiling| ceiling.kv.clone()),
            http: innermost(&tables, HTTP.name, |ceiling| ceiling.http.clone()),
            public: innermost(&tables, PUBLIC.name, |ceiling| ceiling.public),
        }
    }

    /// Says where the default `[auth]` has no provider left: there, nobody could be let in by it.
    pub(super) fn check_default_auth(&self, defaults: &Defaults, root: &Section<'_>, problems: &mut Problems) {
        let Some(auth) = &defaults.auth else { return };
        for folder in self.folders() {
            if let Some(bound) = self.within(folder).providers.filter(|bound| bound.without(&auth.providers)) {
                let fix = format!("allow one of {} there", auth.providers.join(", "));
                let message = format!("{} allows no provider of [defaults.auth]", bound.place);
                problems.push(root.problem(CEILINGS.table, Wrong::new(message, fix)));
            }
        }
    }
}

/// The value of a key in the innermost of the tables that has it, and where it stands.
fn innermost<T>(tables: &[(&Path, &Ceiling)], key: &str, value: impl Fn(&Ceiling) -> Option<T>) -> Option<Bound<T>> {
    tables.iter().find_map(|(folder, ceiling)| {
        Some(Bound { most: value(ceiling)?, place: format!("[{}] {key}", table_of(folder)) })
    })
}

/// The name of a folder's table in `host.toml`.
fn table_of(folder: &Path) -> String {
    match folder.as_os_str().is_empty() {
        true => CEILINGS.table.to_owned(),
        false => format!("{}.{:?}", CEILINGS.table, folder.display().to_string()),
    }
}

/// What the policies of a host start from, folder by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    pub(super) base: PolicyBase,
    pub(super) ceilings: Ceilings,
}

impl Policies {
    /// What the policy `file` starts from; its path is that from the functions folder.
    pub fn of(&self, file: &Path) -> PolicyBase {
        let bounds = self.ceilings.within(file.parent().unwrap_or(Path::new("")));
        let mut base = self.base.clone();
        bounds.lower(&mut base.defaults);
        base.bounds = bounds;
        base
    }

    /// The headers that answers have where no policy says anything; no ceiling bounds them.
    pub fn default_headers(&self) -> &HeadersPolicy {
        &self.base.defaults.headers
    }

    /// The folders for which there are ceilings, from the functions folder.
    pub fn bounded_folders(&self) -> impl Iterator<Item = &Path> {
        self.ceilings.folders()
    }
}

/// The path of a folder in the functions folder.
fn plain(text: &str) -> Result<PathBuf, Wrong> {
    let path = Path::new(text);
    let steps: PathBuf = path.components().filter(|step| matches!(step, Component::Normal(_))).collect();
    // Written in one way alone, so that two tables are never for the same folder.
    if text.is_empty() || text.contains(['\\', '\0']) || steps.as_os_str() != path.as_os_str() {
        return Err(Wrong::new(
            format!("{} is not the plain path of a folder in the functions folder", quoted(text)),
            r#"write names with / between them: [ceilings."tenants/acme"]"#,
        ));
    }
    Ok(steps)
}

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
