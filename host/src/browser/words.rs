//! What is said of a function's CORS to people: in the start-up table, and where it lets in more than was perhaps meant.
//! It decides nothing.

use http::Uri;
use http::uri::Scheme;

use super::origin::{Origin, Origins};
use crate::config::CorsPolicy;
use crate::reach::is_loopback_name;

/// Domains below which anybody can have a name for nothing, of those that host pages. A list cannot be complete, and this
/// one is for a warning alone.
const SHARED: [&str; 20] = [
    "amplifyapp.com",
    "appspot.com",
    "azurestaticapps.net",
    "azurewebsites.net",
    "cloudfront.net",
    "deno.dev",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok.app",
    "ngrok-free.app",
    "onrender.com",
    "pages.dev",
    "surge.sh",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Wildcards that a policy may have before it looks as if nobody knew any more who is meant.
const FEW: usize = 3;

/// A function's CORS in a short phrase, `cors https://app.example (+2)`; none if no page of another origin may read.
pub fn phrase(cors: &CorsPolicy) -> Option<String> {
    let mut phrase = match &cors.origins {
        Origins::Any => "cors *".to_owned(),
        Origins::Listed(origins) => match origins.as_slice() {
            [] => return None,
            [one] => format!("cors {one}"),
            [first, others @ ..] => format!("cors {first} (+{})", others.len()),
        },
    };
    if cors.credentials {
        phrase.push_str(" with credentials");
    }
    Some(phrase)
}

/// A sentence, if the policy lets in more pages than its author may have meant.
pub fn wide(cors: &CorsPolicy) -> Option<String> {
    let Origins::Listed(origins) = &cors.origins else {
        return Some(
            "every page may read what the function answers: name the `origins`, unless it is for everybody".into(),
        );
    };
    let below: Vec<(&Origin, &str)> = origins.iter().filter_map(|origin| Some((origin, origin.domain()?))).collect();
    if let Some((shared, domain)) = below.iter().find(|(_, domain)| SHARED.contains(domain)) {
        return Some(format!("{shared} lets in everybody: anyone can have a page below {domain}; name your own"));
    }
    if cors.credentials {
        if let Some((origin, domain)) = below.first() {
            return Some(format!(
                "{origin} with `credentials`: every page below {domain}, a forgotten one too, acts as whoever is logged \
                 in; name the origins"
            ));
        }
        if let Some(origin) = origins.iter().find(|origin| origin.is_unprotected()) {
            return Some(format!(
                "{origin} with `credentials`: whoever is on the way to that page can write it, and acts as whoever is \
                 logged in; write https"
            ));
        }
    }
    (below.len() > FEW).then(|| format!("{} forms with `*` let in more pages than anyone can oversee", below.len()))
}

impl Origin {
    /// The domain below which every name is meant, if it is such a form; without the port.
    fn domain(&self) -> Option<&str> {
        match self {
            Self::Exact(_) => None,
            Self::Below { after, .. } => after.trim_start_matches('.').split(':').next(),
        }
    }

    /// Whether its pages come without TLS, over a network.
    fn is_unprotected(&self) -> bool {
        let Self::Exact(exact) = self else { return false };
        let uri = exact.parse::<Uri>().ok().filter(|uri| uri.scheme() == Some(&Scheme::HTTP));
        uri.is_some_and(|uri| uri.host().is_some_and(|host| !is_loopback_name(host)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Methods;

    fn cors(origins: &[&str], credentials: bool) -> CorsPolicy {
        let origins = match origins {
            ["*"] => Origins::Any,
            listed => Origins::Listed(listed.iter().map(|origin| origin.parse().unwrap()).collect()),
        };
        let (headers, expose, max_age) = (Vec::new(), Vec::new(), Duration::from_secs(600));
        CorsPolicy { origins, methods: Methods::All, headers, expose, credentials, max_age }
    }

    #[test]
    fn the_phrase_is_short() {
        for (origins, credentials, said) in [
            (&["*"][..], false, Some("cors *")),
            (&["https://app.example"], false, Some("cors https://app.example")),
            (&["https://*.app.example"], true, Some("cors https://*.app.example with credentials")),
            (
                &["https://a.example", "https://b.example", "https://c.example"],
                false,
                Some("cors https://a.example (+2)"),
            ),
            (&[], false, None),
        ] {
            assert_eq!(phrase(&cors(origins, credentials)).as_deref(), said, "{origins:?}");
        }
    }

    #[test]
    fn what_lets_in_many_is_said_and_nothing_else() {
        let four = ["https://*.a.example", "https://*.b.example", "https://*.c.example", "https://*.d.example"];
        for (origins, credentials, said) in [
            (&["*"][..], false, "every page may read"),
            (&["https://a.example", "https://*.vercel.app"], false, "anyone can have a page below vercel.app"),
            (&["https://*.app.example:8443"], true, "every page below app.example, a forgotten one too"),
            (&["http://app.example:8080"], true, "write https"),
            (&["http://192.0.2.1"], true, "write https"),
            (&four, false, "4 forms with `*`"),
        ] {
            let sentence = wide(&cors(origins, credentials)).unwrap_or_default();
            assert!(sentence.contains(said), "{origins:?}: {sentence}");
        }
        for (origins, credentials) in [
            (&["https://app.example", "https://other.example:8443"][..], true),
            (&["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "http://[::1]"], true),
            (&["https://*.app.example"], false),
            (&["https://*.mine.vercel.app"], false),
            (&["http://app.example", "capacitor://localhost"], false),
            (&four[..3], false),
            (&[], true),
        ] {
            assert_eq!(wide(&cors(origins, credentials)), None, "{origins:?}");
        }
    }
}
