//! `[auth.NAME]` of `host.toml`.

use std::path::PathBuf;
use std::time::Duration;

use super::{host, only, refused};
use crate::config::{Algorithm, KeySource, ProviderSettings};

fn provider(lines: &str) -> Result<ProviderSettings, crate::config::Problems> {
    host(&format!("[auth.a]\nkind = \"jwt\"\n{lines}")).map(|mut settings| settings.providers.remove("a").expect("a"))
}

const HS: &str = "algorithms = [\"HS256\"]\nsecret = \"KEY\"\n";

#[test]
fn a_provider_says_what_it_is() {
    refused(host(&format!("[auth.a]\n{HS}")), "auth.a.kind", 1, "missing", "kind = \"jwt\"");
    refused(host(&format!("[auth.a]\nkind = \"basic\"\n{HS}")), "auth.a.kind", 2, "\"basic\" is no kind", "\"jwt\"");
    refused(provider("secret = \"KEY\""), "auth.a.algorithms", 1, "missing", "[\"ES256\"]");
    refused(host("[auth]\nproviders = [\"a\"]"), "auth.providers", 2, "an array stands", "[auth.providers]");
    refused(host(&format!("[auth.\"a b\"]\nkind = \"jwt\"\n{HS}")), "auth.\"a b\"", 1, "not a name", "letters");
}

#[test]
fn algorithms_are_known_and_of_one_family() {
    refused(provider("algorithms = []\nsecret = \"K\""), "auth.a.algorithms", 3, "empty", "ES256");
    refused(provider("algorithms = [\"none\"]"), "auth.a.algorithms", 3, "no algorithm", "HS256, RS256");
    refused(provider("algorithms = [\"hs256\"]"), "auth.a.algorithms", 3, "\"hs256\"", "\"HS256\"?");
    refused(provider("algorithms = [\"HS512\"]"), "auth.a.algorithms", 3, "\"HS512\"", "");
    let mixed = "algorithms = [\"HS256\", \"RS256\"]\nsecret = \"K\"\n";
    refused(provider(mixed), "auth.a.algorithms", 3, "different keys", "write one");
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
}

#[test]
fn the_rest_is_checked() {
    refused(provider(&format!("{HS}leeway = \"6m\"")), "auth.a.leeway", 5, "more than \"5m\"", "at most");
    refused(provider(&format!("{HS}roles = \"a..b\"")), "auth.a.roles", 5, "not the path of a claim", "app_metadata");
    refused(provider(&format!("{HS}roles = 1")), "auth.a.roles", 5, "an integer", "in quotes");
    refused(provider(&format!("{HS}issuer = \"\"")), "auth.a.issuer", 5, "empty", "remove the key");
    refused(provider(&format!("{HS}audience = []")), "auth.a.audience", 5, "empty", "list");
    refused(provider(&format!("{HS}jwks_url = \"x\"")), "auth.a.jwks_url", 5, "not supported", "remove it");
    refused(provider(&format!("{HS}isuer = \"x\"")), "auth.a.isuer", 5, "unknown key", "`issuer`");
}

#[test]
fn a_provider_has_defaults() {
    let expected = ProviderSettings {
        algorithms: vec![Algorithm::Hs256],
        key: KeySource::Secret("KEY".to_owned()),
        issuer: None,
        audience: Vec::new(),
        leeway: Duration::from_secs(30),
        roles: vec!["roles".to_owned()],
    };
    assert_eq!(provider(HS).expect("right"), expected);
}

#[test]
fn what_is_written_counts() {
    let text = "algorithms = [\"EdDSA\"]\npublic_key_file = \"keys/a.pem\"\nissuer = \"https://a.example\"\n\
                audience = \"api\"\nleeway = \"0s\"\nroles = \"app_metadata.roles\"\n";
    let expected = ProviderSettings {
        algorithms: vec![Algorithm::EdDsa],
        key: KeySource::PublicKeyFile(PathBuf::from("etc/keys/a.pem")),
        issuer: Some("https://a.example".to_owned()),
        audience: vec!["api".to_owned()],
        leeway: Duration::ZERO,
        roles: vec!["app_metadata".to_owned(), "roles".to_owned()],
    };
    assert_eq!(provider(text).expect("right"), expected);
    let text = format!("{HS}audience = [\"a\", \"b\"]\nroles = [\"https://a.example/roles\"]\n");
    let provider = provider(&text).expect("right");
    assert_eq!(provider.audience, ["a", "b"]);
    assert_eq!(provider.roles, ["https://a.example/roles"]);
    let pem = "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n";
    let text = format!("algorithms = [\"RS256\"]\npublic_key = '''\n{pem}'''\n");
    assert_eq!(super::provider::provider(&text).expect("right").key, KeySource::PublicKey(pem.to_owned()));
}
