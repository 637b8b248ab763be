//! `[ceilings]` of `host.toml`: the most that policies may ask for, for the whole functions folder and for single folders
//! in it. Which of them counts for a policy is decided here; what becomes of a policy that asks for more is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::bounds::{Bound, Bounds};
use super::ceiling_keys::{
    BODY_LIMIT, CONCURRENCY, HTTP, HTTP_PRIVATE, KV, MEMORY, PROVIDERS, PUBLIC, RATE, RESPONSE_LIMIT, SECRETS, TIMEOUT,
};
use super::destination::Destination;
use super::document::Section;
use super::headers::HeadersPolicy;
use super::key::Group;
use super::limit::Rate;
use super::policy::{Defaults, PolicyBase};
use super::problem::{Problems, Wrong, nearest, quoted};
use super::units::Size;

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
    http_private: Option<bool>,
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
            http_private: section.take(&HTTP_PRIVATE, problems),
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
                http_private,
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
                (HTTP_PRIVATE.name, http_private.is_some()),
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
            http_private: innermost(&tables, HTTP_PRIVATE.name, |ceiling| ceiling.http_private),
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
