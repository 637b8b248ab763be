//! What tells one delivery from another, for whoever takes each of them once. Owns the choice: an id that the signature
//! covers, else what is signed, else an id that nobody vouches for. Keeps nothing: the store is somebody else's.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::Refused;
use crate::claim::claims;
use crate::message::Message;
use crate::plan::Kind;
use crate::prove::{Parts, content, read_timestamp};
use crate::verify::{Accepted, Form, Verifier};

impl Verifier {
    /// The key of a delivery that was accepted: the same for every copy of it, another for any other delivery, whatever
    /// its sender does. Nothing if the message has nothing that tells it from others.
    ///
    /// Where the scheme signs neither an id nor the message, it is made of the id alone, so whoever knows the token can
    /// make up new ones.
    ///
    /// # Errors
    ///
    /// If the message is not the one that was accepted.
    pub fn replay_key(&self, message: &Message<'_>, accepted: &Accepted) -> Result<Option<[u8; 32]>, Refused> {
        let Form { plan, .. } = self.form(message);
        let hash = || Sha256::new().chain_update(self.scheme.as_bytes());
        if let Some(id) = accepted.id.as_ref().filter(|id| id.signed) {
            return Ok(Some(hash().chain_update(b"\0id\0").chain_update(&id.value).finalize().into()));
        }
        let mut hash_of_content = hash().chain_update(b"\0content\0");
        match plan.proof.as_ref().map(|proof| (proof, &proof.kind)) {
            Some((proof, Kind::Signed(signed))) => {
                let parts = Parts::of(signed, message)?;
                // In another order, or some of them alone, they would be another delivery.
                if parts.messages(message).nth(1).is_some() {
                    return Err(Refused::Several);
                }
                for part in parts.messages(message) {
                    let (_, list) = claims(proof, self.key_id.as_deref(), &part)?;
                    let timestamp = read_timestamp(plan.timestamp.as_ref(), &list, &proof.separator, &part)?;
                    let content = content(plan, (signed, &signed.content), &part, timestamp.as_ref())?;
                    for piece in content.pieces(message.url, b"") {
                        hash_of_content.update(piece);
                    }
                    hash_of_content.update(b"\0");
                }
                Ok(Some(hash_of_content.finalize().into()))
            }
            // The claims are what is signed; the signature may be written in other ways.
            Some((proof, Kind::Jwt(jwt))) if jwt.rules.body_hash.is_some() => {
                let (tokens, _) = claims(proof, None, message)?;
                let token = tokens.first().map_or(Cow::Borrowed(&b""[..]), |token| token.text.clone());
                let end = token.iter().rposition(|byte| *byte == b'.').unwrap_or(token.len());
                hash_of_content.update(token.get(..end).unwrap_or_default());
                Ok(Some(hash_of_content.finalize().into()))
            }
            _ => {
                let of_id = |id: &crate::Id| hash().chain_update(b"\0unsigned\0").chain_update(&id.value).finalize();
                Ok(accepted.id.as_ref().map(|id| of_id(id).into()))
            }
        }
    }
}
