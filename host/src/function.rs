//! A function as it is served: its code, its policy, and what was made of the policy once, when it was loaded.

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderName;

use crate::auth::Auth;
use crate::browser::{Cors, Headers};
use crate::config::Policy;
use crate::grant::Grants;
use crate::handshake::Greeting;
use crate::limit::FunctionPermits;
use crate::observe::ledger::Ledger;
use crate::quota::Quota;
use crate::replay::Replay;
use crate::room::Portion;
use crate::runtime::Code;
use crate::verify::Check;

/// A function that is ready to be called.
pub struct Function {
    /// Its route without the leading `/`; `index` for the root.
    pub name: Arc<str>,
    /// Its route, with the host's prefix, as a pattern: `/api/orders/[id]`.
    pub route: Arc<str>,
    /// Its component's file, relative to the functions folder.
    pub file: PathBuf,
    /// What it may do and who may call it.
    pub policy: Policy,
    /// The signature that it asks for; none while its secret is still to come, and then nobody passes.
    pub verification: Option<Check>,
    /// What its provider may ask of the host.
    pub handshake: Option<Greeting>,
    /// What becomes of its deliveries that have run before; none if they are run again.
    pub replay: Option<Replay>,
    /// The identity that it asks for.
    pub auth: Option<Auth>,
    /// Headers of requests that it does not see.
    pub hidden: Arc<[HeaderName]>,
    /// The pages of other origins that may read its answers.
    pub cors: Option<Cors>,
    /// The headers that are added to its answers.
    pub headers: Headers,
    /// What it may reach beside its request.
    pub grants: Arc<Grants>,
    /// Instances that it may have at once.
    pub permits: Arc<FunctionPermits>,
    /// Instances that its own verifier may have at once.
    pub verifier_permits: Arc<FunctionPermits>,
    /// What its answers may take up until they are taken.
    pub answers: Arc<Portion>,
    /// How often each caller may call it, and has.
    pub quota: Option<Quota>,
    /// Its component.
    pub code: Arc<Code>,
    /// What is counted of it.
    pub ledger: Arc<Ledger>,
}

impl Function {
    /// Whether it takes a body while that still comes: it can, and nothing that stands before it has to see the whole.
    pub fn takes_body_in_parts(&self) -> bool {
        let is_looked_at = self.policy.verify.is_some() || self.policy.verifier.is_some();
        let is_looked_at = is_looked_at || self.verification.is_some() || self.handshake.is_some();
        !is_looked_at && self.code.gives_pieces()
    }
}

/// A function that could not be loaded.
#[derive(Debug)]
pub struct NotLoaded {
    /// Its route without the leading `/`.
    pub name: Arc<str>,
    /// Its route, with the host's prefix.
    pub route: Arc<str>,
    /// What has to be mended, in a line.
    pub reason: String,
    /// The headers that are added to its refusals.
    pub headers: Headers,
    /// What is counted of it.
    pub ledger: Arc<Ledger>,
}

/// What is behind a route.
#[derive(Clone)]
pub enum Entry {
    /// A function.
    Ready(Arc<Function>),
    /// A function that could not be loaded: its route answers 503, and no other function takes its place.
    NotLoaded(Arc<NotLoaded>),
}

impl Entry {
    /// The route without the leading `/`; `index` for the root.
    pub fn name(&self) -> &str {
        match self {
            Self::Ready(function) => &function.name,
            Self::NotLoaded(not_loaded) => &not_loaded.name,
        }
    }

    /// The route, with the host's prefix.
    pub fn route(&self) -> &str {
        match self {
            Self::Ready(function) => &function.route,
            Self::NotLoaded(not_loaded) => &not_loaded.route,
        }
    }

    /// What is counted of the function.
    pub fn ledger(&self) -> &Arc<Ledger> {
        match self {
            Self::Ready(function) => &function.ledger,
            Self::NotLoaded(not_loaded) => &not_loaded.ledger,
        }
    }
}
