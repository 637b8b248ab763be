//! `host verify --jsonl`: a log of deliveries, checked line by line. Owns the shape of a line and of its answer. One line
//! that is wrong is an answer of its own and ends nothing.

use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use signatures::{Accepted, Message, Secret};

use super::chosen::choose;
use super::{Failure, LONGEST};

/// One stored request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    scheme: serde_json::Value,
    /// Texts; read by hand, as what is wrong with them must not be shown.
    #[serde(default)]
    secrets: serde_json::Value,
    #[serde(default)]
    public_key: Option<serde_json::Value>,
    #[serde(default = "post")]
    method: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    body_base64: String,
    #[serde(default)]
    at: Option<At>,
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
}

fn post() -> String {
    "POST".to_owned()
}

/// Headers, as an object or as pairs.
#[derive(Deserialize)]
#[serde(untagged)]
enum Headers {
    Object(serde_json::Map<String, serde_json::Value>),
    Pairs(Vec<(String, String)>),
}

impl Default for Headers {
    fn default() -> Self {
        Self::Pairs(Vec::new())
    }
}

impl Headers {
    /// The pairs, values without the white space around them, as HTTP has them. A list as a value is a header that
    /// repeats.
    fn pairs(self) -> Result<Vec<(String, String)>, String> {
        let text = |name: &str, value: serde_json::Value| match value {
            serde_json::Value::String(value) => Ok(value),
            _ => Err(format!("headers: the value of {name} is no text")),
        };
        let pairs = match self {
            Self::Pairs(pairs) => pairs,
            Self::Object(object) => {
                let mut pairs = Vec::new();
                for (name, value) in object {
                    match value {
                        serde_json::Value::Array(values) => {
                            for value in values {
                                pairs.push((name.clone(), text(&name, value)?));
                            }
                        }
                        value => pairs.push((name.clone(), text(&name, value)?)),
                    }
                }
                pairs
            }
        };
        let trim = |value: String| value.trim_matches([' ', '\t']).to_owned();
        Ok(pairs.into_iter().map(|(name, value)| (name, trim(value))).collect())
    }
}

/// An instant: seconds since the Unix epoch, or a time of RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum At {
    Seconds(f64),
    Text(String),
}

impl At {
    fn time(&self) -> Option<SystemTime> {
        match self {
            Self::Seconds(seconds) => UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(*seconds).ok()?),
            Self::Text(text) => signatures::instant(text),
        }
    }
}

/// What is answered.
#[derive(Serialize)]
struct Answer {
    verdict: &'static str,
    reason: Option<String>,
    delivery_id: Option<String>,
    timestamp: Option<u64>,
    secret: Option<usize>,
}

impl Answer {
    fn not(verdict: &'static str, reason: String) -> Self {
        Self { verdict, reason: Some(reason), delivery_id: None, timestamp: None, secret: None }
    }
}

/// Answers every line; empty ones are passed over.
pub(super) fn run(mut lines: impl BufRead, mut out: impl Write) -> Result<ExitCode, Failure> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = lines.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(Failure::other)?;
        if length == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
            lines.skip_until(b'\n').map_err(Failure::other)?;
            Answer::not("error", "the line is longer than 128 MiB".to_owned())
        } else {
            answer(&line).unwrap_or_else(|wrong| Answer::not("error", wrong))
        };
        let text = serde_json::to_string(&answer).map_err(Failure::other)?;
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::other)?;
    }
}

/// What a line comes to; the error says what is wrong with it.
fn answer(line: &[u8]) -> Result<Answer, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| format!("not such a line: {error}"))?;
    let body = STANDARD.decode(&line.body_base64).map_err(|error| format!("body_base64: {error}"))?;
    let headers = line.headers.pairs()?;
    let now = match &line.at {
        None => SystemTime::now(),
        Some(at) => at.time().ok_or("at: write seconds since 1970 or a time as 2026-03-01T12:00:00Z")?,
    };
    let mut verify = toml::Table::new();
    let described = [("scheme".to_owned(), line.scheme)].into_iter();
    let key = line.public_key.map(|key| ("public_key".to_owned(), key));
    for (name, value) in line.settings.into_iter().chain(described).chain(key) {
        // Nothing, said in JSON, is a key that is not written.
        if !value.is_null() {
            verify.insert(name, toml::Value::try_from(value).map_err(|error| error.to_string())?);
        }
    }
    let secrets = secrets(line.secrets)?;
    let chosen = choose(Path::new("line"), verify, secrets).map_err(|problems| one_line(&problems.to_string()))?;
    let url = match (&chosen.url, line.url) {
        (Some(url), sent) => match sent.as_deref().and_then(|sent| sent.split_once('?')) {
            Some((_, query)) => format!("{url}?{query}"),
            None => url.clone(),
        },
        (None, Some(url)) => url,
        (None, None) => "/".to_owned(),
    };
    let verifier = match chosen.verifier() {
        Ok(verifier) => verifier,
        // With these secrets no message is accepted, whatever it says.
        Err(error) if error.problems.iter().all(|problem| problem.key == "secrets") => {
            return Ok(Answer::not("refuse", error.to_string()));
        }
        Err(error) => return Err(error.to_string()),
    };
    let message = Message { method: &line.method, url: &url, headers: &headers, body: &body };
    Ok(match verifier.verify(&message, now) {
        Ok(Accepted { secret, id, timestamp, .. }) => Answer {
            verdict: "accept",
            reason: None,
            delivery_id: id.map(|id| id.value),
            timestamp,
            secret: secret.map(|secret| secret.index),
        },
        Err(refused) => Answer::not("refuse", refused.to_string()),
    })
}

fn secrets(secrets: serde_json::Value) -> Result<Vec<Secret>, String> {
    let values: Option<Vec<String>> = match secrets {
        serde_json::Value::Null => Some(Vec::new()),
        secrets => serde_json::from_value(secrets).ok(),
    };
    let values = values.ok_or("secrets: write a list of texts")?;
    let named = |(place, value): (usize, String)| Secret::new(format!("secret {place}"), value.into_bytes());
    Ok(values.into_iter().enumerate().map(named).collect())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
