//! The start-up table as JSON: each datum in a field of its own. Fields are added and never renamed, so that programs can
//! rely on those that they know.

use std::path::Path;

use http::Method;
use serde::Serialize;

use super::warnings;
use crate::browser::Origins;
use crate::config::{Access, GrantsPolicy, Methods, OnReplay, Problem, Problems, Settings};
use crate::function::{Entry, Function};
use crate::reload::Loaded;
use crate::verify::Check;

/// What [`text`](super::text) says.
#[derive(Serialize)]
pub struct Report {
    functions: String,
    routes: Vec<Route>,
    problems: Vec<Said>,
    warnings: Vec<Said>,
    ignored: Vec<Ignored>,
}

/// A problem or a warning.
#[derive(Serialize)]
pub struct Said {
    file: String,
    line: Option<usize>,
    key: Option<String>,
    message: String,
    fix: String,
    /// What it is, in a word that stays the same.
    kind: &'static str,
}

/// A file that serves nothing.
#[derive(Serialize)]
pub struct Ignored {
    /// Where it is, in the functions folder.
    pub path: String,
    /// Why, and what to do if it should be served.
    pub reason: String,
}

#[derive(Serialize)]
struct Route {
    route: String,
    served: bool,
    /// Why not, where it is not.
    reason: Option<String>,
    #[serde(flatten)]
    function: Option<Served>,
}

#[derive(Serialize)]
struct Served {
    file: String,
    version: String,
    access: &'static str,
    open: bool,
    verify: Option<Verify>,
    handshake: Option<&'static str>,
    auth: Option<Auth>,
    /// None for all.
    methods: Option<Vec<String>>,
    limits: Limits,
    /// The origins whose pages may read answers; none where none may.
    cors: Option<Vec<String>>,
    /// What it may reach beside its request.
    grants: Grants,
}

/// Names, and no values.
#[derive(Serialize)]
struct Grants {
    http: Vec<String>,
    http_private: bool,
    kv: Vec<String>,
    env: Vec<String>,
    secrets: Vec<String>,
    sign: Vec<String>,
}

#[derive(Serialize)]
struct Verify {
    scheme: String,
    /// The version of the verifier's component, where one decides.
    version: Option<String>,
    replay: Option<&'static str>,
    awaits_secret: bool,
}

#[derive(Serialize)]
struct Auth {
    providers: Vec<String>,
    roles: Vec<String>,
    scopes: Vec<String>,
    optional: bool,
}

#[derive(Serialize)]
struct Limits {
    timeout_ms: u64,
    memory_bytes: u64,
    concurrency: usize,
    body_limit_bytes: u64,
    response_limit_bytes: u64,
    /// How often each caller may call; none where that is not limited.
    rate: Option<Quota>,
    /// The networks from which it may be called; none for all.
    ip: Option<Networks>,
}

#[derive(Serialize)]
struct Quota {
    rate: String,
    burst: u32,
    by: String,
}

#[derive(Serialize)]
struct Networks {
    allow: Vec<String>,
    deny: Vec<String>,
}

impl Report {
    /// The table, and what is to be mended or known.
    pub fn new(loaded: &Loaded, settings: &Settings) -> Self {
        Self {
            functions: settings.functions.display().to_string(),
            routes: loaded.app.live().table.iter().map(|(_, entry)| Route::of(entry)).collect(),
            problems: said(&loaded.problems),
            warnings: said(&warnings(loaded, settings)),
            ignored: ignored(loaded),
        }
    }
}

/// Problems, each datum in a field of its own.
pub fn said(problems: &Problems) -> Vec<Said> {
    let said = |problem: &Problem| {
        let Problem { file, line, key, message, fix, kind } = problem.clone();
        Said { file: shown(&file), line, key, message, fix, kind: kind.word() }
    };
    problems.iter().map(said).collect()
}

/// What of the folder serves nothing.
pub fn ignored(loaded: &Loaded) -> Vec<Ignored> {
    let ignored = loaded.scan.ignored.iter();
    ignored.map(|ignored| Ignored { path: shown(&ignored.path), reason: ignored.reason.clone() }).collect()
}

impl Route {
    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Ready(function) => Self {
                route: function.route.to_string(),
                served: true,
                reason: None,
                function: Some(Served::of(function)),
            },
            Entry::NotLoaded(function) => Self {
                route: function.route.to_string(),
                served: false,
                reason: Some(function.reason.clone()),
                function: None,
            },
        }
    }
}

impl Served {
    fn of(function: &Function) -> Self {
        let policy = &function.policy;
        let limits = &policy.limits;
        Self {
            file: shown(&function.file),
            version: function.code.version().to_owned(),
            access: match policy.access {
                Access::Public => "public",
                Access::Protected => "protected",
                Access::Undeclared => "undeclared",
            },
            open: policy.access != Access::Protected,
            verify: Verify::of(function),
            handshake: function.handshake.as_ref().map(|greeting| greeting.responder().handshake().name()),
            auth: function.auth.as_ref().map(|auth| Auth {
                providers: auth.providers().map(str::to_owned).collect(),
                roles: auth.roles().to_vec(),
                scopes: auth.scopes().to_vec(),
                optional: auth.optional(),
            }),
            methods: match &policy.methods {
                Methods::All => None,
                Methods::Only(methods) => Some(methods.iter().map(Method::to_string).collect()),
            },
            limits: Limits {
                timeout_ms: u64::try_from(limits.timeout.as_millis()).unwrap_or(u64::MAX),
                memory_bytes: limits.memory.get(),
                concurrency: limits.concurrency,
                body_limit_bytes: limits.body_limit.get(),
                response_limit_bytes: limits.response_limit.get(),
                rate: policy.limit.as_ref().map(|limit| Quota {
                    rate: limit.rate.to_string(),
                    burst: limit.burst.get(),
                    by: limit.by.to_string(),
                }),
                ip: policy.ip.as_ref().map(|ip| Networks {
                    allow: ip.allow.iter().map(ToString::to_string).collect(),
                    deny: ip.deny.iter().map(ToString::to_string).collect(),
                }),
            },
            cors: policy.cors.as_ref().map(|cors| match &cors.origins {
                Origins::Any => vec!["*".to_owned()],
                Origins::Listed(origins) => origins.iter().map(ToString::to_string).collect(),
            }),
            grants: Grants::of(&policy.grants),
        }
    }
}

impl Grants {
    fn of(grants: &GrantsPolicy) -> Self {
        Self {
            http: grants.http.iter().map(ToString::to_string).collect(),
            http_private: grants.http_private,
            kv: grants.kv.clone(),
            env: grants.env.keys().cloned().collect(),
            secrets: grants.secrets.clone(),
            sign: grants.sign.clone(),
        }
    }
}

impl Verify {
    fn of(function: &Function) -> Option<Self> {
        let Some(check) = &function.verification else {
            let scheme = function.policy.verify.as_ref()?.scheme.name().to_owned();
            return Some(Self { scheme, version: None, replay: None, awaits_secret: true });
        };
        let version = match check {
            Check::Scheme(_) => None,
            Check::Custom(custom) => Some(custom.version().to_owned()),
        };
        let replay = match check.on_replay() {
            OnReplay::Acknowledge => "acknowledge",
            OnReplay::Reject => "reject",
            OnReplay::Allow => "allow",
        };
        Some(Self { scheme: check.scheme().to_owned(), version, replay: Some(replay), awaits_secret: false })
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
