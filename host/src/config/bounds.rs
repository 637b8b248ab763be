//! The most that one policy may ask for, and the policy held against it. What is asked for beyond that is a problem of the
//! policy, which says the figure allowed and where it stands; a default is lowered. Where bounds come from is not known
//! here.

use super::auth::AuthPolicy;
use super::destination::Destination;
use super::document::Section;
use super::grants::{self, GrantsPolicy};
use super::key::Key;
use super::limit::{self, LimitPolicy, Rate};
use super::policy::{Defaults, Limits};
use super::policy_keys as keys;
use super::problem::{Problems, Wrong, quoted};
use super::units::{Size, Unit};
use super::verify::Verify;
use std::time::Duration;

/// What may be asked for at the most, and where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound<T> {
    pub(super) most: T,
    /// The table and the key, as `host.toml` has them.
    pub(super) place: String,
}

/// The most that a policy may ask for; nothing is bounded where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub(super) timeout: Option<Bound<Duration>>,
    pub(super) memory: Option<Bound<Size>>,
    pub(super) concurrency: Option<Bound<usize>>,
    pub(super) body_limit: Option<Bound<Size>>,
    pub(super) response_limit: Option<Bound<Size>>,
    pub(super) rate: Option<Bound<Rate>>,
    pub(super) secrets: Option<Bound<Vec<String>>>,
    pub(super) providers: Option<Bound<Vec<String>>>,
    pub(super) kv: Option<Bound<Vec<String>>>,
    pub(super) http: Option<Bound<Vec<Destination>>>,
    pub(super) http_private: Option<Bound<bool>>,
    pub(super) public: Option<Bound<bool>>,
}

impl Bounds {
    /// Lowers the defaults to what is allowed: whoever says nothing asks for nothing.
    pub(super) fn lower(&self, defaults: &mut Defaults) {
        let Limits { timeout, memory, concurrency, body_limit, response_limit } = &mut defaults.limits;
        lower(&self.timeout, timeout);
        lower(&self.memory, memory);
        lower(&self.concurrency, concurrency);
        lower(&self.body_limit, body_limit);
        lower(&self.response_limit, response_limit);
        if let Some(bound) = &self.rate {
            let allowed = LimitPolicy::at(bound.most);
            let limit = defaults.limit.get_or_insert_with(|| allowed.clone());
            if limit.rate.is_more_than(bound.most) {
                limit.rate = bound.most;
            }
            limit.burst = limit.burst.min(bound.most.count);
        }
        if let (Some(bound), Some(auth)) = (&self.providers, &mut defaults.auth) {
            auth.providers.retain(|name| bound.most.contains(name));
        }
    }

