//! `http` of the contract: requests to other servers, whole.

use std::time::Duration;

use ::http::Request;

use super::super::bindings::vestibule::function::http;
use super::super::state::State;
use crate::event::text;
use crate::grant::{denied_request, told_of_denied_request};
use crate::outbound::{self, Failure, Target, Wish};

impl http::Host for State {
    async fn fetch(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, http::Error>> {
        Ok(self.answer(request).await.map_err(|failure| self.told(failure)))
    }
}

impl State {
    async fn answer(&mut self, request: http::Request) -> Result<http::Response, Failure> {
        let target = Target::read(&request.url)?;
        let Some(client) = self.grants.http().cloned() else {
            let failure = target.not_granted();
            self.output.ledger().sent(failure.outcome());
            return Err(failure);
        };
        let mut sent = Request::new(outbound::whole(request.body));
        *sent.method_mut() = outbound::method(&request.method)?;
        *sent.headers_mut() = outbound::headers(&request.headers)?;
        let wish = Wish {
            request_id: self.output.request_id().clone(),
            trace: self.trace.clone(),
            timeout: request.timeout_ms.map(|wished| Duration::from_millis(wished.into())),
            first_byte: None,
            between: None,
        };
        let (head, body) = client.send(target, sent, wish).await?.into_parts();
        let headers = head.headers.iter();
        Ok(http::Response {
            status: head.status.as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()).into_owned())).collect(),
            body: body.whole().await?,
        })
    }

    /// What the guest is told of a failure; what was denied is in the log as well.
    fn told(&self, failure: Failure) -> http::Error {
        match failure {
            Failure::Barred(barred) => {
                self.denied(&denied_request(&barred));
                http::Error::Denied(told_of_denied_request(&barred).to_string())
            }
            Failure::Invalid(what) => http::Error::Invalid(what),
            Failure::Dns(_) => http::Error::Dns,
            Failure::Connect(_) => http::Error::Connect,
            Failure::Tls(why) => http::Error::Tls(why),
            Failure::Timeout(_) => http::Error::Timeout,
            too_large @ Failure::TooLarge(_) => http::Error::TooLarge(too_large.to_string()),
            Failure::Protocol(what) => http::Error::Protocol(what),
            Failure::Busy(_) => http::Error::Busy,
        }
    }
}
