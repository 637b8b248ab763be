//! The start-up table on a terminal: it fits, and no name is broken. What it says is tested with the command.

use std::path::Path;

use vestibule_host::config::{Overrides, Problems, Settings};
use vestibule_host::reload::Loaded;
use vestibule_host::report;
use vestibule_host::route::Scan;

use crate::support::token::{SHARED, demo};
use crate::support::{PUBLIC, host};

#[test]
fn on_a_terminal_the_table_is_folded_and_no_name_is_broken() {
    let auth = "methods = [\"GET\", \"POST\", \"PUT\"]\n[auth]\nproviders = [\"demo\"]\nroles = [\"administrator\", \"editor\"]\n";
    let host = host()
        .function("orders/[id]", "canary", auth)
        .function("hello", "canary", PUBLIC)
        .file("undeclared.wasm", crate::support::component("canary"))
        .file("bad.wasm", "")
        .secret("JWT", SHARED)
        .settings(&demo("audience = \"here\""))
        .start();
    let settings = Settings::check(Path::new("host.toml"), "", &Overrides::default()).unwrap();
    let loaded = Loaded {
        app: host.app.clone(),
        scan: Scan::default(),
        unnamed: Vec::new(),
        problems: Problems::default(),
        warnings: Problems::default(),
    };
    let table = |width| {
        let text = report::text(&loaded, &settings, width);
        text.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = table(None);
    assert_eq!(whole.len(), 5, "a title and a line for each route: {whole:#?}");
    for width in [100, 120, 140] {
        let folded = table(Some(width));
        for line in &folded {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
        let text = folded.join("\n");
        for name in ["/orders/[id]", "orders/[id].wasm", "NOT SERVED (503)", "OPEN", "anyone (public)", "10s, 64MiB,"] {
            assert!(text.contains(name), "{width}: {name} is not in\n{text}");
        }
    }
    assert!(table(Some(100)).len() > whole.len());
}