    /// Holds a policy against the bounds. What it says nothing of is lowered.
    pub(super) fn hold(
        &self,
        root: &Section<'_>,
        (public, limits): (bool, &Limits),
        limit: Option<&mut (LimitPolicy, Section<'_>)>,
        verify: Option<&mut (Verify, Section<'_>)>,
        auth: Option<&(AuthPolicy, Section<'_>)>,
        problems: &mut Problems,
    ) {
        if let Some(place) = self.forbids_open().filter(|_| public) {
            let fix = "remove it, and write [verify] or [auth]; whoever runs the host may allow it there";
            let message = format!("host.toml lets no function here be open to anyone: {place}");
            problems.push(root.problem(keys::ACCESS.name(), Wrong::new(message, fix)));
        }
        self.hold_limits(root, limits, problems);
        if let Some((limit, table)) = limit {
            self.hold_rate(table, limit, problems);
        }
        if let Some((auth, table)) = auth {
            self.hold_providers(table, auth, problems);
        }
        match verify {
            Some((Verify::Signature(policy), table)) => {
                self.hold_secrets(table, keys::SECRETS.name(), &policy.secrets, problems);
                let token = policy.handshake.as_ref().and_then(|handshake| handshake.token.as_ref());
                self.hold_secrets(table, keys::HANDSHAKE_TOKEN.name(), token, problems);
            }
            Some((Verify::Component(policy), table)) => {
                self.hold_secrets(table, keys::SECRETS.name(), &policy.secrets, problems);
                let limits = &mut policy.limits;
                hold_or_lower(table, &keys::VERIFIER_TIMEOUT, &self.timeout, &mut limits.timeout, problems);
                hold_or_lower(table, &keys::VERIFIER_MEMORY, &self.memory, &mut limits.memory, problems);
                hold_or_lower(table, &keys::VERIFIER_CONCURRENCY, &self.concurrency, &mut limits.concurrency, problems);
            }
            Some((Verify::Nothing, _)) | None => {}
        }
    }

    /// Holds limits that are written in `section` against the bounds.
    pub(super) fn hold_limits(&self, section: &Section<'_>, limits: &Limits, problems: &mut Problems) {
        hold(section, &keys::TIMEOUT, &self.timeout, limits.timeout, problems);
        hold(section, &keys::MEMORY, &self.memory, limits.memory, problems);
        hold(section, &keys::CONCURRENCY, &self.concurrency, limits.concurrency, problems);
        hold(section, &keys::BODY_LIMIT, &self.body_limit, limits.body_limit, problems);
        hold(section, &keys::RESPONSE_LIMIT, &self.response_limit, limits.response_limit, problems);
    }

    /// Holds a `[limit]` against the rate that is allowed. A burst that nobody has written is lowered.
    pub(super) fn hold_rate(&self, table: &Section<'_>, limit: &mut LimitPolicy, problems: &mut Problems) {
        let Some(Bound { most, place }) = &self.rate else { return };
        let wrong = |asked: &dyn std::fmt::Display, most: &dyn std::fmt::Display| {
            Wrong::new(
                format!("{asked} is more than the {most} that host.toml allows here: {place}"),
                format!("write at most {most}; whoever runs the host may raise it there"),
            )
        };
        if limit.rate.is_more_than(*most) {
            problems.push(table.problem(limit::RATE.name(), wrong(&limit.rate, most)));
        } else if limit.burst > most.count && table.has(limit::BURST.name()) {
            problems.push(table.problem(limit::BURST.name(), wrong(&limit.burst, &most.count)));
        }
        limit.burst = limit.burst.min(most.count);
    }

    /// Holds the providers that `[auth]` names against those that may be named.
    pub(super) fn hold_providers(&self, table: &Section<'_>, auth: &AuthPolicy, problems: &mut Problems) {
        let Some(bound) = &self.providers else { return };
        for name in auth.providers.iter().filter(|name| !bound.most.contains(name)) {
            problems.push(table.problem(keys::PROVIDERS.name(), bound.unnamed("providers", name)));
        }
    }

    /// Holds what a policy wants to reach against what may be named.
    pub(super) fn hold_grants(&self, table: &Section<'_>, grants: &GrantsPolicy, problems: &mut Problems) {
        self.hold_secrets(table, grants::SECRETS.name(), &grants.secrets, problems);
        self.hold_secrets(table, grants::SIGN.name(), &grants.sign, problems);
        if let Some(bound) = &self.kv {
            for name in grants.kv.iter().filter(|name| !matches(&bound.most, name)) {
                problems.push(table.problem(grants::KV.name(), bound.unnamed("stores", name)));
            }
        }
        if let Some(bound) = self.http_private.as_ref().filter(|bound| grants.http_private && !bound.most) {
            let message = format!("host.toml lets no function here reach what is not public: {}", bound.place);
            let fix = "remove it; whoever runs the host may allow it there";
            problems.push(table.problem(grants::HTTP_PRIVATE.name(), Wrong::new(message, fix)));
        }
        if let Some(Bound { most, place }) = &self.http {
            let allowed = Bound { most: most.iter().map(ToString::to_string).collect(), place: place.clone() };
            let is_allowed = |asked: &Destination| most.iter().any(|allowed| allowed.includes(asked));
            for asked in grants.http.iter().filter(|asked| !is_allowed(asked)) {
                problems.push(table.problem(grants::HTTP.name(), allowed.unnamed("destinations", &asked.to_string())));
            }
        }
    }

    fn hold_secrets<'n>(
        &self,
        table: &Section<'_>,
        key: &str,
        names: impl IntoIterator<Item = &'n String>,
        problems: &mut Problems,
    ) {
        let Some(bound) = &self.secrets else { return };
        for name in names.into_iter().filter(|name| !matches(&bound.most, name)) {
            problems.push(table.problem(key, bound.unnamed("secrets", name)));
        }
    }

    /// Where it is said that no function may be open to anyone, if that is said.
    pub fn forbids_open(&self) -> Option<&str> {
        self.public.as_ref().filter(|bound| !bound.most).map(|bound| bound.place.as_str())
    }
}

impl Bound<Vec<String>> {
    /// Whether none of the names is among those allowed.
    pub(super) fn without(&self, names: &[String]) -> bool {
        !names.iter().any(|name| self.most.contains(name))
    }

    /// What is wrong with a name that is not among those allowed.
    fn unnamed(&self, what: &str, name: &str) -> Wrong {
        let allowed: Vec<String> = self.most.iter().map(|name| quoted(name)).collect();
        let (allowed, fix) = match allowed.as_slice() {
            [] => ("none".to_owned(), "remove it; whoever runs the host may allow it there"),
            _ => (allowed.join(", "), "name one of those; whoever runs the host may allow more there"),
        };
        let message = format!(
            "{} is not among the {what} that host.toml lets policies here name, {allowed}: {}",
            quoted(name),
            self.place
        );
        Wrong::new(message, fix)
    }
}

/// Whether a name is among those that `patterns` are for: names, or their beginnings and a `*`.
fn matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    })
}

/// Lowers a value to its bound.
fn lower<T: Unit>(bound: &Option<Bound<T>>, value: &mut T) {
    if let Some(bound) = bound.as_ref().filter(|bound| bound.most < *value) {
        *value = bound.most;
    }
}

/// Holds a value against its bound, if it is written.
fn hold<T: Unit>(section: &Section<'_>, key: &dyn Key, bound: &Option<Bound<T>>, value: T, problems: &mut Problems) {
    let Some(bound) = bound.as_ref().filter(|bound| bound.most < value && section.has(key.name())) else { return };
    let (asked, most) = (value.written(), bound.most.written());
    problems.push(section.problem(
        key.name(),
        Wrong::new(
            format!("{asked} is more than the {most} that host.toml allows here: {}", bound.place),
            format!("write at most {most}; whoever runs the host may raise it there"),
        ),
    ));
}

/// The same of a value whose default is not that of the host's `[defaults]`.
fn hold_or_lower<T: Unit>(
    section: &Section<'_>,
    key: &dyn Key,
    bound: &Option<Bound<T>>,
    value: &mut T,
    problems: &mut Problems,
) {
    hold(section, key, bound, *value, problems);
    lower(bound, value);
}
