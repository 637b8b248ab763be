//! One table of requests and answers, asked of the same functions written in each language, so that no SDK drifts from the
//! others. Prints the table: a row for each case, a column for each language. Owns how it is asked and shown; the cases are in
//! `cases.json`, the functions in `examples/` and built by `just languages`.
//!
//! A language that has no function of a name is not asked for it (`·` in the table), nor for what is not in the language (`-`); one
//! of which nothing is built fails.
//!
//! ```text
//! cargo test -p vestibule-test --test conformance             all languages
//! cargo test -p vestibule-test --test conformance -- python   one
//! cargo test -p vestibule-test --test conformance -- --compile   with how long a host takes to compile each
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod cases;
mod expected;
mod figures;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vestibule_test::{Backend, Builder, Host};

use self::cases::{Case, Table};
use self::figures::Figures;

/// The languages that have to be there, in the order of the columns.
const LANGUAGES: [&str; 5] = ["rust", "javascript", "python", "go", "c"];

/// The secret of the table's signatures, by its name in the policies.
const SECRET: &str = "CONFORMANCE";

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let languages = LANGUAGES.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|one| one == *name));
    let compiles = std::env::args().any(|argument| argument == "--compile");
    let table = Table::read();
    let results: Vec<(&str, Column)> = languages.map(|language| (*language, ask(language, &table, compiles))).collect();

    let (mut passed, mut failed) = (0, 0);
    for (language, column) in &results {
        println!("{language}: {} cases", column.cases.len());
        for (index, result) in &column.cases {
            match result {
                Ok(()) => passed += 1,
                Err(why) => {
                    failed += 1;
                    println!("\n{language}: {}: {}\n{why}", table.cases[*index].site, table.cases[*index].name);
                }
            }
        }
    }
    show(&table, &results);
    println!("\n· no such function in this language; - not in this language, whose handlers wait by blocking");
    figures::show(results.iter().filter_map(|(language, column)| Some((*language, column.figures.as_ref()?))));
    let word = if failed == 0 && passed > 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came of a language's functions.
struct Column {
    /// By the numbers of the cases; those of functions that it lacks are not there.
    cases: BTreeMap<usize, Result<(), String>>,
    /// What they cost, if they could be served.
    figures: Option<Figures>,
}

/// Asks all cases of the functions that a language has.
fn ask(language: &str, table: &Table, compiles: bool) -> Column {
    let folder = built().join(language);
    let mut cases = BTreeMap::new();
    // Whatever fails, the other languages are asked.
    let host = catch_unwind(AssertUnwindSafe(|| start(&folder, table)));
    for (index, case) in table.cases.iter().enumerate().filter(|(_, case)| case.is_of(language)) {
        if !component(&folder, table, case).is_file() && !table.is_wanted_of(language, case) {
            continue;
        }
        let result = match &host {
            Ok(Some(host)) => catch_unwind(AssertUnwindSafe(|| case.ask(host))).unwrap_or_else(|why| Err(text(&*why))),
            Ok(None) => Err(format!("nothing is built in {}: run ./just languages", folder.display())),
            Err(why) => Err(text(&**why)),
        };
        cases.insert(index, result);
    }
    let figures = host.ok().flatten().and_then(|host| Figures::of(&host, &folder, compiles));
    Column { cases, figures }
}

/// A host with all of the table's sites whose functions are there; none if no function is.
fn start(folder: &Path, table: &Table) -> Option<Host> {
    let mut builder: Option<Builder> = None;
    for site in table.sites.values() {
        let component = folder.join(format!("{}.wasm", site.function));
        if component.is_file() {
            let next = match builder {
                None => Host::with(component),
                Some(builder) => builder.and(component),
            };
            builder = Some(next.route(&site.route).policy(&site.policy));
        }
    }
    let host = builder?.backend(Backend::Command).vouch("idp").secret(SECRET, table.secret.as_str()).start();
    let problems = host.problems();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Some(host)
}

fn component(folder: &Path, table: &Table, case: &Case) -> PathBuf {
    folder.join(format!("{}.wasm", table.sites[&case.site].function))
}

/// Where the functions are, in a folder for each language.
fn built() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/languages")
}

fn show(table: &Table, results: &[(&str, Column)]) {
    let name = |case: &Case| format!("{}: {}", case.site, case.name);
    let width = table.cases.iter().map(|case| name(case).chars().count()).max().unwrap_or(0);
    let head: Vec<&str> = results.iter().map(|(language, _)| *language).collect();
    println!("\n{:width$}  {}", "", head.join("  "));
    for (index, case) in table.cases.iter().enumerate() {
        let marks = results.iter().map(|(language, column)| {
            let mark = match column.cases.get(&index) {
                Some(Ok(())) => "ok",
                Some(Err(_)) => "FAILED",
                None if !case.is_of(language) => "-",
                None => "·",
            };
            format!("{mark:0$}", language.len())
        });
        println!("{:width$}  {}", name(case), marks.collect::<Vec<_>>().join("  "));
    }
}

fn text(why: &(dyn std::any::Any + Send)) -> String {
    let text = why.downcast_ref::<String>().cloned();
    text.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "it panicked".to_owned())
}
