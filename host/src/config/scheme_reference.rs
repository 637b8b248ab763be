//! The part of `docs/webhooks.md` that tells of every known scheme, written from the same rows that messages are checked
//! with. A test compares it with the page. It knows no provider.

use std::fmt::Write;

use signatures::{Age, Algorithm, Description, Field, Jwt, KeyName, Scheme, schemes};

/// What stands before and after this part of the page.
pub const MARKS: (&str, &str) =
    ("<!-- written from the code: cargo test with BLESS=1 -->\n", "<!-- end of what is written from the code -->\n");

/// The page with this part written anew; nothing if its marks are not there.
pub fn with_schemes(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARKS.0)?;
    let (_, after) = rest.split_once(MARKS.1)?;
    Some(format!("{before}{}{}{}{after}", MARKS.0, schemes_markdown(), MARKS.1))
}

/// The table of the schemes, and a policy for each.
pub fn schemes_markdown() -> String {
    let mut out = String::from(
        "| `scheme` | sender | signature | algorithm | what is signed | time | id | event |\n|---|---|---|---|---|---|---|---|\n",
    );
    for scheme in schemes() {
        let usual = scheme.usual();
        let cells = [
            format!("[`{0}`](#{1})", scheme.name(), scheme.name().to_ascii_lowercase()),
            scheme.title().to_owned(),
            signature(usual),
            algorithm(usual),
            signed(usual),
            time(usual),
            usual
                .id
                .as_ref()
                .map_or_else(nothing, |id| format!("{}{}", place(id), if usual.signs_id() { ", signed" } else { "" })),
            usual.event.as_ref().map_or_else(nothing, place),
        ];
        push(&mut out, format_args!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
    out.push_str("\n## A policy for each scheme\n\n");
    for scheme in schemes() {
        push(&mut out, format_args!("### `{}`\n\n", scheme.name()));
        push(&mut out, format_args!("{}.{}\n\n", scheme.title(), notes(scheme)));
        let sender: String = scheme.name().chars().map(in_a_secrets_name).collect();
        push(&mut out, format_args!("```toml\n{}```\n\n", policy(scheme, &sender, "here")));
    }
    out
}

fn nothing() -> String {
    "-".to_owned()
}

fn place(field: &Field) -> String {
    match field {
        Field::Header(name) => format!("`{name}`"),
        Field::Headers(names) => match names.as_slice() {
            [first, .., last] if names.len() > 3 => format!("`{first}` to `{last}`"),
            names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        },
        Field::Query(name) => format!("query: `{name}`"),
        Field::Form(name) | Field::FormLast(name) => format!("form: `{name}`"),
        Field::Json(path) => format!("body: `{path}`"),
        Field::Item(item) => format!("the item `{item}`"),
        Field::Claim(name) => format!("claim: `{name}`"),
    }
}

fn signature(form: &Description) -> String {
    let Some(at) = form.place() else {
        return nothing();
    };
    let mut item = format!("{}…", form.prefix);
    if let Some(KeyName::Before(text)) = &form.key_name {
        item = format!("KEY{text}{item}");
    }
    let shape = match (&form.separator, &form.timestamp) {
        (Some(separator), Some(Field::Item(time))) => format!("{time}…{separator}{item}{separator}{item}"),
        (Some(separator), _) => format!("{item}{separator}{item}"),
        (None, _) if form.algorithm == Algorithm::Basic => "Basic …".to_owned(),
        (None, _) => item,
    };
    if shape == "…" { place(&at) } else { format!("{}: `{shape}`", place(&at)) }
}

fn algorithm(form: &Description) -> String {
    let name = match form.algorithm {
        Algorithm::HmacSha1 => "HMAC-SHA1",
        Algorithm::HmacSha256 => "HMAC-SHA256",
        Algorithm::HmacSha384 => "HMAC-SHA384",
        Algorithm::HmacSha512 => "HMAC-SHA512",
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Ed25519 => "Ed25519",
        Algorithm::EcdsaP256 => "ECDSA P-256",
        Algorithm::RsaSha1 => "RSA, SHA-1",
        Algorithm::RsaSha256 => "RSA, SHA-256",
        Algorithm::Jwt => {
            let algorithms = form.jwt.iter().flat_map(|jwt| &jwt.algorithms).map(|algorithm| format!("{algorithm:?}"));
            return format!("JWT, {}", algorithms.collect::<Vec<_>>().join(", "));
        }
        Algorithm::Token => return "the secret itself".to_owned(),
        Algorithm::Basic => return "HTTP Basic".to_owned(),
        Algorithm::None => return "nothing is checked".to_owned(),
    };
    form.encoding.map_or_else(|| name.to_owned(), |encoding| format!("{name}, {}", encoding.name()))
}

fn signed(form: &Description) -> String {
    if let Some(Jwt { body_hash, subject_is_url, url_hash, .. }) = &form.jwt {
        let mut what = vec!["the claims"];
        what.extend(body_hash.as_ref().map(|_| "the body by its hash"));
        what.extend((*subject_is_url || url_hash.is_some()).then_some("the URL"));
        return what.join(", ");
    }
    let content = match (form.algorithm, &form.content) {
        (Algorithm::Token | Algorithm::Basic | Algorithm::None, _) => return "nothing".to_owned(),
        (_, None) => "`{body}`".to_owned(),
        (_, Some(content)) => format!("`{}`", content.replace('\n', "\\n").replace("NotificationRequestItem.", "")),
    };
    if form.binds_body() { content } else { format!("{content}; **not the whole body**") }
}

fn time(form: &Description) -> String {
    let Some(at) = &form.timestamp else {
        return nothing();
    };
    let unit = form.timestamp_unit.map(|unit| format!(", {}", unit.name())).filter(|unit| unit != ", s");
    let limit = match (form.past, form.future) {
        (Age::Unlimited, future) => format!("**any age**, {future} ahead"),
        (past, future) if past == future => format!("±{past}"),
        (past, future) => format!("{past} old, {future} ahead"),
    };
    format!("{}{}; {limit}", place(at), unit.unwrap_or_default())
}

fn notes(scheme: &Scheme) -> String {
    let mut notes = String::new();
    if !scheme.notes().is_empty() {
        push(&mut notes, format_args!(" {}", scheme.notes()));
    }
    let others = scheme.forms().count() - 1;
    if others > 0 {
        notes.push_str(" It has several forms; a message is checked in the one that fits it.");
    }
    let content = scheme.usual().content.as_deref().unwrap_or_default();
    if ["{url}{params}", "{url}{body}", "{body}{url}"].iter().any(|parts| content.contains(parts)) {
        notes.push_str(
            " Nothing stands between the URL and what is signed with it, so bytes can move from one to the other.",
        );
    }
    if scheme.checks_nothing() {
        notes.push_str(" Anyone may call, and the policy says so.");
    } else if !scheme.tells_deliveries_apart() {
        notes.push_str(" What is signed does not tell one delivery from another, so `replay` is `\"allow\"`.");
    }
    notes
}

fn in_a_secrets_name(character: char) -> char {
    if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }
}

/// A policy that uses the scheme, for a function at a route; `name` is what the names of its secrets begin with.
pub(crate) fn policy(scheme: &Scheme, name: &str, route: &str) -> String {
    let mut policy = String::from("methods = [\"POST\"]\n");
    if scheme.checks_nothing() {
        policy.push_str("access = \"public\"\n");
    }
    push(&mut policy, format_args!("\n[verify]\nscheme = \"{}\"\n", scheme.name()));
    if scheme.uses_secrets() {
        push(&mut policy, format_args!("secrets = [\"{name}_SECRET\"]\n"));
    }
    if scheme.uses_public_key() && !scheme.uses_secrets() {
        push(&mut policy, format_args!("secrets = [\"{name}_PUBLIC_KEY\"]     # or public_key = \"…\"\n"));
    } else if scheme.uses_public_key() {
        policy.push_str("public_key = \"…\"     # the sender's certificate\n");
    }
    if scheme.has_topics() {
        policy.push_str("topic = \"arn:aws:sns:eu-central-1:123456789012:mine\"\n");
    }
    if scheme.signs_url() {
        let url = example_url(route);
        push(&mut policy, format_args!("url = \"{url}\"     # or public_url in host.toml\n"));
    }
    policy
}

/// What a function's URL could be, as senders know it.
pub(crate) fn example_url(route: &str) -> String {
    format!("https://hooks.example.com/{route}")
}

/// Appends to a string, which cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
