//! What is known of the providers that many people have: where their keys are, and what their tokens' claims mean. A
//! preset is a row of data; the settings fill in what differs from one customer to the next.

use super::algorithm::{Algorithm, KeyKind};
use super::keys;
use super::tokens::{KeyPlace, KeySource, Rest, TokenSettings, key_set_url, not_shared, read_fetch, refuse};
use crate::config::document::Section;
use crate::config::key::Key;
use crate::config::problem::{Problems, Wrong};

/// What is known of one provider's tokens.
pub(in crate::config) struct Preset {
    /// The word for `kind`.
    pub(super) word: &'static str,
    /// Who issues tokens.
    pub(super) issuer: IssuerOf,
    /// Where the keys are.
    pub(super) keys: KeysOf,
    /// How tokens are signed, unless the settings say otherwise.
    pub(super) algorithms: &'static [Algorithm],
    /// Whom tokens are for.
    pub(super) audience: AudienceOf,
    /// The claims that say whom a token is for: of each, one is enough.
    pub(super) audience_claims: &'static [&'static str],
    /// Where the roles are: all of these places.
    pub(super) roles: &'static [&'static [&'static str]],
    /// Where the scopes are.
    pub(super) scopes: &'static [&'static [&'static str]],
    /// Claims that must have these values: they tell tokens for callers from the provider's other tokens.
    pub(super) fixed: &'static [(&'static str, &'static str)],
}

/// Where a preset's issuer comes from. `{}` stands for what the key holds.
pub(super) enum IssuerOf {
    /// The key `issuer`; an example of one.
    Written(&'static str),
    /// The key `project`.
    Project(&'static str),
    /// The key `tenant`.
    Tenant(&'static str),
    /// Either `issuer` or `project`.
    WrittenOrProject(&'static str),
    /// Tokens name none.
    Nobody,
}

/// Where a preset's keys are.
pub(super) enum KeysOf {
    /// This, after the issuer.
    Below(&'static str),
    /// Here; `{}` stands for the project or tenant.
    At(&'static str),
    /// They are one secret.
    Secret,
    /// They are below the issuer, or, of older projects, one secret.
    BelowOrSecret(&'static str),
}

/// Whom a preset's tokens are for.
pub(super) enum AudienceOf {
    /// The settings must say; an example.
    Written(&'static str),
    /// This, unless the settings say otherwise.
    Always(&'static str),
    /// The project.
    Project,
    /// Tokens need not say.
    Anyone,
}

use AudienceOf::{Always, Anyone, Project as OfProject, Written as Named};
use IssuerOf::{Nobody, Project, Tenant, Written, WrittenOrProject};

const AUD: &[&str] = &["aud"];
const SCOPE: &[&[&str]] = &[&["scope"]];

/// The presets, in the order of the alphabet.
pub(in crate::config) static PRESETS: [Preset; 9] = [
    // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles. Roles come from an action that puts them
    // into a claim of its own name; `permissions` is there if the API has role-based access control switched on.
    Preset {
        word: "auth0",
        issuer: Written("https://TENANT.eu.auth0.com/"),
        keys: KeysOf::Below("/.well-known/jwks.json"),
        algorithms: &[Algorithm::Rs256],
        audience: Named("https://api.example"),
        audience_claims: AUD,
        roles: &[&["roles"]],
        scopes: &[&["scope"], &["permissions"]],
        fixed: &[],
    },
    // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference, tokens of version 2.0.
    Preset {
        word: "azure-ad",
        issuer: Tenant("https://login.microsoftonline.com/{}/v2.0"),
        keys: KeysOf::At("https://login.microsoftonline.com/{}/discovery/v2.0/keys"),
        algorithms: &[Algorithm::Rs256],
        audience: Named("00000000-0000-0000-0000-000000000000"),
        audience_claims: AUD,
        roles: &[&["roles"]],
        scopes: &[&["scp"]],
        fixed: &[],
    },
    // https://clerk.com/docs/backend-requests/resources/session-tokens: no `aud`, but `azp`, the page's origin. The role
    // is one of the active organisation, in two forms by the token's version.
    Preset {
        word: "clerk",
        issuer: Written("https://clerk.app.example"),
        keys: KeysOf::Below("/.well-known/jwks.json"),
        algorithms: &[Algorithm::Rs256],
        audience: Anyone,
        audience_claims: AUD,
        roles: &[&["org_role"], &["o", "rol"]],
        scopes: SCOPE,
        fixed: &[],
    },
    // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html:
    // access tokens name the app client in `client_id` and have no `aud`.
    Preset {
        word: "cognito",
        issuer: Written("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"),
        keys: KeysOf::Below("/.well-known/jwks.json"),
        algorithms: &[Algorithm::Rs256],
        audience: Named("the id of the app client"),
        audience_claims: &["client_id"],
        roles: &[&["cognito:groups"]],
        scopes: SCOPE,
        fixed: &[("token_use", "access")],
    },
    // https://firebase.google.com/docs/auth/admin/verify-id-tokens; roles are custom claims.
    Preset {
        word: "firebase",
        issuer: Project("https://securetoken.google.com/{}"),
        keys: KeysOf::At("https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
        algorithms: &[Algorithm::Rs256],
        audience: OfProject,
        audience_claims: AUD,
        roles: &[&["roles"], &["role"]],
        scopes: SCOPE,
        fixed: &[],
    },
    // https://www.keycloak.org/docs/latest/server_admin: `typ` tells access tokens from ID and refresh tokens, which are
    // signed with the same keys.
    Preset {
        word: "keycloak",
        issuer: Written("https://id.example/realms/REALM"),
        keys: KeysOf::Below("/protocol/openid-connect/certs"),
        algorithms: &[Algorithm::Rs256],
        audience: Named("my-api"),
        audience_claims: AUD,
        roles: &[&["realm_access", "roles"]],
        scopes: SCOPE,
        fixed: &[("typ", "Bearer")],
    },
    // Tokens of GoTrue at Netlify: signed with the site's secret; neither issuer nor audience says anything.
    Preset {
        word: "netlify-identity",
        issuer: Nobody,
        keys: KeysOf::Secret,
        algorithms: &[Algorithm::Hs256],
        audience: Anyone,
        audience_claims: AUD,
        roles: &[&["app_metadata", "roles"]],
        scopes: SCOPE,
        fixed: &[],
    },
    // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview: an authorization server's access tokens.
    Preset {
        word: "okta",
        issuer: Written("https://COMPANY.okta.com/oauth2/default"),
        keys: KeysOf::Below("/v1/keys"),
        algorithms: &[Algorithm::Rs256],
        audience: Named("api://default"),
        audience_claims: AUD,
        roles: &[&["groups"]],
        scopes: &[&["scp"]],
        fixed: &[],
    },
    // https://supabase.com/docs/guides/auth/jwts: signing keys, or the secret of older projects.
    Preset {
        word: "supabase",
        issuer: WrittenOrProject("https://{}.supabase.co/auth/v1"),
        keys: KeysOf::BelowOrSecret("/.well-known/jwks.json"),
        algorithms: &[Algorithm::Es256, Algorithm::Rs256],
        audience: Always("authenticated"),
        audience_claims: AUD,
        roles: &[&["app_metadata", "roles"]],
        scopes: SCOPE,
        fixed: &[],
    },
];

impl Preset {
    /// The preset of this word.
    pub(super) fn named(word: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.word == word)
    }
}

/// Reads a preset.
pub(super) fn read(
    section: &mut Section<'_>,
    preset: &'static Preset,
    problems: &mut Problems,
) -> Option<TokenSettings> {
    let mut others: Vec<&dyn Key> = vec![&keys::PUBLIC_KEY, &keys::PUBLIC_KEY_FILE, &keys::JWK_FILE];
    if !matches!(preset.issuer, IssuerOf::Project(_) | IssuerOf::WrittenOrProject(_)) {
        others.push(&keys::PROJECT);
    }
    if !matches!(preset.issuer, IssuerOf::Tenant(_)) {
        others.push(&keys::TENANT);
    }
    if matches!(preset.issuer, IssuerOf::Project(_) | IssuerOf::Tenant(_) | IssuerOf::Nobody) {
        others.push(&keys::ISSUER);
    }
    match preset.keys {
        KeysOf::Secret => {
            others.extend([&keys::JWKS_URL as &dyn Key, &keys::REFRESH, &keys::REFRESH_PAUSE, &keys::KEEP])
        }
        KeysOf::BelowOrSecret(_) => {}
        KeysOf::Below(_) | KeysOf::At(_) => others.push(&keys::SECRET),
    }
    refuse(section, &others, preset.word, problems);

    let before = problems.len();
    let written = section.take(&keys::ISSUER, problems);
    let account = section.take(&keys::PROJECT, problems).or(section.take(&keys::TENANT, problems));
    let missing = |name: &str, example: &str, section: &Section<'_>, problems: &mut Problems| {
        if !section.has(name) {
            problems.push(section.problem(name, Wrong::new("missing", format!("write {name} = \"{example}\""))));
        }
    };
    let issuer = match (&preset.issuer, &account) {
        (IssuerOf::Project(form) | IssuerOf::Tenant(form) | IssuerOf::WrittenOrProject(form), Some(account)) => {
            written.or_else(|| Some(form.replace("{}", account)))
        }
        _ => written,
    };
    match &preset.issuer {
        IssuerOf::Written(example) => missing(keys::ISSUER.name(), example, section, problems),
        IssuerOf::Project(_) => missing(keys::PROJECT.name(), "my-project", section, problems),
        IssuerOf::Tenant(_) => missing(keys::TENANT.name(), "00000000-0000-0000-0000-000000000000", section, problems),
        IssuerOf::WrittenOrProject(_) if !section.has(keys::ISSUER.name()) => {
            missing(keys::PROJECT.name(), "the project's reference", section, problems);
        }
        IssuerOf::WrittenOrProject(_) | IssuerOf::Nobody => {}
    }
    let audience = section.take(&keys::AUDIENCE, problems);
    let audience = audience.unwrap_or_else(|| match preset.audience {
        AudienceOf::Written(example) => {
            missing(keys::AUDIENCE.name(), example, section, problems);
            Vec::new()
        }
        AudienceOf::Always(audience) => vec![audience.to_owned()],
        AudienceOf::Project => account.iter().cloned().collect(),
        AudienceOf::Anyone => Vec::new(),
    });
    let secret = match preset.keys {
        KeysOf::Secret => {
            let fix = "write secret = \"NAME\", with the name under which the secret is kept";
            section.take_or_missing(&keys::SECRET, fix, problems)
        }
        _ => section.take(&keys::SECRET, problems),
    };
    let written = section.take(&keys::ALGORITHMS, problems);
    let (key, algorithms) = if let Some(secret) = secret {
        let algorithms = written.unwrap_or_else(|| vec![Algorithm::Hs256]);
        if algorithms.iter().any(|algorithm| algorithm.key_kind() != KeyKind::Shared) {
            let wrong = Wrong::new("a secret does not go with these", "write [\"HS256\"], or remove `secret`");
            problems.push(section.problem(keys::ALGORITHMS.name(), wrong));
        }
        (Some(KeySource::Secret(secret)), algorithms)
    } else {
        let algorithms = written.unwrap_or_else(|| preset.algorithms.to_vec());
        if !matches!(preset.keys, KeysOf::Secret) {
            not_shared(section, Some(&algorithms), problems);
        }
        let url = section.take(&keys::JWKS_URL, problems).or_else(|| match (&preset.keys, &issuer, &account) {
            (KeysOf::Below(path) | KeysOf::BelowOrSecret(path), Some(issuer), _) => {
                Some(format!("{}{path}", issuer.trim_end_matches('/')))
            }
            (KeysOf::At(url), _, Some(account)) => Some(url.replace("{}", account)),
            _ => None,
        });
        if let Some(Err(wrong)) = url.as_deref().map(key_set_url) {
            let fix = "write it as `iss` of the tokens has it: \"https://id.example\"; http only on the loopback";
            problems.push(section.problem(keys::ISSUER.name(), Wrong { fix: fix.to_owned(), ..wrong }));
        }
        (read_fetch(section, url.map(KeyPlace::Url), problems), algorithms)
    };
    let rest = Rest::read(section, Some(preset), problems);
    if problems.len() > before { None } else { Some(rest.with(algorithms, key?, issuer, audience)) }
}
