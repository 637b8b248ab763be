//! The presets: for each, a token as the provider issues it, and the provider's other tokens, which are not for callers.
//! The issuer is one on the loopback, wherever a preset lets its place be set.

use jsonwebtoken::Algorithm::{self, ES256, HS256, RS256};
use serde_json::{Value, json};

use crate::jwt::ask;
use crate::jwt_forged::assert_none_taken;
use crate::support::issuer::Issuer;
use crate::support::token::{SHARED, claims, jwk, key, named, other_key, set, token};
use crate::support::{Host, host};

/// A provider and its tokens.
struct Preset {
    /// The word for its kind.
    kind: &'static str,
    /// Its lines in `host.toml`; `{}` stands for the issuer's URL.
    lines: &'static str,
    /// What its tokens say, all of them; `{}` likewise.
    said: Value,
    /// How it says that a caller is an `admin`.
    admin: Value,
    /// How it says that a caller has the scopes `orders:read` and `openid`; null if it does not.
    scoped: Value,
    /// What no caller's token says.
    others: Vec<Value>,
    algorithm: Algorithm,
}

fn presets() -> Vec<Preset> {
    let preset = |kind, lines, said, admin, scoped, others| Preset {
        kind,
        lines,
        said,
        admin,
        scoped,
        others,
        algorithm: RS256,
    };
    vec![
        preset(
            "auth0",
            "issuer = \"{}/\"\naudience = \"https://api.example\"",
            json!({ "iss": "{}/", "aud": ["https://api.example", "{}/userinfo"], "azp": "client" }),
            json!({ "roles": ["admin"] }),
            json!({ "scope": "openid profile orders:read" }),
            // An ID token is for the page that it was issued to.
            vec![json!({ "aud": "client" }), json!({ "iss": "{}" }), json!({ "aud": ["{}/userinfo"] })],
        ),
        preset(
            "azure-ad",
            "tenant = \"11111111-2222-3333-4444-555555555555\"\naudience = \"api\"\njwks_url = \"{}/keys\"",
            json!({ "iss": "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0", "aud": "api", "ver": "2.0" }),
            json!({ "roles": ["reader", "admin"] }),
            json!({ "scp": "orders:read openid" }),
            vec![
                json!({ "iss": "https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/v2.0" }),
                json!({ "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/" }),
                json!({ "aud": "00000003-0000-0000-c000-000000000000" }),
            ],
        ),
        preset(
            "clerk",
            "issuer = \"{}\"\nauthorized_parties = [\"https://app.example\"]",
            json!({ "iss": "{}", "azp": "https://app.example", "sid": "sess_1" }),
            json!({ "org_role": "admin" }),
            json!({ "scope": "orders:read openid" }),
            vec![json!({ "azp": "https://evil.example" }), json!({ "azp": null }), json!({ "iss": null })],
        ),
        preset(
            "clerk",
            "issuer = \"{}\"\nauthorized_parties = [\"https://app.example\"]",
            json!({ "iss": "{}", "azp": "https://app.example", "v": 2 }),
            json!({ "o": { "id": "org_1", "rol": "admin" } }),
            json!(null),
            vec![],
        ),
        preset(
            "cognito",
            "issuer = \"{}\"\naudience = \"client-1\"",
            json!({ "iss": "{}", "client_id": "client-1", "token_use": "access" }),
            json!({ "cognito:groups": ["admin"] }),
            json!({ "scope": "orders:read openid" }),
            vec![
                // An ID token names the client in `aud`.
                json!({ "token_use": "id", "client_id": null, "aud": "client-1" }),
                json!({ "token_use": "id" }),
                json!({ "token_use": null }),
                json!({ "client_id": "client-2" }),
                json!({ "client_id": null, "aud": "client-1" }),
                json!({ "client_id": "client-2", "aud": "client-1" }),
            ],
        ),
        preset(
            "firebase",
            "project = \"my-project\"\njwks_url = \"{}/keys\"",
            json!({ "iss": "https://securetoken.google.com/my-project", "aud": "my-project" }),
            json!({ "role": "admin" }),
            json!(null),
            vec![
                json!({ "aud": "other-project" }),
                json!({ "aud": null }),
                json!({ "iss": "https://securetoken.google.com/other-project" }),
                json!({ "iss": "https://session.firebase.google.com/my-project" }),
            ],
        ),
        preset(
            "keycloak",
            "issuer = \"{}/realms/one\"\naudience = \"my-api\"",
            json!({ "iss": "{}/realms/one", "aud": ["account", "my-api"], "typ": "Bearer", "azp": "web" }),
            json!({ "realm_access": { "roles": ["offline_access", "admin"] } }),
            json!({ "scope": "openid email orders:read" }),
            vec![
                json!({ "typ": "ID" }),
                json!({ "typ": "Refresh" }),
                json!({ "typ": null }),
                json!({ "aud": "account" }),
                json!({ "iss": "{}/realms/two" }),
            ],
        ),
        Preset {
            algorithm: HS256,
            ..preset(
                "netlify-identity",
                "secret = \"JWT\"",
                json!({ "aud": "", "email": "a@example.com" }),
                json!({ "app_metadata": { "provider": "email", "roles": ["admin"] } }),
                json!(null),
                vec![json!({ "exp": 1 })],
            )
        },
        preset(
            "okta",
            "issuer = \"{}/oauth2/default\"\naudience = \"api://default\"",
            json!({ "iss": "{}/oauth2/default", "aud": "api://default", "ver": 1, "cid": "client" }),
            json!({ "groups": ["Everyone", "admin"] }),
            json!({ "scp": ["openid", "orders:read"] }),
            vec![json!({ "aud": "client" }), json!({ "iss": "{}/oauth2/other" }), json!({ "iss": "{}" })],
        ),
        Preset {
            algorithm: ES256,
            ..preset(
                "supabase",
                "issuer = \"{}/auth/v1\"",
                json!({ "iss": "{}/auth/v1", "aud": "authenticated", "role": "authenticated" }),
                json!({ "app_metadata": { "roles": ["admin"] } }),
                json!(null),
                // The keys that every page has are tokens of nobody.
                vec![json!({ "aud": null, "role": "anon" }), json!({ "aud": "anon" }), json!({ "iss": "supabase" })],
            )
        },
        Preset {
            algorithm: HS256,
            ..preset(
                "supabase",
                "issuer = \"{}/auth/v1\"\nsecret = \"JWT\"",
                json!({ "iss": "{}/auth/v1", "aud": "authenticated", "role": "authenticated" }),
                json!({ "app_metadata": { "roles": ["admin"] } }),
                json!(null),
                vec![json!({ "aud": null, "role": "service_role", "iss": "supabase" })],
            )
        },
    ]
}

