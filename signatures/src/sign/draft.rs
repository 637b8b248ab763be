//! A message on its way to be signed. Owns where things are put: into headers, the query, a form or the JSON body. What
//! is signed is read back from the draft, by the same code that reads messages.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::private_key;
use super::{SignError, SignRequest, Signed, setup};
use crate::algorithm::{Family, SecretEncoding};
use crate::content::query_value;
use crate::delivery::LONGEST_LABEL;
use crate::description::{BodyHash, Description, KeyName};
use crate::expectation::example;
use crate::field::Field;
use crate::jwt::JwtPlan;
use crate::message::Message;
use crate::plan::{Kind, Plan, Proof, SignedPlan};
use crate::prove::{Parts, content};
use crate::refused::Refused;
use crate::template::Segment;
use crate::time::Timestamp;
use crate::{Secret, keys};

/// A message without its signature.
pub(super) struct Draft<'a> {
    scheme: String,
    request: SignRequest<'a>,
    headers: Vec<(String, String)>,
    body: Cow<'a, [u8]>,
    url: Cow<'a, str>,
    timestamp: String,
}

impl<'a> Draft<'a> {
    /// A message with everything that the signature is to cover.
    pub(super) fn new(scheme: &str, plan: &Plan, request: &SignRequest<'a>) -> Result<Self, SignError> {
        let timestamp = match &plan.timestamp {
            Some(timestamp) => timestamp.unit.format(request.timestamp).ok_or(SignError::Timestamp)?,
            None => String::new(),
        };
        let mut draft = Self {
            scheme: scheme.to_owned(),
            request: *request,
            headers: Vec::new(),
            body: Cow::Borrowed(request.body),
            url: Cow::Borrowed(request.url),
            timestamp,
        };
        draft.envelope(plan)?;
        draft.labels(plan)?;
        if let Some(timestamp) = &plan.timestamp
            && !matches!(timestamp.place, Field::Item(_) | Field::Claim(_))
        {
            let text = draft.timestamp.clone();
            draft.put(&timestamp.place, &text)?;
        }
        for expectation in &plan.expect {
            draft.put(&expectation.at, &example(expectation))?;
        }
        if let Some(Proof { key_name: Some(KeyName::Header(name)), .. }) = &plan.proof
            && let Some(key_id) = request.key_id
        {
            let key_id = checked("key id", key_id, None)?.to_owned();
            draft.headers.push((name.clone(), key_id));
        }
        draft.list_of_headers(plan);
        Ok(draft)
    }

    fn signed(plan: &Plan) -> Option<&SignedPlan> {
        match plan.proof.as_ref().map(|proof| &proof.kind) {
            Some(Kind::Signed(signed)) => Some(signed),
            _ => None,
        }
    }

    /// Wraps the body where the scheme sends it inside of something.
    fn envelope(&mut self, plan: &Plan) -> Result<(), SignError> {
        let Some(signed) = Self::signed(plan) else {
            return Ok(());
        };
        if signed.content.has(&Segment::Sns) && !self.object().is_ok_and(|object| object.contains_key("Message")) {
            let text = std::str::from_utf8(self.request.body).map_err(|_| self.wants("it must be text"))?;
            let id = self.request.id.unwrap_or("00000000-0000-0000-0000-000000000000");
            let topic = "arn:aws:sns:us-east-1:000000000000:example";
            let envelope = json!({ "Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": text });
            self.body = Cow::Owned(envelope.to_string().into_bytes());
        }
        for segment in signed.content.segments() {
            if let Segment::Field(Field::Form(name)) = segment {
                let payload = STANDARD.encode(self.request.body);
                self.body = Cow::Owned(format!("{name}={}", query_value(&payload)).into_bytes());
            }
        }
        if signed.content.has(&Segment::Params) && !self.request.body.is_empty() {
            self.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
        }
        if let Some(BodyHash::Query(name)) = &signed.body_hash {
            let hash = hex::encode(crate::public_key::digest::<sha2::Sha256>(&[self.request.body]));
            self.put(&Field::Query(name.clone()), &hash)?;
        }
        Ok(())
    }

