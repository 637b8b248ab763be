//! What `host.toml` and the command's options say about the host, checked. It binds no port and reads no file but that
//! one: what the settings name is opened by whoever uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::admin::AdminSettings;
use super::auth;
use super::bounds::Bounds;
use super::cache::{self, CacheSettings, CompileSettings};
use super::ceilings::{Ceilings, Policies};
use super::cors;
use super::document::{Document, Section};
use super::headers;
use super::host_keys as keys;
use super::ip;
use super::kind::Kind;
use super::limit::{self, CountedBy};
use super::log::{LogFormat, LogSettings};
use super::outbound::OutboundSettings;
use super::policy::{Defaults, Limits, PolicyBase};
use super::policy_keys::{METHODS, POLICY};
use super::problem::{COMMAND_LINE, Problem, Problems, Wrong};
use super::provider::{self, ProviderSettings};
use super::proxies::{self, ProxySettings};
use super::secret::SecretsSettings;
use super::server::ServerSettings;
use super::source::{read_text, unreadable};
use super::state::{self, StateSettings};
use super::values;
use crate::route::Prefix;

/// Everything the host decides about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where requests come in.
    pub listen: SocketAddr,
    /// Where metrics and health are: a loopback address, unless `admin_access` says that others may reach it.
    pub admin: SocketAddr,
    /// Who may ask there.
    pub admin_access: AdminSettings,
    /// The folder with the functions.
    pub functions: PathBuf,
    /// What stands before every function's route, as `/api`; empty for nothing.
    pub prefix: Prefix,
    /// Scheme, host and perhaps port as senders know them, without a slash at the end; none if nobody has said.
    pub public_url: Option<String>,
    /// Who may say for whom a request is sent.
    pub proxies: ProxySettings,
    /// What becomes of functions that say nothing about who may call them.
    pub undeclared: Undeclared,
    /// What every policy starts from.
    pub policies: Policies,
    /// Who vouches for callers, by name.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Where secrets come from.
    pub secrets: SecretsSettings,
    /// How the log is written.
    pub log: LogSettings,
    /// How much the host takes on, and how long it waits.
    pub server: ServerSettings,
    /// Where compiled components are kept; none if they are not.
    pub cache: Option<CacheSettings>,
    /// What compiling one may cost.
    pub compile: CompileSettings,
    /// Where what outlives the host is kept.
    pub state: StateSettings,
    /// What bounds the requests that functions send.
    pub outbound: OutboundSettings,
}

/// What becomes of functions that say nothing about who may call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// They are served to this machine alone; see [`Settings::tries_undeclared`].
    Loopback,
    /// They are never served.
    Refuse,
}

/// What the command's options say; each that is there wins over `host.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--admin`.
    pub admin: Option<SocketAddr>,
    /// The functions folder, from the current one.
    pub functions: Option<PathBuf>,
    /// `--prefix`.
    pub prefix: Option<String>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
}

/// A `host.toml` that will not do, with as much of it as the functions' policies can be checked against, so that all
/// problems of all files can be listed at once. Nothing may be served from it.
#[derive(Debug, thiserror::Error)]
#[error("{problems}")]
pub struct Rejected {
    /// What is wrong.
    pub problems: Problems,
    /// The functions folder; none if the file could not be read at all.
    pub functions: Option<PathBuf>,
    /// What policies start from, as far as it could be read.
    pub policies: Policies,
}

impl From<Problems> for Rejected {
    fn from(problems: Problems) -> Self {
        Self { problems, functions: None, policies: Policies::default() }
    }
}

