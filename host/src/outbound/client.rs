//! What one function sends requests with. Its connections are its own: no other function is answered on one, finds out that
//! it is there, or can take its places. Nothing of it is made before the first request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Request, Response, Version};
use hyper_util::client::legacy;
use hyper_util::rt::TokioTimer;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::Outbound;
use super::body::{Counted, Outgoing, Received};
use super::connect::Connector;
use super::exchange::{Exchange, Places, Sender};
use super::failure::{Failure, Large};
use super::head;
use super::resolve::FUNCTION_LOOKUPS;
use super::target::{Rules, Target};
use super::trace::Trace;
use crate::config::{GrantsPolicy, OutboundSettings};
use crate::hop::HopByHop;
use crate::observe::ledger::Ledger;

/// Connections beyond the requests on their way, that wait for the next.
const IDLE: usize = 16;

/// Of them, for one server.
const IDLE_PER_SERVER: usize = 8;

/// How long a connection waits for the next request. Many servers close theirs after a minute or more.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// What an HTTP/2 server may send ahead of what its function has read of one answer.
const STREAM_WINDOW: u32 = 256 << 10;

/// The largest window that HTTP/2 knows.
const MAX_WINDOW: u32 = (1 << 31) - 1;

type Pool = legacy::Client<Connector, Counted>;

/// What one function sends requests with.
pub struct Client {
    outbound: Arc<Outbound>,
    rules: Rules,
    limits: OutboundSettings,
    sender: Sender,
    /// Requests at once.
    requests: Arc<Semaphore>,
    /// Connections at once.
    connections: Arc<Semaphore>,
    /// Names that are looked up at once, whichever pool they are for.
    lookups: Arc<Semaphore>,
    pool: Mutex<Option<Pool>>,
}

/// What is to be known of a request beside itself.
#[derive(Clone)]
pub struct Wish {
    /// The id of the incoming request for which it is sent.
    pub request_id: Arc<str>,
    /// The trace of that.
    pub trace: Option<Box<Trace>>,
    /// How long it may take at the most, to the end of the answer.
    pub timeout: Option<Duration>,
    /// How long its answer may be waited for.
    pub first_byte: Option<Duration>,
    /// How long each next part of the answer may be waited for.
    pub between: Option<Duration>,
}

impl Client {
    /// The client of the function `name`, within these grants and limits.
    pub(crate) fn new(
        outbound: &Arc<Outbound>,
        grants: &GrantsPolicy,
        limits: &OutboundSettings,
        name: &Arc<str>,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let rules = Rules { destinations: grants.http.clone(), private: grants.http_private };
        let sender = Sender { function: Arc::clone(name), ledger: Arc::clone(ledger) };
        Self {
            outbound: Arc::clone(outbound),
            rules,
            limits: limits.clone(),
            sender,
            requests: Arc::new(Semaphore::new(limits.function_concurrency)),
            connections: Arc::new(Semaphore::new(limits.function_concurrency.saturating_add(IDLE))),
            lookups: Arc::new(Semaphore::new(FUNCTION_LOOKUPS)),
            pool: Mutex::default(),
        }
    }

    /// The limits that it keeps.
    pub fn limits(&self) -> &OutboundSettings {
        &self.limits
    }

