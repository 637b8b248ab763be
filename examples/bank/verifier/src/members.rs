//! The members of a notice: texts by their names, each there once, and what of them is signed. Strict, for another program
//! will read the same bytes: what two of them could read in two ways is refused.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// The members of a JSON object, all of them texts.
pub(crate) struct Members(BTreeMap<String, String>);

impl Members {
    /// Reads a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| format!("the body is not what the bank sends: {error}"))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What is signed: all members but the signature, sorted by name.
    pub(crate) fn signed(&self) -> Result<String, String> {
        let mut signed = String::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != "sign") {
            // Else `{"a": "1&b=2"}` would be signed as `{"a": "1", "b": "2"}` is.
            if [name, value].into_iter().any(|text| text.contains(['&', '='])) {
                return Err(format!("the member {name:?} holds & or ="));
            }
            if !signed.is_empty() {
                signed.push('&');
            }
            signed.push_str(name);
            signed.push('=');
            signed.push_str(value);
        }
        Ok(signed)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose members are texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if members.insert(name.clone(), value).is_some() {
                return Err(Error::custom(format!("the member {name:?} is there twice")));
            }
        }
        Ok(Members(members))
    }
}
