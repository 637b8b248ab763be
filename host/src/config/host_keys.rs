//! The keys of `host.toml`, with their defaults, bounds and meaning. A number is said here and nowhere else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::admin::ADMIN_ACCESS;
use super::cache::{CACHE, COMPILE};
use super::ceilings::CEILINGS;
use super::choice::{Choice, Switch};
use super::key::{Custom, Group};
use super::log::LOG;
use super::outbound::OUTBOUND;
use super::policy_keys::{BODY_LIMIT, CONCURRENCY, MEMORY, METHODS, RESPONSE_LIMIT, TIMEOUT};
use super::provider::keys as provider;
use super::proxies::{FORWARDED_HEADER, TRUSTED_PROXIES};
use super::server::SERVER;
use super::settings::Undeclared;
use super::state::STATE;
use super::values;
use crate::route::Prefix;

pub(super) const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
pub(super) const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);
pub(super) const DEFAULT_FUNCTIONS: &str = "functions";

pub(super) static LISTEN: Custom<SocketAddr> = Custom {
    name: "listen",
    kind: "IP address and port",
    otherwise: "`\"127.0.0.1:8080\"`",
    meaning: "Where requests come in. Functions that say nothing about who may call them are served on a loopback address \
              only.",
    read: values::socket,
};

pub(super) static ADMIN: Custom<SocketAddr> = Custom {
    name: "admin",
    kind: "IP address and port",
    otherwise: "`\"127.0.0.1:8081\"`",
    meaning: "Where metrics and health are. A loopback address, unless `[admin_access]` says `remote = true`.",
    read: values::socket,
};

pub(super) static FUNCTIONS: Custom<PathBuf> = Custom {
    name: "functions",
    kind: "path",
    otherwise: "`\"functions\"`",
    meaning: "The folder with the functions, from the folder of `host.toml`.",
    read: values::path,
};

pub(super) static PREFIX: Custom<Prefix> = Custom {
    name: "prefix",
    kind: "path of a URL",
    otherwise: "none",
    meaning: "What stands before every function's route: with `\"/api\"`, `hello.wasm` is `/api/hello`.",
    read: values::prefix,
};

pub(super) static PUBLIC_URL: Custom<String> = Custom {
    name: "public_url",
    kind: "URL without a path",
    otherwise: "none",
    meaning: "Scheme and host as senders know them. With it the host counts as reachable from outside: functions that say \
              nothing about who may call them are not served.",
    read: values::origin,
};

/// The top level of `host.toml`.
pub(super) static HOST: Group = Group {
    table: "",
    about: "",
    keys: &[&LISTEN, &ADMIN, &FUNCTIONS, &PREFIX, &PUBLIC_URL, &TRUSTED_PROXIES, &FORWARDED_HEADER],
    tables: &[
        "defaults",
        "ceilings",
        "admin_access",
        "auth",
        "secrets",
        "log",
        "server",
        "cache",
        "compile",
        "state",
        "outbound",
    ],
    later: &["tls", "http3", "schedules", "background", "internal", "telemetry", "inspector"],
};

pub(super) static UNDECLARED: Choice<Undeclared> = Choice {
    name: "undeclared",
    words: &[("loopback", Undeclared::Loopback), ("refuse", Undeclared::Refuse)],
    default: Undeclared::Loopback,
    meaning: "What becomes of a function without `[verify]`, `[auth]` and `access`: served for trying things out, to this \
              machine alone, or never.",
};

/// What counts where a policy says nothing.
pub(super) static DEFAULTS: Group = Group {
    table: "defaults",
    about: "What counts where a policy says nothing; the keys are those of a policy. `access`, `[verify]` and `[grants]` \
            are no defaults: they are said by each function for itself. `[defaults.auth]` is for functions whose own \
            policy has none of `access`, `[verify]` and `[auth]`; the other tables for functions whose own policy does not have \
            that table. A policy's own table replaces that of the defaults whole.",
    keys: &[&METHODS, &TIMEOUT, &MEMORY, &CONCURRENCY, &BODY_LIMIT, &RESPONSE_LIMIT, &UNDECLARED],
    tables: &["auth", "limit", "ip", "cors", "headers"],
    later: &["schedule", "background", "internal"],
};

pub(super) static SECRETS_DIR: Custom<PathBuf> = Custom {
    name: "dir",
    kind: "path",
    otherwise: "none",
    meaning: "A folder with one file for each secret, named like it, as Docker and Kubernetes mount them; from the folder of \
              `host.toml`. It is asked first. One line break at the end of a file does not count.",
    read: values::path,
};

pub(super) static SECRETS_DOTENV: Custom<PathBuf> = Custom {
    name: "dotenv",
    kind: "path",
    otherwise: "none: a `.env` is read only if it is named here",
    meaning: "A file with lines `NAME=value`, from the folder of `host.toml`. It is asked second. A value in single quotes \
              is taken as it stands; elsewhere `$NAME` is replaced.",
    read: values::path,
};

pub(super) static SECRETS_ENV: Switch =
    Switch { name: "env", default: true, meaning: "Whether the host's own environment is asked, last." };

/// Where secrets come from.
pub(super) static SECRETS: Group = Group {
    table: "secrets",
    about: "Where secrets are looked up. The first place that has a name decides, also if what it has is empty: then the \
            secret counts as missing.",
    keys: &[&SECRETS_DIR, &SECRETS_DOTENV, &SECRETS_ENV],
    tables: &[],
    later: &[],
};

/// Every table of `host.toml`, in the order of the reference.
pub(super) static ALL: [&Group; 17] = [
    &HOST,
    &DEFAULTS,
    &CEILINGS,
    &ADMIN_ACCESS,
    &provider::TOKENS,
    &provider::API_KEY,
    &provider::ONE_KEY,
    &provider::BASIC,
    &provider::ONE_USER,
    &provider::SESSION,
    &SECRETS,
    &LOG,
    &SERVER,
    &CACHE,
    &COMPILE,
    &STATE,
    &OUTBOUND,
];
