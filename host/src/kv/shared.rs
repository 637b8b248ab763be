//! Stores kept on a server that several hosts share (Redis or Valkey): what is asked of it, and what its answers mean. It knows
//! no guest and no policy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, ScriptInvocation};

use super::scripts;
use super::store::{Answer, Backend, LARGEST_NUMBER, Name, Page, Quota, Quotas, Trouble, too_many_bytes};
use crate::remote::{PREFIX, Remote};

/// How long one answer of the server is waited for.
const WITHIN: Duration = Duration::from_secs(2);

/// Keys that the server looks at for one page of a list. It may find some more, as it goes on to the end of a place in its
/// table, and up to four times as many while it makes that larger: no more than a page holds.
const LOOKED_AT: usize = super::PAGE_KEYS / 4;

/// A backend on a server.
pub(crate) struct Shared {
    remote: Arc<Remote>,
    quotas: Quotas,
}

impl Shared {
    /// The stores on the server `remote`, each within `quotas`.
    pub(crate) fn new(remote: Arc<Remote>, quotas: Quotas) -> Self {
        Self { remote, quotas }
    }

    async fn ask<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Trouble> {
        self.remote.ask(script, WITHIN).await.map_err(|down| Trouble::Unavailable(down.to_string()))
    }

    /// A script that writes to a store, before its own arguments.
    fn writes<'s>(&self, script: &'s redis::Script, store: &Name, keep: Option<Duration>) -> ScriptInvocation<'s> {
        let mut script = of(script, store);
        let keep = keep.map(|keep| keep.as_millis().max(1).to_string()).unwrap_or_default();
        script.arg(self.quotas.keys).arg(self.quotas.bytes).arg(keep);
        script
    }
}

/// A script about a store. Its keys lie together also where a server has many places for keys.
fn of<'s>(script: &'s redis::Script, store: &Name) -> ScriptInvocation<'s> {
    let mut script = script.prepare_invoke();
    for part in ["values", "ends", "bytes"] {
        script.key(format!("{PREFIX}kv:{{{store}}}:{part}"));
    }
    script
}

/// What a script that writes has answered, if it is not that there is trouble.
fn written(answer: String) -> Result<String, Trouble> {
    match answer.as_str() {
        "keys" => Err(Trouble::Full(Quota::Keys)),
        "bytes" => Err(Trouble::Full(Quota::Bytes)),
        "no number" => Err(Trouble::NotANumber),
        _ => Ok(answer),
    }
}

impl Backend for Shared {
    fn get<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask(of(&scripts::GET, store).arg(key)).await })
    }

    fn exists<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, bool> {
        Box::pin(async move { self.ask(of(&scripts::EXISTS, store).arg(key)).await })
    }

    fn set<'a>(&'a self, store: &'a Name, key: String, value: Vec<u8>, keep: Option<Duration>) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut script = self.writes(&scripts::SET, store, keep);
            written(self.ask(script.arg(key).arg(value)).await?).map(drop)
        })
    }

    fn delete<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, ()> {
        self.delete_many(store, vec![key])
    }

    fn increment<'a>(&'a self, store: &'a Name, key: String, delta: u64, keep: Option<Duration>) -> Answer<'a, u64> {
        Box::pin(async move {
            if delta > LARGEST_NUMBER {
                return Err(Trouble::NotANumber);
            }
            let mut script = self.writes(&scripts::INCREMENT, store, keep);
            let sum = written(self.ask(script.arg(key).arg(delta)).await?)?;
            sum.parse().map_err(|_| Trouble::Unavailable("its answer is no number".into()))
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        store: &'a Name,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        keep: Option<Duration>,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut script = self.writes(&scripts::COMPARE_AND_SET, store, keep);
            script.arg(key).arg(value);
            if let Some(expected) = expected {
                script.arg(expected);
            }
            Ok(written(self.ask(&script).await?)? == "done")
        })
    }

    fn list<'a>(&'a self, store: &'a Name, cursor: Option<u64>) -> Answer<'a, Page> {
        Box::pin(async move {
            let mut script = of(&scripts::LIST, store);
            script.arg(cursor.unwrap_or(0)).arg(LOOKED_AT);
            let (next, keys): (u64, Vec<String>) = self.ask(&script).await?;
            Ok(Page { keys, cursor: Some(next).filter(|next| *next != 0) })
        })
    }

    fn get_many<'a>(&'a self, store: &'a Name, keys: Vec<String>, most: usize) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            let mut script = of(&scripts::GET_MANY, store);
            let values: Option<Vec<Option<Vec<u8>>>> = self.ask(script.arg(most).arg(keys)).await?;
            values.ok_or_else(|| too_many_bytes(most))
        })
    }

    fn set_many<'a>(&'a self, store: &'a Name, entries: Vec<(String, Vec<u8>)>) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut script = self.writes(&scripts::SET, store, None);
            // Where a key is there twice, the last counts.
            for (key, value) in entries.into_iter().collect::<BTreeMap<_, _>>() {
                script.arg(key).arg(value);
            }
            written(self.ask(&script).await?).map(drop)
        })
    }

    fn delete_many<'a>(&'a self, store: &'a Name, keys: Vec<String>) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut script = self.writes(&scripts::DELETE, store, None);
            written(self.ask(script.arg(keys)).await?).map(drop)
        })
    }
}
