//! What the host is told: `host.toml`, the options of the command, and the policy that lies beside each component.
//! Files are read in two stages: as written (`document`, with the line of every key), then checked settings with no
//! `Option` where a default exists. Whatever is wrong is collected, of every file, and said with the file, the line,
//! the key and what to write instead. A key that this version does not enforce is wrong. It knows nothing of HTTP
//! servers, of WebAssembly.

mod admin;
mod auth;
mod bounds;
mod cache;
mod ceiling_keys;
mod ceilings;
mod choice;
mod cors;
mod destination;
mod document;
mod dropped;
mod grants;
mod headers;
mod host_keys;
mod ip;
mod key;
mod kind;
mod limit;
mod log;
mod methods;
mod outbound;
mod policy;
mod policy_keys;
mod problem;
mod provider;
mod proxies;
pub mod reference;
pub mod scheme_reference;
mod secret;
mod server;
mod settings;
mod source;
mod state;
mod units;
mod values;
mod verifier;
mod verify;

#[cfg(test)]
mod tests;

pub use admin::AdminSettings;
pub use auth::AuthPolicy;
pub use bounds::Bounds;
pub use cache::{CacheSettings, CompileSettings};
pub use ceilings::{Ceilings, Policies};
pub use cors::CorsPolicy;
pub use destination::Destination;
pub use grants::{GrantsPolicy, is_store_name};
pub use headers::HeadersPolicy;
pub use ip::{AddressPolicy, holds};
pub use kind::Kind;
pub use limit::{CountedBy, LimitPolicy, Period, Rate};
pub use log::{LogFormat, LogLevel, LogSettings};
pub use methods::Methods;
pub use outbound::OutboundSettings;
pub use policy::{Access, Defaults, Limits, Policy, PolicyBase};
pub(crate) use problem::nearest;
pub use problem::{COMMAND_LINE, Problem, Problems};
pub use provider::{
    Algorithm, ApiKeySettings, BasicSettings, ClaimSettings, FetchSettings, HeldKey, HeldPassword, Holder, KeyKind,
    KeyPlace, KeySource, ProviderSettings, SessionSettings, Shows, TokenSettings, check_key_place, is_private_key,
    is_provider_name,
};
pub use proxies::{ForwardedHeader, ProxySettings};
pub use secret::{MissingSecret, Secret, Secrets, SecretsSettings, SecretsState};
pub use server::ServerSettings;
pub use settings::{Overrides, Rejected, Settings, Undeclared};
pub use source::{read_text, unreadable};
pub use state::{RedisPlace, StateSettings, redis_url};
pub use units::Size;
pub use verifier::{VerifierLimits, VerifierPolicy};
pub use verify::{HandshakePolicy, Lines, OnReplay, VerifyPolicy};
