//! Why a message is not accepted, for whoever has the secrets: what was signed, and what the signature would have to be.
//! Owns nothing of the rules: it puts together what the verifier looks at, and compares nothing.

use std::borrow::Cow;

use smallvec::smallvec;

use crate::Refused;
use crate::claim::claims;
use crate::key::Key;
use crate::message::Message;
use crate::plan::Kind;
use crate::prove::{Parts, content, read_timestamp, urls};
use crate::verify::{Form, Verifier};

/// What a verifier makes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The messages in it; one, unless the scheme sends several in one body. None for a token, which signs nothing.
    pub parts: Vec<SignedPart>,
}

/// One message, and how it would be signed. **Holds valid signatures:** not for a log, and not for the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPart {
    /// The bytes that are signed; `{secret}` stands for a secret in them.
    pub content: Vec<u8>,
    /// What the signature would be, for each secret by name, as it is written; none for public keys.
    pub expected: Vec<(String, String)>,
}

impl Verifier {
    /// Says what is signed of a message, and with which result.
    ///
    /// # Errors
    ///
    /// If that cannot be said, because a part of it is missing.
    pub fn explain(&self, message: &Message<'_>) -> Result<Explanation, Refused> {
        let Form { plan, candidates, .. } = self.form(message);
        let Some((proof, Kind::Signed(signed))) = plan.proof.as_ref().map(|proof| (proof, &proof.kind)) else {
            return Ok(Explanation { parts: Vec::new() });
        };
        let mut parts = Vec::new();
        for part in Parts::of(signed, message)?.messages(message) {
            // Without a signature there may be a timestamp all the same.
            let list = claims(proof, None, &part).map_or(Cow::Borrowed(&b""[..]), |(_, list)| list);
            let timestamp = read_timestamp(plan.timestamp.as_ref(), &list, &proof.separator, &part)?;
            let content = content(plan, (signed, &signed.content), &part, timestamp.as_ref())?;
            let urls = if content.has_url() { urls(signed, &part)? } else { smallvec![Cow::Borrowed("")] };
            let url = urls.first().map_or("", |url| &**url);
            let shared = candidates.iter().filter(|candidate| !matches!(candidate.key, Key::Public(_) | Key::Jwt(_)));
            let expected = shared.filter_map(|candidate| {
                let tag = candidate.key.tag(content.pieces(url, &candidate.secret))?;
                Some((candidate.name.clone(), format!("{}{}", proof.prefix, signed.encoding.encode(tag.as_bytes()))))
            });
            let expected = expected.collect();
            let content = content.pieces(url, b"{secret}").flatten().copied().collect();
            parts.push(SignedPart { content, expected });
        }
        Ok(Explanation { parts })
    }
}
