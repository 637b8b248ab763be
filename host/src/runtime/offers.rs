//! The interfaces that a component may import here, by name, and what is to be said of one that is not among them: another
//! version, a name that is nearly one of these, one of another host's. Whether one is offered the linker says, which this only
//! names things for; a test holds the two together.

use crate::config::nearest;

/// All that is offered, each with the version in which it is.
pub(super) static OFFERED: [&str; 40] = [
    "vestibule:function/environment@0.1.0",
    "vestibule:function/http@0.1.0",
    "vestibule:function/keyvalue@0.1.0",
    "vestibule:function/output@0.1.0",
    "vestibule:function/secrets@0.1.0",
    "vestibule:function/webhooks@0.1.0",
    "wasi:cli/environment@0.2.12",
    "wasi:cli/exit@0.2.12",
    "wasi:cli/stderr@0.2.12",
    "wasi:cli/stdin@0.2.12",
    "wasi:cli/stdout@0.2.12",
    "wasi:cli/terminal-input@0.2.12",
    "wasi:cli/terminal-output@0.2.12",
    "wasi:cli/terminal-stderr@0.2.12",
    "wasi:cli/terminal-stdin@0.2.12",
    "wasi:cli/terminal-stdout@0.2.12",
    "wasi:clocks/monotonic-clock@0.2.12",
    "wasi:clocks/wall-clock@0.2.12",
    "wasi:config/store@0.2.0-rc.1",
    "wasi:filesystem/preopens@0.2.12",
    "wasi:filesystem/types@0.2.12",
    "wasi:http/outgoing-handler@0.2.12",
    "wasi:http/types@0.2.12",
    "wasi:io/error@0.2.12",
    "wasi:io/poll@0.2.12",
    "wasi:io/streams@0.2.12",
    "wasi:keyvalue/atomics@0.2.0-draft",
    "wasi:keyvalue/batch@0.2.0-draft",
    "wasi:keyvalue/store@0.2.0-draft",
    "wasi:logging/logging@0.1.0-draft",
    "wasi:random/insecure-seed@0.2.12",
    "wasi:random/insecure@0.2.12",
    "wasi:random/random@0.2.12",
    "wasi:sockets/instance-network@0.2.12",
    "wasi:sockets/ip-name-lookup@0.2.12",
    "wasi:sockets/network@0.2.12",
    "wasi:sockets/tcp-create-socket@0.2.12",
    "wasi:sockets/tcp@0.2.12",
    "wasi:sockets/udp-create-socket@0.2.12",
    "wasi:sockets/udp@0.2.12",
];

/// Packages of other hosts, and whose they are.
static OTHERS: [(&str, &str); 9] = [
    ("fermyon:", "of Spin"),
    ("spin:", "of Spin"),
    ("wasmcloud:", "of wasmCloud"),
    ("fastly:", "of Fastly Compute"),
    ("golem:", "of Golem"),
    ("obelisk:", "of Obelisk"),
    ("wasmtime:", "of Wasmtime's own"),
    ("wrpc:", "of wRPC"),
    ("componentize-js:", "of ComponentizeJS"),
];

/// Interfaces that WASI has or had, and this host has not: nobody has mistyped them.
static KNOWN: [&str; 4] = ["wasi:cli/run", "wasi:clocks/timezone", "wasi:config/runtime", "wasi:keyvalue/watcher"];

/// What to build with for the contract as it is here.
pub(super) const SAME_SDK: &str = "build it again, with the SDK of this host's version";
const FOR_0_2: &str = "build it for WASI 0.2, which is offered here: Rust's target is wasm32-wasip2";
const OUR_DRAFT: &str = "make its bindings from the WIT that this host is built with (wit/), which has that version";
const WITHOUT: &str = "build it without that, for the world in wit/; WASI is offered in version 0.2";
const COMPOSE: &str = "put the component that has it and this one together (`wac plug`), or build it without that";

