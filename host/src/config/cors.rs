//! `[cors]` of a policy, or of the defaults: which pages of other origins may read a function's answers. Keys and settings
//! stand together. What an origin is and what is answered is the business of [`browser`](crate::browser).

use std::time::Duration;

use http::HeaderName;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use toml::Spanned;
use toml::de::DeValue;

use super::choice::Switch;
use super::document::Section;
use super::key::{Bounded, Custom, Group, Read};
use super::methods::{self, Methods};
use super::problem::{Problems, Wrong, quoted};
use super::values;
use crate::browser::{Origin, Origins};

/// The most origins and the most headers of one list: each request is held against them one by one.
const MOST: usize = 100;

/// Which pages of other origins may read a function's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsPolicy {
    /// The pages.
    pub origins: Origins,
    /// The methods that they may use, of those that reach the function.
    pub methods: Methods,
    /// The headers that they may send besides those that any page may.
    pub headers: Vec<HeaderName>,
    /// The headers of the answer that they may read besides those that any page may and those that the host writes.
    pub expose: Vec<HeaderName>,
    /// Whether the browser sends cookies along, and gives the page what came of it.
    pub credentials: bool,
    /// How long a browser may remember the answer to a preflight.
    pub max_age: Duration,
}

static ORIGINS: Custom<Origins> = Custom {
    name: "origins",
    kind: "list of texts",
    otherwise: "must be written",
    meaning: "The origins of the pages, as browsers write them: `\"https://app.example\"`, `\"http://localhost:3000\"`; \
              `\"https://*.app.example\"` for every name below a domain, not for the domain itself; `\"*\"`, alone, for every \
              page. `[]` for none, where `[defaults.cors]` has some. 100 at most.",
    read: read_origins,
};

static METHODS: Custom<Methods> = Custom {
    name: "methods",
    kind: "list of texts",
    otherwise: "the function's `methods`",
    meaning: "The methods that a preflight may ask for, of those that the function takes. `GET` brings `HEAD` with it. \
              Browsers send `GET`, `HEAD` and `POST` without asking where nothing else about the request is unusual.",
    read: methods::read,
};

