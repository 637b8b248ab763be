//! Buckets outlive a reload: a policy that is saved again, or is bad for a while, or gone, gives nobody a fresh one. It
//! knows no bucket from another.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::Quota;
use super::buckets::Buckets;
use super::shared::Counters;
use crate::config::{LimitPolicy, Rate};
use crate::observe::metrics::Metrics;
use crate::remote::Remote;

/// The buckets of one route, whatever becomes of its policy.
#[derive(Default)]
pub struct Kept(Mutex<Option<Filled>>);

/// Buckets, and how they are filled.
struct Filled {
    rate: Rate,
    burst: NonZeroU32,
    buckets: Arc<Buckets>,
}

impl Kept {
    /// The buckets for this limit: those that are there, if they are filled in the same way, whatever they were for; else new
    /// ones. Keys of another kind are not those of before. `on` is the server on which hosts count together, if they do, and
    /// what they all call the route.
    pub fn quota(&self, policy: &LimitPolicy, on: Option<(&Arc<Remote>, &str)>, metrics: &Metrics) -> Quota {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.take().filter(|kept| (kept.rate, kept.burst) == (policy.rate, policy.burst));
        let filled = known.unwrap_or_else(|| {
            let buckets = Arc::new(Buckets::new(policy));
            Filled { rate: policy.rate, burst: policy.burst, buckets }
        });
        let buckets = Arc::clone(&filled.buckets);
        *kept = Some(filled);
        let counters = on.map(|(remote, scope)| Counters::new(remote, scope, policy, metrics));
        Quota { policy: policy.clone(), buckets, counters }
    }
}
