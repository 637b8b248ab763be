//! What an operator sees at the start: every route with what protects it and what bounds it, then what of the folder is
//! not served and why. For people a table, for programs the same as log lines, or as JSON.

pub mod json;

mod quota;
mod reach;

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::path::Path;

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table as Rows, Width};
use http::Method;

use crate::browser;
use crate::config::{Access, Kind, Limits, Methods, OnReplay, Problem, Problems, Settings};
use crate::function::{Entry, Function};
use crate::reload::Loaded;
use crate::verify::Check;

pub(crate) use self::quota::quota;
pub(crate) use self::reach::reach;

/// Hexadecimal digits of a version that people are shown.
const SHORT_VERSION: usize = 8;

/// The least columns that the table is squeezed into.
const NARROWEST: u16 = 100;

/// The columns, and which of them are broken into lines where there is no room: never what is searched for, a name.
const HEADER: [(&str, ColumnConstraint); 7] = [
    ("ROUTE", ColumnConstraint::ContentWidth),
    ("FILE", ColumnConstraint::ContentWidth),
    ("VERSION", ColumnConstraint::ContentWidth),
    ("VERIFIED BY", ColumnConstraint::LowerBoundary(Width::Fixed(13))),
    ("WHO MAY CALL", ColumnConstraint::LowerBoundary(Width::Fixed(18))),
    ("METHODS", ColumnConstraint::LowerBoundary(Width::Fixed(9))),
    ("LIMITS", ColumnConstraint::LowerBoundary(Width::Fixed(15))),
];

/// The columns that a table on `stream` may have: those of the terminal, and as many as it likes where there is none, so
/// that each route has one line.
pub fn width(stream: impl AsFd + IsTerminal) -> Option<u16> {
    let size = stream.is_terminal().then(|| rustix::termios::tcgetwinsize(&stream).ok()).flatten();
    size.map(|size| size.ws_col.max(NARROWEST))
}

/// The table, `width` columns wide at the most, and below it what is to be mended or known.
pub fn text(loaded: &Loaded, settings: &Settings, width: Option<u16>) -> String {
    let live = loaded.app.live();
    let mut rows = Rows::new();
    rows.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        rows.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    rows.set_header(HEADER.map(|(title, _)| title));
    rows.set_constraints(HEADER.map(|(_, constraint)| constraint));
    for (_, entry) in live.table.iter() {
        rows.add_row(row(entry));
    }
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = if live.table.iter().next().is_none() {
        writeln!(text, "no functions in {}: put a component there, as hello.wasm", settings.functions.display())
    } else {
        writeln!(text, "{}", rows.trim_fmt())
    };
    if live.table.iter().any(|(_, entry)| open(entry)) {
        let _ = writeln!(
            text,
            "\nOPEN: nobody has said who may call it. It answers this machine alone; protect it with [verify] or [auth] in \
             its policy,\n      or write access = \"public\" there."
        );
    }
    let reaching = live.table.iter().filter_map(|(_, entry)| match entry {
        Entry::Ready(function) => Some(format!("  {}  {}\n", function.route, reach(function)?)),
        Entry::NotLoaded(_) => None,
    });
    let reaching: String = reaching.collect();
    if !reaching.is_empty() {
        let _ = write!(text, "\nmay reach beside their requests:\n{reaching}");
    }
    if !loaded.problems.is_empty() {
        let _ = writeln!(text, "\nnot served, to be mended:\n{}", loaded.problems);
    }
    if !loaded.warnings.is_empty() {
        let _ = writeln!(text, "\nserved, and weak:\n{}", loaded.warnings);
    }
    for orphan in &loaded.scan.orphans {
        let _ = writeln!(text, "\npolicy without a component: {orphan}");
    }
    for verifier in &loaded.unnamed {
        let _ = writeln!(text, "\nverifier without a policy: {}", unnamed(verifier));
    }
    for ignored in &loaded.scan.ignored {
        let _ = writeln!(text, "ignored: {ignored}");
    }
    text
}

/// The same as log lines.
pub fn log(loaded: &Loaded) {
    let live = loaded.app.live();
    for (_, entry) in live.table.iter() {
        match entry {
            Entry::Ready(function) => tracing::info!(
                route = &*function.route,
                file = %function.file.display(),
                version = function.code.version(),
                protection = protection(function),
                verified_by = verified_by(function),
                who_may_call = who_may_call(function),
                open = function.policy.access != Access::Protected,
                methods = function.policy.methods.header(),
                limits = all_limits(function),
                cors = cors(function),
                grants = reach(function),
                "function"
            ),
            Entry::NotLoaded(function) => {
                tracing::error!(route = &*function.route, reason = function.reason, "function not served");
            }
        }
    }
    for problem in loaded.problems.iter() {
        tracing::error!(
            file = %problem.file.display(),
            line = problem.line,
            key = problem.key,
            fix = problem.fix,
            "{}",
            problem.message
        );
    }
    for warning in loaded.warnings.iter() {
        tracing::warn!(
            file = %warning.file.display(),
            line = warning.line,
            key = warning.key,
            fix = warning.fix,
            "{}",
            warning.message
        );
    }
    for orphan in &loaded.scan.orphans {
        tracing::warn!(%orphan, "policy without a component");
    }
    for verifier in &loaded.unnamed {
        tracing::warn!(verifier = unnamed(verifier), "verifier without a policy");
    }
    for ignored in &loaded.scan.ignored {
        tracing::info!(%ignored, "file ignored");
    }
}