impl From<Problem> for Rejected {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

/// A key that is read at the start alone, and how the value of one host is given to another.
type AtStart = (&'static str, fn(&mut Settings, &Settings) -> bool);

/// Takes over one value; says whether that changed anything.
fn keep<T: Clone + PartialEq>(new: &mut T, running: &T) -> bool {
    let differs = new != running;
    new.clone_from(running);
    differs
}

/// What a running host does not change: sockets, the log, the cache and the state are opened once, and what is reserved beforehand
/// has its size.
pub(super) static AT_START: [AtStart; 12] = [
    ("listen", |new, running| keep(&mut new.listen, &running.listen)),
    ("admin", |new, running| keep(&mut new.admin, &running.admin)),
    ("functions", |new, running| keep(&mut new.functions, &running.functions)),
    ("log", |new, running| keep(&mut new.log, &running.log)),
    ("cache", |new, running| keep(&mut new.cache, &running.cache)),
    ("compile", |new, running| keep(&mut new.compile, &running.compile)),
    ("state", |new, running| keep(&mut new.state, &running.state)),
    ("server.connections", |new, running| keep(&mut new.server.connections, &running.server.connections)),
    ("server.concurrency", |new, running| keep(&mut new.server.concurrency, &running.server.concurrency)),
    ("server.body_bytes", |new, running| keep(&mut new.server.body_bytes, &running.server.body_bytes)),
    ("server.answer_bytes", |new, running| keep(&mut new.server.answer_bytes, &running.server.answer_bytes)),
    ("outbound.concurrency", |new, running| keep(&mut new.outbound.concurrency, &running.outbound.concurrency)),
];

impl Settings {
    /// Keeps what the `running` host has and cannot change; returns the keys of which the new values wait for the next
    /// start.
    pub fn keep_from(&mut self, running: &Settings) -> Vec<&'static str> {
        AT_START.iter().filter(|(_, keep)| keep(self, running)).map(|(key, _)| *key).collect()
    }

    /// Reads and checks `host.toml`; `file` is where it is.
    ///
    /// # Errors
    /// Everything that is wrong with it, or that it cannot be read.
    pub fn load(file: &Path, overrides: &Overrides) -> Result<Self, Box<Rejected>> {
        let opened = File::open(file).map_err(|error| Rejected::from(unreadable(file, &error)))?;
        let text = read_text(file, opened).map_err(Rejected::from)?;
        Self::check(file, &text, overrides)
    }

    /// Checks the text of a `host.toml`; a host that has none is that of an empty text. `file` is its name for the
    /// problems, and its folder the one that paths in it start from.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(file: &Path, text: &str, overrides: &Overrides) -> Result<Self, Box<Rejected>> {
        let mut problems = Problems::default();
        let document = Document::new(file, text);
        let Some(root) = document.root(&mut problems) else {
            return Err(Box::new(problems.into()));
        };
        let settings = Self::read(root, overrides, &mut problems);
        if problems.is_empty() {
            return Ok(settings);
        }
        problems.sort();
        Err(Box::new(Rejected { problems, functions: Some(settings.functions), policies: settings.policies }))
    }

    /// Whether functions that say nothing about who may call them may be tried out at all. Each request must be one of
    /// this machine besides.
    pub fn tries_undeclared(&self) -> bool {
        self.undeclared == Undeclared::Loopback
            && self.listen.ip().is_loopback()
            && self.public_url.is_none()
            && self.proxies.trusted.is_empty()
    }

    fn read(mut root: Section<'_>, overrides: &Overrides, problems: &mut Problems) -> Self {
        let folder = root.file().parent().unwrap_or(Path::new("")).to_owned();
        let listen = root.take(&keys::LISTEN, problems).unwrap_or(keys::DEFAULT_LISTEN);
        let admin = root.take(&keys::ADMIN, problems).unwrap_or(keys::DEFAULT_ADMIN);
        let functions = root.take(&keys::FUNCTIONS, problems).unwrap_or(keys::DEFAULT_FUNCTIONS.into());
        let prefix = root.take(&keys::PREFIX, problems).unwrap_or_default();
        let prefix_option = overrides
            .prefix
            .as_deref()
            .map(values::parse_prefix)
            .and_then(|parsed| parsed.map_err(|wrong| problems.push(option_problem("--prefix", wrong))).ok());
        let public_url = root.take(&keys::PUBLIC_URL, problems);
        let proxies = proxies::read(&mut root, problems);
        let (names, providers) = provider::read_all(&mut root, &folder, problems);
        let ceilings = Ceilings::read(root.table("ceilings", problems), &names, problems);
        let bounds = ceilings.within(Path::new(""));
        let (defaults, undeclared) = read_defaults(&mut root, &names, &bounds, problems);
        ceilings.check_default_auth(&defaults, &root, problems);
        let mut log =
            root.table("log", problems).map_or_else(LogSettings::default, |table| LogSettings::read(table, problems));
        log.format = overrides.log_format.unwrap_or(log.format);
        let server = root.table("server", problems);
        let settings = Self {
            listen: overrides.listen.unwrap_or(listen),
            admin: overrides.admin.unwrap_or(admin),
            admin_access: AdminSettings::read(root.table("admin_access", problems), problems),
            functions: overrides.functions.clone().unwrap_or_else(|| folder.join(functions)),
            prefix: prefix_option.unwrap_or(prefix),
            public_url,
            proxies,
            undeclared,
            policies: Policies { base: PolicyBase { defaults, providers: names, bounds }, ceilings },
            providers,
            secrets: SecretsSettings::read(root.table("secrets", problems), &folder, problems),
            log,
            server: server.map_or_else(ServerSettings::default, |table| ServerSettings::read(table, problems)),
            cache: cache::read(root.table("cache", problems), &folder, problems),
            compile: CompileSettings::read(root.table("compile", problems), problems),
            state: state::read(root.table("state", problems), &folder, problems),
            outbound: OutboundSettings::read(root.table("outbound", problems), problems),
        };
        settings.check_addresses(&root, overrides, problems);
        root.finish(&keys::HOST, Some((&POLICY, "in [defaults], or in the function's policy")), problems);
        settings
    }

