//! Readers of values that have a form of their own: lists, names of secrets, addresses, URLs. Each says what is wrong
//! with a value and what to write instead; none repeats a value that might be a secret. They know no key.

use std::net::SocketAddr;
use std::path::PathBuf;

use http::header::CONTENT_LENGTH;
use http::uri::Authority;
use toml::Spanned;
use toml::de::DeValue;

use super::key::Read;
use super::problem::{Wrong, quoted};
use super::units::article;
use crate::request::REQUEST_ID;
use crate::route::Prefix;

/// A text that is not empty.
pub(super) fn text(value: &Spanned<DeValue<'_>>) -> Read<String> {
    match value.get_ref() {
        DeValue::String(text) if text.is_empty() => Err(vec![Wrong::new("empty", "write a text, or remove the key")]),
        DeValue::String(text) => Ok(text.to_string()),
        other => {
            Err(vec![Wrong::new(format!("{} stands where a text is wanted", article(other)), "write a text in quotes")])
        }
    }
}

/// A text that `read` understands.
pub(super) fn text_as<T>(value: &Spanned<DeValue<'_>>, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Read<T> {
    text(value).and_then(|text| read(&text).map_err(|wrong| vec![wrong]))
}

/// A list of texts, at least one and none twice, each of which `read` understands. `example` is a list that would do.
pub(super) fn list<T: PartialEq>(
    value: &Spanned<DeValue<'_>>,
    example: &str,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Read<Vec<T>> {
    let wanted = format!("write a list of texts: {example}");
    let DeValue::Array(items) = value.get_ref() else {
        let found = article(value.get_ref());
        return Err(vec![Wrong::new(format!("{found} stands where a list is wanted"), wanted)]);
    };
    if items.is_empty() {
        return Err(vec![Wrong::new("the list is empty", wanted)]);
    }
    let mut read_items = Vec::new();
    let mut wrongs = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let result = match item.get_ref() {
            DeValue::String(text) if text.is_empty() => Err(Wrong::new("an item is empty", "remove it")),
            DeValue::String(text) => read(text),
            other => Err(Wrong::new(format!("{} stands where a text is wanted", article(other)), wanted.as_str())),
        };
        match result {
            Ok(item) if read_items.contains(&item) => {
                let again = Wrong::new(format!("item {} is there already", n + 1), "write each only once");
                wrongs.push(Wrong { at: Some(items_span(value, n)), ..again });
            }
            Ok(item) => read_items.push(item),
            Err(wrong) => wrongs.push(Wrong { at: Some(item.span()), ..wrong }),
        }
    }
    if wrongs.is_empty() { Ok(read_items) } else { Err(wrongs) }
}

/// Where the `n`th item of a list stands.
fn items_span(value: &Spanned<DeValue<'_>>, n: usize) -> std::ops::Range<usize> {
    value.get_ref().as_array().and_then(|items| items.get(n)).map_or(value.span(), Spanned::span)
}

/// Any text: for lists whose items have no form of their own.
pub(super) fn any(text: &str) -> Result<String, Wrong> {
    Ok(text.to_owned())
}

/// Whether `name` can be the name of a secret: that of an environment variable, so that it can be neither a path nor a
/// line of a file.
pub(super) fn is_secret_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && name.len() <= 128
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The name of a secret. What is not one may be the secret itself, so it is not repeated.
pub(super) fn secret_name(text: &str) -> Result<String, Wrong> {
    let fix = r#"write the name under which the secret is kept: "STRIPE_WEBHOOK_SECRET"; its value belongs in the environment or in a place that [secrets] in host.toml names"#;
    if looks_like_a_secret(text) {
        return Err(Wrong::new("this looks like a secret itself; a name is wanted", fix));
    }
    if !is_secret_name(text) {
        return Err(Wrong::new(
            "not the name of a secret: a letter or _, then letters, digits and _, 128 at most",
            fix,
        ));
    }
    Ok(text.to_owned())
}

/// Whether a text has a form that secrets have and names of secrets do not: a provider's prefix, characters that no
/// name has, or a long mixture of letters and digits in one piece.
fn looks_like_a_secret(text: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "whsec_",
        "whpk_",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "ghp_",
        "github_pat_",
        "shpss_",
        "xoxb-",
        "v1,whsec_",
        "eyJ",
        "-----BEGIN",
    ];
    let one_piece = text.len() >= 24 && !text.contains('_') && !text.contains(' ');
    let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_lowercase());
    PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || (one_piece && mixed)
}

/// The path of a file or folder, as written.
pub(super) fn path(value: &Spanned<DeValue<'_>>) -> Read<PathBuf> {
    text_as(value, |text| {
        if text.contains('\0') {
            return Err(Wrong::new("a path cannot hold a NUL", "remove it"));
        }
        Ok(PathBuf::from(text))
    })
}

