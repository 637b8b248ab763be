//! `wasi:keyvalue` and `keyvalue` of the contract: stores that a function was granted. A store is asked for once, when it is
//! opened; what a guest then has in hand is good for its call.

use std::time::Duration;

use wasmtime::component::{HasSelf, Linker, Resource};

use super::super::bindings::vestibule::function::keyvalue;
use super::super::bindings::wasi::keyvalue::{atomics, batch, store};
use super::super::state::State;
use crate::kv::{Bucket, Trouble};

/// What a guest gets of a call: what it asked for, or an error that it can tell of.
type Answer<T> = wasmtime::Result<Result<T, store::Error>>;

/// Links all of it.
pub(in super::super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    store::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    atomics::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    batch::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    keyvalue::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

impl State {
    fn bucket(&self, bucket: &Resource<Bucket>) -> wasmtime::Result<&Bucket> {
        Ok(self.handles.get(bucket)?)
    }

    /// What the guest is told; why a store does not work, the log is told besides.
    fn told<T>(&self, store: &Resource<Bucket>, done: Result<T, Trouble>) -> Answer<T> {
        if let Err(Trouble::Unavailable(why)) = &done {
            let name = self.bucket(store)?.name();
            self.output.denied(&format!("the store {name} does not work: {why}"));
        }
        Ok(done.map_err(|trouble| store::Error::Other(trouble.to_string())))
    }
}

impl store::Host for State {
    fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        let bucket = match self.grants.store(&identifier) {
            Ok(bucket) => bucket.clone(),
            Err(denied) => {
                self.denied(&denied);
                let is_name = denied.can_be_allowed();
                return Ok(Err(if is_name { store::Error::AccessDenied } else { store::Error::NoSuchStore }));
            }
        };
        // A table that is full is the guest's doing, and its to mend.
        Ok(self.handles.push(bucket).map_err(|_full| store::Error::Other(TOO_MANY.to_owned())))
    }
}

/// What a guest is told that never gives anything back.
const TOO_MANY: &str = "too many handles at once: drop a store that is no longer used, or open it once";

impl store::HostBucket for State {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let found = self.bucket(&bucket)?.get(key).await;
        self.told(&bucket, found)
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        let done = self.bucket(&bucket)?.set(key, value, None).await;
        self.told(&bucket, done)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        let done = self.bucket(&bucket)?.delete(key).await;
        self.told(&bucket, done)
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<bool> {
        let found = self.bucket(&bucket)?.exists(key).await;
        self.told(&bucket, found)
    }

    async fn list_keys(&mut self, bucket: Resource<Bucket>, cursor: Option<u64>) -> Answer<store::KeyResponse> {
        let page = self.bucket(&bucket)?.list(cursor).await;
        self.told(&bucket, page.map(|page| store::KeyResponse { keys: page.keys, cursor: page.cursor }))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.handles.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for State {
    async fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: u64) -> Answer<u64> {
        let sum = self.bucket(&bucket)?.increment(key, delta, None).await;
        self.told(&bucket, sum)
    }
}

impl batch::Host for State {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<Option<(String, Vec<u8>)>>> {
        let found = self.bucket(&bucket)?.get_many(keys.clone()).await;
        let pairs = |values: Vec<Option<Vec<u8>>>| {
            keys.into_iter().zip(values).map(|(key, value)| value.map(|value| (key, value))).collect()
        };
        self.told(&bucket, found.map(pairs))
    }

    async fn set_many(&mut self, bucket: Resource<Bucket>, key_values: Vec<(String, Vec<u8>)>) -> Answer<()> {
        let done = self.bucket(&bucket)?.set_many(key_values).await;
        self.told(&bucket, done)
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        let done = self.bucket(&bucket)?.delete_many(keys).await;
        self.told(&bucket, done)
    }
}

impl keyvalue::Host for State {
    async fn set_for(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
        milliseconds: u64,
    ) -> Answer<()> {
        let keep = Some(Duration::from_millis(milliseconds));
        let done = self.bucket(&bucket)?.set(key, value, keep).await;
        self.told(&bucket, done)
    }

    async fn increment_for(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: u64,
        milliseconds: u64,
    ) -> Answer<u64> {
        let keep = Some(Duration::from_millis(milliseconds));
        let sum = self.bucket(&bucket)?.increment(key, delta, keep).await;
        self.told(&bucket, sum)
    }

    async fn compare_and_set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        milliseconds: Option<u64>,
    ) -> Answer<bool> {
        let keep = milliseconds.map(Duration::from_millis);
        let done = self.bucket(&bucket)?.compare_and_set(key, expected, value, keep).await;
        self.told(&bucket, done)
    }
}
