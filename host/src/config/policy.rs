//! What the host decides about one function: its policy file joined with the defaults, and checked. Here is the rule
//! that nobody is let in by omission. It knows no component, no provider's key and no signature scheme.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::auth::{self, AuthPolicy};
use super::bounds::Bounds;
use super::cors::{self, CorsPolicy};
use super::document::{Document, Section};
use super::grants::{self, GrantsPolicy};
use super::headers::{self, HeadersPolicy};
use super::host_keys::HOST;
use super::ip::{self, AddressPolicy};
use super::key::{Group, Read};
use super::limit::{self, CountedBy, LimitPolicy};
use super::methods::Methods;
use super::policy_keys as keys;
use super::problem::{Problems, Wrong};
use super::units::Size;
use super::verifier::VerifierPolicy;
use super::verify::{self, Verify, VerifyPolicy};

/// Where keys belong that are written at the top of a policy, and where not.
static ELSEWHERE: [(&Group, &str); 7] = [
    (&HOST, "in host.toml"),
    (&keys::VERIFY, "under [verify]"),
    (&keys::AUTH, "under [auth]"),
    (&limit::LIMIT, "under [limit]"),
    (&ip::IP, "under [ip]"),
    (&cors::CORS, "under [cors]"),
    (&grants::GRANTS, "under [grants]"),
];

/// Everything the host decides about one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The methods that reach it.
    pub methods: Methods,
    /// What it may use up.
    pub limits: Limits,
    /// Who may call it, in one word.
    pub access: Access,
    /// The signature that a request must have; none if it needs none.
    pub verify: Option<VerifyPolicy>,
    /// The component that decides instead whether a request is genuine; none if none does.
    pub verifier: Option<VerifierPolicy>,
    /// The token that a caller must have; none if tokens are not looked at.
    pub auth: Option<AuthPolicy>,
    /// How often each caller may call it; none if there is no such limit. By subject only where there is `auth`.
    pub limit: Option<LimitPolicy>,
    /// From which addresses it may be called; none if from all.
    pub ip: Option<AddressPolicy>,
    /// The pages of other origins that may read its answers; none if `[cors]` says nothing of it.
    pub cors: Option<CorsPolicy>,
    /// The headers that are added to its answers.
    pub headers: HeadersPolicy,
    /// What it may reach beside its request.
    pub grants: GrantsPolicy,
    /// The line on which `[verify]` says that there is nothing to check, if it says that.
    pub unverified: Option<usize>,
}

/// What a function may use up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock and CPU time of instantiating and running it.
    pub timeout: Duration,
    /// All memories and tables of one instance.
    pub memory: Size,
    /// Instances at once.
    pub concurrency: usize,
    /// The longest request body.
    pub body_limit: Size,
    /// The longest response body.
    pub response_limit: Size,
}

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone: the policy says so out loud.
    Public,
    /// Whoever passes `verify` and `auth`, of which at least one is there and not optional.
    Protected,
    /// Nobody has said. To be served for trying things out at the most, under [`Undeclared`](super::Undeclared).
    Undeclared,
}

/// What every policy starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyBase {
    /// What counts where a policy says nothing.
    pub defaults: Defaults,
    /// The providers that there are.
    pub providers: BTreeSet<String>,
    /// The most that a policy may ask for.
    pub bounds: Bounds,
}

/// `[defaults]` of `host.toml`, as far as policies are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The methods that reach a function.
    pub methods: Methods,
    /// What a function may use up.
    pub limits: Limits,
    /// The token that a caller must have, for functions whose own policy has none of `access`, `[verify]` and `[auth]`.
    /// Never optional.
    pub auth: Option<AuthPolicy>,
    /// How often each caller may call, for functions whose own policy has no `[limit]`.
    pub limit: Option<LimitPolicy>,
    /// From which addresses, for functions whose own policy has no `[ip]`.
    pub ip: Option<AddressPolicy>,
    /// The pages of other origins that may read answers.
    pub cors: Option<CorsPolicy>,
    /// The headers that are added to answers.
    pub headers: HeadersPolicy,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: keys::TIMEOUT.default,
            memory: keys::MEMORY.default,
            concurrency: keys::CONCURRENCY.default,
            body_limit: keys::BODY_LIMIT.default,
            response_limit: keys::RESPONSE_LIMIT.default,
        }
    }
}

impl Limits {
    /// The limits that are written in `section`, and those of `base` for the rest.
    pub(super) fn read(section: &mut Section<'_>, base: &Limits, problems: &mut Problems) -> Self {
        Self {
            timeout: section.take(&keys::TIMEOUT, problems).unwrap_or(base.timeout),
            memory: section.take(&keys::MEMORY, problems).unwrap_or(base.memory),
            concurrency: section.take(&keys::CONCURRENCY, problems).unwrap_or(base.concurrency),
            body_limit: section.take(&keys::BODY_LIMIT, problems).unwrap_or(base.body_limit),
            response_limit: section.take(&keys::RESPONSE_LIMIT, problems).unwrap_or(base.response_limit),
        }
    }
}

impl Policy {
    /// The policy of a function that has no policy file: the defaults.
    pub fn without_file(base: &PolicyBase) -> Self {
        let Defaults { methods, limits, auth, limit, ip, cors, headers } = base.defaults.clone();
        let access = if auth.is_some() { Access::Protected } else { Access::Undeclared };
        Self {
            methods,
            limits,
            access,
            verify: None,
            verifier: None,
            auth,
            limit,
            ip,
            cors,
            headers,
            grants: GrantsPolicy::default(),
            unverified: None,
        }
    }

