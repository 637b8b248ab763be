//! Issuers that say themselves where their keys are (OpenID Connect Discovery), and what they could say to have the host
//! take somebody else's.

use jsonwebtoken::Algorithm::RS256;
use serde_json::json;

use crate::jwks::{CALLERS, keys, one, status, until};
use crate::jwt_forged::good;
use crate::support::issuer::{Does, Issuer};
use crate::support::token::{key, named};
use crate::support::{Host, host};

fn discovering(issuer: &Issuer, name: &str) -> Host {
    let more = "refresh = \"1s\"\nrefresh_pause = \"1s\"";
    let settings =
        format!("[auth.demo]\nkind = \"jwks\"\nalgorithms = [\"RS256\"]\nissuer = \"{}\"\n{more}\n", issuer.url(name));
    host().function("me", "echo", CALLERS).settings(&settings).start()
}

/// A token that says that this issued it.
fn issued_by(issuer: &str) -> String {
    let mut claims = good();
    claims["iss"] = json!(issuer);
    named("one", &claims, &key(RS256), RS256)
}

#[tokio::test]
async fn an_issuer_says_itself_where_its_keys_are() {
    for name in ["", "/", "/realms/one"] {
        let issuer = Issuer::of(keys());
        issuer.discovers(&issuer.url(name), &issuer.url("/somewhere/else?version=2"));
        let host = discovering(&issuer, name);
        assert_eq!(status(&host, &issued_by(&issuer.url(name))).await, 200, "{name}");
        assert_eq!(status(&host, &issued_by(&issuer.url("/realms/two"))).await, 401, "{name}");
        assert_eq!(status(&host, &one()).await, 401, "it has to say who issued it");
    }
}

#[tokio::test]
async fn what_an_issuer_says_of_another_or_of_a_place_that_anybody_could_fill_is_not_followed() {
    let elsewhere = Issuer::of(keys());
    let (port, theirs) = (elsewhere.url("").rsplit_once(':').unwrap().1.to_owned(), elsewhere.url("/keys"));
    for (says, keys_at) in [
        (Some("https://id.example"), None),
        (Some(elsewhere.url("").as_str()), None),
        (Some(""), None),
        (None, Some("http://192.0.2.1/keys".to_owned())),
        (None, Some(format!("http://127.0.0.1.example:{port}/keys"))),
        (None, Some(format!("http://user@127.0.0.1:{port}/keys"))),
        (None, Some(format!("ftp://127.0.0.1:{port}/keys"))),
        (None, Some("file:///etc/passwd".to_owned())),
        (None, Some("/keys".to_owned())),
        (None, Some(String::new())),
    ] {
        let issuer = Issuer::of(keys());
        let own = issuer.url("");
        issuer.discovers(says.unwrap_or(&own), keys_at.as_deref().unwrap_or(&theirs));
        let host = discovering(&issuer, "");
        let found = status(&host, &issued_by(&own)).await;
        assert_eq!((found, host.instances()), (503, 0), "{says:?} {keys_at:?}");
        assert_eq!((issuer.asked(), elsewhere.asked()), (0, 0), "{says:?} {keys_at:?}");
        issuer.discovers(&own, &issuer.url("/keys"));
        until(&host, &issued_by(&own), 200).await;
    }
    for what in [
        Does::Answers(302, format!("location: {theirs}\r\n"), String::new()),
        Does::Answers(500, String::new(), String::new()),
        Does::Says(format!("{{\"issuer\":[],\"jwks_uri\":\"{theirs}\"}}")),
        Does::Says("{}".into()),
        Does::Says(keys()),
        Does::Floods("{".into()),
    ] {
        let issuer = Issuer::of(keys());
        issuer.does_at_discovery(what.clone());
        let host = discovering(&issuer, "");
        let found = status(&host, &issued_by(&issuer.url(""))).await;
        assert_eq!((found, host.instances()), (503, 0), "{what:?}");
        assert_eq!((issuer.asked(), elsewhere.asked()), (0, 0), "{what:?}");
    }
}
