//! A store for whoever loads functions without serving them: it stands where the file would be, and no delivery is ever
//! claimed of it.

use std::time::Duration;

use super::store::{Answer, Found, Key, Store, Trouble};

/// Keeps nothing, and so lets nothing run.
pub(crate) struct Unused;

fn trouble<T>() -> Result<T, Trouble> {
    Err(Trouble::Failed("this process serves no requests".into()))
}

impl Store for Unused {
    fn claim<'a>(&'a self, _key: &'a Key, _lasts: Duration) -> Answer<'a, Found> {
        Box::pin(async { trouble() })
    }

    fn complete<'a>(&'a self, _key: &'a Key, _keep: Duration) -> Answer<'a, ()> {
        Box::pin(async { trouble() })
    }

    fn release(&self, _key: &Key) {}
}