    /// Names the headers that are there so far, where the scheme signs those that a header names; itself too.
    fn list_of_headers(&mut self, plan: &Plan) {
        for segment in Self::signed(plan).iter().flat_map(|signed| signed.content.segments()) {
            if let Segment::SignedHeaders(list) = segment {
                let names = self.headers.iter().map(|(name, _)| name).chain([list]);
                let names: Vec<&str> = names.map(String::as_str).collect();
                let names = names.join(",");
                self.headers.push((list.clone(), names));
            }
        }
    }

    fn labels(&mut self, plan: &Plan) -> Result<(), SignError> {
        let signed_id = Self::signed(plan).and_then(|signed| signed.id.as_ref());
        let forbidden = signed_id.and_then(|id| id.terminator).map(char::from);
        let request = self.request;
        if signed_id.is_some() && request.id.is_none() {
            return Err(SignError::Needed { scheme: self.scheme.clone(), what: "the delivery's id" });
        }
        for (what, value, field, forbidden) in
            [("id", request.id, &plan.id, forbidden), ("event type", request.event_type, &plan.event, None)]
        {
            let Some(value) = value else { continue };
            let value = checked(what, value, forbidden)?;
            let is_signed = what == "id" && signed_id.is_some();
            let instead = match field {
                Some(place @ Field::Header(_)) => {
                    self.put(place, value)?;
                    continue;
                }
                Some(place) if is_signed => {
                    self.put(place, value)?;
                    continue;
                }
                Some(Field::Claim(_)) => continue,
                Some(Field::Json(path)) if Self::signed(plan).is_some_and(|s| s.content.has(&Segment::Sns)) => {
                    self.put(&Field::Json(path.clone()), value)?;
                    continue;
                }
                Some(place) => format!(" but as {place}"),
                None => String::new(),
            };
            return Err(SignError::NoHeader { scheme: self.scheme.clone(), what, instead });
        }
        Ok(())
    }

    /// Signs it and puts the signature where it belongs.
    pub(super) fn sign(
        &mut self,
        plan: &Plan,
        proof: &Proof,
        description: &Description,
        secret: &Secret,
    ) -> Result<(), SignError> {
        let prefixed = |text: &str| format!("{}{text}", proof.prefix);
        let value = match &proof.kind {
            Kind::Token => prefixed(secret.token().map_err(|message| setup("secrets", message))?),
            Kind::Basic => {
                keys::shared_key(description, secret).map_err(|message| setup("secrets", message))?;
                let pair = secret.token().map_err(|message| setup("secrets", message))?;
                format!("Basic {}", STANDARD.encode(pair))
            }
            Kind::Jwt(jwt) => prefixed(&self.token(plan, jwt, description, secret)?),
            Kind::Signed(signed) => return self.signatures(plan, proof, signed, description, secret),
        };
        self.put_signature(proof, &value)
    }

