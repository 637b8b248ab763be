//! Paths and tables: a lookup finds what looking at each route alone and taking the most exact would find, and what a
//! function is told of the path cannot be taken for another path.

use vestibule_host::route::{Pattern, Prefix, RequestPath, Segment, Table};

use super::words;

const OF_ROUTES: &[&[u8]] = &[
    b"a",
    b"b",
    b"/",
    b"/",
    b"/",
    b"[x]",
    b"[y]",
    b"/[...z]",
    b"index",
    b",",
    b",",
    b"a/b,",
    b"[x],a/",
    b"caf\xc3\xa9",
];

const OF_PATHS: &[&[u8]] = &[
    b"/",
    b"/",
    b"/",
    b"a",
    b"b",
    b"/a",
    b"/b",
    b"%61",
    b"%2e",
    b".",
    b"..",
    b"%2F",
    b"%5c",
    b"%00",
    b"%",
    b"%zz",
    b"\\",
    b"%c3%a9",
    b"\xc3\xa9",
    b"%ff",
    b" ",
    b"?",
    b"[x]",
    b"index",
];

pub(crate) fn check(data: &[u8]) {
    let (routes, path) = data.split_at(data.len() / 2);
    let routes = String::from_utf8_lossy(&words::text(OF_ROUTES, routes)).into_owned();
    let path = String::from_utf8_lossy(&words::text(OF_PATHS, path)).into_owned();
    let Ok(path) = RequestPath::parse(&path) else { return };

    let mut patterns: Vec<Pattern> = Vec::new();
    for pattern in routes.split(',').filter_map(|route| Pattern::parse(route).ok()) {
        let both = patterns.iter().chain([&pattern]).map(|pattern| (pattern.clone(), ())).collect();
        if Table::new(both, &Prefix::default()).is_ok() {
            patterns.push(pattern);
        }
    }
    let table = |patterns: &[Pattern]| {
        let entries = patterns.iter().map(|pattern| (pattern.clone(), ())).collect();
        Table::new(entries, &Prefix::default()).unwrap()
    };
    // What each route alone makes of the path.
    let alone: Vec<_> = patterns
        .iter()
        .filter_map(|pattern| {
            let table = table(std::slice::from_ref(pattern));
            let found = table.lookup(&path)?;
            Some((exactness(pattern, found.subpath), pattern.clone(), found.params, found.subpath.to_owned()))
        })
        .collect();
    let best = alone.iter().min_by(|one, other| one.0.cmp(&other.0));
    let table = table(&patterns);
    let found = table.lookup(&path);
    assert_eq!(found.as_ref().map(|found| found.pattern), best.map(|(_, pattern, ..)| pattern), "{}", path.raw());
    let (Some(found), Some((.., params, subpath))) = (found, best) else { return };
    assert_eq!((&found.params, found.subpath), (params, subpath.as_str()), "{}", path.raw());

    assert!(found.subpath.is_empty() || found.subpath.starts_with('/'), "{}", found.subpath);
    assert!(path.raw().ends_with(found.subpath), "the subpath is as it was sent");
    for (name, value) in &found.params {
        assert!(!value.is_empty() && !value.contains(['\0', '\\']), "{name} is {value:?}");
        assert!(!value.split('/').any(|segment| matches!(segment, "" | "." | "..")), "{name} is {value:?}");
        let of_one_segment = found.pattern.segments().contains(&Segment::Param(name.clone()));
        assert!(!of_one_segment || !value.contains('/'), "{name} is {value:?}");
    }
}

/// How exactly a route takes a path, from the left; the less the more.
fn exactness(pattern: &Pattern, subpath: &str) -> Vec<u8> {
    let segments = pattern.segments().iter().map(|segment| match segment {
        Segment::Literal(_) => 0,
        Segment::Param(_) => 1,
        Segment::CatchAll(_) => 2,
    });
    // Below a route, but for the slash at the end.
    segments.chain((subpath.len() > 1).then_some(3)).collect()
}
