//! Tables against a plain reading of the rules, and paths against anything a client may send.

use proptest::prelude::*;

use super::matching::table;
use crate::route::{Pattern, RequestPath, Segment};

/// How exactly a route takes one segment of a path; the last two take all that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Literal,
    Param,
    CatchAll,
    Below,
}

/// The ranks from left to right, parameters and subpath.
type Reading = (Vec<Rank>, Vec<(String, String)>, String);

/// Matches one route alone.
fn match_one(route: &Pattern, path: &str) -> Option<Reading> {
    let trimmed = path.trim_start_matches('/');
    let (trimmed, slash) = trimmed.strip_suffix('/').map_or((trimmed, ""), |cut| (cut, "/"));
    let segments: Vec<&str> = if trimmed.is_empty() { vec![] } else { trimmed.split('/').collect() };
    let (mut ranks, mut params) = (vec![], vec![]);
    for (position, own) in route.segments().iter().enumerate() {
        let given = *segments.get(position)?;
        match own {
            Segment::Literal(text) if text == given => ranks.push(Rank::Literal),
            Segment::Literal(_) => return None,
            Segment::Param(name) => {
                ranks.push(Rank::Param);
                params.push((name.clone(), given.to_owned()));
            }
            Segment::CatchAll(name) => {
                ranks.push(Rank::CatchAll);
                params.push((name.clone(), segments[position..].join("/")));
                return Some((ranks, params, slash.to_owned()));
            }
        }
    }
    let rest = &segments[route.segments().len()..];
    if route.segments().is_empty() {
        return rest.is_empty().then(|| (ranks, params, String::new()));
    }
    let mut subpath: String = rest.iter().map(|segment| format!("/{segment}")).collect();
    if !rest.is_empty() {
        ranks.push(Rank::Below);
    }
    subpath.push_str(slash);
    Some((ranks, params, subpath))
}

/// Routes of few letters, so that they meet; `x` and `y` for names, so that shapes do, too.
fn route() -> impl Strategy<Value = String> {
    let segment = prop_oneof![3 => "[abc]", 2 => "\\[[xy]\\]"];
    let tail = prop_oneof![3 => Just(None), 1 => Just(Some("[...z]".to_owned()))];
    (prop::collection::vec(segment, 0..5), tail).prop_map(|(mut segments, tail)| {
        segments.extend(tail);
        segments.join("/")
    })
}

fn path() -> impl Strategy<Value = String> {
    (prop::collection::vec("[abcd]", 0..7), any::<bool>()).prop_map(|(segments, slash)| {
        let slash = if slash && !segments.is_empty() { "/" } else { "" };
        format!("/{}{slash}", segments.join("/"))
    })
}

/// Bytes that matter in paths, in any order, and any others.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c%/.]",
        3 => "%[0-9a-fA-F]{2}",
        1 => Just("%2e".to_owned()),
        1 => ".",
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn the_most_exact_route_from_the_left_wins(
        routes in prop::collection::vec(route(), 0..14),
        path in path(),
    ) {
        let mut patterns: Vec<Pattern> = vec![];
        for route in routes {
            let Ok(pattern) = Pattern::parse(&route) else { continue };
            if patterns.iter().all(|other| other.shape() != pattern.shape()) {
                patterns.push(pattern);
            }
        }
        let best = patterns
            .iter()
            .filter_map(|pattern| Some((match_one(pattern, &path)?, pattern)))
            .min_by(|((one, ..), _), ((other, ..), _)| one.cmp(other));

        let names: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        let table = table(&names.iter().map(String::as_str).collect::<Vec<_>>(), "");
        let parsed = RequestPath::parse(&path).unwrap();
        let found = table.lookup(&parsed).map(|found| {
            (found.pattern.clone(), found.params, found.subpath.to_owned())
        });
        let expected = best.map(|((_, params, subpath), pattern)| (pattern.clone(), params, subpath));
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_text_is_a_path_or_an_error(text in ".*") {
        let _ = RequestPath::parse(&text);
    }

    #[test]
    fn what_is_accepted_is_decoded_once_and_splits_as_received(raw in hostile()) {
        let Ok(path) = RequestPath::parse(&raw) else { return Ok(()) };
        let decoded = path.segments().unwrap_or("");
        let received = raw.strip_prefix('/').unwrap();
        let received = received.strip_suffix('/').unwrap_or(received);
        prop_assert_eq!(decoded.split('/').count(), received.split('/').count());
        for (decoded, received) in decoded.split('/').zip(received.split('/')) {
            prop_assert!(!matches!(decoded, "." | ".."));
            prop_assert!(!decoded.contains(['\0', '\\']));
            prop_assert_eq!(decoded.as_bytes(), decode(received));
        }
        for count in 0..10 {
            prop_assert!(raw.ends_with(path.raw_after(count)));
        }
    }

    #[test]
    fn a_path_is_decoded_to_what_was_encoded(segments in prop::collection::vec("[^/\\\\\0]{1,8}", 1..5)) {
        prop_assume!(segments.iter().all(|segment| !matches!(segment.as_str(), "." | "..")));
        let raw: String = segments
            .iter()
            .map(|segment| format!("/{}", segment.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>()))
            .collect();
        let path = RequestPath::parse(&raw).unwrap();
        let joined = segments.join("/");
        prop_assert_eq!(path.segments(), Some(joined.as_str()));
    }
}

/// Percent-decoding by hand, of text whose encoding is known to be sound.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            bytes.push(u8::from_str_radix(&rest[1..3], 16).unwrap());
            rest = &rest[3..];
        } else {
            bytes.extend(first.to_string().bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    bytes
}

#[test]
fn a_bushy_table_and_a_long_path_are_no_trouble() {
    // Literal and parameter at each of twelve levels, functions at none but the last: every way is a
    // dead end for this path, and each is entered once.
    let routes: Vec<String> = (0..1 << 12)
        .map(|bits: u32| {
            let segment = |level: u32| {
                if (bits >> level) & 1 == 1 { "/a".to_owned() } else { format!("/[p{level}]") }
            };
            (0..12).map(segment).collect::<String>() + "/end"
        })
        .collect();
    let table = table(&routes.iter().map(String::as_str).collect::<Vec<_>>(), "");
    let long = "/a".repeat(30_000);
    assert!(table.lookup(&RequestPath::parse(&long).unwrap()).is_none());
    let served = "/a".repeat(12) + "/end";
    assert_eq!(*table.lookup(&RequestPath::parse(&served).unwrap()).unwrap().value, served);
}
