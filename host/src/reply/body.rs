//! The body of an answer: whole, as nearly all are, or in pieces that a function still writes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

use crate::pieces::{Broken, Pieces};

/// What follows an answer's head.
pub enum Body {
    /// All of it is there.
    Whole(Full<Bytes>),
    /// It is still written, and may break off.
    Pieces(Pieces),
    /// There would be one, of a length that may be known, if it had been asked for.
    LeftOut(Option<u64>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Self::Pieces(pieces) => Pin::new(pieces).poll_frame(cx),
            Self::LeftOut(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Pieces(pieces) => pieces.is_end_stream(),
            Self::LeftOut(_) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Pieces(pieces) => pieces.size_hint(),
            Self::LeftOut(length) => length.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}
