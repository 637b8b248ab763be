//! Looking values up in a JSON body, several in one pass. Reads the text as a stream: whatever the body holds, only the
//! wanted values are looked into, and they are lent where they can be. JSON parsers disagree on which of two members of
//! one name counts, so a path that meets two leads nowhere. Knows nothing of schemes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The body is not JSON, or the path meets two members of one name, or what is there is no string or whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The text at a path; nothing if there is no such member, or if it is null.
pub(crate) type Found<'b> = Result<Option<Cow<'b, str>>, Unreadable>;

/// The string or whole number at a path of member names and places in lists, with dots between them.
pub(crate) fn find<'b>(body: &'b [u8], path: &str) -> Found<'b> {
    let [found] = find_each(body, [Some(path)]);
    found
}

/// The same for several paths; nothing where there is no path.
pub(crate) fn find_each<'b, const N: usize>(body: &'b [u8], paths: [Option<&str>; N]) -> [Found<'b>; N] {
    look_up(body, paths).map(|raw| match raw? {
        None => Ok(None),
        Some(raw) => serde_json::from_str(raw.get()).map(|Text(text)| text).map_err(|_| Unreadable),
    })
}

/// The elements of the list at a path, each as it is written.
pub(crate) fn elements<'b>(body: &'b [u8], path: &str) -> Result<Vec<&'b str>, Unreadable> {
    let [list] = look_up(body, [Some(path)]);
    let elements: Vec<&RawValue> = serde_json::from_str(list?.ok_or(Unreadable)?.get()).map_err(|_| Unreadable)?;
    Ok(elements.into_iter().map(RawValue::get).collect())
}

/// A value as it is written.
type Raw<'b> = Result<Option<&'b RawValue>, Unreadable>;

fn look_up<'b, const N: usize>(body: &'b [u8], paths: [Option<&str>; N]) -> [Raw<'b>; N] {
    let mut found = [Ok(None); N];
    let ways = paths.map(|path| path.map_or(Way::Elsewhere, Way::Down));
    let mut json = serde_json::Deserializer::from_slice(body);
    match (Walk { ways, found: &mut found }).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => found,
        Err(_) => [Err(Unreadable); N],
    }
}

/// Where a path leads from a value.
#[derive(Clone, Copy, PartialEq)]
enum Way<'p> {
    /// Not through here.
    Elsewhere,
    /// It ends here.
    Here,
    /// Further down.
    Down(&'p str),
}

impl<'p> Way<'p> {
    /// The next name on the way, and the way on from there.
    fn step(self) -> Option<(&'p str, Self)> {
        let Self::Down(path) = self else { return None };
        Some(path.split_once('.').map_or((path, Self::Here), |(name, rest)| (name, Self::Down(rest))))
    }
}

/// Goes down all paths at once.
struct Walk<'w, 'p, 'b, const N: usize> {
    ways: [Way<'p>; N],
    found: &'w mut [Raw<'b>; N],
}

/// The next step of each path, with whether it has been taken.
type Steps<'p, const N: usize> = [(Option<(&'p str, Way<'p>)>, bool); N];

impl<'p, const N: usize> Walk<'_, 'p, '_, N> {
    fn steps(&self) -> Steps<'p, N> {
        self.ways.map(|way| (way.step(), false))
    }

    /// The ways on through one member, where `is_next` says whose step it is. Who comes to a second one has lost the way.
    fn enter(&mut self, steps: &mut Steps<'p, N>, is_next: [bool; N]) -> [Way<'p>; N] {
        let mut ways = [Way::Elsewhere; N];
        for ((((step, is_taken), is_next), way), found) in
            steps.iter_mut().zip(is_next).zip(&mut ways).zip(self.found.iter_mut())
        {
            match step {
                Some(_) if is_next && *is_taken => *found = Err(Unreadable),
                Some((_, on)) if is_next => {
                    *way = *on;
                    *is_taken = true;
                }
                _ => {}
            }
        }
        ways
    }

    /// Nothing leads on from here.
    fn end(self) {
        for (way, found) in self.ways.iter().zip(self.found) {
            if *way != Way::Elsewhere {
                *found = Err(Unreadable);
            }
        }
    }
}

