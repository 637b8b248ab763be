//! The gates before the body: finds the function, then asks whether this client may reach it at all, with this method,
//! and this often. What comes out is `Routed`; nothing is read from a client who does not get that far.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{FORWARDED, ORIGIN, VIA};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::browser::Preflight;
use crate::config::{Access, ServerSettings};
use crate::function::{Entry, Function};
use crate::handshake;
use crate::head;
use crate::quota::{self, Standing};
use crate::refusal::Refusal;
use crate::request::Inbound;
use crate::route::{PathError, RequestPath, Table};

/// What the path said to the function.
pub(crate) struct Place {
    /// The parameters of the route, in its order.
    pub(crate) params: Vec<(String, String)>,
    /// What follows the route, raw.
    pub(crate) subpath: String,
}

/// A request whose function has been found.
pub struct Found {
    inbound: Inbound,
    function: Arc<Function>,
    place: Place,
}

impl Found {
    /// The function.
    pub fn function(&self) -> &Arc<Function> {
        &self.function
    }
}

/// A request that may reach its function: nothing but [`enter`] makes one, and only of what [`find`] found.
///
/// ```compile_fail
/// fn forge(found: vestibule_host::reach::Found) -> vestibule_host::reach::Routed {
///     vestibule_host::reach::Routed { found, standing: None }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::reach::{self, Found, Routed, Stop};
///
/// async fn ask(found: Found) -> Result<Routed, Stop> {
///     reach::enter(found).await
/// }
/// ```
pub struct Routed {
    // A request goes from gate to gate by being moved, and should be no more than a few words then.
    found: Box<Found>,
    standing: Option<Box<Standing>>,
}

impl Routed {
    /// The request.
    pub fn inbound(&self) -> &Inbound {
        &self.found.inbound
    }

    /// The function.
    pub fn function(&self) -> &Function {
        &self.found.function
    }

    /// What is left to the client, where its address or a header was counted.
    pub(crate) fn standing(&self) -> Option<&Standing> {
        self.standing.as_deref()
    }

    /// What of the path follows the function's route.
    pub(crate) fn subpath(&self) -> &str {
        &self.found.place.subpath
    }

    /// Gives up what was found to the event.
    pub(crate) fn into_parts(self) -> (Inbound, Arc<Function>, Place) {
        let Found { inbound, function, place } = *self.found;
        (inbound, function, place)
    }
}

/// Why a request goes no further than here.
#[derive(Debug)]
pub enum Stop {
    /// It was refused.
    Refused(Refusal),
    /// It asked for the methods, which the host answers; the `Allow` header's value.
    Options(String),
    /// It asked, for a page, what that may send; the host answers.
    Preflight(Preflight),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Finds the function that a request is for.
///
/// # Errors
///
/// If the head is malformed or too large, a proxy does not say clearly whom it came from, no function has the route, or the
/// one that has it could not be loaded.
pub fn find(mut inbound: Inbound, table: &Table<Entry>, limits: &ServerSettings) -> Result<Found, Refusal> {
    head::check(&mut inbound, limits)?;
    if let Some(unclear) = inbound.unclear {
        return Err(Refusal::Malformed(unclear.to_string()));
    }
    let path = RequestPath::parse(inbound.path()).map_err(|error| match error {
        PathError::Malformed(reason) => Refusal::Malformed(reason.to_string()),
        PathError::EmptySegment => Refusal::NotFound,
    })?;
    let matched = table.lookup(&path).ok_or(Refusal::NotFound)?;
    let function = match matched.value {
        Entry::Ready(function) => Arc::clone(function),
        Entry::NotLoaded(function) => return Err(Refusal::NotLoaded(Arc::clone(function))),
    };
    let place = Place { subpath: matched.subpath.to_owned(), params: matched.params };
    Ok(Found { inbound, function, place })
}

/// Asks whether this client may reach the function that was found, with this method, and this often.
///
/// # Errors
///
/// If it may not, or if the answer is the host's: `OPTIONS` never reaches a function. A handshake that the policy has turned
/// on may have any method: it reaches its own gate, and none further on. It counts as any other request, since its body is
/// read; what ends here without that does not count.
pub async fn enter(found: Found) -> Result<Routed, Stop> {
    let policy = &found.function.policy;
    if policy.ip.as_ref().is_some_and(|ip| !ip.admits(found.inbound.client)) {
        return Err(Refusal::AddressForbidden.into());
    }
    if policy.access == Access::Undeclared {
        check_local(&found.inbound).map_err(Refusal::Undeclared)?;
    }
    if let Some(answer) = found.function.cors.as_ref().and_then(|cors| cors.preflight(&found.inbound.head)) {
        return Err(Stop::Preflight(answer));
    }
    if !handshake::is_unsigned(&found.function, &found.inbound.head) {
        let method = &found.inbound.head.method;
        if method == Method::OPTIONS {
            return Err(Stop::Options(policy.methods.header()));
        }
        if !policy.methods.allow(method) {
            return Err(Refusal::MethodNotAllowed(policy.methods.header()).into());
        }
    }
    let standing = quota::by_client(&found.function, &found.inbound).await?.map(Box::new);
    Ok(Routed { found: Box::new(found), standing })
}

/// An undeclared function is for the people at this machine: the request names a host of the loopback, and nothing says
/// that it came through a proxy.
fn check_local(inbound: &Inbound) -> Result<(), &'static str> {
    if !inbound.client.to_canonical().is_loopback() {
        return Err("the client is another machine");
    }
    match head::host(&inbound.head.headers, inbound.head.uri.authority())? {
        Some(host) if is_loopback_name(host.host()) => {}
        _ => return Err("the request does not name a loopback host (a page of another site may have sent it)"),
    }
    if came_through_proxy(&inbound.head.headers) {
        return Err("the request came through a proxy");
    }
    if is_of_another_site(&inbound.head.headers) {
        return Err("a page of another site sent the request");
    }
    Ok(())
}

/// Whether `host` can only be this machine: `localhost`, a name below it, or a loopback address.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether a browser says that a page from elsewhere sent this: it reaches the loopback under its right name.
pub(crate) fn is_of_another_site(headers: &HeaderMap) -> bool {
    let is_local = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        origin.is_some_and(|origin| origin.host().is_some_and(is_loopback_name))
    };
    headers.get_all(ORIGIN).iter().any(|origin| !is_local(origin))
        || headers.get_all("sec-fetch-site").iter().any(|site| site == "cross-site")
}

fn came_through_proxy(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED)
        || headers.contains_key(VIA)
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests {
    use super::is_loopback_name;

    #[test]
    fn loopback_names() {
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "app.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback_name(name), "{name}");
        }
        for name in
            ["example.com", "localhost.example", "notlocalhost", "0.0.0.0", "10.0.0.1", "[::2]", "", "127.0.0.1.nip.io"]
        {
            assert!(!is_loopback_name(name), "{name}");
        }
    }
}