    /// A signature for each part of the message.
    fn signatures(
        &mut self,
        plan: &Plan,
        proof: &Proof,
        signed: &SignedPlan,
        description: &Description,
        secret: &Secret,
    ) -> Result<(), SignError> {
        let mut values = Vec::new();
        {
            let message = self.message();
            let wrong = |refused| match refused {
                Refused::TooMany { .. } => self.wants("it must not hold more than any provider sends"),
                _ => self.wants("it must be what the provider sends"),
            };
            let parts = Parts::of(signed, &message).map_err(wrong)?;
            for part in parts.messages(&message) {
                let timestamp = plan.timestamp.as_ref().map(|timestamp| Timestamp {
                    text: Cow::Borrowed(self.timestamp.as_bytes()),
                    milliseconds: 0,
                    unit: timestamp.unit,
                });
                let content = content(plan, (signed, &signed.content), &part, timestamp.as_ref()).map_err(wrong)?;
                if content.has_url() && message.whole_url().is_none() {
                    return Err(SignError::Needed { scheme: self.scheme.clone(), what: "the URL" });
                }
                let in_content = self.request.content_secret.unwrap_or(secret);
                let in_content = in_content.decode(SecretEncoding::Text).map_err(|m| setup("secrets", m))?;
                let pieces = content.pieces(message.url, &in_content);
                let bytes = match description.algorithm.family() {
                    Family::Public => {
                        let pieces: Vec<&[u8]> = pieces.collect();
                        let key = secret.text().unwrap_or_default();
                        let name = secret.name();
                        let wrong = |message| setup("secrets", format!("the secret {name} {message}"));
                        private_key::sign(description.algorithm, key, &pieces).map_err(wrong)?
                    }
                    _ => {
                        let key = keys::shared_key(description, secret).map_err(|m| setup("secrets", m))?;
                        key.tag(pieces).map(|tag| tag.as_bytes().to_vec()).unwrap_or_default()
                    }
                };
                values.push(format!("{}{}", proof.prefix, signed.encoding.encode(&bytes)));
            }
        }
        if let (Some(list), Field::Json(path)) = (&signed.each, &proof.place) {
            let values = values.iter().enumerate();
            return self.put_in_body(values.map(|(place, value)| (format!("{list}.{place}.{path}"), value.as_str())));
        }
        for value in values {
            let value = match (&proof.key_name, plan.timestamp.as_ref().map(|timestamp| &timestamp.place)) {
                (Some(KeyName::Before(text)), _) => {
                    format!("{}{text}{value}", self.request.key_id.unwrap_or("example"))
                }
                (_, Some(Field::Item(item))) => format!("{item}{}{}{value}", self.timestamp, proof.separator),
                _ => value,
            };
            self.put_signature(proof, &value)?;
        }
        Ok(())
    }

    fn put_signature(&mut self, proof: &Proof, value: &str) -> Result<(), SignError> {
        match &proof.place {
            Field::Headers(names) => {
                let first = names.first().map_or("", String::as_str);
                self.put(&Field::Header(first.to_owned()), value)
            }
            place => self.put(place, value),
        }
    }

    fn token(
        &self,
        plan: &Plan,
        jwt: &JwtPlan,
        description: &Description,
        secret: &Secret,
    ) -> Result<String, SignError> {
        let rules = &jwt.rules;
        let algorithm = rules.algorithms.first().copied().ok_or_else(|| setup("scheme.jwt", "allows no algorithm"))?;
        let message = self.message();
        let url = message.whole_url();
        if rules.holds_url() && url.is_none() {
            return Err(SignError::Needed { scheme: self.scheme.clone(), what: "the URL" });
        }
        let now = seconds(self.request.timestamp)?;
        let mut claims = Map::new();
        claims.insert("iat".into(), now.into());
        if let Some(issuer) = &rules.issuer {
            claims.insert("iss".into(), issuer.as_str().into());
        }
        if let Some(url) = url.filter(|_| rules.subject_is_url) {
            claims.insert("sub".into(), url.into());
        }
        for name in &rules.require {
            let value = match name.as_str() {
                "exp" => (now + 300).into(),
                "nbf" => now.into(),
                _ => Value::from("example"),
            };
            claims.insert(name.clone(), value);
        }
        if let (Some(Field::Claim(name)), Some(id)) = (&plan.id, self.request.id) {
            claims.insert(name.clone(), id.into());
        }
        let hashes = [(&rules.body_hash, message.body), (&rules.url_hash, url.unwrap_or_default().as_bytes())];
        for (hash, content) in hashes {
            if let Some(hash) = hash.as_ref().filter(|hash| !(hash.absent_if_empty && content.is_empty())) {
                claims.insert(hash.claim.clone(), hash.of(content).into());
            }
        }
        let encoding = description.secret_encoding.unwrap_or(SecretEncoding::Text);
        let bytes = secret.decode(encoding).map_err(|message| setup("secrets", message))?;
        let wrong = |message: &str| setup("secrets", format!("the secret {} {message}", secret.name()));
        let key = private_key::for_tokens(algorithm, &bytes).map_err(wrong)?;
        let header = jsonwebtoken::Header::new(algorithm.library());
        jsonwebtoken::encode(&header, &claims, &key).map_err(|_| wrong("cannot sign the token"))
    }

