//! From a URL to a connection: the name is looked up, every address is held against the grants, and only to one that was is
//! there a connection. What a name stood for the last time does not count.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use tower_service::Service;

use super::Outbound;
use super::failure::Failure;
use super::target::{Rules, Target};
use super::tls;

/// Makes the connections of one function.
#[derive(Clone)]
pub(super) struct Connector(Arc<Parts>);

struct Parts {
    outbound: Arc<Outbound>,
    rules: Rules,
    timeout: Duration,
    /// Connections at once, idle ones too.
    places: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
    tls: OnceCell<TlsConnector>,
}

impl Connector {
    /// `places` are how many connections there may be at once, `lookups` how many names may be looked up.
    pub(super) fn new(
        outbound: Arc<Outbound>,
        rules: Rules,
        timeout: Duration,
        (places, lookups): (Arc<Semaphore>, Arc<Semaphore>),
    ) -> Self {
        Self(Arc::new(Parts { outbound, rules, timeout, places, lookups, tls: OnceCell::new() }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let parts = Arc::clone(&self.0);
        let threads = parts.outbound.threads();
        Box::pin(async move {
            // On the threads that answer requests: those for long calls give way, and connections outlive calls.
            let connecting = AbortOnDropHandle::new(threads.spawn(async move {
                let until = Instant::now() + parts.timeout;
                // Who waits for a place waits for the function's other connections, and not for a server.
                let place = timeout_at(until, Arc::clone(&parts.places).acquire_owned()).await;
                let place = place.ok().and_then(Result::ok).ok_or(Failure::Busy("connections of the function"))?;
                let connected = timeout_at(until, parts.connect(&uri, until, place)).await;
                connected.unwrap_or(Err(Failure::Timeout("connecting")))
            }));
            connecting.await.unwrap_or_else(|_| Err(Failure::Connect("the host is ending".into())))
        })
    }
}

impl Parts {
    async fn connect(&self, uri: &Uri, until: Instant, place: OwnedSemaphorePermit) -> Result<Stream, Failure> {
        let target = Target::read(&uri.to_string())?;
        let tcp = self.tcp(&target, until).await?;
        // Small writes are whole requests here.
        let _ = tcp.set_nodelay(true);
        if !target.secure() {
            return Ok(Stream { io: TokioIo::new(Box::new(tcp)), is_http2: false, _place: place });
        }
        let tls = self.tls.get_or_try_init(|| async {
            let roots = self.outbound.roots().await?;
            tls::connector(roots).map_err(|error| Failure::Tls(error.to_string()))
        });
        let name = ServerName::try_from(target.named().to_owned());
        let name = name.map_err(|_| Failure::Invalid("no certificate can be for a host of this name".into()))?;
        let stream = tls.await?.connect(name, tcp).await.map_err(|error| Failure::Tls(error.to_string()))?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream { io: TokioIo::new(Box::new(stream)), is_http2, _place: place })
    }

    /// Connects to the first address that can be, of those that may be.
    async fn tcp(&self, target: &Target, until: Instant) -> Result<TcpStream, Failure> {
        let own = self.outbound.own();
        let mut barred = None;
        let mut allowed = Vec::new();
        for address in self.addresses(target).await? {
            match self.rules.check_address(&target.origin, address, own) {
                Ok(()) => allowed.push(address),
                Err(reason) => barred = barred.or(Some(reason)),
            }
        }
        let mut failed = match barred {
            Some(barred) => barred.into(),
            None => Failure::Dns("it has no address".into()),
        };
        let count = u32::try_from(allowed.len()).unwrap_or(u32::MAX);
        for (left, address) in (1..=count).rev().zip(allowed) {
            // None takes the others' time, where its packets are lost.
            let share = until.saturating_duration_since(Instant::now()) / left;
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failed = Failure::Connect(kind(&error)),
                Err(_) => failed = Failure::Timeout("connecting"),
            }
        }
        Err(failed)
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        if let Some(address) = target.address() {
            return Ok(vec![SocketAddr::new(address, target.port())]);
        }
        let permit = Arc::clone(&self.lookups).acquire_owned().await;
        let permit = permit.map_err(|_| Failure::Busy("names that the function looks up"))?;
        let found = self.outbound.resolver().resolve(target.host(), target.port(), permit).await;
        found.map_err(|error| Failure::Dns(error.to_string()))
    }
}

/// What went wrong, without the address: that is the system's business.
fn kind(error: &io::Error) -> String {
    error.kind().to_string()
}

/// One connection, with its place.
pub(super) struct Stream {
    io: TokioIo<Box<dyn Io>>,
    is_http2: bool,
    _place: OwnedSemaphorePermit,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("is_http2", &self.is_http2).finish_non_exhaustive()
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        if self.is_http2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, into)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }
}

impl Target {
    /// The host as a certificate names it: an address without brackets, a name without a dot at its end.
    fn named(&self) -> &str {
        let host = self.host();
        match self.address() {
            Some(_) => host.trim_start_matches('[').trim_end_matches(']'),
            None => host.strip_suffix('.').unwrap_or(host),
        }
    }
}
