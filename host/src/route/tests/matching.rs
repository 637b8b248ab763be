//! Paths against tables: one test for each sentence of the rules.

use crate::route::{DuplicateRoute, PathError, Pattern, Prefix, RequestPath, Table};

pub(super) fn table(routes: &[&str], prefix: &str) -> Table<String> {
    let entries = routes.iter().map(|route| {
        let pattern = Pattern::parse(route.trim_start_matches('/')).unwrap();
        (pattern, (*route).to_owned())
    });
    Table::new(entries.collect(), &prefix.parse::<Prefix>().unwrap()).unwrap()
}

/// `route name=value… subpath`, or `none`.
fn answer(table: &Table<String>, path: &str) -> String {
    let path = RequestPath::parse(path).unwrap();
    let Some(found) = table.lookup(&path) else {
        return "none".to_owned();
    };
    assert_eq!(found.pattern.to_string(), *found.value);
    let mut words = vec![found.value.clone()];
    words.extend(found.params.iter().map(|(name, value)| format!("{name}={value}")));
    if !found.subpath.is_empty() {
        words.push(format!("+{}", found.subpath));
    }
    words.join(" ")
}

#[track_caller]
fn check(routes: &[&str], answers: &[(&str, &str)]) {
    let table = table(routes, "");
    for (path, expected) in answers {
        assert_eq!(answer(&table, path), *expected, "{path} in {routes:?}");
    }
}

#[test]
fn all_below_a_route_goes_to_its_function() {
    check(
        &["/hello"],
        &[
            ("/hello", "/hello"),
            ("/hello/", "/hello +/"),
            ("/hello/a/b", "/hello +/a/b"),
            ("/hello/a/", "/hello +/a/"),
            ("/hello/a%20b/%41", "/hello +/a%20b/%41"),
            ("/", "none"),
            ("/hell", "none"),
            ("/hello2", "none"),
            ("/Hello", "none"),
        ],
    );
}

#[test]
fn unless_a_more_specific_one_exists() {
    check(
        &["/hello", "/hello/a", "/hello/a/b/c"],
        &[
            ("/hello/b", "/hello +/b"),
            ("/hello/a", "/hello/a"),
            ("/hello/a/b", "/hello/a +/b"),
            ("/hello/a/b/c/d", "/hello/a/b/c +/d"),
        ],
    );
}

#[test]
fn literal_then_parameter_then_catch_all_then_prefix() {
    let all = ["/u/me", "/u/[id]", "/u/[...rest]", "/u"];
    check(&all, &[("/u/me", "/u/me"), ("/u/7", "/u/[id] id=7"), ("/u", "/u")]);
    check(&all[1..], &[("/u/me", "/u/[id] id=me")]);
    check(&all[2..], &[("/u/me", "/u/[...rest] rest=me"), ("/u/a/b", "/u/[...rest] rest=a/b")]);
    check(&all[3..], &[("/u/me", "/u +/me")]);
    // What is below a parameter's function is that function's, before a catch-all's.
    check(&all, &[("/u/7/x", "/u/[id] id=7 +/x")]);
}

#[test]
fn a_prefix_of_literals_keeps_what_is_below_it() {
    check(
        &["/a/b", "/a/[x]/c"],
        &[("/a/b/c", "/a/b +/c"), ("/a/b/d", "/a/b +/d"), ("/a/z/c", "/a/[x]/c x=z"), ("/a/z/d", "none")],
    );
    check(&["/api", "/[tenant]/notes"], &[("/api/notes", "/api +/notes"), ("/x/notes", "/[tenant]/notes tenant=x")]);
    check(&["/hello", "/[...rest]"], &[("/hello/a", "/hello +/a"), ("/x/a", "/[...rest] rest=x/a")]);
}

