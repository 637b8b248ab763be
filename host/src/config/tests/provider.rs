//! `[auth.NAME]` of `host.toml`: who vouches for callers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{host, only, refused};
use crate::config::provider::{KINDS, PRESETS};
use crate::config::{
    Algorithm, KeyPlace, KeySource, Policy, PolicyBase, Problems, ProviderSettings, Shows, TokenSettings,
};

fn of_kind(kind: &str, lines: &str) -> Result<ProviderSettings, Problems> {
    host(&format!("[auth.a]\nkind = \"{kind}\"\n{lines}"))
        .map(|mut settings| settings.providers.remove("a").expect("a"))
}

fn provider(lines: &str) -> Result<ProviderSettings, Problems> {
    of_kind("jwt", lines)
}

/// The settings of a provider of tokens that is right.
fn token(kind: &str, lines: &str) -> TokenSettings {
    match of_kind(kind, lines).expect("right").shows {
        Shows::Token(settings) => *settings,
        other => panic!("{other:?}"),
    }
}

/// Where the keys of a provider are fetched.
fn place(kind: &str, lines: &str) -> KeyPlace {
    match token(kind, lines).key {
        KeySource::Fetched(fetch) => fetch.place,
        other => panic!("{other:?}"),
    }
}

const HS: &str = "algorithms = [\"HS256\"]\nsecret = \"KEY\"\n";

#[test]
fn a_provider_says_what_it_is() {
    refused(host(&format!("[auth.a]\n{HS}")), "auth.a.kind", 1, "missing", "kind = \"jwt\"");
    refused(host("[auth.a]\nkind = \"okat\"\n"), "auth.a.kind", 2, "\"okat\" is no kind", "\"okta\"?");
    refused(host("[auth.a]\nkind = \"ldap-server\"\n"), "auth.a.kind", 2, "no kind", "jwks, api-key");
    refused(provider("secret = \"KEY\""), "auth.a.algorithms", 1, "missing", "[\"ES256\"]");
    refused(host("[auth]\nproviders = [\"a\"]"), "auth.providers", 2, "an array stands", "[auth.providers]");
    refused(host(&format!("[auth.\"a b\"]\nkind = \"jwt\"\n{HS}")), "auth.\"a b\"", 1, "not a name", "letters");
}

#[test]
fn algorithms_are_known_and_of_one_kind_of_key() {
    refused(provider("algorithms = []\nsecret = \"K\""), "auth.a.algorithms", 3, "empty", "ES256");
    refused(provider("algorithms = [\"none\"]"), "auth.a.algorithms", 3, "no algorithm", "HS256, HS384");
    refused(provider("algorithms = [\"hs256\"]"), "auth.a.algorithms", 3, "\"hs256\"", "\"HS256\"?");
    refused(provider("algorithms = [\"ES512\"]"), "auth.a.algorithms", 3, "\"ES512\"", "");
    let mixed = "algorithms = [\"HS256\", \"RS256\"]\nsecret = \"K\"\n";
    refused(provider(mixed), "auth.a.algorithms", 3, "different keys", "write those of one kind");
    let curves = "algorithms = [\"ES256\", \"ES384\"]\npublic_key_file = \"k\"\n";
    refused(provider(curves), "auth.a.algorithms", 3, "different keys", "jwk_file");
    let of_a_set = "algorithms = [\"ES256\", \"RS256\"]\njwk_file = \"keys.json\"\n";
    assert_eq!(token("jwt", of_a_set).key, KeySource::SetFile(PathBuf::from("etc/keys.json")));
    let shared = "algorithms = [\"HS256\", \"HS384\", \"HS512\"]\nsecret = \"K\"\n";
    assert_eq!(token("jwt", shared).algorithms.len(), 3);
}

#[test]
fn a_provider_has_the_one_key_that_goes_with_its_algorithm() {
    let es = "algorithms = [\"ES256\"]\n";
    refused(provider("algorithms = [\"HS256\"]"), "auth.a.secret", 1, "missing", "secret = \"NAME\"");
    refused(provider(&format!("{HS}public_key_file = \"k\"")), "auth.a.public_key_file", 5, "no public key", "remove");
    refused(provider(es), "auth.a.public_key", 1, "missing", "public_key_file");
    let with_secret = format!("{es}secret = \"K\"\npublic_key_file = \"k\"");
    refused(provider(&with_secret), "auth.a.secret", 4, "only HS256", "public_key_file");
    let both = format!("{es}public_key_file = \"k\"\npublic_key = \"-----BEGIN PUBLIC KEY-----\"\n");
    refused(provider(&both), "auth.a.public_key_file", 4, "there already", "one of them");
    let set = format!("{es}public_key_file = \"k\"\njwk_file = \"k\"\n");
    refused(provider(&set), "auth.a.jwk_file", 5, "there already", "one of them");
    refused(provider(&format!("{es}public_key = \"abc\"")), "auth.a.public_key", 4, "not a public key", "BEGIN PUBLIC");
}