fn leads_on<const N: usize>(ways: &[Way<'_>; N]) -> bool {
    ways.iter().any(|way| *way != Way::Elsewhere)
}

impl<'de, const N: usize> DeserializeSeed<'de> for Walk<'_, '_, 'de, N> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        if !self.ways.contains(&Way::Here) {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?;
        for (way, found) in self.ways.iter_mut().zip(self.found.iter_mut()) {
            if *way == Way::Here {
                *found = Ok(Some(raw));
                *way = Way::Elsewhere;
            }
        }
        if leads_on(&self.ways) {
            // One path ends where another goes on.
            self.deserialize(&mut serde_json::Deserializer::from_str(raw.get())).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}

/// What is met on the way; only objects and lists lead on.
impl<'de, const N: usize> Visitor<'de> for Walk<'_, '_, 'de, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut steps = self.steps();
        while let Some(is_next) = map.next_key_seed(NextAre(&steps))? {
            let ways = self.enter(&mut steps, is_next);
            if leads_on(&ways) {
                map.next_value_seed(Walk { ways, found: &mut *self.found })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut steps = self.steps();
        let places = steps.map(|(step, _)| step.and_then(|(name, _)| name.parse::<usize>().ok()));
        for place in 0_usize.. {
            let ways = self.enter(&mut steps, places.map(|wanted| wanted == Some(place)));
            let element = match leads_on(&ways) {
                true => seq.next_element_seed(Walk { ways, found: &mut *self.found })?,
                false => seq.next_element::<IgnoredAny>()?.map(drop),
            };
            if element.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.end();
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.end();
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.end();
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.end();
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.end();
        Ok(())
    }

    /// Where there is nothing, there is nothing further down.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whose step a member is, without keeping its name.
struct NextAre<'s, 'p, const N: usize>(&'s Steps<'p, N>);

impl<'de, const N: usize> DeserializeSeed<'de> for NextAre<'_, '_, N> {
    type Value = [bool; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<[bool; N], D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for NextAre<'_, '_, N> {
    type Value = [bool; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<[bool; N], E> {
        Ok(self.0.map(|(step, _)| step.is_some_and(|(wanted, _)| wanted == name)))
    }
}

/// A string or whole number as text; nothing for null.
struct Text<'b>(Option<Cow<'b, str>>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(value.to_owned()))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text(None))
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
    fn several_paths_are_gone_at_once_and_each_by_itself() {
        let body =
            r#"{"id":"a","type":7,"data":{"id":"b","list":[{"x":"c"}]},"no":true,"twice":1,"twice":2,"nul":null}"#;
        let at = |paths: [&str; 2]| find_each(body.as_bytes(), paths.map(Some));
        let text = |text: &'static str| Ok(Some(Cow::Borrowed(text)));
        assert_eq!(at(["id", "type"]), [text("a"), text("7")]);
        assert_eq!(at(["data.id", "data.list.0.x"]), [text("b"), text("c")]);
        assert_eq!(at(["id", "id"]), [text("a"), text("a")]);
        assert_eq!(at(["data", "data.id"]), [Err(Unreadable), text("b")]);
        assert_eq!(at(["data.id", "data"]), [text("b"), Err(Unreadable)]);
        for (path, expected) in [
            ("twice", Err(Unreadable)),
            ("no", Err(Unreadable)),
            ("type.x", Err(Unreadable)),
            ("nul.x", Ok(None)),
            ("none", Ok(None)),
            ("data.list.1.x", Ok(None)),
        ] {
            assert_eq!(at([path, "id"]), [expected.clone(), text("a")], "{path}");
            assert_eq!(at(["data.id", path]), [text("b"), expected], "{path}");
        }
        assert_eq!(find_each(body.as_bytes(), [None, Some("id")]), [Ok(None), text("a")]);
        assert_eq!(find_each(br#"{"id":"a""#, [Some("id"), Some("type")]), [const { Err(Unreadable) }; 2]);
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
