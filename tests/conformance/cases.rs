//! The table as it is written: the sites (a function, its route, its policy) and the cases. Knows no language's functions.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use vestibule_test::{Host, Identity};

use crate::expected::Expected;

/// All of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The value of the secret that policies name.
    pub(crate) secret: String,
    /// The functions that a language may lack, by language: its libraries have no JSON, say.
    pub(crate) lacks: BTreeMap<String, Vec<String>>,
    pub(crate) sites: BTreeMap<String, Site>,
    pub(crate) cases: Vec<Case>,
}

/// A function with its route and its policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) function: String,
    pub(crate) route: String,
    pub(crate) policy: String,
}

/// A request, and what has to come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) site: String,
    /// The languages that have what it asks for; all, if none is named.
    #[serde(default)]
    asked_of: Vec<String>,
    #[serde(default = "get")]
    method: String,
    target: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    body_base64: Option<String>,
    signed: Option<Signed>,
    caller: Option<Caller>,
    expect: Expected,
}

/// How a request is signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    scheme: String,
    secret: String,
    id: Option<String>,
    header: Option<String>,
}

/// Who sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    provider: String,
    subject: String,
    roles: Vec<String>,
    claims: Value,
}

fn get() -> String {
    "GET".to_owned()
}

impl Table {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("cases.json")).unwrap()
    }

    /// Whether a language has to have the function of a case.
    pub(crate) fn is_wanted_of(&self, language: &str, case: &Case) -> bool {
        let function = &self.sites[&case.site].function;
        !self.lacks.get(language).is_some_and(|lacks| lacks.contains(function))
    }
}

impl Case {
    /// Whether a language has what it asks for.
    pub(crate) fn is_of(&self, language: &str) -> bool {
        self.asked_of.is_empty() || self.asked_of.iter().any(|one| one == language)
    }

    /// Asks it, and holds the answer against what is expected.
    pub(crate) fn ask(&self, host: &Host) -> Result<(), String> {
        let body = match &self.body_base64 {
            Some(text) => STANDARD.decode(text).unwrap(),
            None => self.body.clone().into_bytes(),
        };
        let mut request = host.request(&self.method, &self.target).body(body);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(Signed { scheme, secret, id, header }) = &self.signed {
            request = request.signed(scheme, secret);
            request = id.iter().fold(request, |request, id| request.delivery_id(id));
            request = header.iter().fold(request, |request, header| request.signature_header(header));
        }
        if let Some(Caller { provider, subject, roles, claims }) = &self.caller {
            let caller = Identity::new(provider, subject).with_claims(&claims.to_string());
            request = request.caller(roles.iter().fold(caller, |caller, role| caller.with_role(role)));
        }
        let answer = request.try_send().map_err(|error| error.to_string())?;
        self.expect.check(&answer)
    }
}
