//! A client's socket as hyper reads and writes it: what comes in is held against the grammar of HTTP/1.1 on its way, what
//! stalls is noted, and the end waits for the client, so that an answer is not lost to what the client was still sending.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::activity::Activity;
use super::framing::{Fault, Framing};

/// How long what a client still sends is read away after the last answer. Closing on unread bytes resets the connection,
/// and a reset may overtake the answer. RFC 9112, section 9.6.
const LINGER: Duration = Duration::from_secs(2);

/// What hyper reads in the place of a fault in a head: a byte that it takes nowhere in a head, so that it answers 400 and
/// closes, and the end of a head, for which it waits before it looks.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";

/// A client's socket.
pub(super) struct Stream {
    socket: TcpStream,
    activity: Arc<Activity>,
    framing: Framing,
    fault: Option<Fault>,
    /// What is left of `NO_HEAD` to be read.
    no_head: &'static [u8],
    /// Called once.
    report: Box<dyn FnMut(Fault) + Send>,
    linger: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// `report` is called with the first fault in what the client sends.
    pub(super) fn new(socket: TcpStream, activity: Arc<Activity>, report: impl FnMut(Fault) + Send + 'static) -> Self {
        let framing = Framing::default();
        Self { socket, activity, framing, fault: None, no_head: &[], report: Box::new(report), linger: None }
    }

    /// Notes what came of a write.
    fn wrote(&self, wrote: &Poll<io::Result<usize>>) {
        match wrote {
            Poll::Pending => self.activity.blocked(),
            Poll::Ready(Ok(bytes)) => self.activity.taken(*bytes),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.fault {
            None => {}
            Some(Fault { in_head: false, wrong, .. }) => return Poll::Ready(Err(malformed(wrong))),
            // The answer to it is on its way; an end of the stream would stop that.
            Some(_) if this.no_head.is_empty() => return Poll::Pending,
            Some(_) => {
                let (now, later) = this.no_head.split_at(this.no_head.len().min(buf.remaining()));
                buf.put_slice(now);
                this.no_head = later;
                return Poll::Ready(Ok(()));
            }
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(cx, buf))?;
        let Err(fault) = this.framing.follow(buf.filled().get(before..).unwrap_or_default()) else {
            this.activity.head(this.framing.in_head());
            return Poll::Ready(Ok(()));
        };
        this.fault = Some(fault);
        (this.report)(fault);
        this.no_head = NO_HEAD;
        buf.set_filled(before + fault.at);
        // To have read nothing would be the end of the stream.
        if fault.at == 0 { Pin::new(this).poll_read(cx, buf) } else { Poll::Ready(Ok(())) }
    }
}

fn malformed(wrong: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, wrong)
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let wrote = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.wrote(&wrote);
        wrote
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let wrote = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.wrote(&wrote);
        wrote
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// Called when everything has been written.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.socket).poll_flush(cx))?;
        this.activity.drained();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let linger = match &mut this.linger {
            Some(linger) => linger,
            none => {
                ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
                none.insert(Box::pin(tokio::time::sleep(LINGER)))
            }
        };
        let mut unread = [0; 4096];
        loop {
            if linger.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut unread = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut this.socket).poll_read(cx, &mut unread)) {
                Ok(()) if !unread.filled().is_empty() => {}
                // The client has closed, or is gone: there is nobody to wait for.
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