/// What is said of something that is not offered: why, and what to do about it.
pub(super) type Cause = (String, &'static str);

/// An interface's name without its version, and its version.
pub(super) fn parts(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)))
}

/// The name under which an interface is offered that fits `name`: the same, or of a version that is compatible as WASI's
/// releases are.
pub(super) fn fitting(name: &str) -> Option<&'static str> {
    OFFERED.into_iter().find(|offered| *offered == name || line(offered).is_some_and(|own| Some(own) == line(name)))
}

/// What compatible versions of an interface have in common, as wasmtime has it: `a:b/c@0.2` of `a:b/c@0.2.7`, `a:b/c@1` of
/// `a:b/c@1.4.0`. What comes before a release is compatible with nothing.
fn line(name: &str) -> Option<(&str, &str, &str)> {
    let (interface, version) = parts(name);
    let version = version.filter(|version| !version.contains('-'))?;
    let mut numbers = version.splitn(3, '.');
    match (numbers.next()?, numbers.next()?, numbers.next()?) {
        ("0", "0", _) => None,
        ("0", minor, _) => Some((interface, "0", minor)),
        (major, _, _) => Some((interface, major, "")),
    }
}

/// Why no interface of this name is offered.
pub(super) fn cause(name: &str) -> Cause {
    let (interface, version) = parts(name);
    let same = OFFERED.into_iter().map(parts).find(|(offered, _)| *offered == interface);
    if let Some((_, Some(here))) = same {
        return other_version(interface, version, here);
    }
    let package = split(interface).0;
    if package.starts_with("wasi:") && version.is_some_and(|version| version.starts_with("0.3")) {
        return ("WASI 0.3 is not offered, WASI 0.2 is".into(), FOR_0_2);
    }
    if interface == "wasi:http/incoming-handler" {
        return ("it hands requests on to another component, and there is none".into(), COMPOSE);
    }
    if let Some((_, whose)) = OTHERS.into_iter().find(|(start, _)| package.starts_with(start)) {
        return (format!("it is {whose}, and not offered here"), WITHOUT);
    }
    if package == "vestibule:verifier" {
        return ("a verifier exports that, and a host asks for it".into(), SAME_SDK);
    }
    if !KNOWN.contains(&interface)
        && let Some(meant) = meant(interface)
    {
        return (format!("nobody knows such an interface; did you mean `{meant}`?"), WITHOUT);
    }
    let own = OFFERED.into_iter().map(|offered| parts(offered).0);
    let own: Vec<&str> = own.filter(|offered| split(offered).0 == package).collect();
    if !own.is_empty() {
        return (format!("of that package, this host has `{}`", own.join("`, `")), WITHOUT);
    }
    if package.starts_with("wasi:") {
        return ("that part of WASI is not offered here".into(), WITHOUT);
    }
    ("this host has no such interface: another component may have to bring it".into(), COMPOSE)
}

/// The interface that was probably meant: its package and its name are each near. All names begin alike, and would be near
/// one another as a whole.
fn meant(interface: &str) -> Option<&'static str> {
    let (package, name) = split(interface);
    let near = |offered: &&'static str| nearest(package, [split(offered).0]).is_some();
    let candidates: Vec<&str> = OFFERED.into_iter().map(|offered| parts(offered).0).filter(near).collect();
    let meant = nearest(name, candidates.iter().map(|offered| split(offered).1))?;
    // Of those of the same name, one of the same package.
    let named = || candidates.iter().filter(|offered| split(offered).1 == meant);
    named().find(|offered| split(offered).0 == package).or_else(|| named().next()).copied()
}

/// An interface's package and its name in there.
fn split(interface: &str) -> (&str, &str) {
    interface.split_once('/').unwrap_or((interface, ""))
}

