//! Looking a member up in a JSON body, after the body has been verified. Reads the text as a stream: whatever the body
//! holds, only the one value is kept. Knows nothing of schemes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::delivery::label;

/// The string or whole number at a path of member names, with dots between them. Nothing if the body is not JSON, if
/// there is no such member or more than one, or if the value is no [`label`].
pub(crate) fn find(body: &[u8], path: &str) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = Lookup { path: Some(path) }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    found
}

/// Goes down the path, member by member; at its end takes the value.
struct Lookup<'p> {
    path: Option<&'p str>,
}

impl<'de> DeserializeSeed<'de> for Lookup<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lookup<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (wanted, rest) = match self.path {
            None => (None, None),
            Some(path) => match path.split_once('.') {
                None => (Some(path), None),
                Some((name, rest)) => (Some(name), Some(rest)),
            },
        };
        let mut found = None;
        let mut seen = false;
        while let Some(is_wanted) = map.next_key_seed(NameIs(wanted))? {
            if is_wanted && !seen {
                seen = true;
                found = map.next_value_seed(Lookup { path: rest })?;
            } else {
                // JSON parsers disagree on which of two members of one name counts, so neither does.
                if is_wanted {
                    found = None;
                }
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| label(value)).flatten())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| value.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a member has this name, without keeping the name.
struct NameIs<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for NameIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_strings_and_whole_numbers() {
        for (body, path, expected) in [
            (r#"{"id":"evt_1"}"#, "id", Some("evt_1")),
            (r#" {"x":[{"id":1}],"id":"e\u0076t"} "#, "id", Some("evt")),
            (r#"{"data":{"id":42},"id":1}"#, "data.id", Some("42")),
            (r#"{"id":-7}"#, "id", Some("-7")),
            (r#"{"id":1.5}"#, "id", None),
            (r#"{"id":null}"#, "id", None),
            (r#"{"id":true}"#, "id", None),
            (r#"{"id":{"id":"x"}}"#, "id", None),
            (r#"{"id":["x"]}"#, "id", None),
            (r#"{"id":"x"}"#, "id.x", None),
            (r#"{"id":""}"#, "id", None),
            (r#"{"id":"a\nb"}"#, "id", None),
            (r#"{"ID":"x"}"#, "id", None),
            (r#"["id"]"#, "id", None),
            (r#""id""#, "id", None),
            ("7", "id", None),
            ("", "id", None),
            ("a=1&b=2", "id", None),
            (r#"{"id":"x"} trailing"#, "id", None),
            (r#"{"id":"x""#, "id", None),
        ] {
            assert_eq!(find(body.as_bytes(), path).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_counts_for_nothing() {
        assert_eq!(find(br#"{"id":"a","id":"b"}"#, "id"), None);
        assert_eq!(find(br#"{"id":"a","id":"b","id":"c"}"#, "id"), None);
    }

    #[test]
    fn long_values_and_deep_bodies_are_harmless() {
        let body = format!(r#"{{"id":"{}"}}"#, "x".repeat(257));
        assert_eq!(find(body.as_bytes(), "id"), None);
        let body = format!(r#"{{"a":{}{},"id":"x"}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(find(body.as_bytes(), "id").as_deref(), Some("x"));
    }
}
