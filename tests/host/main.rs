//! Tests of the host without its sockets: real components, in a functions folder of their own for each test, asked
//! through the same function that the listener calls. There is one file for each part of the host, named like it; the
//! sockets, the signals and the command have a binary of their own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise; clippy's own allowance for tests leaves out their helpers"
)]

mod architecture;
mod support;

mod address;
mod admin;
mod auth;
mod body;
mod browser_keys;
mod ceilings;
mod cors;
mod credentials;
mod discovery;
mod event;
mod grants;
mod handshake;
mod head;
mod headers;
mod hostile;
mod imports;
mod incoming;
mod incoming_bodies;
mod incoming_streams;
mod isolation;
mod jwks;
mod jwt;
mod jwt_claims;
mod jwt_examples;
mod jwt_forged;
mod jwt_form;
mod jwt_keys;
mod jwt_vectors;
mod kv;
mod kv_bounds;
mod kv_shared;
mod limit;
mod limit_keys;
mod load;
mod notify;
mod observe;
mod outbound;
mod outbound_limits;
mod output;
mod pipeline;
mod policy_keys;
mod presets;
mod promises;
mod properties;
mod quota;
mod quota_reload;
mod reach;
mod refusal;
mod reload;
mod remembered;
mod remote;
mod replay;
mod reply;
mod report;
mod reuse;
mod routing;
mod sandbox;
mod session;
mod settings;
mod settings_cut;
mod state;
mod uploads;
mod verifier;
mod verifier_files;
mod verify;
mod verify_keys;
mod warnings;