    fn check_addresses(&self, root: &Section<'_>, overrides: &Overrides, problems: &mut Problems) {
        let mut wrong = |message: String, fix: &str| {
            let wrong = Wrong::new(message, fix);
            problems.push(match overrides.admin {
                Some(_) => option_problem("--admin", wrong),
                None => root.problem("admin", wrong),
            });
        };
        let Self { listen, admin, .. } = self;
        if !admin.ip().is_loopback() && !self.admin_access.remote {
            wrong(
                format!("{admin} can be reached from other machines, which must be said out loud"),
                r#"write a loopback address: "127.0.0.1:8081"; else under [admin_access]: remote = true and token = "NAME""#,
            );
        }
        let same_ip = listen.ip() == admin.ip() || listen.ip().is_unspecified();
        if same_ip && listen.port() == admin.port() && admin.port() != 0 {
            wrong(format!("{admin} is taken by `listen`"), "write another port for one of them");
        }
    }
}

fn option_problem(option: &str, wrong: Wrong) -> Problem {
    Problem {
        key: Some(option.to_owned()),
        kind: Kind::Option,
        ..Problem::of_file(Path::new(COMMAND_LINE), wrong.message, wrong.fix)
    }
}

/// Reads `[defaults]`.
fn read_defaults(
    root: &mut Section<'_>,
    providers: &BTreeSet<String>,
    bounds: &Bounds,
    problems: &mut Problems,
) -> (Defaults, Undeclared) {
    let Some(mut section) = root.table("defaults", problems) else {
        return (Defaults::default(), keys::UNDECLARED.default);
    };
    for name in ["access", "verify", "grants"] {
        let message = "cannot be a default: each function says for itself who may call it and what it may reach";
        section.refuse(name, message, "remove it here, and write it in the policy of each function", problems);
    }
    let limits = Limits::read(&mut section, &Limits::default(), problems);
    bounds.hold_limits(&section, &limits, problems);
    let methods = section.take(&METHODS, problems).unwrap_or_default();
    let table = section.table("auth", problems);
    let auth = table.and_then(|mut table| {
        let auth = auth::read(&mut table, providers, problems)?;
        if auth.optional {
            let message = "lets everyone in, which each function must say out loud for itself";
            problems.push(table.problem("optional", Wrong::new(message, "remove it")));
        }
        bounds.hold_providers(&table, &auth, problems);
        Some(auth)
    });
    let limit = section.table("limit", problems).and_then(|mut table| {
        let mut limit = limit::read(&mut table, problems)?;
        bounds.hold_rate(&table, &mut limit, problems);
        // Functions without a policy have this limit, and nobody would be asked who they are.
        if limit.by == CountedBy::Subject && !section.has("auth") {
            problems.push(table.problem("by", limit::without_default_auth()));
        }
        Some(limit)
    });
    let ip = section.table("ip", problems).and_then(|mut table| ip::read(&mut table, problems));
    let table = section.table("cors", problems);
    let cors = table.and_then(|mut table| cors::read(&mut table, None, problems));
    let table = section.table("headers", problems);
    let headers = table.map(|mut table| headers::read(&mut table, problems)).unwrap_or_default();
    let undeclared = section.take_or_default(&keys::UNDECLARED, problems);
    section.finish(&keys::DEFAULTS, Some((&keys::HOST, "above the tables")), problems);
    (Defaults { methods, limits, auth, limit, ip, cors, headers }, undeclared)
}
