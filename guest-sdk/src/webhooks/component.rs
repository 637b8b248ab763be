//! Signing in a component: the host does it.

use super::{Signed, Webhook};
use crate::bindings::bindings::vestibule::function::webhooks as wit;

pub(super) fn sign(webhook: Webhook, scheme: &str, secret: &str) -> Result<Signed, String> {
    let Webhook { payload, method, url, id, event_type, timestamp, key_id, content_secret } = webhook;
    let parameters = wit::Parameters { method, url, id, event_type, timestamp, key_id, content_secret };
    let signed = wit::sign(secret, scheme, &payload, &parameters)?;
    Ok(Signed { headers: signed.headers, payload: signed.payload.unwrap_or(payload), url: signed.url })
}
