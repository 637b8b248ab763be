//! The keys of `[auth.NAME]`, for each kind of provider, with their defaults, bounds and meaning.

use std::path::PathBuf;
use std::time::Duration;

use super::algorithm::{self, Algorithm};
use super::{session, tokens};
use crate::config::choice::Switch;
use crate::config::key::{Bounded, Custom, Group};
use crate::config::values;

pub(super) static KIND: Custom<String> = Custom {
    name: "kind",
    kind: "text",
    otherwise: "must be written",
    meaning: "What callers show. A signed token (JWT), as the bearer token of `Authorization`: `\"jwt\"` with a key that is \
              written here, `\"jwks\"` with keys that the issuer publishes, or one of the presets `\"auth0\"`, `\"azure-ad\"`, \
              `\"clerk\"`, `\"cognito\"`, `\"firebase\"`, `\"keycloak\"`, `\"netlify-identity\"`, `\"okta\"`, `\"supabase\"`. \
              Something else: `\"api-key\"`, `\"basic\"`, `\"dbauth\"`.",
    read: |value| values::text_as(value, values::any),
};

pub(super) static ALGORITHMS: Custom<Vec<Algorithm>> = Custom {
    name: "algorithms",
    kind: "list of `\"HS256\"`, `\"HS384\"`, `\"HS512\"`, `\"RS256\"`, `\"RS384\"`, `\"RS512\"`, `\"PS256\"`, `\"PS384\"`, \
           `\"PS512\"`, `\"ES256\"`, `\"ES384\"`, `\"EdDSA\"`",
    otherwise: "must be written; a preset has its own",
    meaning: "How tokens may be signed. Beside one key, all algorithms must be of that key's kind; of a set, each key checks \
              only what it is for.",
    read: algorithm::read_algorithms,
};

pub(super) static SECRET: Custom<String> = Custom {
    name: "secret",
    kind: "text",
    otherwise: "must be written for `\"HS256\"` and its like, and for `\"netlify-identity\"`",
    meaning: "The name (never the value) of the secret that tokens are signed with. With `\"supabase\"`, for projects whose \
              tokens are still signed with one.",
    read: |value| values::text_as(value, values::secret_name),
};

pub(super) static PUBLIC_KEY: Custom<String> = Custom {
    name: "public_key",
    kind: "PEM text",
    otherwise: "one of `public_key`, `public_key_file`, `jwk_file` must be written for public keys",
    meaning: "The public key that tokens are checked with, `-----BEGIN PUBLIC KEY-----`. One for RSA has 2048 to 8192 bits.",
    read: tokens::read_public_key,
};

pub(super) static PUBLIC_KEY_FILE: Custom<PathBuf> = Custom {
    name: "public_key_file",
    kind: "path",
    otherwise: "see `public_key`",
    meaning: "The file that holds the public key, from the folder of `host.toml`.",
    read: values::path,
};

pub(super) static JWK_FILE: Custom<PathBuf> = Custom {
    name: "jwk_file",
    kind: "path",
    otherwise: "see `public_key`",
    meaning: "A file with a set of public keys, `{\"keys\": […]}` (RFC 7517), from the folder of `host.toml`. A token's `kid` \
              chooses one.",
    read: values::path,
};

pub(super) static JWKS_URL: Custom<String> = Custom {
    name: "jwks_url",
    kind: "URL",
    otherwise: "what the issuer says at `/.well-known/openid-configuration`; a preset has its own",
    meaning: "Where the set of keys is fetched. `https`, or `http` on the loopback.",
    read: |value| values::text_as(value, tokens::key_set_url),
};

pub(super) static REFRESH: Bounded<Duration> = Bounded {
    name: "refresh",
    default: Duration::from_secs(10 * 60),
    least: Duration::from_secs(1),
    most: Duration::from_secs(24 * 60 * 60),
    meaning: "How often the keys are fetched again. A key that its issuer has withdrawn counts until the next time that this succeeds.",
};

pub(super) static REFRESH_PAUSE: Bounded<Duration> = Bounded {
    name: "refresh_pause",
    // Anybody can send tokens with made-up names of keys: the issuer must not feel it.
    default: Duration::from_secs(30),
    least: Duration::from_secs(1),
    most: Duration::from_secs(60 * 60),
    meaning: "How long after one fetch the keys may be fetched again because a token names one that is not known.",
};

