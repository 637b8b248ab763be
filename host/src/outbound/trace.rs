//! The trace that an incoming request belongs to (W3C Trace Context), to be passed on with what its function sends.

use http::{HeaderMap, HeaderName, HeaderValue};

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// The most of `tracestate` that is passed on, in bytes: what the specification asks of everybody.
const LONGEST_STATE: usize = 512;

/// A trace, as its headers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    parent: HeaderValue,
    state: Vec<HeaderValue>,
}

impl Trace {
    /// The trace that a request with these headers belongs to, if it says so in the way of the specification.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(PARENT).iter();
        let parent = parents.next().filter(|parent| is_parent(parent.as_bytes()))?.clone();
        if parents.next().is_some() {
            return None;
        }
        let state: Vec<HeaderValue> = headers.get_all(STATE).iter().cloned().collect();
        let length: usize = state.iter().map(HeaderValue::len).sum();
        Some(Self { parent, state: if length <= LONGEST_STATE { state } else { Vec::new() } })
    }

    /// Adds it to what is sent, unless the function has said for itself where that belongs.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        if headers.contains_key(PARENT) || headers.contains_key(STATE) {
            return;
        }
        headers.insert(PARENT, self.parent.clone());
        for state in &self.state {
            headers.append(STATE, state.clone());
        }
    }
}

/// Whether this is version, trace, parent and flags, each in lower-case hexadecimal digits, and no more of them.
fn is_parent(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b'-');
    let is_hex =
        |part: &[u8], length| part.len() == length && part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    [2, 32, 16, 2].into_iter().all(|length| parts.next().is_some_and(|part| is_hex(part, length)))
        && parts.next().is_none()
        && !text.starts_with(b"ff")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT_TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_trace_is_passed_on_where_the_function_names_none() {
        let incoming = headers(&[("traceparent", PARENT_TEXT), ("tracestate", "a=1"), ("tracestate", "b=2")]);
        let trace = Trace::of(&incoming).unwrap();
        let mut sent = HeaderMap::new();
        trace.add_to(&mut sent);
        assert_eq!(sent, incoming);
        let mut own = headers(&[("traceparent", "its own")]);
        trace.add_to(&mut own);
        assert_eq!(own, headers(&[("traceparent", "its own")]));
    }

    #[test]
    fn what_is_no_trace_is_not_passed_on() {
        for text in ["", "00", "zz", &PARENT_TEXT.to_uppercase(), &format!("{PARENT_TEXT}-x"), &PARENT_TEXT[1..]] {
            assert_eq!(Trace::of(&headers(&[("traceparent", text)])), None, "{text}");
        }
        assert_eq!(Trace::of(&headers(&[("traceparent", PARENT_TEXT), ("traceparent", PARENT_TEXT)])), None);
        let long = Trace::of(&headers(&[("traceparent", PARENT_TEXT), ("tracestate", &"x".repeat(513))])).unwrap();
        assert_eq!(long.state, Vec::<HeaderValue>::new());
    }
}
