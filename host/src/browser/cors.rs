//! CORS: which pages of other origins may read what a function answers, and what they may send to it beyond what any page
//! may. A preflight is answered here, without a sandbox; on every other answer stands who may read it. What a function
//! says of it itself does not count: one place decides. It keeps nobody from sending, which is what gates are for.

use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LANGUAGE, ORIGIN, RETRY_AFTER, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use super::origin::Origins;
use crate::config::{CorsPolicy, Methods};
use crate::reply::{Body, Reply};
use crate::request::{REQUEST_ID, RequestId, only};

/// Headers that any page may send, with values of a certain form. A page whose values are of another asks by these names.
const ALWAYS_SENT: [HeaderName; 3] = [ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE];

/// What the host itself writes for a caller to read.
const ALWAYS_READ: [HeaderName; 4] =
    [REQUEST_ID, RETRY_AFTER, HeaderName::from_static("ratelimit"), HeaderName::from_static("ratelimit-policy")];

const TRUE: HeaderValue = HeaderValue::from_static("true");

/// `[cors]` of a function, ready to be asked.
#[derive(Debug)]
pub struct Cors {
    origins: Origins,
    credentials: bool,
    /// What a page may ask for by name, as the answer lists it.
    methods: Vec<Method>,
    /// Whether any other method will do as well, as the policy takes all.
    any_method: bool,
    headers: Vec<HeaderName>,
    /// The values of the answers' headers.
    allow_methods: HeaderValue,
    allow_headers: HeaderValue,
    expose: HeaderValue,
    max_age: HeaderValue,
}

/// The answer to a preflight: what the page may do, or why the browser is told nothing.
#[derive(Debug)]
pub struct Preflight(Result<HeaderMap, &'static str>);

impl Cors {
    /// Makes a policy ready; `methods` are those that reach the function.
    pub fn new(policy: &CorsPolicy, methods: &Methods) -> Self {
        let allowed = match &policy.methods {
            Methods::All => methods.named(),
            Methods::Only(_) => policy.methods.named().into_iter().filter(|method| methods.allow(method)).collect(),
        };
        let headers: Vec<HeaderName> = ALWAYS_SENT.iter().chain(&policy.headers).cloned().collect();
        Self {
            origins: policy.origins.clone(),
            credentials: policy.credentials,
            any_method: (&policy.methods, methods) == (&Methods::All, &Methods::All),
            allow_methods: joined(allowed.iter().map(Method::as_str)),
            allow_headers: joined(headers.iter().map(HeaderName::as_str)),
            expose: joined(ALWAYS_READ.iter().chain(&policy.expose).map(HeaderName::as_str)),
            max_age: HeaderValue::from(policy.max_age.as_secs()),
            methods: allowed,
            headers,
        }
    }

    /// Whether the policy names the origin of a request. One that lets every page read (`"*"`) names none: whoever wants
    /// to know whether a page is one that is trusted gets no for an answer.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.name(origin.as_bytes())
    }

    /// Answers a request that is a preflight: `OPTIONS`, from a page, that names the method which is to follow. None for
    /// any other. Private networks are not granted: `Access-Control-Request-Private-Network` is not looked at.
    pub(crate) fn preflight(&self, head: &Parts) -> Option<Preflight> {
        let origin = head.headers.get(ORIGIN).filter(|_| head.method == Method::OPTIONS)?;
        head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD).then(|| Preflight(self.grant(origin, &head.headers)))
    }

    fn grant(&self, origin: &HeaderValue, asked: &HeaderMap) -> Result<HeaderMap, &'static str> {
        let readers = self.readers(Some(origin)).ok_or("the page's origin is not among the `origins` of [cors]")?;
        let method = only(asked, &ACCESS_CONTROL_REQUEST_METHOD).ok().flatten();
        let method = method.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
        let allow_methods =
            method.and_then(|method| self.methods_with(&method)).ok_or("the page may not use the method")?;
        let names =
            asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().flat_map(|line| line.as_bytes().split(is_comma));
        let names = names.map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
        for (n, name) in names.enumerate() {
            // A browser names each once; who repeats them wants the host to be busy.
            if n >= self.headers.len()
                || !self.headers.iter().any(|header| header.as_str().as_bytes().eq_ignore_ascii_case(name))
            {
                return Err("the page wants to send a header that is not among the `headers` of [cors]");
            }
        }
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, readers);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allow_methods);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        Ok(headers)
    }

    /// The list of methods with `method` in it; none if the page may not use it.
    fn methods_with(&self, method: &Method) -> Option<HeaderValue> {
        if self.methods.contains(method) {
            return Some(self.allow_methods.clone());
        }
        // The host answers OPTIONS itself, with nothing that a page could read.
        let is_taken = self.any_method && *method != Method::OPTIONS && Methods::All.allow(method);
        is_taken.then(|| joined(self.methods.iter().chain([method]).map(Method::as_str)))
    }

    /// Says on an answer who may read it, and takes out what the function said of that.
    pub(crate) fn complete(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if headers.keys().any(is_about_cors) {
            // `HeaderMap::remove` would not keep the order of the others.
            let kept = headers.iter().filter(|(name, _)| !is_about_cors(name));
            *headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        if let Some(readers) = self.readers(origin) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, readers);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.expose.clone());
            if self.credentials {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
        }
        // Also where this origin may not read, or none was named: a cache must not give its copy to one that may.
        if self.origins != Origins::Any && !varies_by_origin(headers) {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
    }

    /// What stands in `Access-Control-Allow-Origin`. Where every page may read, that does not depend on who asks, so that
    /// a cache may give its copy to anybody.
    fn readers(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        match self.origins {
            Origins::Any => Some(HeaderValue::from_static("*")),
            Origins::Listed(_) => origin.filter(|origin| self.allows(origin)).cloned(),
        }
    }
}

impl Preflight {
    /// Why the browser is told nothing; none if the page may go on. For the log.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        self.0.as_ref().err().copied()
    }

    /// The answer. It is the same status for a page that may not go on: its browser tells its developer what is missing,
    /// and a 403 would only be one more thing to look for.
    pub(crate) fn reply(self, id: &RequestId) -> Reply {
        let mut reply = Response::new(Body::default());
        *reply.status_mut() = StatusCode::NO_CONTENT;
        let headers = reply.headers_mut();
        *headers = self.0.unwrap_or_default();
        let varies = "origin, access-control-request-method, access-control-request-headers";
        headers.insert(VARY, HeaderValue::from_static(varies));
        headers.insert(REQUEST_ID, id.header());
        reply
    }
}

fn is_about_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-")
}

fn is_comma(byte: &u8) -> bool {
    *byte == b','
}

fn varies_by_origin(headers: &HeaderMap) -> bool {
    let mut names = headers.get_all(VARY).iter().flat_map(|line| line.as_bytes().split(is_comma));
    names.any(|name| matches!(name.trim_ascii(), b"*") || name.trim_ascii().eq_ignore_ascii_case(b"origin"))
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> HeaderValue {
    // Names of methods and of headers are header values.
    HeaderValue::try_from(names.collect::<Vec<_>>().join(", ")).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_lines_a_function_has_the_cache_is_told_once() {
        for (lines, varies) in [
            (&[][..], false),
            (&["accept"], false),
            (&["x-origin, origin-x"], false),
            (&["accept", "accept-encoding,\tOrigin"], true),
            (&["accept", "*"], true),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(VARY, HeaderValue::from_static(line));
            }
            assert_eq!(varies_by_origin(&headers), varies, "{lines:?}");
        }
    }
}
