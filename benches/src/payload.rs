//! What is sent: a push event of GitHub's shape and of a fixed size, its signature, and requests as bytes.

use std::time::SystemTime;

use anyhow::Result;
use serde_json::json;
use signatures::{Secret, SignRequest, scheme, sign};

use std::net::SocketAddr;

/// Bytes of every request's body.
pub(crate) const SIZE: usize = 1024;

/// A push event, made [`SIZE`] bytes long by its commit's message.
pub(crate) fn push() -> Vec<u8> {
    let event = |message: &str| {
        json!({
            "ref": "refs/heads/main",
            "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
            "after": "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5",
            "repository": { "id": 186_853_002, "name": "hello", "full_name": "octo/hello", "private": false },
            "pusher": { "name": "octocat", "email": null },
            "commits": [{ "id": "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5", "message": message, "distinct": true }],
        })
        .to_string()
    };
    let missing = SIZE.saturating_sub(event("").len());
    event(&"x".repeat(missing)).into_bytes()
}

/// The headers with which GitHub would deliver `body`, signed with `secret`.
pub(crate) fn github_headers(body: &[u8], secret: &str) -> Result<Vec<(String, String)>> {
    let request = SignRequest {
        id: Some("72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        event_type: Some("push"),
        ..SignRequest::new(body, SystemTime::now())
    };
    Ok(sign(scheme("github")?, Some(&Secret::new("GITHUB_WEBHOOK_SECRET", secret)), &request)?.headers)
}

/// A POST, as it goes over the wire.
pub(crate) fn post(to: SocketAddr, path: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: {to}\r\nuser-agent: vestibule-bench\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{more}\r\n",
        body.len(),
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

#[cfg(test)]
mod tests {
    use signatures::{Message, Verifier};

    use super::*;

    #[test]
    fn the_push_has_the_size_and_a_signature_that_holds() {
        let body = push();
        assert_eq!(body.len(), SIZE);
        let headers = github_headers(&body, "one").unwrap();
        let verifier =
            |secret: &str| Verifier::new(scheme("github").unwrap(), vec![Secret::new("TEST", secret)]).unwrap();
        let message = Message::new(&headers, &body);
        assert!(verifier("one").verify(&message, SystemTime::now()).is_ok());
        assert!(verifier("two").verify(&message, SystemTime::now()).is_err());
    }
}
