//! What the function is asked: the options that curl has, under the names that it has there, or an event of API Gateway.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

use super::super::{Failure, HeaderOption, headers, parse_header, read};
use crate::invoke::{Asked, Target, gateway};

/// What is asked.
#[derive(Args)]
#[command(next_help_heading = "Request")]
pub(super) struct AskedOptions {
    /// The method [default: GET, or POST with a body]
    #[arg(short = 'X', long)]
    method: Option<Method>,
    /// Path and query, percent-encoded [default: the function's route]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// A pair for the query, which is encoded as it has to be; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    query: Vec<(String, String)>,
    /// A header, or @FILE with several, as host sign prints them; takes the place of one that would be there
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<HeaderOption>,
    /// The body; @FILE for a file's bytes as they are; several are joined with &
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body")]
    data: Vec<String>,
    /// The body's file, or - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Where it comes from [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,
    /// An event of API Gateway (version 1.0 or 2.0) to send, or - for standard input; the answer is printed in that form
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "data", "body"])]
    event: Option<PathBuf>,
}

/// What is asked, before it is known of whom.
pub(super) struct Draft {
    method: Method,
    pub(super) path: Option<String>,
    query: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    client: Option<IpAddr>,
    /// The form of the event, if it is one.
    pub(super) form: Option<gateway::Form>,
    /// What the event says of its caller.
    pub(super) claims: Option<Map<String, Value>>,
}

impl AskedOptions {
    /// Reads the files that are named.
    pub(super) fn read(&self) -> Result<Draft, Failure> {
        let mut draft = match &self.event {
            Some(file) => {
                let told = gateway::read(&read(file)?);
                let told = told.map_err(|wrong| Failure::usage(format!("{}: {wrong}", file.display())))?;
                let gateway::Told { form, method, path, query, headers, body, client, claims } = told;
                Draft { method, path, query, headers, body, client, form: Some(form), claims }
            }
            None => {
                let body = self.body()?;
                let usual = if body.is_some() { Method::POST } else { Method::GET };
                Draft {
                    method: self.method.clone().unwrap_or(usual),
                    path: None,
                    query: String::new(),
                    headers: Vec::new(),
                    body: body.unwrap_or_default(),
                    client: None,
                    form: None,
                    claims: None,
                }
            }
        };
        if let Some(path) = &self.path {
            let (path, query) = path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
            draft.path = Some(path.to_owned());
            draft.query = query.map_or(draft.query, str::to_owned);
        }
        if !self.query.is_empty() {
            let before = if draft.query.is_empty() { String::new() } else { format!("{}&", draft.query) };
            draft.query = before + &gateway::encoded(self.query.iter().map(|(name, value)| (name, value)));
        }
        draft.client = self.client.or(draft.client);
        Ok(draft)
    }

    /// The headers that the options name.
    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        headers(&self.headers)?.into_iter().map(|(name, value)| named(&name, &value)).collect()
    }

    fn body(&self) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(file) = &self.body {
            return read(file).map(Some);
        }
        let mut parts = Vec::new();
        for data in &self.data {
            parts.push(match data.strip_prefix('@') {
                Some(file) => read(Path::new(file))?,
                None => data.clone().into_bytes(),
            });
        }
        Ok((!parts.is_empty()).then(|| parts.join(&b'&')))
    }
}

impl Draft {
    /// The request for a function, at its route if nobody has said another path.
    pub(super) fn into_asked(self, target: &Target) -> Result<Asked, String> {
        let path = match self.path {
            Some(path) => path,
            None => target.path()?,
        };
        let mut asked = Asked::new(self.method, path, self.query, self.body);
        // Those of an event are there as they came, repeated ones too.
        for (name, value) in self.headers {
            asked.headers.append(name, value);
        }
        asked.client = self.client.unwrap_or(asked.client);
        Ok(asked)
    }
}

/// A header that the options or a signature name.
pub(super) fn named(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let wrong = || Failure::usage(format!("the header {name} holds what no header can, as a line break"));
    Ok((name.parse().map_err(|_| wrong())?, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?))
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write a pair as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}
