//! What a function was granted by its policy, ready for use: made once, when the function is loaded, and asked at every
//! call. A grant that cannot be kept (a secret that is not there) keeps the function from being served. It knows nothing of
//! the engine and of guests.

mod environment;
mod http;
pub mod sign;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::config::{self, GrantsPolicy, Kind, MissingSecret, Problem, Problems, Secret, Secrets};
use crate::kv::{Backend, Bucket, Quotas};
use crate::outbound::Client;

pub use self::environment::Environment;
pub use self::http::{denied_request, told_of_denied_request};

/// What one function was granted.
#[derive(Default)]
pub struct Grants {
    environment: Environment,
    secrets: BTreeMap<String, Secret>,
    stores: BTreeMap<String, Bucket>,
    /// What it may have something signed with.
    sign: BTreeMap<String, signatures::Secret>,
    /// What it sends requests with; none if it may send none.
    http: Option<Arc<Client>>,
}

impl Grants {
    /// Makes the grants of the policy `file` ready.
    ///
    /// # Errors
    ///
    /// If a secret that it names is not to be had.
    pub fn new(policy: &GrantsPolicy, file: &Path, secrets: &Secrets) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let read = named(policy, "secrets", file, secrets, &mut problems);
        let sign = named(policy, "sign", file, secrets, &mut problems);
        let sign = sign.into_iter().map(|(name, secret)| {
            let secret = signatures::Secret::new(name.clone(), secret.expose());
            (name, secret)
        });
        let granted =
            Self { environment: Environment::new(policy), secrets: read, sign: sign.collect(), ..Self::default() };
        if problems.is_empty() { Ok(granted) } else { Err(problems) }
    }

    /// The function's environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The value of a secret that the function may read.
    ///
    /// # Errors
    ///
    /// If it may not.
    pub fn secret(&self, name: &str) -> Result<&Secret, Denied> {
        self.secrets.get(name).ok_or_else(|| Denied::new("the secret", name, "secrets"))
    }

    /// Adds the stores of these names, which `backend` keeps within `quotas`.
    pub fn add_stores(&mut self, names: &[String], backend: &Arc<dyn Backend>, quotas: &Quotas) {
        let stores = names.iter().map(|name| (name.clone(), Bucket::new(name, Arc::clone(backend), quotas)));
        self.stores.extend(stores);
    }

    /// A store that the function may read and write.
    ///
    /// # Errors
    ///
    /// If it may not.
    pub fn store(&self, name: &str) -> Result<&Bucket, Denied> {
        self.stores.get(name).ok_or_else(|| match config::is_store_name(name) {
            true => Denied::new("the store", name, "kv"),
            false => Denied::unnamable(name),
        })
    }
}

/// Not shown: it holds secrets.
impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

/// The secrets whose names `key` of the policy `file` has.
fn named(
    policy: &GrantsPolicy,
    key: &str,
    file: &Path,
    secrets: &Secrets,
    problems: &mut Problems,
) -> BTreeMap<String, Secret> {
    let names = if key == "sign" { &policy.sign } else { &policy.secrets };
    let mut found = BTreeMap::new();
    for name in names {
        match secrets.get(name) {
            Ok(secret) => drop(found.insert(name.clone(), secret)),
            Err(missing) => problems.push(missing_secret(&missing, (key, policy.lines.of(key)), file)),
        }
    }
    found
}

fn missing_secret(missing: &MissingSecret, (key, line): (&str, Option<usize>), file: &Path) -> Problem {
    let problem = Problem::of_file(file, missing.to_string(), missing.fix());
    Problem { key: Some(format!("grants.{key}")), line, kind: Kind::Secret, ..problem }
}

/// A function asked for what it was not granted. Its text is for the function and for the log: it names the line to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What was asked for.
    asked: String,
    /// What has to be written for it; none if nothing can be.
    allow: Option<String>,
}

impl Denied {
    /// A function asked for what these lines of `[grants]` would allow.
    fn lines(asked: String, lines: String) -> Self {
        Self { asked, allow: Some(lines) }
    }

    /// A function asked for what no policy can grant.
    pub fn never(asked: String) -> Self {
        Self { asked, allow: None }
    }

    /// A function asked for `what` of this `name`, which `key` of `[grants]` would have to list.
    pub fn new(what: &str, name: &str, key: &str) -> Self {
        let name = name.escape_default().take(LONGEST_NAME).collect::<String>();
        Self { asked: format!("{what} {name}"), allow: Some(format!("{key} = [\"{name}\"]")) }
    }

    /// A function asked for a store by a name that none can have, so that no policy can grant it.
    fn unnamable(name: &str) -> Self {
        let name = name.escape_default().take(LONGEST_NAME).collect::<String>();
        Self {
            asked: format!("the store {name} (names have lower-case letters, digits, - _ and . alone)"),
            allow: None,
        }
    }

    /// Whether a line in a policy would allow it.
    pub fn can_be_allowed(&self) -> bool {
        self.allow.is_some()
    }
}

/// Characters of what was asked for that are repeated: it is the guest's text.
const LONGEST_NAME: usize = 256;

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, allow } = self;
        match allow {
            Some(line) => write!(f, "{asked} is not granted: write {line} under [grants] in the function's policy"),
            None => write!(f, "{asked} is out of reach: nothing in a policy can grant it"),
        }
    }
}
