//! Reading headers: how the engine asks for them, the rule that one which decides something comes exactly once, and
//! the splitting of lists. Knows nothing of what a value means.

use crate::Refused;

/// The headers of a message, as the engine asks for them.
pub trait Headers {
    /// The header of this name, which is given in lower case; names are compared without regard to case.
    fn get(&self, name: &str) -> Header<'_>;
}

/// One header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// It is not there.
    Missing,
    /// Its value, without the white space around it.
    One(&'a [u8]),
    /// It is there more than once, so that nobody can say which value counts.
    Repeated,
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for &[(N, V)] {
    fn get(&self, name: &str) -> Header<'_> {
        find(self, name)
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn get(&self, name: &str) -> Header<'_> {
        find(self, name)
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn get(&self, name: &str) -> Header<'_> {
        find(self, name)
    }
}

fn find<'a, N: AsRef<str>, V: AsRef<[u8]>>(pairs: &'a [(N, V)], name: &str) -> Header<'a> {
    let mut values = pairs
        .iter()
        .filter(|(candidate, _)| candidate.as_ref().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_ref());
    match (values.next(), values.next()) {
        (None, _) => Header::Missing,
        (Some(value), None) => Header::One(value),
        (Some(_), Some(_)) => Header::Repeated,
    }
}

/// The value of a header that may be missing but not repeated.
pub(crate) fn at_most_one<'a>(headers: &'a dyn Headers, name: &str) -> Result<Option<&'a [u8]>, Refused> {
    match headers.get(name) {
        Header::Missing => Ok(None),
        Header::One(value) => Ok(Some(value)),
        Header::Repeated => Err(Refused::Repeated { place: format!("the header {name}") }),
    }
}

/// The items of a list, empty ones included; with an empty separator the value is one item.
pub(crate) fn items<'v, 's>(value: &'v [u8], separator: &'s [u8]) -> impl Iterator<Item = &'v [u8]> + use<'v, 's> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let current = rest.take()?;
        let boundary = match separator {
            [] => None,
            [byte] => current.iter().position(|candidate| candidate == byte),
            _ => current.windows(separator.len()).position(|candidate| candidate == separator),
        };
        let split = boundary.and_then(|at| {
            let (item, tail) = current.split_at_checked(at)?;
            Some((item, tail.get(separator.len()..)?))
        });
        match split {
            None => Some(current),
            Some((item, tail)) => {
                rest = Some(tail);
                Some(item)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_case_and_counted() {
        let headers = [("X-One", "1"), ("x-two", "2"), ("X-TWO", "3")];
        assert_eq!(headers.get("x-one"), Header::One(b"1"));
        assert_eq!(headers.get("x-two"), Header::Repeated);
        assert_eq!(headers.get("x-three"), Header::Missing);
    }

    #[test]
    fn lists_are_split_at_the_separator_only() {
        let split = |value: &'static str, separator: &str| -> Vec<&str> {
            items(value.as_bytes(), separator.as_bytes()).map(|item| std::str::from_utf8(item).unwrap()).collect()
        };
        assert_eq!(split("a,b", ""), ["a,b"]);
        assert_eq!(split("a,,b,", ","), ["a", "", "b", ""]);
        assert_eq!(split("a, b,c", ", "), ["a", "b,c"]);
        assert_eq!(split("", ","), [""]);
    }
}
