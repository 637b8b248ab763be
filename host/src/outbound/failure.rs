//! Why a request of a function came to nothing: for the function an error, for the log a reason, for the metrics a word.

use std::error::Error;
use std::net::IpAddr;

use hyper_util::client::legacy;

/// Why there is no answer, or no more of one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// It is not for this function to ask there.
    #[error("{0}")]
    Barred(Barred),
    /// It is no request; why.
    #[error("{0}")]
    Invalid(String),
    /// Nobody knows the name.
    #[error("the name cannot be looked up: {0}")]
    Dns(String),
    /// There is no connection to be had; why.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The server could not show who it is, or does not speak TLS; why.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// It took too long; what.
    #[error("{0} took too long")]
    Timeout(&'static str),
    /// It is larger than it may be; what.
    #[error("{0} than the host allows")]
    TooLarge(Large),
    /// What came is not HTTP; what is wrong with it.
    #[error("the server's answer will not do: {0}")]
    Protocol(String),
    /// All places for requests, or for connections, are taken.
    #[error("too many requests on their way at once: {0}")]
    Busy(&'static str),
}

/// What was larger than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Large {
    /// The headers of a request.
    #[error("the request has more, or longer, headers")]
    RequestHeaders,
    /// The body of a request.
    #[error("the request is longer")]
    Request,
    /// The headers of an answer.
    #[error("the answer has more, or longer, headers")]
    AnswerHeaders,
    /// The body of an answer.
    #[error("the answer is longer")]
    Answer,
}

/// Why a function may not ask where it asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// No grant names it.
    #[error("{origin} is not granted")]
    NotNamed {
        /// Scheme, host and port.
        origin: String,
        /// Whether it also is an address that is not public.
        private: bool,
    },
    /// It is granted, and stands for an address that is not public.
    #[error("{origin}, which stands for {address} ({what}),")]
    Private {
        /// Scheme, host and port.
        origin: String,
        /// The address.
        address: IpAddr,
        /// What kind of address that is.
        what: &'static str,
    },
    /// It is out of reach for every function.
    #[error("{origin}, which stands for {address} ({what}),")]
    Never {
        /// Scheme, host and port.
        origin: String,
        /// The address.
        address: IpAddr,
        /// What is there.
        what: &'static str,
    },
}

impl Failure {
    /// What the request came to, in a word.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Barred(_) => "denied",
            Self::Invalid(_) => "invalid",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::TooLarge(_) => "too_large",
            Self::Protocol(_) => "protocol",
            Self::Busy(_) => "busy",
        }
    }

    /// What lies behind an error of the client: our own reason, where it was the connector's or a body's.
    pub(super) fn of_client(error: &legacy::Error) -> Self {
        Self::find(error).unwrap_or_else(|| {
            let reason = innermost(error);
            if error.is_connect() { Self::Connect(reason) } else { Self::Protocol(reason) }
        })
    }

    /// The same, of what comes after the head of an answer.
    pub(super) fn of_body(error: &hyper::Error) -> Self {
        Self::find(error).unwrap_or_else(|| Self::Protocol(innermost(error)))
    }

    fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(own) = chain(error).find_map(|error| error.downcast_ref::<Self>()) {
            return Some(own.clone());
        }
        let http = chain(error).find_map(|error| error.downcast_ref::<hyper::Error>())?;
        http.is_parse_too_large().then_some(Self::TooLarge(Large::AnswerHeaders))
    }
}

/// An error, what lies behind it, and so on.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