fn open(entry: &Entry) -> bool {
    matches!(entry, Entry::Ready(function) if function.policy.access == Access::Undeclared)
}

fn row(entry: &Entry) -> [String; 7] {
    match entry {
        Entry::Ready(function) => [
            function.route.to_string(),
            function.file.display().to_string(),
            short_version(function),
            or_dash(verified_by(function)),
            who_may_call(function),
            [methods(&function.policy.methods), cors(function).unwrap_or_default()].join(" ").trim_end().into(),
            all_limits(function),
        ],
        Entry::NotLoaded(function) => [
            function.route.to_string(),
            String::new(),
            String::new(),
            String::new(),
            "NOT SERVED (503)".into(),
            String::new(),
            String::new(),
        ],
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}

/// Everything that is no reason not to serve, and better mended: what is weak, and what of the folder protects nothing.
pub fn warnings(loaded: &Loaded, settings: &Settings) -> Problems {
    let mut warnings = loaded.warnings.clone();
    for orphan in &loaded.scan.orphans {
        let fix = "rename it, put its component beside it, or remove it";
        let orphaned = Problem::of_file(&settings.functions.join(&orphan.policy), orphan.to_string(), fix);
        warnings.push(Problem { kind: Kind::Orphan, ..orphaned });
    }
    for verifier in &loaded.unnamed {
        let fix = "name it, or remove it";
        let orphaned = Problem::of_file(&settings.functions.join(verifier), unnamed(verifier), fix);
        warnings.push(Problem { kind: Kind::Orphan, ..orphaned });
    }
    warnings
}

/// What there is to say of a verifier that no policy names.
pub(crate) fn unnamed(verifier: &Path) -> String {
    format!("no policy names {verifier:?}: write it under [verify], as `component`, of the function that it is for")
}

/// As much of a version as tells people one from another.
pub(crate) fn short_version(function: &Function) -> String {
    short(function.code.version())
}

/// The start of a version, by which people know it.
pub(crate) fn short(version: &str) -> String {
    version.chars().take(SHORT_VERSION).collect()
}

/// In words, what stands before a function.
pub(crate) fn protection(function: &Function) -> String {
    if function.policy.access == Access::Undeclared {
        return "OPEN".into();
    }
    let verified = Some(verified_by(function)).filter(|verified| !verified.is_empty());
    let verified = verified.map(|verified| format!("verify {verified}"));
    let identified = identified_by(function).map(|identified| format!("auth {identified}"));
    let public = (function.policy.access == Access::Public).then(|| "public".to_owned());
    [verified, identified, public].into_iter().flatten().collect::<Vec<_>>().join(" + ")
}

/// In words, who says that a request is genuine; empty if nobody does.
fn verified_by(function: &Function) -> String {
    let mut parts = Vec::new();
    if let Some(verification) = &function.verification {
        let replay = match verification.on_replay() {
            OnReplay::Acknowledge => "",
            OnReplay::Reject => " (replay rejected)",
            OnReplay::Allow => " (replay allowed)",
        };
        let scheme = verification.scheme();
        parts.push(match verification {
            Check::Scheme(_) => format!("{scheme}{replay}"),
            Check::Custom(custom) => format!("{scheme} {}{replay}", short(custom.version())),
        });
    } else if let Some(verify) = &function.policy.verify {
        parts.push(format!("{} (its secret is still to come: 503)", verify.scheme.name()));
    }
    if let Some(greeting) = &function.handshake {
        parts.push(format!("handshake {}", greeting.responder().handshake().name()));
    }
    parts.join(" + ")
}

/// Which pages of other origins may read its answers, if any may.
pub(crate) fn cors(function: &Function) -> Option<String> {
    function.policy.cors.as_ref().and_then(browser::phrase)
}

/// In words, who says who a caller is, and which callers are let in; none if nobody asks.
fn identified_by(function: &Function) -> Option<String> {
    let auth = function.auth.as_ref()?;
    let mut part = auth.providers().collect::<Vec<_>>().join("|");
    if !auth.roles().is_empty() {
        let _ = write!(part, " ({})", auth.roles().join("|"));
    }
    if !auth.scopes().is_empty() {
        let _ = write!(part, " scopes {}", auth.scopes().join("+"));
    }
    if auth.optional() {
        part.push_str(" optional");
    }
    Some(part)
}

/// In words, who may call a function.
fn who_may_call(function: &Function) -> String {
    match (function.policy.access, identified_by(function)) {
        (Access::Undeclared, _) => "OPEN".into(),
        (Access::Public, None) => "anyone (public)".into(),
        (Access::Public, Some(identified)) => format!("anyone (public), {identified}"),
        (Access::Protected, Some(identified)) => identified,
        (Access::Protected, None) => "whoever signs".into(),
    }
}

pub(crate) fn methods(methods: &Methods) -> String {
    match methods {
        Methods::All => "all".into(),
        Methods::Only(methods) => methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" "),
    }
}

/// What bounds one call, and what bounds the calls of one caller.
fn all_limits(function: &Function) -> String {
    let (limits, quota) = (limits(&function.policy.limits), quota(function));
    if quota.is_empty() { limits } else { format!("{limits}; {quota}") }
}

pub(crate) fn limits(limits: &Limits) -> String {
    format!(
        "{:?}, {}, {} at once, {} in, {} out",
        limits.timeout, limits.memory, limits.concurrency, limits.body_limit, limits.response_limit
    )
}
