//! Signing in a native test: by the same crate that the host has, with what the test granted.

use super::{Signed, Webhook};

#[cfg(feature = "signatures")]
pub(super) fn sign(webhook: Webhook, scheme: &str, secret: &str) -> Result<Signed, String> {
    use std::borrow::Cow;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use signatures::{Secret, SignRequest};

    fn changed<T: ToOwned + ?Sized>(signed: Cow<'_, T>) -> Option<T::Owned> {
        match signed {
            Cow::Borrowed(_) => None,
            Cow::Owned(changed) => Some(changed),
        }
    }

    let granted = |name: &str| crate::testing::signing(name).map(|value| Secret::new(name, value));
    let key = granted(secret)?;
    let content_secret = webhook.content_secret.as_deref().map(granted).transpose()?;
    let scheme = signatures::scheme(scheme).map_err(|unknown| unknown.to_string())?;
    let timestamp = webhook.timestamp.map_or_else(SystemTime::now, |seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let request = SignRequest {
        method: webhook.method.as_deref().unwrap_or("POST"),
        url: webhook.url.as_deref().unwrap_or("/"),
        id: webhook.id.as_deref().or(scheme.wants_id().then_some("test")),
        event_type: webhook.event_type.as_deref(),
        key_id: webhook.key_id.as_deref(),
        content_secret: content_secret.as_ref(),
        ..SignRequest::new(&webhook.payload, timestamp)
    };
    let signed = signatures::sign(scheme, Some(&key), &request).map_err(|error| error.to_string())?;
    let (headers, payload, url) = (signed.headers, changed(signed.body), changed(signed.url));
    Ok(Signed { headers, payload: payload.unwrap_or(webhook.payload), url })
}

#[cfg(not(feature = "signatures"))]
pub(super) fn sign(_: Webhook, _: &str, secret: &str) -> Result<Signed, String> {
    crate::testing::signing(secret)?;
    Err("a native build signs with the feature `signatures` of the crate `vestibule`: turn it on in [dev-dependencies]"
        .into())
}