    /// Checks the text of a policy file; `file` is its name for the problems.
    ///
    /// # Errors
    /// Everything that is wrong with it. A function whose policy is wrong must not be served.
    pub fn check(file: &Path, text: &str, base: &PolicyBase) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let document = Document::new(file, text);
        let Some(mut root) = document.root(&mut problems) else {
            return Err(problems);
        };
        let limits = Limits::read(&mut root, &base.defaults.limits, &mut problems);
        let methods = root.take(&keys::METHODS, &mut problems);
        let limit = root.table("limit", &mut problems);
        let mut limit = limit.and_then(|mut table| Some((limit::read(&mut table, &mut problems)?, table)));
        let ip = root.table("ip", &mut problems).and_then(|mut table| ip::read(&mut table, &mut problems));
        // Of methods that are wrong nobody can tell whether others are among them.
        let are_known = methods.is_some() || !root.has("methods");
        let methods = methods.unwrap_or_else(|| base.defaults.methods.clone());
        let taken = are_known.then_some(&methods);
        let cors = root.table("cors", &mut problems);
        let cors = cors.and_then(|mut table| cors::read(&mut table, taken, &mut problems));
        let headers = root.table("headers", &mut problems);
        let headers = headers.map(|mut table| headers::read(&mut table, &mut problems));
        let grants = root.table("grants", &mut problems);
        let grants = grants.map(|mut table| (grants::read(&mut table, &mut problems), table));

        let before = problems.len();
        let public = root.take(&keys::ACCESS, &mut problems).is_some();
        let verify = root.table("verify", &mut problems);
        let mut verify = verify.and_then(|mut table| Some((verify::read(&mut table, &mut problems)?, table)));
        let auth = root.table("auth", &mut problems);
        let auth = auth.and_then(|mut table| Some((auth::read(&mut table, &base.providers, &mut problems)?, table)));
        // Whether the tables contradict each other can only be said of tables that are right in themselves.
        if problems.len() == before {
            check_access(&root, public, verify.as_ref(), auth.as_ref(), &mut problems);
        }
        base.bounds.hold(&root, (public, &limits), limit.as_mut(), verify.as_mut(), auth.as_ref(), &mut problems);
        if let Some((grants, table)) = &grants {
            base.bounds.hold_grants(table, grants, &mut problems);
        }
        root.finish_among(&keys::POLICY, &ELSEWHERE, &mut problems);

        let unverified = match &verify {
            Some((Verify::Nothing, table)) => table.line_of("scheme"),
            _ => None,
        };
        let (verify, verifier) = verify.map(|(verify, _)| verify.into_policy()).unwrap_or_default();
        let mut auth = auth.map(|(auth, _)| auth);
        if !["access", "verify", "auth"].iter().any(|name| root.has(name)) {
            auth.clone_from(&base.defaults.auth);
        }
        let limit = match limit {
            Some((limit, table)) => {
                if limit.by == CountedBy::Subject && auth.is_none() && !root.has("auth") {
                    problems.push(table.problem("by", limit::without_auth()));
                }
                Some(limit)
            }
            None => {
                let limit = base.defaults.limit.clone();
                if limit.as_ref().is_some_and(|limit| limit.by == CountedBy::Subject)
                    && auth.is_none()
                    && !["auth", "limit"].iter().any(|name| root.has(name))
                {
                    problems.push(root.problem("limit", limit::default_without_auth()));
                }
                limit
            }
        };
        let ip = ip.or_else(|| base.defaults.ip.clone());
        let protected = verify.is_some() || verifier.is_some() || auth.as_ref().is_some_and(|auth| !auth.optional);
        let access = match (public, protected) {
            (true, _) => Access::Public,
            (false, true) => Access::Protected,
            (false, false) => Access::Undeclared,
        };
        let cors = cors.or_else(|| base.defaults.cors.clone());
        let grants = grants.map(|(grants, _)| grants).unwrap_or_default();
        let headers = headers.unwrap_or_else(|| base.defaults.headers.clone());
        let policy =
            Self { methods, limits, access, verify, verifier, auth, limit, ip, cors, headers, grants, unverified };
        problems.unless_any(policy)
    }
}

/// Who may call must be said once, and whatever lets everyone in must be said out loud.
fn check_access(
    root: &Section<'_>,
    public: bool,
    verify: Option<&(Verify, Section<'_>)>,
    auth: Option<&(AuthPolicy, Section<'_>)>,
    problems: &mut Problems,
) {
    let signed = matches!(verify, Some((Verify::Signature(_) | Verify::Component(_), _)));
    let known = auth.is_some_and(|(auth, _)| !auth.optional);
    if public {
        for (table, _) in [("[verify]", signed), ("[auth]", known)].iter().filter(|(_, there)| *there) {
            let message = format!("says that anyone may call, while {table} says who may");
            problems.push(root.problem("access", Wrong::new(message, format!("remove `access`, or remove {table}"))));
        }
        return;
    }
    let aloud = |what: &str| {
        let fix = if signed || known {
            format!("remove {what}: what else is written here says who may call")
        } else {
            format!("write access = \"public\" above the tables if anyone may call; else remove {what} and say who may")
        };
        Wrong::new("lets everyone in, which must be said out loud", fix)
    };
    if let Some((Verify::Nothing, table)) = verify {
        problems.push(table.problem("scheme", aloud("[verify]")));
    }
    if let Some((AuthPolicy { optional: true, .. }, table)) = auth {
        problems.push(table.problem("optional", aloud("`optional`")));
    }
}

/// Reads `access`, for which there is one word.
pub(super) fn read_access(value: &Spanned<DeValue<'_>>) -> Read<()> {
    if value.get_ref().as_str() == Some("public") {
        return Ok(());
    }
    Err(vec![Wrong::new(
        "there is only \"public\"",
        r#"write access = "public" if anyone may call; else remove it and write [verify] or [auth]"#,
    )])
}
