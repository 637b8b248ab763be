//! Which HTTP methods a function takes. Names are compared as HTTP does, with their case; the host's own duties (HEAD
//! where GET is taken, OPTIONS everywhere) are no function's business.

use http::Method;
use toml::Spanned;
use toml::de::DeValue;

use super::key::Read;
use super::problem::{Wrong, quoted};
use super::values;

/// The methods that reach a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Methods {
    /// Every method, extension methods included; not CONNECT and TRACE.
    #[default]
    All,
    /// These alone, in the order of the file; HEAD too where GET is among them.
    Only(Vec<Method>),
}

impl Methods {
    /// Whether a request with this method reaches the function.
    pub fn allow(&self, method: &Method) -> bool {
        match self {
            // A tunnel is for proxies, and an echo of the request shows its secrets to whoever made it be sent.
            Self::All => !matches!(*method, Method::CONNECT | Method::TRACE),
            Self::Only(listed) => listed.contains(method) || (*method == Method::HEAD && listed.contains(&Method::GET)),
        }
    }

    /// What the `Allow` header of a 405 and of the host's answer to OPTIONS says. RFC 9110, section 10.2.1.
    pub fn header(&self) -> String {
        let named = self.named();
        named.iter().chain([&Method::OPTIONS]).map(Method::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The methods by name; of all methods, those that are in common use. HEAD stands beside GET.
    pub fn named(&self) -> Vec<Method> {
        let common = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let listed = match self {
            Self::All => common.as_slice(),
            Self::Only(listed) => listed.as_slice(),
        };
        let mut named = Vec::new();
        for method in listed {
            named.push(method.clone());
            if *method == Method::GET && !listed.contains(&Method::HEAD) {
                named.push(Method::HEAD);
            }
        }
        named
    }
}

/// Reads a list of methods.
pub(super) fn read(value: &Spanned<DeValue<'_>>) -> Read<Methods> {
    values::list(value, r#"["GET", "POST"]"#, method).map(Methods::Only)
}

fn method(name: &str) -> Result<Method, Wrong> {
    const STANDARD: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if let Some(meant) =
        STANDARD.iter().find(|known| known.as_str() != name && known.as_str().eq_ignore_ascii_case(name))
    {
        return Err(Wrong::new(
            format!("{} is not {meant}: methods are told apart by case", quoted(name)),
            format!("write \"{meant}\""),
        ));
    }
    let method = Method::from_bytes(name.as_bytes()).map_err(|_| {
        Wrong::new(format!("{} is not an HTTP method", quoted(name)), r#"write a method's name: "POST""#)
    })?;
    match method {
        Method::OPTIONS => Err(Wrong::new("the host answers OPTIONS itself", "remove it from the list")),
        Method::CONNECT => {
            Err(Wrong::new("CONNECT asks for a tunnel, which no function can be", "remove it from the list"))
        }
        Method::TRACE => Err(Wrong::new(
            "TRACE asks for the request back, with the secrets that are in it",
            "remove it from the list",
        )),
        other => Ok(other),
    }
}
