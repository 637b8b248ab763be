//! A body that is read while it is still written: in pieces, no more of them on the way than there is room for, and broken
//! unless whoever writes it says that it is whole. It knows neither the engine that writes nor the connection that reads.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The longest piece, in bytes. Guests write a quarter of it at once where they wait for each write.
pub(crate) const PIECE: usize = 16 << 10;

/// What may be on the way, from the writer to the client's socket, in bytes: enough that a writer and a client that keep
/// pace do not wait for each other.
const WINDOW: usize = 4 * PIECE;

/// What the shortest piece counts as, in bytes: about what it takes besides its bytes.
const LEAST: usize = 512;

/// What one such body may take up: what is on the way, and what its writer may have begun beside it.
pub(crate) const ROOM: usize = WINDOW + 4 * PIECE;

/// The two ends of a body; its `length`, if its writer has said it.
pub(crate) fn pieces(length: Option<u64>) -> (Writer, Pieces) {
    let (sender, receiver) = unbounded_channel();
    let (window, is_whole) = (Arc::new(Semaphore::new(WINDOW)), Arc::new(AtomicBool::new(false)));
    let writer = Writer { pieces: sender, window, is_whole: Arc::clone(&is_whole) };
    (writer, Pieces { pieces: receiver, is_whole, left: length, has_broken: false })
}

/// The end where a body is written. Dropped before [`Writer::end`], it leaves the body broken.
pub(crate) struct Writer {
    /// Bounded by the window.
    pieces: UnboundedSender<Bytes>,
    window: Arc<Semaphore>,
    is_whole: Arc<AtomicBool>,
}

/// Where a piece may stand on the way; free again when the piece has been written to the client, or dropped.
pub(crate) struct Place(OwnedSemaphorePermit);

impl Writer {
    /// Waits until one more piece may be on the way. Nothing is lost if nobody waits for it any more.
    pub(crate) async fn place(&self) -> Place {
        let window = Arc::clone(&self.window);
        match window.acquire_many_owned(PIECE as u32).await {
            Ok(permit) => Place(permit),
            // Nobody closes a window.
            Err(_) => std::future::pending().await,
        }
    }

    /// Writes a piece of no more than [`PIECE`] bytes. Where nobody reads any more, it is dropped.
    pub(crate) fn write(&self, bytes: Bytes, Place(mut permit): Place) {
        let unused = PIECE.saturating_sub(bytes.len().max(LEAST));
        drop(permit.split(unused));
        let _ = self.pieces.send(Bytes::from_owner(Placed { bytes, _permit: permit }));
    }

    /// Says that the body is whole.
    pub(crate) fn end(self) {
        self.is_whole.store(true, Ordering::Release);
    }
}

/// A piece in its place.
struct Placed {
    bytes: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A body ended before it was whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off")]
pub struct Broken;

/// The end where a body is read.
pub struct Pieces {
    pieces: UnboundedReceiver<Bytes>,
    is_whole: Arc<AtomicBool>,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    has_broken: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let Some(piece) = ready!(self.pieces.poll_recv(cx)) else {
            let is_good = self.has_broken || self.is_whole.load(Ordering::Acquire);
            self.has_broken |= !is_good;
            return Poll::Ready((!is_good).then_some(Err(Broken)));
        };
        self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        // Whole first: nothing is written after that.
        self.is_whole.load(Ordering::Acquire) && self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    async fn write(writer: &Writer, bytes: &'static [u8]) {
        writer.write(Bytes::from_static(bytes), writer.place().await);
    }

    #[tokio::test]
    async fn a_body_is_whole_only_if_its_writer_says_so() {
        for ends in [true, false] {
            let (writer, mut body) = pieces(Some(3));
            write(&writer, b"abc").await;
            assert_eq!(body.size_hint().exact(), Some(3));
            if ends {
                writer.end()
            } else {
                drop(writer)
            }
            assert!(!body.is_end_stream(), "a piece is still to be read");
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
            assert_eq!((body.is_end_stream(), body.size_hint().exact()), (ends, Some(0)));
            assert_eq!(body.frame().await.map(Result::err), if ends { None } else { Some(Some(Broken)) });
            assert!(body.frame().await.is_none(), "an error is the last that comes");
        }
    }

    #[tokio::test]
    async fn no_more_is_on_the_way_than_there_is_room_for() {
        let (writer, mut body) = pieces(None);
        for _ in 0..WINDOW / PIECE {
            write(&writer, &[0; PIECE]).await;
        }
        assert!(timeout(SOON, writer.place()).await.is_err());
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let part = piece.slice(..1);
        drop(piece);
        assert!(timeout(SOON, writer.place()).await.is_err(), "a part of it is still held");
        drop(part);
        assert!(timeout(SOON, writer.place()).await.is_ok());
    }

    #[tokio::test]
    async fn small_pieces_are_bounded_in_number() {
        let (writer, body) = pieces(None);
        let mut count = 0;
        while let Ok(place) = timeout(SOON, writer.place()).await {
            writer.write(Bytes::from_static(b"x"), place);
            count += 1;
        }
        assert!((WINDOW / PIECE..=WINDOW / LEAST).contains(&count), "{count}");
        drop(body);
        assert!(timeout(SOON, writer.place()).await.is_ok(), "nobody reads: the writer goes on");
        for _ in 0..10 * WINDOW / LEAST {
            write(&writer, b"x").await;
        }
    }
}
