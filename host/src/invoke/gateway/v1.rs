//! Events of payload format 1.0. Their query is decoded and has to be encoded again; repeated headers and parameters are in
//! fields of their own, beside fields that have the last value of each. Redwood and Netlify leave most of it out.

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::field::Object;
use super::{Form, Told, Wrong, body, client, header, method, text};

/// Reads the event.
pub(super) fn read(event: Object<'_>) -> Result<Told, Wrong> {
    let context = event.object("requestContext")?;
    let name = event.text("httpMethod")?.unwrap_or_default();
    if context.text("httpMethod")?.is_some_and(|other| other != name) {
        return Err(Wrong::new("requestContext.httpMethod", "it is another method than httpMethod; remove it"));
    }
    let path = event.text("path")?.filter(|path| !path.is_empty());
    if path.is_some_and(|path| path.contains('?')) {
        return Err(Wrong::new("path", "it has a query, which belongs into queryStringParameters"));
    }
    Ok(Told {
        form: Form::V1,
        method: method("httpMethod", name)?,
        path: path.map(text::path),
        query: text::encoded(all(event, "queryStringParameters", "multiValueQueryStringParameters", same)?),
        headers: headers(event)?,
        body: body(event)?,
        client: client(context.object("identity")?)?,
        claims: context.object("authorizer")?.map("claims")?.map(claims),
    })
}

fn headers(event: Object<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Wrong> {
    let all = all(event, "headers", "multiValueHeaders", |one, other| one.eq_ignore_ascii_case(other))?;
    all.into_iter().map(|(name, value)| header("headers", name, &value)).collect()
}

fn same(one: &str, other: &str) -> bool {
    one == other
}

/// What the field `one`, with one value for each name, and the field `many`, with all of them, say together. What only one
/// of them has was left out of the other.
fn all<'a>(
    event: Object<'a>,
    one: &'a str,
    many: &'a str,
    is_same: fn(&str, &str) -> bool,
) -> Result<Vec<(&'a str, String)>, Wrong> {
    let (single, multi) = (event.pairs(one)?, event.lists(many)?);
    let mut all: Vec<(&str, String)> = Vec::new();
    for (name, values) in &multi {
        all.extend(values.iter().map(|value| (*name, (*value).to_owned())));
    }
    for (name, value) in single {
        let Some((_, values)) = multi.iter().find(|(other, _)| is_same(name, other)) else {
            all.push((name, value));
            continue;
        };
        if !values.contains(&value.as_str()) {
            let message = format!("its value is not among those of {many}; change both, or remove one");
            return Err(Wrong::new(format!("{one}.{name}"), message));
        }
    }
    Ok(all)
}

/// The claims of a token that Cognito issued and API Gateway has looked at. It makes a text of each; groups are in a list
/// with commas.
fn claims(claims: &Map<String, Value>) -> Map<String, Value> {
    let mut claims = claims.clone();
    if let Some(groups @ Value::String(_)) = claims.get_mut("cognito:groups") {
        let names = groups.as_str().unwrap_or_default();
        *groups = names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Value::from).collect();
    }
    claims
}