pub(super) static KEEP: Bounded<Duration> = Bounded {
    name: "keep",
    // Longer than most issuers are ever away, and than most tokens are good.
    default: Duration::from_secs(24 * 60 * 60),
    least: Duration::from_secs(1),
    most: Duration::from_secs(30 * 24 * 60 * 60),
    meaning: "How long keys count when they cannot be fetched any more; then 503 until they can.",
};

pub(super) static PROJECT: Custom<String> = Custom {
    name: "project",
    kind: "text",
    otherwise: "must be written for `\"firebase\"`; for `\"supabase\"` this or `issuer`",
    meaning: "The provider's name for the project, of which issuer and keys follow.",
    read: |value| values::text_as(value, tokens::account),
};

pub(super) static TENANT: Custom<String> = Custom {
    name: "tenant",
    kind: "text",
    otherwise: "must be written for `\"azure-ad\"`",
    meaning: "The id of the directory, of which issuer and keys follow.",
    read: |value| values::text_as(value, tokens::tenant),
};

pub(super) static ISSUER: Custom<String> = Custom {
    name: "issuer",
    kind: "text",
    otherwise: "not checked; must be written for most presets, and for `\"jwks\"` without `jwks_url`",
    meaning: "What a token's `iss` must be.",
    read: values::text,
};

pub(super) static AUDIENCE: Custom<Vec<String>> = Custom {
    name: "audience",
    kind: "text or list of texts",
    otherwise: "not checked; must be written for most presets",
    meaning: "What a token's `aud` must name; one of several is enough.",
    read: values::one_or_more,
};

pub(super) static PARTIES: Custom<Vec<String>> = Custom {
    name: "authorized_parties",
    kind: "text or list of texts",
    otherwise: "not checked",
    meaning: "What a token's `azp` must be one of: whom it was issued to. For Clerk, the origins of your pages.",
    read: values::one_or_more,
};

pub(super) static LEEWAY: Bounded<Duration> = Bounded {
    name: "leeway",
    // Clocks kept by NTP are well within this; without any leeway a token that was issued this second (`nbf` = now) is
    // refused by a host whose clock is a little behind.
    default: Duration::from_secs(30),
    least: Duration::ZERO,
    most: Duration::from_secs(5 * 60),
    meaning: "How far the issuer's clock may be from the host's, where `exp` and `nbf` are checked; in whole seconds, \
              of which a part is dropped.",
};

pub(super) static ROLES_CLAIM: Custom<Vec<String>> = Custom {
    name: "roles",
    kind: "text or list of texts",
    otherwise: "`\"roles\"`; a preset has its own",
    meaning: "The claim that holds the caller's roles: names with dots between them, as `\"app_metadata.roles\"`, or a list \
              of names where a name has dots in it.",
    read: values::claim_path,
};

pub(super) static SCOPES_CLAIM: Custom<Vec<String>> = Custom {
    name: "scopes",
    kind: "text or list of texts",
    otherwise: "`\"scope\"`; a preset has its own",
    meaning: "The claim that holds the caller's scopes, likewise: a list, or one text with blanks between them.",
    read: values::claim_path,
};

/// Signed tokens.
pub(in crate::config) static TOKENS: Group = Group {
    table: "auth.NAME",
    about: "Someone who vouches for callers; NAME is what policies call it: letters, digits, `-` and `_`. These are the keys \
            where callers show signed tokens.",
    keys: &[
        &KIND,
        &ALGORITHMS,
        &SECRET,
        &PUBLIC_KEY,
        &PUBLIC_KEY_FILE,
        &JWK_FILE,
        &JWKS_URL,
        &REFRESH,
        &REFRESH_PAUSE,
        &KEEP,
        &PROJECT,
        &TENANT,
        &ISSUER,
        &AUDIENCE,
        &PARTIES,
        &LEEWAY,
        &ROLES_CLAIM,
        &SCOPES_CLAIM,
    ],
    tables: &[],
    later: &[],
};

pub(super) static KEY_HEADER: Custom<String> = Custom {
    name: "header",
    kind: "text",
    otherwise: "the bearer token of `Authorization`",
    meaning: "The header in which callers send their key, as `\"x-api-key\"`. It reaches no function of this host, also not \
              those that do not ask for it.",
    read: |value| values::text_as(value, values::request_header),
};

