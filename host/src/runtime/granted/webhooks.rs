//! `webhooks` of the contract: what a function sends, signed with a secret that it never sees. What takes long is signed on
//! threads of its own, few at once, so that it holds up no request.

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use tokio::sync::Semaphore;

use super::super::bindings::vestibule::function::webhooks;
use super::super::state::State;
use crate::grant::Grants;
use crate::grant::sign::{self, NotSigned, Parameters, Signed};

/// As many at once as take up half of the processors, for all functions together: it is processors that they share. Whoever
/// waits does so within the time of its call.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new((processors / 2).max(1)))
});

impl webhooks::Host for State {
    async fn sign(
        &mut self,
        secret: String,
        scheme: String,
        payload: Vec<u8>,
        parameters: webhooks::Parameters,
    ) -> wasmtime::Result<Result<webhooks::Signed, String>> {
        let signed = if sign::is_quick(&scheme, payload.len()) {
            signed(&self.grants, (&secret, &scheme), &payload, &parameters)
        } else {
            let grants = Arc::clone(&self.grants);
            let work = move || signed(&grants, (&secret, &scheme), &payload, &parameters);
            elsewhere(&TURNS, work).await?
        };
        Ok(match signed {
            Ok(Signed { headers, payload, url }) => Ok(webhooks::Signed { headers, payload, url }),
            Err(NotSigned::Denied(denied)) => Err(self.denied(&denied)),
            Err(NotSigned::Wrong(why)) => Err(why),
        })
    }
}

fn signed(
    grants: &Grants,
    key: (&str, &str),
    payload: &[u8],
    parameters: &webhooks::Parameters,
) -> Result<Signed, NotSigned> {
    let parameters = Parameters {
        method: parameters.method.as_deref(),
        url: parameters.url.as_deref(),
        id: parameters.id.as_deref(),
        event_type: parameters.event_type.as_deref(),
        timestamp: parameters.timestamp,
        key_id: parameters.key_id.as_deref(),
        content_secret: parameters.content_secret.as_deref(),
    };
    grants.sign(key, payload, parameters, SystemTime::now())
}

/// Does something when it is its turn. Once begun, it keeps its turn to its end, also when nobody waits for it any more.
async fn elsewhere<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> wasmtime::Result<T> {
    let turn = Arc::clone(turns).acquire_owned().await?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    Ok(done.await?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn what_is_signed_elsewhere_keeps_its_turn_though_its_call_has_ended() {
        let turns = Arc::new(Semaphore::new(1));
        let (release, held) = channel::<()>();
        let call = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { elsewhere(&turns, move || held.recv().is_ok()).await }
        });
        while turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        call.abort();
        assert!(call.await.is_err());
        assert_eq!(turns.available_permits(), 0, "it is still at work");
        release.send(()).unwrap();
        let here = thread::current().id();
        assert_ne!(elsewhere(&turns, move || thread::current().id()).await.unwrap(), here);
    }
}
