//! `webhooks` of the contract: what a function sends, signed with a secret that it never sees.

use std::time::SystemTime;

use super::super::bindings::vestibule::function::webhooks;
use super::super::state::State;
use crate::grant::sign::{NotSigned, Parameters, Signed};

impl webhooks::Host for State {
    fn sign(
        &mut self,
        secret: String,
        scheme: String,
        payload: Vec<u8>,
        parameters: webhooks::Parameters,
    ) -> wasmtime::Result<Result<webhooks::Signed, String>> {
        let parameters = Parameters {
            method: parameters.method.as_deref(),
            url: parameters.url.as_deref(),
            id: parameters.id.as_deref(),
            event_type: parameters.event_type.as_deref(),
            timestamp: parameters.timestamp,
            key_id: parameters.key_id.as_deref(),
            content_secret: parameters.content_secret.as_deref(),
        };
        Ok(match self.grants.sign((&secret, &scheme), &payload, parameters, SystemTime::now()) {
            Ok(Signed { headers, payload, url }) => Ok(webhooks::Signed { headers, payload, url }),
            Err(NotSigned::Denied(denied)) => Err(self.denied(&denied)),
            Err(NotSigned::Wrong(why)) => Err(why),
        })
    }
}