#[test]
fn what_leads_to_no_function_is_taken_back() {
    check(
        &["/a/b/c", "/a/[x]", "/[p]/b/d", "/[...rest]"],
        &[
            ("/a/b/c", "/a/b/c"),
            ("/a/b/d", "/a/[x] x=b +/d"),
            ("/a", "/[...rest] rest=a"),
            ("/z/b/d", "/[p]/b/d p=z"),
            ("/z/b/e", "/[...rest] rest=z/b/e"),
        ],
    );
    check(&["/a/b/c", "/[p]/b/d"], &[("/a/b/d", "/[p]/b/d p=a"), ("/a/b/e", "none")]);
}

#[test]
fn a_catch_all_takes_one_or_more() {
    check(
        &["/f/[...rest]"],
        &[
            ("/f", "none"),
            ("/f/", "none"),
            ("/f/a", "/f/[...rest] rest=a"),
            ("/f/a/", "/f/[...rest] rest=a +/"),
            ("/f/a%20/b/", "/f/[...rest] rest=a /b +/"),
        ],
    );
    check(&["/f/[a]/x/[...b]"], &[("/f/1/x/2/3", "/f/[a]/x/[...b] a=1 b=2/3")]);
}

#[test]
fn parameters_are_decoded_once_and_in_order() {
    check(&["/[z]/[a]"], &[("/%252F/caf%C3%A9", "/[z]/[a] z=%2F a=café"), ("/1/2/", "/[z]/[a] z=1 a=2 +/")]);
}

#[test]
fn a_literal_matches_the_decoded_segment() {
    check(
        &["/café/a b"],
        &[
            ("/caf%C3%A9/a%20b", "/café/a b"),
            ("/%63af%c3%a9/a%20b/c", "/café/a b +/c"),
            // No normalisation: an e and a combining accent are two characters.
            ("/cafe%CC%81/a%20b", "none"),
        ],
    );
    check(&["/Users", "/users"], &[("/Users", "/Users"), ("/users", "/users"), ("/USERS", "none")]);
}

#[test]
fn the_root_serves_exactly_the_root() {
    check(&[""], &[("/x", "none")]);
    let table = table(&["/"], "");
    assert_eq!(answer(&table, "/"), "/");
    assert_eq!(answer(&table, "/x"), "none");
}

#[test]
fn an_empty_segment_is_not_found_even_where_all_is_caught() {
    assert_eq!(RequestPath::parse("/a//b"), Err(PathError::EmptySegment));
}

#[test]
fn below_a_prefix() {
    let table = table(&["/", "/hello", "/f/[...rest]"], "/.netlify/functions");
    for (path, expected) in [
        ("/.netlify/functions", "/"),
        ("/.netlify/functions/", "/"),
        ("/.netlify/functions/hello", "/hello"),
        ("/.netlify/f%75nctions/hello/%41/", "/hello +/%41/"),
        ("/.netlify/functions/f/a/b/", "/f/[...rest] rest=a/b +/"),
        ("/.netlify/functionshello", "none"),
        ("/.netlify", "none"),
        ("/hello", "none"),
        ("/", "none"),
    ] {
        assert_eq!(answer(&table, path), expected, "{path}");
    }
}

#[test]
fn routes_are_listed_in_order() {
    let table = table(&["/b", "/[...r]", "/a/[x]", "/", "/[p]", "/a"], "/api");
    let listed: Vec<_> = table.iter().map(|(pattern, _)| pattern.to_string()).collect();
    assert_eq!(listed, ["/", "/a", "/a/[x]", "/b", "/[p]", "/[...r]"]);
}

#[test]
fn routes_that_match_the_same_paths_make_no_table() {
    for (one, other) in [("a", "a"), ("", ""), ("a/[x]", "a/[y]"), ("[...x]", "[...y]"), ("[a]/b", "[c]/b")] {
        let [one, other] = [one, other].map(|route| Pattern::parse(route).unwrap());
        let entries = vec![(other.clone(), ()), (one.clone(), ())];
        let error = Table::new(entries, &Prefix::default()).unwrap_err();
        assert_eq!(error, DuplicateRoute { first: one, second: other });
    }
}