/// An IP address and a port.
pub(super) fn socket(value: &Spanned<DeValue<'_>>) -> Read<SocketAddr> {
    text_as(value, |text| {
        text.parse().map_err(|_| {
            Wrong::new(
                format!("{} is not an IP address and a port", quoted(text)),
                r#"write both: "127.0.0.1:8080", "0.0.0.0:8080" for every interface, "[::1]:8080" for IPv6"#,
            )
        })
    })
}

/// An absolute URL without a path: the part of it that comes before every request's target.
pub(super) fn origin(value: &Spanned<DeValue<'_>>) -> Read<String> {
    text_as(value, |text| {
        let fix = r#"write scheme and host, and a port if it is not the usual one: "https://hooks.example.com""#;
        let wrong = |what: &str| Wrong::new(format!("{} {what}", quoted(text)), fix);
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return Err(wrong("does not start with https:// or http://"));
        };
        if rest.contains('@') {
            // Not repeated: it holds a password.
            return Err(Wrong::new("holds a user or a password", fix));
        }
        if rest.contains(['/', '?', '#']) {
            return Err(wrong("has something after the host"));
        }
        let authority: Authority = rest.parse().map_err(|_| wrong("has no valid host"))?;
        let port_is_bad =
            authority.as_str().len() > authority.host().len() && authority.port_u16().is_none_or(|p| p == 0);
        if authority.host().is_empty() || port_is_bad {
            return Err(wrong("has no valid host and port"));
        }
        Ok(text.to_owned())
    })
}

/// An absolute URL without a query.
pub(super) fn url(value: &Spanned<DeValue<'_>>) -> Read<String> {
    text_as(value, |text| {
        let fix = r#"write the whole URL, without a query: "https://hooks.example.com/stripe""#;
        // Not repeated: it may hold a password.
        let wrong = |message: &str| Wrong::new(message.to_owned(), fix);
        let uri: http::Uri = text.parse().map_err(|_| wrong("not a URL"))?;
        match (uri.scheme_str(), uri.authority()) {
            (Some("https" | "http"), Some(authority)) if !authority.as_str().contains('@') => {}
            (Some("https" | "http"), Some(_)) => return Err(wrong("holds a user or a password")),
            _ => return Err(wrong("does not start with https:// or http:// and a host")),
        }
        if text.contains(['?', '#']) {
            return Err(wrong("has a query or a fragment; the query of each request is added as it came"));
        }
        Ok(text.to_owned())
    })
}

/// What stands before every function's route.
pub(super) fn prefix(value: &Spanned<DeValue<'_>>) -> Read<Prefix> {
    text_as(value, parse_prefix)
}

/// A prefix by the rules of routes.
pub(super) fn parse_prefix(text: &str) -> Result<Prefix, Wrong> {
    let fix = r#"write a path that starts with / and does not end with it: "/api"; remove the key for no prefix"#;
    text.parse().map_err(|_| Wrong::new(format!("{} is not a prefix", quoted(text)), fix))
}

/// The place of a claim in a token: a dotted path, or a list of names where a name has dots in it.
pub(super) fn claim_path(value: &Spanned<DeValue<'_>>) -> Read<Vec<String>> {
    if value.get_ref().is_array() {
        return list(value, r#"["https://app.example/claims", "roles"]"#, any);
    }
    text_as(value, |text| {
        let segments: Vec<String> = text.split('.').map(str::to_owned).collect();
        if segments.iter().any(String::is_empty) {
            return Err(Wrong::new(
                format!("{} is not the path of a claim", quoted(text)),
                r#"write names with dots between them: "app_metadata.roles"; as a list where a name has dots"#,
            ));
        }
        Ok(segments)
    })
}

/// One text, or a list of them.
pub(super) fn one_or_more(value: &Spanned<DeValue<'_>>) -> Read<Vec<String>> {
    if value.get_ref().is_array() {
        return list(value, r#"["https://api.example"]"#, any);
    }
    text(value).map(|one| vec![one])
}

/// The name of a header that requests have, in lower case.
pub(super) fn request_header(text: &str) -> Result<String, Wrong> {
    let fix = r#"write the name of a header: "x-api-key""#;
    match http::HeaderName::try_from(text) {
        // Of these there is nothing left by then, or it is the host's own.
        Ok(name) if crate::hop::is_always(&name) || [CONTENT_LENGTH, REQUEST_ID].contains(&name) => {
            Err(Wrong::new(format!("{} ends at the host before anybody looks at it", quoted(text)), fix))
        }
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err(Wrong::new(format!("{} is not the name of a header", quoted(text)), fix)),
    }
}
