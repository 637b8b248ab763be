//! The reference of both kinds of file as Markdown, written from the keys that the checks read. `docs/policy.md` and
//! `docs/host-toml.md` hold what these functions return, and a test compares them.

use std::fmt::Write;

use super::key::Group;
use super::settings::AT_START;
use super::{host_keys, policy_keys};

/// The text of `docs/policy.md`.
pub fn policy_markdown() -> String {
    let mut out = String::from(POLICY_INTRODUCTION);
    write_groups(&mut out, &policy_keys::ALL, "Top level");
    out
}

/// The text of `docs/host-toml.md`.
pub fn host_markdown() -> String {
    let at_start: Vec<String> = AT_START.iter().map(|(key, _)| format!("`{key}`")).collect();
    let mut out = HOST_INTRODUCTION.replace("AT_START", &at_start.join(", "));
    write_groups(&mut out, &host_keys::ALL, "Top level");
    out
}

const POLICY_INTRODUCTION: &str = r#"# The policy of a function: `NAME.toml` beside `NAME.wasm`

This page lists every key. It is written from the code that reads policies; change it there. What the tables mean in use
is told in [webhooks](webhooks.md) (`[verify]`), [callers](auth.md) (`[auth]`), [limits](limits.md) (`[limit]`, `[ip]`)
and [browsers](browser.md) (`[cors]`, `[headers]`); which file is whose policy in [routes](routes.md); what the other
limits do in [functions](functions.md).

Everything the host decides about a function is in its policy. A key that is missing has the value that `[defaults]` in
[`host.toml`](host-toml.md) gives it, else the default named here. A table replaces the table of `[defaults]` whole, and a
policy with any of `access`, `[verify]` and `[auth]` takes nothing of `[defaults.auth]`. Whoever runs the host can bound what
policies may ask for, with [ceilings](operations.md#ceilings-for-the-functions-of-others).

A function whose policy has anything wrong in it is not served: its route answers 503, and the host says what to write
instead. Policies are followed while the host runs: [what counts when](operations.md#what-changes-while-it-runs).

**Who may call** must be said: by `[verify]` (a signature), by `[auth]` (a token), by both (then both must pass), or by
`access = "public"`. A function that says none of it is served to the host's own machine at the most, see
[operations](operations.md).

```toml
methods = ["POST"]
timeout = "5s"

[verify]
scheme = "stripe"
secrets = ["STRIPE_WEBHOOK_SECRET"]
```

"#;

const HOST_INTRODUCTION: &str = r#"# The host's settings: `host.toml`

This page lists every key. It is written from the code that reads the file; change it there. Where the file is looked for,
and how a host is run, is told in [operations](operations.md); `[auth.NAME]` in use in [callers](auth.md); the keys that
`[defaults]` shares with policies in [policy](policy.md).

The file is optional, and so is every key in it except those that say "must be written". Paths start from the folder that
the file is in. Options of the command win over the file. If anything in it is wrong, the host does not start: it says what
to write instead, lists what is wrong in the functions' policies as well, and exits with status 64. The file is followed
while the host runs ([what counts when](operations.md#what-changes-while-it-runs)), but for these keys, which are read at
the start alone: AT_START.

```toml
listen = "0.0.0.0:8080"
functions = "functions"

[defaults]
timeout = "5s"

[auth.supabase]
kind = "jwt"
algorithms = ["HS256"]
secret = "SUPABASE_JWT_SECRET"
audience = "authenticated"
```

"#;

const UNITS: &str = r#"## Units

- A **duration** is a whole number and `ms`, `s`, `m` or `h`: `"500ms"`, `"10s"`, `"5m"`, `"24h"`.
- A **size** is a whole number and `B`, `KiB`, `MiB` or `GiB`, which count in 1024s: `"512B"`, `"64KiB"`, `"6MiB"`. `KB` and
  `MB` are refused, because they are read in two ways.
- A **number** is written without quotes: `100`.
"#;

fn write_groups(out: &mut String, groups: &[&Group], top: &str) {
    for group in groups {
        write_group(out, group, top);
    }
    out.push_str(UNITS);
}

fn write_group(out: &mut String, group: &Group, top: &str) {
    let title = match group.table.split_once(": ") {
        _ if group.table.is_empty() => top.to_owned(),
        Some((table, kind)) => format!("`[{table}]` with `kind = \"{kind}\"`"),
        None => format!("`[{}]`", group.table),
    };
    push(out, format_args!("## {title}\n\n"));
    if !group.about.is_empty() {
        push(out, format_args!("{}\n\n", group.about));
    }
    out.push_str("| key | type | default | bounds | meaning |\n|---|---|---|---|---|\n");
    for key in group.keys {
        let row = key.row();
        let bounds = if row.bounds.is_empty() { "-" } else { &row.bounds };
        push(out, format_args!("| `{}` | {} | {} | {bounds} | {} |\n", row.name, row.kind, row.default, row.meaning));
    }
    out.push('\n');
    if !group.later.is_empty() {
        let later: Vec<String> = group.later.iter().map(|name| format!("`{name}`")).collect();
        push(out, format_args!("Not supported in this version, and refused: {}.\n\n", later.join(", ")));
    }
}

/// Appends to a string, which cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
