//! The path of a request, gate by gate. Each gate takes what the one before it made, so that none can be left out; what
//! a gate turns away never has a sandbox.

mod streamed;
mod trace;

use std::fmt::Display;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Request;
use http_body::Body;

use self::trace::{Called, End, Trace};
use crate::app::{App, Live};
use crate::body::Received;
use crate::event::Event;
use crate::finish::Finishing;
use crate::function::{Entry, Function};
use crate::refusal::Refusal;
use crate::replay::{self, Claim};
use crate::reply::Reply;
use crate::request::Inbound;
use crate::runtime::Invocation;
use crate::{auth, body, handshake, quota, reach, reply, verify};

/// Answers one request that came over a connection from `peer`, and writes it into log and metrics. From here on it has its
/// line there, even if the client goes away before the answer is waited for.
pub fn handle<B>(app: &Arc<App>, request: Request<B>, peer: IpAddr) -> Pin<Box<impl Future<Output = Reply> + use<B>>>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Display,
{
    let app = Arc::clone(app);
    let (head, body) = request.into_parts();
    let live = app.live();
    let inbound = Inbound::new(head, peer, &live.proxies);
    let mut trace = Box::new(Trace::of(&app, &inbound));
    // In one place until its end: whoever waits for it passes it on several times.
    Box::pin(async move {
        match gates(&app, &live, inbound, body, &mut trace).await {
            // One that is remembered is answered when it is known how its call ends.
            Ok((event, None)) if event.function().code.gives_pieces() && event.takes_pieces() => {
                Box::pin(streamed::call(&app, event, trace)).await
            }
            Ok((event, claim)) => call(&app, event, claim, trace).await,
            Err(end) => trace.close(end),
        }
    })
}

/// Every gate, in the order in which they stand.
async fn gates<B>(
    app: &Arc<App>,
    live: &Live,
    mut inbound: Inbound,
    body: B,
    trace: &mut Trace,
) -> Result<(Arc<Event>, Option<Claim>), End>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Display,
{
    let weight = inbound.weight();
    if !app.room.grow(&mut inbound.held, weight, live.server.permit_wait).await {
        return Err(Refusal::NoRoom.into());
    }
    let found = reach::find(inbound, &live.table, &live.server)?;
    trace.entry = Some(Entry::Ready(Arc::clone(found.function())));
    let routed = reach::enter(found).await?;
    trace.standing = routed.standing().copied().map(Box::new);
    let Received { whole: body, rest } = body::read(&routed, body, &app.room, &live.server).await?;
    handshake::unsigned(&routed, &body, &app.windows).await?;
    let room = (&app.verifiers, live.server.permit_wait);
    let verified = verify::verify(routed, body, SystemTime::now(), room).await?;
    handshake::signed(&verified)?;
    let authorized = auth::authorize(verified).await?;
    trace.caller = authorized.caller();
    let counted = quota::by_subject(authorized).await?;
    if let Some(standing) = counted.standing() {
        trace.standing.get_or_insert_with(|| Box::new(*standing));
    }
    let claimed = replay::claim(counted, live.server.permit_wait).await?;
    let admitted = app.permits.admit(claimed, live.server.permit_wait).await?;
    let (event, claim) = Event::new(admitted, rest);
    Ok((Arc::new(event), claim))
}

/// Runs the function. A client that goes away meanwhile does not stop it: its effects would be half done. So the call, its
/// line in the log included, goes on without it, and only the host's end can cut it short.
async fn call(app: &Arc<App>, event: Arc<Event>, claim: Option<Claim>, trace: Box<Trace>) -> Reply {
    let failed = trace.host_failed();
    let app = Arc::clone(app);
    Finishing::new(&Arc::clone(&app).calls, run(app, event, claim, trace)).await.unwrap_or_else(failed)
}

async fn run(app: Arc<App>, event: Arc<Event>, claim: Option<Claim>, trace: Box<Trace>) -> Reply {
    let running = app.metrics.running();
    let function = Arc::clone(event.function());
    // With the event, what the call had of the host goes back before its answer waits for anything.
    let invocation = app.runtime.invoke(event, None).await;
    drop(running);
    conclude(&app, &function, invocation, claim, trace).await
}

/// What becomes of a call that has ended and whose answer is there as a whole.
async fn conclude(
    app: &App,
    function: &Function,
    invocation: Invocation,
    claim: Option<Claim>,
    trace: Box<Trace>,
) -> Reply {
    let Invocation { outcome, took, memory_peak } = invocation;
    let settled = reply::settle(outcome, &trace.id);
    let settled = reply::conclude(settled, claim, &trace.id).await;
    let wait = app.live().server.permit_wait;
    let settled = reply::place(settled, &app.answers, &function.answers, wait, &trace.id).await;
    function.ledger.called(settled.outcome, took);
    trace.close(End::Called(Called { settled, took, memory: memory_peak as u64 }))
}