/// Keys that callers were given.
pub(in crate::config) static API_KEY: Group = Group {
    table: "auth.NAME: api-key",
    about: "With `kind = \"api-key\"`, callers show a key that you have given them. The keys are tables `[[auth.NAME.keys]]`.",
    keys: &[&KIND, &KEY_HEADER],
    tables: &["keys"],
    later: &[],
};

pub(super) static NAME: Custom<String> = Custom {
    name: "name",
    kind: "text",
    otherwise: "must be written",
    meaning: "Who that is: the caller's `subject`, for functions, quotas and logs.",
    read: |value| values::text_as(value, values::any),
};

pub(super) static HASH: Custom<[u8; 32]> = Custom {
    name: "sha256",
    kind: "64 hexadecimal digits",
    otherwise: "must be written",
    meaning: "The SHA-256 of the key, of which the host keeps nothing else. `host key` makes a key and its hash.",
    read: super::credentials::read_hash,
};

pub(super) static HELD_ROLES: Custom<Vec<String>> = Custom {
    name: "roles",
    kind: "list of texts",
    otherwise: "none",
    meaning: "The roles that this caller has.",
    read: |value| values::list(value, r#"["admin"]"#, values::any),
};

pub(super) static HELD_SCOPES: Custom<Vec<String>> = Custom {
    name: "scopes",
    kind: "list of texts",
    otherwise: "none",
    meaning: "The scopes that this caller has.",
    read: |value| values::list(value, r#"["orders:read"]"#, values::any),
};

/// One of those keys.
pub(in crate::config) static ONE_KEY: Group = Group {
    table: "[auth.NAME.keys]",
    about: "One key. Several may have the same name, so that a key can be changed without a moment in between.",
    keys: &[&NAME, &HASH, &HELD_ROLES, &HELD_SCOPES],
    tables: &[],
    later: &[],
};

/// Names and passwords.
pub(in crate::config) static BASIC: Group = Group {
    table: "auth.NAME: basic",
    about: "With `kind = \"basic\"`, callers show a name and a password as HTTP has it (RFC 7617). The callers are tables \
            `[[auth.NAME.users]]`.",
    keys: &[&KIND],
    tables: &["users"],
    later: &[],
};

pub(super) static PASSWORD: Custom<String> = Custom {
    name: "secret",
    kind: "text",
    otherwise: "must be written",
    meaning: "The name (never the value) of the secret that is the password.",
    read: |value| values::text_as(value, values::secret_name),
};

/// One of those callers.
pub(in crate::config) static ONE_USER: Group = Group {
    table: "[auth.NAME.users]",
    about: "One caller.",
    keys: &[&NAME, &PASSWORD, &HELD_ROLES, &HELD_SCOPES],
    tables: &[],
    later: &[],
};

pub(super) static SESSION_SECRET: Custom<String> = Custom {
    name: "secret",
    kind: "text",
    otherwise: "must be written",
    meaning: "The name (never the value) of the secret that Redwood calls `SESSION_SECRET`.",
    read: |value| values::text_as(value, values::secret_name),
};

pub(super) static COOKIE: Custom<String> = Custom {
    name: "cookie",
    kind: "text",
    otherwise: "`\"session\"`",
    meaning: "The cookie's name, as Redwood's `cookie.name` has it.",
    read: |value| values::text_as(value, session::cookie_name),
};

pub(super) static FORGEABLE: Switch = Switch {
    name: "accept_forgeable_cookie",
    default: false,
    meaning: "Must be `true`: Redwood's cookie is encrypted but not signed, so whoever has one can change the id in it, and \
              be somebody else. Only where every user of the application may be trusted with that.",
};

pub(super) static SUBJECT: Custom<Vec<String>> = Custom {
    name: "subject",
    kind: "text or list of texts",
    otherwise: "`\"id\"`",
    meaning: "Where in the session the caller's id is.",
    read: values::claim_path,
};

/// Redwood's sessions.
pub(in crate::config) static SESSION: Group = Group {
    table: "auth.NAME: dbauth",
    about: "With `kind = \"dbauth\"`, callers have the session cookie of a Redwood application that uses dbAuth. Its \
            callers have no roles: who can change the cookie could give himself some.",
    keys: &[&KIND, &SESSION_SECRET, &COOKIE, &FORGEABLE, &SUBJECT],
    tables: &[],
    later: &[],
};
