//! Events of payload format 2.0: those of HTTP APIs and of function URLs. The query is there as it came, the values of a
//! repeated header are joined with commas, and cookies are in a field of their own.

use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::field::Object;
use super::{Form, Told, Wrong, body, client, header, method, text};

/// The stage that is no part of the path.
const DEFAULT_STAGE: &str = "$default";

/// Reads the event.
pub(super) fn read(event: Object<'_>) -> Result<Told, Wrong> {
    let context = event.object("requestContext")?;
    let http = context.object("http")?;
    let missing = || Wrong::new("requestContext.http.method", "it is missing; write \"GET\"");
    let name = http.text("method")?.ok_or_else(missing)?;
    let path = event.text("rawPath")?.or(http.text("path")?).filter(|path| !path.is_empty());
    if path.is_some_and(|path| path.contains('?')) {
        return Err(Wrong::new("rawPath", "it has a query, which belongs into rawQueryString"));
    }
    let stage = context.text("stage")?.filter(|stage| *stage != DEFAULT_STAGE);
    let path = path.map(|path| without_stage(path, stage));
    Ok(Told {
        form: Form::V2,
        method: method("requestContext.http.method", name)?,
        path: path.map(text::path),
        query: query(event)?,
        headers: headers(event)?,
        body: body(event)?,
        client: client(http)?,
        claims: context.object("authorizer")?.object("jwt")?.map("claims")?.map(claims),
    })
}

/// The path behind the name of the stage, which API Gateway puts before it.
fn without_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn query(event: Object<'_>) -> Result<String, Wrong> {
    let parameters = event.pairs("queryStringParameters")?;
    let Some(raw) = event.text("rawQueryString")?.filter(|raw| !raw.is_empty()) else {
        return Ok(text::encoded(parameters));
    };
    if !raw.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(Wrong::new("rawQueryString", "it holds what has to be percent-encoded, as a blank, which is %20"));
    }
    if !parameters.is_empty() && !says_the_same(raw, &parameters) {
        return Err(Wrong::new(
            "queryStringParameters",
            "it says something else than rawQueryString, which is what counts; change that, or remove one of them",
        ));
    }
    Ok(raw.to_owned())
}

/// Whether a query has these parameters, in which the values of a repeated one are joined with commas. A `+` may have been
/// read as a blank.
fn says_the_same(raw: &str, parameters: &[(&str, String)]) -> bool {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in text::decoded(raw) {
        match joined.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => joined.push((name, value)),
        }
    }
    let plain = |text: &str| text.replace('+', " ");
    joined.len() == parameters.len()
        && joined.iter().all(|(name, value)| {
            parameters.iter().any(|(other, own)| plain(name) == plain(other) && plain(value) == plain(own))
        })
}

fn headers(event: Object<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Wrong> {
    let mut headers = Vec::new();
    for (name, value) in event.pairs("headers")? {
        let (name, value) = header("headers", name, &value)?;
        if headers.iter().any(|(other, _)| *other == name) {
            return Err(Wrong::new(format!("headers.{name}"), "it is there twice; join the values with a comma"));
        }
        headers.push((name, value));
    }
    let cookies = event.texts("cookies")?.filter(|cookies| !cookies.is_empty());
    let Some(cookies) = cookies.map(|cookies| cookies.join("; ")) else { return Ok(headers) };
    match headers.iter().find(|(name, _)| *name == COOKIE) {
        None => {
            let value = HeaderValue::from_str(&cookies)
                .map_err(|_| Wrong::new("cookies", "one holds what no header's value can, as a line break"))?;
            headers.push((COOKIE, value));
        }
        Some((_, own)) if crumbs(own.as_bytes()) == crumbs(cookies.as_bytes()) => {}
        Some(_) => {
            return Err(Wrong::new("cookies", "they are others than those of headers.cookie; remove one of the two"));
        }
    }
    Ok(headers)
}

/// The cookies of a header, however they are parted.
fn crumbs(cookies: &[u8]) -> Vec<&[u8]> {
    cookies.split(|byte| matches!(byte, b';' | b',')).map(<[u8]>::trim_ascii).collect()
}

/// The claims that a JWT authorizer has found. It makes a text of a list: `[admin editor]`.
fn claims(claims: &Map<String, Value>) -> Map<String, Value> {
    let listed = |value: &Value| {
        let inner = value.as_str()?.strip_prefix('[')?.strip_suffix(']')?;
        Some(inner.split([' ', ',']).filter(|name| !name.is_empty()).map(Value::from).collect())
    };
    claims.iter().map(|(name, value)| (name.clone(), listed(value).unwrap_or_else(|| value.clone()))).collect()
}