#[test]
fn a_key_that_must_stay_secret_is_refused_and_not_repeated() {
    let text = "algorithms = [\"ES256\"]\npublic_key = '''-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----'''\n";
    let problem = only(provider(text));
    assert!(problem.message.contains("a private key"), "{problem}");
    assert!(!problem.to_string().contains("MIGHAgEA"), "{problem}");
    let problem = only(provider("algorithms = [\"HS256\"]\nsecret = \"super-secret-jwt-token\"\n"));
    assert_eq!(problem.key.as_deref(), Some("auth.a.secret"));
    assert!(!problem.to_string().contains("super-secret"), "{problem}");
    let problem = only(of_kind("api-key", "[[auth.a.keys]]\nname = \"ada\"\nsha256 = \"the key of ada\"\n"));
    assert_eq!((problem.key.as_deref(), problem.line), (Some("auth.a.keys.sha256"), Some(5)), "{problem}");
    assert!(!problem.to_string().contains("the key of ada"), "{problem}");
}

#[test]
fn the_rest_is_checked() {
    refused(provider(&format!("{HS}leeway = \"6m\"")), "auth.a.leeway", 5, "more than \"5m\"", "at most");
    refused(provider(&format!("{HS}roles = \"a..b\"")), "auth.a.roles", 5, "not the path of a claim", "app_metadata");
    refused(provider(&format!("{HS}roles = 1")), "auth.a.roles", 5, "an integer", "in quotes");
    refused(provider(&format!("{HS}issuer = \"\"")), "auth.a.issuer", 5, "empty", "remove the key");
    refused(provider(&format!("{HS}audience = []")), "auth.a.audience", 5, "empty", "list");
    refused(provider(&format!("{HS}jwks_url = \"x\"")), "auth.a.jwks_url", 5, "does not go with kind = \"jwt\"", "");
    refused(provider(&format!("{HS}isuer = \"x\"")), "auth.a.isuer", 5, "unknown key", "`issuer`");
}