impl Preset {
    fn host(&self, issuer: &Issuer, policy: &str) -> Host {
        let settings =
            format!("[auth.demo]\nkind = \"{}\"\n{}\n", self.kind, self.lines.replace("{}", &issuer.url("")));
        let policy = format!("[auth]\nproviders = [\"demo\"]\n{policy}");
        host().function("me", "echo", &policy).settings(&settings).secret("JWT", SHARED).start()
    }

    /// A token that says all this, the last of what is said twice.
    fn token(&self, issuer: &Issuer, more: &[&Value]) -> String {
        let mut said = serde_json::Map::new();
        for part in [&self.said].into_iter().chain(more.iter().copied()) {
            said.extend(part.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        }
        let said = Value::Object(said).to_string().replace("{}", &issuer.url(""));
        let claims = claims(serde_json::from_str(&said).unwrap());
        if self.algorithm == HS256 {
            token(HS256, &claims)
        } else {
            named("k", &claims, &key(self.algorithm), self.algorithm)
        }
    }
}

fn issuer() -> Issuer {
    Issuer::of(set(&[jwk("other", &other_key(), RS256, json!({}))]))
}

#[tokio::test]
async fn each_preset_knows_its_providers_tokens_and_tells_them_from_the_others() {
    for preset in presets() {
        let issuer = issuer();
        if preset.algorithm != HS256 {
            issuer.publishes(set(&[jwk("k", &key(preset.algorithm), preset.algorithm, json!({}))]));
        }
        let (kind, nothing) = (preset.kind, json!({}));
        let host = preset.host(&issuer, "");
        let answer = ask(&host, &preset.token(&issuer, &[&nothing])).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        let identity = &answer.json()["context"]["identity"];
        assert_eq!((&identity["subject"], &identity["roles"]), (&json!("user-1"), &json!([])), "{kind}");
        let mut others: Vec<_> =
            preset.others.iter().map(|other| (other.to_string(), preset.token(&issuer, &[other]))).collect();
        others.push(("expired".into(), preset.token(&issuer, &[&json!({ "exp": 1 })])));
        others.push(("of another key".into(), named("k", &claims(json!({})), &other_key(), RS256)));
        let others = others.into_iter().map(|(what, token)| (format!("{kind}: {what}"), token));
        assert_none_taken(&host, others).await;
    }
}

#[tokio::test]
async fn each_preset_finds_roles_and_scopes_where_its_provider_puts_them() {
    for preset in presets() {
        let issuer = issuer();
        if preset.algorithm != HS256 {
            issuer.publishes(set(&[jwk("k", &key(preset.algorithm), preset.algorithm, json!({}))]));
        }
        let kind = preset.kind;
        let host = preset.host(&issuer, "roles = [\"admin\"]\n");
        let admin = preset.token(&issuer, &[&preset.admin]);
        assert_eq!(ask(&host, &admin).await.status, 200, "{kind}");
        let made = host.instances();
        // Where anybody could have put it who may change what he says of himself.
        let own = json!({ "user_metadata": { "roles": ["admin"], "role": "admin" }, "name": "admin", "sub": "admin" });
        for token in [preset.token(&issuer, &[]), preset.token(&issuer, &[&own])] {
            assert_eq!((ask(&host, &token).await.status, host.instances()), (403, made), "{kind}");
        }
        if preset.scoped.is_null() {
            continue;
        }
        let host = preset.host(&issuer, "scopes = [\"orders:read\", \"openid\"]\n");
        let scoped = preset.token(&issuer, &[&preset.scoped]);
        assert_eq!(ask(&host, &scoped).await.status, 200, "{kind}");
        let made = host.instances();
        assert_eq!((ask(&host, &admin).await.status, host.instances()), (403, made), "{kind}");
    }
}
