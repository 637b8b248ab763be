//! Signing a request as its sender would, for the commands that do: the options that they have in common, and what is made of
//! them. Which scheme and whose keys, [`chosen`](super::chosen) says.

use std::time::SystemTime;

use clap::Args;
use signatures::{Secret, SignError, SignRequest, Signed, sign};

use super::chosen::Chosen;
use super::{Failure, parse_time};

/// What is said of the delivery.
#[derive(Args)]
pub(super) struct Signing {
    /// The delivery's id, for schemes that send it outside of the payload [default: a new one, where it is signed]
    #[arg(long)]
    pub(super) id: Option<String>,
    /// When it is signed [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<SystemTime>,
    /// The URL as the receiver knows it, for schemes that sign it [default: where it goes]
    #[arg(long)]
    pub(super) url: Option<String>,
    /// The secret that is signed beside a private key, from the environment variable of this name
    #[arg(long, value_name = "NAME")]
    content_secret_env: Option<String>,
}

/// What is signed.
pub(super) struct Payload<'a> {
    pub(super) method: &'a http::Method,
    /// The URL as its receiver knows it, where somebody has said.
    pub(super) url: Option<&'a str>,
    pub(super) event_type: Option<&'a str>,
    pub(super) body: &'a [u8],
}

impl Signing {
    /// Signs a payload with the first of the secrets that were chosen.
    pub(super) fn sign(&self, chosen: &Chosen, payload: &Payload<'_>) -> Result<Signed<'static>, Failure> {
        let content_secret = match &self.content_secret_env {
            None => None,
            Some(name) => {
                let value = std::env::var(name);
                Some(Secret::new(name, value.map_err(|_| Failure::usage(format!("the variable {name} is not set")))?))
            }
        };
        let made_up = uuid::Uuid::now_v7().simple().to_string();
        let mut request = SignRequest {
            method: payload.method.as_str(),
            url: payload.url.unwrap_or("/"),
            id: self.id.as_deref(),
            event_type: payload.event_type,
            key_id: chosen.setup.key_id.as_deref(),
            content_secret: content_secret.as_ref(),
            ..SignRequest::new(payload.body, self.at.unwrap_or_else(SystemTime::now))
        };
        if request.id.is_none() && chosen.scheme.wants_id() {
            request.id = Some(&made_up);
        }
        let signed = sign(&chosen.scheme, chosen.setup.secrets.first(), &request);
        let Signed { headers, body, url } = signed.map_err(|error| match error {
            SignError::Needed { .. } => Failure::usage(format!("{error} with --url")),
            error => Failure::usage(error),
        })?;
        Ok(Signed { headers, body: body.into_owned().into(), url: url.into_owned().into() })
    }
}