static HEADERS: Custom<Vec<HeaderName>> = Custom {
    name: "headers",
    kind: "list of texts",
    otherwise: "`[\"authorization\", \"content-type\", \"auth-provider\"]`",
    meaning: "The headers that a page may send, besides `accept`, `accept-language` and `content-language`, which are \
              always allowed. The list takes the place of the default; `[]` for none. 100 at most.",
    read: |value| header_names(value, r#"["authorization", "content-type"]"#, sent_by_pages),
};

static EXPOSE: Custom<Vec<HeaderName>> = Custom {
    name: "expose",
    kind: "list of texts",
    otherwise: "`[]`",
    meaning: "The headers of the answer that a page may read, besides those that it always may (`content-type`, \
              `cache-control`, …) and those that the host writes: `x-request-id`, `retry-after`, `ratelimit`, \
              `ratelimit-policy`. 100 at most.",
    read: |value| header_names(value, r#"["x-total-count"]"#, read_by_pages),
};

static CREDENTIALS: Switch = Switch {
    name: "credentials",
    default: false,
    meaning: "Whether browsers send cookies (and client certificates) along with a page's requests. Not beside \
              `origins = [\"*\"]`. A bearer token that a page puts in a header itself does not need it.",
};

static MAX_AGE: Bounded<Duration> = Bounded {
    name: "max_age",
    // One preflight for a visit. Changes of the policy reach every browser within that time.
    default: Duration::from_secs(10 * 60),
    least: Duration::ZERO,
    // Firefox's cap; Chrome and Edge remember no longer than two hours, Safari ten minutes.
    most: Duration::from_secs(24 * 60 * 60),
    meaning: "How long a browser may remember the answer to a preflight, in whole seconds, of which a part is dropped. \
              Chrome does so for two hours at the most.",
};

/// Which pages may read.
pub(super) static CORS: Group = Group {
    table: "cors",
    about: "Lets pages of other origins read what the function answers; the host answers their preflights. See \
            [browsers](browser.md). It keeps nobody from calling: that is for `[verify]` and `[auth]`.",
    keys: &[&ORIGINS, &METHODS, &HEADERS, &EXPOSE, &CREDENTIALS, &MAX_AGE],
    tables: &[],
    later: &[],
};

/// Reads the table: none if it is not as it must be, which the problems then say. `taken` are the methods that reach the
/// function; the defaults are for functions of which each has its own.
pub(super) fn read(table: &mut Section<'_>, taken: Option<&Methods>, problems: &mut Problems) -> Option<CorsPolicy> {
    let origins = table.take_or_missing(&ORIGINS, r#"write origins = ["https://app.example"]"#, problems);
    let methods = table.take(&METHODS, problems).unwrap_or_default();
    if let (Methods::Only(asked), Some(taken)) = (&methods, taken) {
        for method in asked.iter().filter(|method| !taken.allow(method)) {
            let message = format!("the function does not take {method}: its `methods` say so");
            let wrong = Wrong::new(message, format!("remove \"{method}\" here, or add it to `methods` of the policy"));
            problems.push(table.problem(METHODS.name, wrong));
        }
    }
    let headers = table.take(&HEADERS, problems).unwrap_or_else(sent_by_default);
    let expose = table.take(&EXPOSE, problems).unwrap_or_default();
    let credentials = table.take_or_default(&CREDENTIALS, problems);
    if credentials && origins == Some(Origins::Any) {
        let message = "with `origins = [\"*\"]`, a page of any site would act as whoever is logged in";
        let wrong = Wrong::new(message, "name the origins, or remove `credentials`");
        problems.push(table.problem(CREDENTIALS.name, wrong));
    }
    let max_age = table.take_or_default(&MAX_AGE, problems);
    table.finish(&CORS, None, problems);
    Some(CorsPolicy { origins: origins?, methods, headers, expose, credentials, max_age })
}

/// What callers of functions send: who they are, in which of the ways that the function knows, and JSON.
fn sent_by_default() -> Vec<HeaderName> {
    vec![AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("auth-provider")]
}

/// A list that may be empty, and has an end.
fn items<T: PartialEq>(
    value: &Spanned<DeValue<'_>>,
    example: &str,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Read<Vec<T>> {
    match value.get_ref().as_array().map(|items| items.len()) {
        Some(0) => Ok(Vec::new()),
        Some(count) if count > MOST => {
            Err(vec![Wrong::new(format!("{count} items; {MOST} are the most"), "write fewer")])
        }
        _ => values::list(value, example, read),
    }
}

fn read_origins(value: &Spanned<DeValue<'_>>) -> Read<Origins> {
    let one = |text: &str| match text {
        "*" => Ok(None),
        text => text.parse::<Origin>().map(Some).map_err(|bad| {
            // What may hold a password is not repeated.
            let shown = if text.contains('@') { String::new() } else { format!("{}: ", quoted(text)) };
            Wrong::new(format!("{shown}{}", bad.message), bad.fix)
        }),
    };
    let read = items(value, r#"["https://app.example"]"#, one)?;
    if !read.contains(&None) {
        return Ok(Origins::Listed(read.into_iter().flatten().collect()));
    }
    if read.len() > 1 {
        let wrong = Wrong::new("\"*\" is every origin, those beside it too", "write \"*\" alone, or remove it");
        return Err(vec![wrong]);
    }
    Ok(Origins::Any)
}

fn header_names(
    value: &Spanned<DeValue<'_>>,
    example: &str,
    check: impl Fn(&HeaderName) -> Result<(), Wrong>,
) -> Read<Vec<HeaderName>> {
    items(value, example, |text| {
        if text == "*" {
            return Err(Wrong::new("there is no \"*\" for headers", format!("name them: {example}")));
        }
        let name = HeaderName::try_from(text).map_err(|_| {
            Wrong::new(format!("{} is not the name of a header", quoted(text)), "write a header's name")
        })?;
        check(&name)?;
        Ok(name)
    })
}

/// Refuses what no page can send, whatever it is allowed (Fetch, "forbidden request-header").
fn sent_by_pages(name: &HeaderName) -> Result<(), Wrong> {
    const NEVER: [&str; 19] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    match name.as_str() {
        "cookie" => {
            Err(Wrong::new("no page can set it: browsers do", "remove it; credentials = true has cookies sent"))
        }
        never if NEVER.contains(&never) || never.starts_with("sec-") || never.starts_with("proxy-") => {
            Err(Wrong::new(format!("no page can set `{name}`: browsers do"), "remove it"))
        }
        _ => Ok(()),
    }
}

/// Refuses what no page can read (Fetch, "forbidden response-header name").
fn read_by_pages(name: &HeaderName) -> Result<(), Wrong> {
    match name.as_str() {
        "set-cookie" | "set-cookie2" => Err(Wrong::new("no page can read a cookie that is set", "remove it")),
        _ => Ok(()),
    }
}
