//! Looking a value up in a JSON body. Reads the text as a stream: whatever the body holds, only the one value is kept.
//! JSON parsers disagree on which of two members of one name counts, so a path that meets two leads nowhere. Knows
//! nothing of schemes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The body is not JSON, or the path meets two members of one name, or what is there is no string or whole number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The string or whole number at a path of member names and places in lists, with dots between them. Nothing if there is
/// no such member, or if it is null.
pub(crate) fn find(body: &[u8], path: &str) -> Result<Option<String>, Unreadable> {
    look_up::<Text>(body, path).map(|found| found.and_then(|Text(text)| text))
}

/// The elements of the list at a path, each as it is written.
pub(crate) fn elements<'b>(body: &'b [u8], path: &str) -> Result<Vec<&'b str>, Unreadable> {
    let list = look_up::<&RawValue>(body, path)?.ok_or(Unreadable)?;
    let elements: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| Unreadable)?;
    Ok(elements.into_iter().map(RawValue::get).collect())
}

fn look_up<'de, T: Deserialize<'de>>(body: &'de [u8], path: &str) -> Result<Option<T>, Unreadable> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = Lookup { path: Some(path), leaf: PhantomData }.deserialize(&mut json).map_err(|_| Unreadable)?;
    json.end().map_err(|_| Unreadable)?;
    Ok(found)
}

/// Goes down the path, member by member; at its end takes the value.
struct Lookup<'p, T> {
    path: Option<&'p str>,
    leaf: PhantomData<T>,
}

impl<'p, T> Lookup<'p, T> {
    /// The first name of the path, and the way on from there.
    fn step(&self) -> (&'p str, Self) {
        match self.path.unwrap_or_default().split_once('.') {
            None => (self.path.unwrap_or_default(), Self { path: None, leaf: PhantomData }),
            Some((name, rest)) => (name, Self { path: Some(rest), leaf: PhantomData }),
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Lookup<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.path {
            None => T::deserialize(deserializer).map(Some),
            Some(_) => deserializer.deserialize_any(self),
        }
    }
}

/// What is met on the way; only objects and lists lead on.
impl<'de, T: Deserialize<'de>> Visitor<'de> for Lookup<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = self.step();
        let mut rest = Some(rest);
        let mut found = None;
        while let Some(is_wanted) = map.next_key_seed(NameIs(name))? {
            match rest.take_if(|_| is_wanted) {
                Some(rest) => found = map.next_value_seed(rest)?,
                None if is_wanted => return Err(A::Error::custom("two members of one name")),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = self.step();
        let mut rest = name.parse::<usize>().ok().map(|place| (place, rest));
        let mut found = None;
        for place in 0_usize.. {
            match rest.take_if(|(wanted, _)| *wanted == place) {
                Some((_, rest)) => match seq.next_element_seed(rest)? {
                    Some(value) => found = value,
                    None => break,
                },
                None if seq.next_element::<IgnoredAny>()?.is_none() => break,
                None => {}
            }
        }
        Ok(found)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A string or whole number as text; nothing for null.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_str<E>(self, value: &str) -> Result<Text, E> {
        Ok(Text(Some(value.to_owned())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }
}

/// Whether a member has this name, without keeping the name.
struct NameIs<'p>(&'p str);

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
        Ok(self.0 == name)
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
            (r#"{"id":""}"#, "id", Some("")),
            (r#"{"list":[1,{"id":"x"}]}"#, "list.1.id", Some("x")),
            (r#"[["a","b"]]"#, "0.1", Some("b")),
            (r#"{"id":null}"#, "id", None),
            (r#"{"data":null}"#, "data.id", None),
            (r#"{"ID":"x"}"#, "id", None),
            (r#"{"list":[1]}"#, "list.1", None),
            (r#"["id"]"#, "id", None),
        ] {
            assert_eq!(find(body.as_bytes(), path).unwrap().as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn what_two_programs_could_read_in_two_ways_is_unreadable() {
        for (body, path) in [
            (r#"{"id":"a","id":"b"}"#, "id"),
            (r#"{"id":"a","id":"b","id":"c"}"#, "id"),
            (r#"{"id":null,"i\u0064":"b"}"#, "id"),
            (r#"{"data":{"id":"a"},"data":{}}"#, "data.id"),
            (r#"{"id":1.5}"#, "id"),
            (r#"{"id":true}"#, "id"),
            (r#"{"id":{"id":"x"}}"#, "id"),
            (r#"{"id":["x"]}"#, "id"),
            (r#"{"id":"x"}"#, "id.x"),
            (r#""id""#, "id"),
            ("7", "id"),
            ("", "id"),
            ("a=1&b=2", "id"),
            (r#"{"id":"x"} trailing"#, "id"),
            (r#"{"id":"x""#, "id"),
        ] {
            assert_eq!(find(body.as_bytes(), path), Err(Unreadable), "{body}");
        }
    }

    #[test]
    fn elements_are_as_they_are_written() {
        assert_eq!(elements(br#"{"a":[ {"b" : 1}, "c"]}"#, "a").unwrap(), [r#"{"b" : 1}"#, r#""c""#]);
        assert_eq!(elements(br#"{"a":[]}"#, "a").unwrap(), [""; 0]);
        for body in [&br#"{"a":{}}"#[..], br#"{"a":[1],"a":[2]}"#, b"{}", b"[", br#"{"a":[1}"#] {
            assert_eq!(elements(body, "a"), Err(Unreadable));
        }
    }

    #[test]
    fn deep_bodies_are_harmless() {
        let body = format!(r#"{{"a":{}{},"id":"x"}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(find(body.as_bytes(), "id").unwrap().as_deref(), Some("x"));
    }
}