    fn message(&self) -> Message<'_> {
        Message { method: self.request.method, url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// Puts a text somewhere; what stood there is replaced.
    fn put(&mut self, place: &Field, text: &str) -> Result<(), SignError> {
        match place {
            Field::Header(name) => {
                self.headers.retain(|(existing, _)| existing != name);
                self.headers.push((name.clone(), text.to_owned()));
            }
            Field::Query(name) => {
                let separator = if self.url.contains('?') { '&' } else { '?' };
                self.url = Cow::Owned(format!("{}{separator}{name}={}", self.url, query_value(text)));
            }
            Field::Form(name) | Field::FormLast(name) => {
                let separator = if self.body.is_empty() { "" } else { "&" };
                let parameter = format!("{separator}{name}={}", query_value(text));
                self.body = Cow::Owned([&*self.body, parameter.as_bytes()].concat());
            }
            Field::Json(path) => self.put_in_body(std::iter::once((path, text)))?,
            Field::Headers(_) | Field::Item(_) | Field::Claim(_) => {}
        }
        Ok(())
    }

    /// Puts texts into the JSON body, each at its path. However many they are, the body is read and written once.
    fn put_in_body<'t>(&mut self, texts: impl Iterator<Item = (impl AsRef<str>, &'t str)>) -> Result<(), SignError> {
        let mut root = Value::Object(self.object()?);
        for (path, text) in texts {
            let place = path.as_ref().split('.').try_fold(&mut root, |value, name| match value {
                Value::Array(list) => name.parse::<usize>().ok().and_then(|place| list.get_mut(place)),
                Value::Object(object) => Some(object.entry(name).or_insert(Value::Object(Map::new()))),
                _ => None,
            });
            let Some(place) = place else {
                return Err(self.wants("it must be what the provider sends"));
            };
            // A number stays a number: providers write times in milliseconds so.
            *place = match text.parse::<u64>() {
                Ok(number) if text.len() == 13 && number.to_string() == text => number.into(),
                _ => text.into(),
            };
        }
        self.body = Cow::Owned(root.to_string().into_bytes());
        Ok(())
    }

    fn object(&self) -> Result<Map<String, Value>, SignError> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(self.wants("it must be a JSON object")),
        }
    }

    fn wants(&self, wanted: &'static str) -> SignError {
        SignError::Body { scheme: self.scheme.clone(), wanted }
    }

    pub(super) fn finish(mut self, plan: &Plan) -> Signed<'a> {
        for name in &plan.require {
            if !self.headers.iter().any(|(existing, _)| existing == name) {
                self.headers.push((name.clone(), "example".to_owned()));
            }
        }
        Signed { headers: self.headers, body: self.body, url: self.url }
    }
}

fn seconds(time: SystemTime) -> Result<u64, SignError> {
    time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).map_err(|_| SignError::Timestamp)
}

/// The text, if it can be sent in a header and comes back the same.
fn checked<'t>(what: &'static str, value: &'t str, forbidden: Option<char>) -> Result<&'t str, SignError> {
    let is_sendable = (1..=LONGEST_LABEL).contains(&value.len())
        && value.trim() == value
        && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && !forbidden.is_some_and(|c| value.contains(c));
    is_sendable.then_some(value).ok_or(SignError::Value { what, forbidden })
}