/// Why an interface is not offered that is, in the version `here`.
fn other_version(interface: &str, wanted: Option<&str>, here: &str) -> Cause {
    let offered = format!("in version {here}");
    if interface.starts_with("vestibule:") {
        return (format!("this host has it {offered}, of the contract that it serves"), SAME_SDK);
    }
    let Some(wanted) = wanted else {
        return (format!("it is asked for without a version, and offered {offered}"), OUR_DRAFT);
    };
    if here.contains('-') {
        return (format!("this host has it {offered}, another draft"), OUR_DRAFT);
    }
    if wanted.contains('-') {
        return (format!("that came before the release, and this host has it {offered}"), FOR_0_2);
    }
    (format!("this host has it {offered}"), FOR_0_2)
}

/// Why a function is not offered of an interface that is, as `offered`.
pub(super) fn no_function(wanted: &str, offered: &str) -> Cause {
    let here = parts(offered).1.unwrap_or_default();
    if wanted.starts_with("vestibule:") {
        return ("is not in it: it was built with another state of the contract".into(), SAME_SDK);
    }
    (format!("is not in version {here}, which is offered here"), WITHOUT)
}

/// Why a function does not fit.
pub(super) fn other_signature(interface: &str) -> Cause {
    if interface.starts_with("vestibule:") {
        let why = "has another signature there than here: version 0.1.0 may change until it is released";
        return (why.into(), SAME_SDK);
    }
    ("has another signature there than in WASI".into(), OUR_DRAFT)
}

/// Why something is not offered that is no interface.
pub(super) fn no_interface(what: &str) -> Cause {
    (format!("it is {what} of its own world, which nobody here brings"), COMPOSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_as_the_linker_has_it() {
        for (name, fits) in [
            ("wasi:io/streams@0.2.12", true),
            ("wasi:io/streams@0.2.0", true),
            ("wasi:io/streams@0.2.99", true),
            ("wasi:io/streams@0.3.0", false),
            ("wasi:io/streams@0.2.0-rc.1", false),
            ("wasi:io/streams", false),
            ("wasi:keyvalue/store@0.2.0-draft", true),
            ("wasi:keyvalue/store@0.2.0", false),
            ("vestibule:function/http@0.1.7", true),
            ("vestibule:function/http@0.2.0", false),
        ] {
            assert_eq!(fitting(name).is_some(), fits, "{name}");
        }
    }

    #[test]
    fn the_cause_is_the_likely_one() {
        for (name, said, to_do) in [
            ("wasi:io/streams@0.3.0", "in version 0.2.12", "wasm32-wasip2"),
            ("wasi:io/streams@0.2.0-rc-2023-11-10", "before the release", "wasm32-wasip2"),
            ("wasi:cli/types@0.3.0-rc-2025-09-16", "WASI 0.3 is not offered", "wasm32-wasip2"),
            ("wasi:keyvalue/store@0.2.0-draft2", "0.2.0-draft, another draft", "wit/"),
            ("wasi:logging/logging", "without a version", "wit/"),
            ("wasi:keyvalue/watcher@0.2.0-draft", "`wasi:keyvalue/atomics`, `wasi:keyvalue/batch`", "without that"),
            ("wasi:io/stream@0.2.0", "did you mean `wasi:io/streams`?", "without that"),
            ("wasi:nn/graph@0.2.0-rc-2024-06-25", "that part of WASI", "without that"),
            ("wasi:http/incoming-handler@0.2.0", "another component", "wac plug"),
            ("vestibule:function/outptu@0.1.0", "did you mean `vestibule:function/output`?", "without that"),
            ("vestibule:function/output@0.2.0", "in version 0.1.0, of the contract", "SDK of this host's version"),
            ("fermyon:spin/redis", "of Spin", "without that"),
            ("shop:stock/levels@1.0.0", "another component may have to bring it", "wac plug"),
        ] {
            let (why, fix) = cause(name);
            assert!(why.contains(said) && fix.contains(to_do), "{name}: {why}: {fix}");
        }
    }
}