    /// Sends a request and waits for the head of its answer. Redirects are not followed: where they lead is asked for, and
    /// granted, like anything else. The URL is the one that `target` was read from; what the request itself has does not count.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn send(
        &self,
        target: Target,
        request: Request<Outgoing>,
        wish: Wish,
    ) -> Result<Response<Received>, Failure> {
        let (sender, id) = (self.sender.clone(), Arc::clone(&wish.request_id));
        let mut exchange = Exchange::new(sender, id, request.method().clone(), target.origin.clone());
        match self.exchange(target, request, &wish, &mut exchange).await {
            Ok((head, body, until)) => {
                let limit = self.limits.response_bytes.get();
                exchange.keep_until(until, &self.outbound.threads());
                let body = Received::new(body, limit, until, wish.between, exchange);
                Ok(Response::from_parts(head, body))
            }
            Err(failure) => {
                exchange.fail(&failure);
                Err(failure)
            }
        }
    }

    async fn exchange(
        &self,
        target: Target,
        request: Request<Outgoing>,
        wish: &Wish,
        exchange: &mut Exchange,
    ) -> Result<(http::response::Parts, hyper::body::Incoming, Instant), Failure> {
        self.rules.check(&target, self.outbound.own())?;
        let (mut head, body) = request.into_parts();
        head::check(&mut head, &self.limits)?;
        if let Some(trace) = &wish.trace {
            trace.add_to(&mut head.headers);
        }
        // One that says that it is too long takes nobody's place.
        if http_body::Body::size_hint(&body).lower() > self.limits.request_bytes.get() {
            return Err(Failure::TooLarge(Large::Request));
        }
        head.uri = target.uri;
        head.version = Version::HTTP_11;
        let began = Instant::now();
        exchange.places = Some(self.places(began + self.limits.connect_timeout).await?);
        // A guest may wish for ages, of which no clock knows.
        let within = |wished: Option<Duration>, most: Duration| began + wished.map_or(most, |wished| wished.min(most));
        let until = within(wish.timeout, self.limits.timeout);
        let answer_by = until.min(within(wish.first_byte, self.limits.timeout));

        let body = Counted::new(body, self.limits.request_bytes.get());
        let answer = self.pool().request(Request::from_parts(head, body));
        let answer = timeout_at(answer_by, answer).await.map_err(|_| Failure::Timeout("the answer"))?;
        let (mut head, body) = answer.map_err(|error| Failure::of_client(&error))?.into_parts();
        exchange.status = Some(head.status);
        if head.status.is_informational() {
            return Err(Failure::Protocol(format!("status {} without a status after it", head.status.as_u16())));
        }
        self.check_answer(&head.headers, &body)?;
        HopByHop::of(&head.headers).remove_from(&mut head.headers);
        Ok((head, body, until))
    }

    fn check_answer(&self, headers: &HeaderMap, body: &hyper::body::Incoming) -> Result<(), Failure> {
        if !head::fits(headers, &self.limits) {
            return Err(Failure::TooLarge(Large::AnswerHeaders));
        }
        // Said before any of it is read.
        if http_body::Body::size_hint(body).lower() > self.limits.response_bytes.get() {
            return Err(Failure::TooLarge(Large::Answer));
        }
        Ok(())
    }

    /// Places among the requests on their way, of the function and of the host.
    async fn places(&self, until: Instant) -> Result<Places, Failure> {
        let place = |places: &Arc<Semaphore>, whose| {
            let waiting = timeout_at(until, Arc::clone(places).acquire_owned());
            async move { waiting.await.ok().and_then(Result::ok).ok_or(Failure::Busy(whose)) }
        };
        // First the function's, so that those who wait for it hold nothing that others need.
        let own = place(&self.requests, "of the function (`outbound.function_concurrency`)").await?;
        Ok((own, place(self.outbound.places(), "of the host (`outbound.concurrency`)").await?))
    }

    /// The connections. Where all places are taken, many of them by idle ones, those are given up.
    fn pool(&self) -> Pool {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if self.connections.available_permits() == 0 {
            *pool = None;
        }
        pool.get_or_insert_with(|| self.make_pool()).clone()
    }

    fn make_pool(&self) -> Pool {
        let connector = Connector::new(
            Arc::clone(&self.outbound),
            self.rules.clone(),
            self.limits.connect_timeout,
            (Arc::clone(&self.connections), Arc::clone(&self.lookups)),
        );
        let header_bytes = usize::try_from(self.limits.header_bytes.get()).unwrap_or(usize::MAX);
        legacy::Client::builder(Threads(self.outbound.threads()))
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE_PER_SERVER)
            .http1_max_buf_size(header_bytes)
            .http1_max_headers(self.limits.header_count)
            .http2_max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(connection_window(self.limits.function_concurrency))
            .build(connector)
    }
}

/// What an HTTP/2 server may send ahead on one connection: as much as all answers at once may have of it, so that one that
/// its function leaves unread does not hold up the others.
pub(super) fn connection_window(answers: usize) -> u32 {
    let answers = u32::try_from(answers).unwrap_or(u32::MAX);
    STREAM_WINDOW.saturating_mul(answers).min(MAX_WINDOW)
}

/// The threads that answer requests, on which connections live whatever call they were made for.
#[derive(Clone)]
struct Threads(Handle);

impl<F> hyper::rt::Executor<F> for Threads
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        drop(self.0.spawn(task));
    }
}