#[test]
fn a_provider_has_defaults() {
    let settings = token("jwt", HS);
    assert_eq!((settings.algorithms, settings.key), (vec![Algorithm::Hs256], KeySource::Secret("KEY".to_owned())));
    assert_eq!((settings.issuer, settings.leeway), (None, Duration::from_secs(30)));
    assert!(settings.audience.is_empty() && settings.parties.is_empty());
    assert_eq!((settings.claims.roles, settings.claims.scopes), (vec![path(&["roles"])], vec![path(&["scope"])]));
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn what_is_written_counts() {
    let text = "algorithms = [\"EdDSA\"]\npublic_key_file = \"keys/a.pem\"\nissuer = \"https://a.example\"\n\
                audience = \"api\"\nleeway = \"0s\"\nroles = \"app_metadata.roles\"\nscopes = \"scp\"\n\
                authorized_parties = [\"https://app.example\"]\n";
    let settings = token("jwt", text);
    assert_eq!(settings.key, KeySource::PublicKeyFile(PathBuf::from("etc/keys/a.pem")));
    assert_eq!(settings.issuer.as_deref(), Some("https://a.example"));
    assert_eq!((settings.audience, settings.leeway), (path(&["api"]), Duration::ZERO));
    assert_eq!(settings.parties, ["https://app.example"]);
    assert_eq!(settings.claims.roles, [path(&["app_metadata", "roles"])]);
    assert_eq!(settings.claims.scopes, [path(&["scp"])]);
    let text = format!("{HS}audience = [\"a\", \"b\"]\nroles = [\"https://a.example/roles\"]\n");
    let settings = token("jwt", &text);
    assert_eq!(settings.audience, ["a", "b"]);
    assert_eq!(settings.claims.roles, [path(&["https://a.example/roles"])]);
    let pem = "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n";
    let text = format!("algorithms = [\"RS256\"]\npublic_key = '''\n{pem}'''\n");
    assert_eq!(token("jwt", &text).key, KeySource::PublicKey(pem.to_owned()));
}

#[test]
fn published_keys_are_fetched_where_nobody_can_put_in_others() {
    let rs = "algorithms = [\"RS256\"]\n";
    refused(of_kind("jwks", rs), "auth.a.issuer", 1, "missing", "jwks_url");
    for (url, message) in [
        ("http://id.example/keys", "anybody's"),
        ("ftp://id.example/keys", "neither https nor http"),
        ("https://user:password@id.example/keys", "a password"),
        ("/keys", "not a URL with a host"),
    ] {
        let text = format!("{rs}jwks_url = \"{url}\"\n");
        let problem = only(of_kind("jwks", &text));
        assert!(problem.message.contains(message), "{problem}");
        assert!(!problem.to_string().contains("password@"), "{problem}");
        assert!(of_kind("jwks", &format!("{rs}issuer = \"{url}\"\n")).is_err(), "{url}");
    }
    let issuer = "https://id.example/";
    assert_eq!(place("jwks", &format!("{rs}issuer = \"{issuer}\"\n")), KeyPlace::Issuer(issuer.to_owned()));
    let local = "http://127.0.0.1:8899/keys";
    assert_eq!(place("jwks", &format!("{rs}jwks_url = \"{local}\"\n")), KeyPlace::Url(local.to_owned()));
    let shared = format!("algorithms = [\"HS256\"]\nissuer = \"{issuer}\"\n");
    refused(of_kind("jwks", &shared), "auth.a.algorithms", 3, "no secret", "RS256");
    refused(of_kind("jwks", &format!("{rs}issuer = \"{issuer}\"\nsecret = \"K\"\n")), "auth.a.secret", 5, "jwks", "");
}

#[test]
fn a_preset_knows_its_provider() {
    let cases = [
        (
            "auth0",
            "issuer = \"https://t.eu.auth0.com/\"\naudience = \"api\"\n",
            "https://t.eu.auth0.com/.well-known/jwks.json",
        ),
        (
            "azure-ad",
            "tenant = \"1-2\"\naudience = \"api\"\n",
            "https://login.microsoftonline.com/1-2/discovery/v2.0/keys",
        ),
        ("clerk", "issuer = \"https://clerk.x.example\"\n", "https://clerk.x.example/.well-known/jwks.json"),
        (
            "cognito",
            "issuer = \"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_X\"\naudience = \"client\"\n",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_X/.well-known/jwks.json",
        ),
        (
            "firebase",
            "project = \"p-1\"\n",
            "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        ),
        (
            "keycloak",
            "issuer = \"https://id.example/realms/r\"\naudience = \"api\"\n",
            "https://id.example/realms/r/protocol/openid-connect/certs",
        ),
        (
            "okta",
            "issuer = \"https://c.okta.com/oauth2/default\"\naudience = \"api\"\n",
            "https://c.okta.com/oauth2/default/v1/keys",
        ),
        ("supabase", "project = \"abc\"\n", "https://abc.supabase.co/auth/v1/.well-known/jwks.json"),
    ];
    for (kind, lines, url) in cases {
        assert_eq!(place(kind, lines), KeyPlace::Url(url.to_owned()), "{kind}");
        assert!(token(kind, lines).issuer.is_some(), "{kind}: anybody's tokens");
    }
    let firebase = token("firebase", "project = \"p-1\"\n");
    assert_eq!(
        (firebase.issuer.as_deref(), firebase.audience),
        (Some("https://securetoken.google.com/p-1"), path(&["p-1"]))
    );
    let supabase = token("supabase", "project = \"abc\"\nsecret = \"JWT\"\n");
    assert_eq!((supabase.key, supabase.algorithms), (KeySource::Secret("JWT".to_owned()), vec![Algorithm::Hs256]));
    assert_eq!(supabase.audience, ["authenticated"]);
    let netlify = token("netlify-identity", "secret = \"JWT\"\n");
    assert_eq!((netlify.issuer, netlify.claims.roles), (None, vec![path(&["app_metadata", "roles"])]));
    let changed = token(
        "okta",
        "issuer = \"https://c.okta.com\"\naudience = \"api\"\nroles = \"own\"\njwks_url = \"https://k.example\"\n",
    );
    assert_eq!(changed.claims.roles, [path(&["own"])]);
}

#[test]
fn a_preset_says_what_it_lacks() {
    refused(of_kind("auth0", "issuer = \"https://t.auth0.com/\"\n"), "auth.a.audience", 1, "missing", "api.example");
    refused(of_kind("okta", "audience = \"api\"\n"), "auth.a.issuer", 1, "missing", "okta.com");
    refused(of_kind("firebase", ""), "auth.a.project", 1, "missing", "project");
    refused(of_kind("supabase", ""), "auth.a.project", 1, "missing", "project");
    refused(of_kind("netlify-identity", ""), "auth.a.secret", 1, "missing", "secret = \"NAME\"");
    let common = "tenant = \"common\"\naudience = \"api\"\n";
    refused(of_kind("azure-ad", common), "auth.a.tenant", 3, "everybody's", "your own");
    refused(of_kind("firebase", "project = \"a/b\"\n"), "auth.a.project", 3, "not the name of a project", "letters");
    let issuer = "project = \"a\"\nissuer = \"https://x.example\"\n";
    refused(of_kind("firebase", issuer), "auth.a.issuer", 4, "does not go with kind = \"firebase\"", "remove");
    let plain = "issuer = \"http://id.example\"\naudience = \"api\"\n";
    refused(of_kind("keycloak", plain), "auth.a.issuer", 3, "anybody's", "https://");
}

#[test]
fn callers_who_were_given_something_are_named() {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    refused(of_kind("api-key", ""), "auth.a.keys", 1, "nobody is named", "[[auth.NAME.keys]]");
    refused(of_kind("api-key", "keys = 1\n"), "auth.a.keys", 3, "a list of tables", "[[auth.a.keys]]");
    let one = format!("[[auth.a.keys]]\nname = \"ada\"\nsha256 = \"{hash}\"\n");
    refused(of_kind("api-key", &format!("{one}role = [\"x\"]\n")), "auth.a.keys.role", 6, "unknown key", "`roles`");
    refused(of_kind("api-key", &format!("{one}{one}")), "auth.a.keys.sha256", 8, "there already", "remove one");
    refused(
        of_kind("api-key", &format!("header = \"Cookie\"\n{one}")),
        "auth.a.header",
        3,
        "something else",
        "x-api-key",
    );
    refused(of_kind("api-key", &format!("secret = \"K\"\n{one}")), "auth.a.secret", 3, "unknown key", "header, keys");
    let Shows::ApiKey(keys) = of_kind("api-key", &format!("header = \"X-Api-Key\"\n{one}")).expect("right").shows
    else {
        panic!("it is a kind of its own")
    };
    assert_eq!((keys.header.as_deref(), keys.keys.len()), (Some("x-api-key"), 1));

    refused(of_kind("basic", ""), "auth.a.users", 1, "nobody is named", "[[auth.NAME.users]]");
    let user = "[[auth.a.users]]\nname = \"ada\"\nsecret = \"ADA\"\n";
    refused(of_kind("basic", &format!("{user}{user}")), "auth.a.users.name", 7, "there already", "remove one");
    let colon = user.replace("ada", "a:b");
    refused(of_kind("basic", &colon), "auth.a.users.name", 4, "colon", "another");
    refused(of_kind("basic", "[[auth.a.users]]\nname = \"ada\"\n"), "auth.a.users.secret", 3, "missing", "secret");
}

#[test]
fn a_cookie_that_can_be_changed_has_to_be_accepted() {
    let secret = "secret = \"SESSION_SECRET\"\n";
    refused(of_kind("dbauth", secret), "auth.a.accept_forgeable_cookie", 1, "somebody else", "= true");
    let no = format!("{secret}accept_forgeable_cookie = false\n");
    refused(of_kind("dbauth", &no), "auth.a.accept_forgeable_cookie", 4, "not signed", "signed tokens");
    let yes = format!("{secret}accept_forgeable_cookie = true\n");
    assert!(
        matches!(of_kind("dbauth", &yes).expect("right").shows, Shows::Session(session) if session.cookie == "session")
    );
    let port = format!("{yes}cookie = \"session_%port%\"\n");
    refused(of_kind("dbauth", &port), "auth.a.cookie", 5, "which port", "session_8911");
}

#[test]
fn the_examples_of_the_page_are_right() {
    let page = include_str!("../../../../docs/auth.md");
    let mut providers = 0;
    for block in page.split("```toml\n").skip(1) {
        let text = block.split("```").next().expect("its end");
        if text.contains("[auth.") {
            providers += host(text).unwrap_or_else(|problems| panic!("{problems}\n{text}")).providers.len();
        } else {
            let base = PolicyBase { providers: ["company".to_owned()].into(), ..PolicyBase::default() };
            Policy::check(Path::new("f.toml"), text, &base).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        }
    }
    // One of each kind, and more than one of `jwt`.
    assert!(providers >= KINDS.len() + PRESETS.len(), "{providers} providers");
}
