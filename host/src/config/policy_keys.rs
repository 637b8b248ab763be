//! The keys of a policy, with their defaults, bounds and meaning. A number is said here and nowhere else.

use std::path::PathBuf;
use std::time::Duration;

use signatures::{Field, Handshake};

use super::choice::{Choice, Switch};
use super::cors::CORS;
use super::grants::GRANTS;
use super::headers::HEADERS;
use super::ip::IP;
use super::key::{Bounded, Custom, Group, Within};
use super::limit::LIMIT;
use super::methods::{self, Methods};
use super::units::Size;
use super::verify::{self, OnReplay, SchemeChoice};
use super::{policy, values, verifier};

pub(super) static METHODS: Custom<Methods> = Custom {
    name: "methods",
    kind: "list of texts",
    otherwise: "all methods",
    meaning: "The HTTP methods that reach the function; others are answered with 405. `GET` brings `HEAD` with it, and \
              the host answers `OPTIONS` itself; `CONNECT` and `TRACE` reach none.",
    read: methods::read,
};

pub(super) static TIMEOUT: Bounded<Duration> = Bounded {
    name: "timeout",
    default: Duration::from_secs(10),
    least: Duration::from_millis(1),
    most: Duration::from_secs(15 * 60),
    meaning: "How long instantiating and running the function may take, in wall-clock and in CPU time; then 504.",
};

pub(super) static MEMORY: Bounded<Size> = Bounded {
    name: "memory",
    default: Size::mib(64),
    least: Size::mib(1),
    // What a 32-bit component can address.
    most: Size::gib(4),
    meaning: "The most memory that one instance may have, all its memories and tables together.",
};

pub(super) static CONCURRENCY: Bounded<usize> = Bounded {
    name: "concurrency",
    default: 100,
    least: 1,
    most: 10_000,
    meaning: "How many instances of the function may run at once. More requests wait for `permit_wait` of `host.toml`, \
              then get 503 with `Retry-After`.",
};

pub(super) static BODY_LIMIT: Bounded<Size> = Bounded {
    name: "body_limit",
    default: Size::mib(1),
    least: Size::bytes(0),
    most: Size::mib(64),
    meaning: "The longest request body; a longer one is answered with 413 before the rest is read. `\"0B\"` takes no body \
              at all.",
};

pub(super) static RESPONSE_LIMIT: Bounded<Size> = Bounded {
    name: "response_limit",
    // What AWS Lambda and Netlify Functions allow, so that a function that moves here keeps working.
    default: Size::mib(6),
    least: Size::kib(1),
    most: Size::mib(64),
    meaning: "The longest response body; past it the client gets 502.",
};

pub(super) static ACCESS: Custom<()> = Custom {
    name: "access",
    kind: "`\"public\"`",
    otherwise: "not public",
    meaning: "Says out loud that anyone may call the function. Stands instead of `[verify]` and `[auth]`, or beside \
              `scheme = \"none\"` and `optional = true`, which need it. Cannot be a default.",
    read: policy::read_access,
};

/// The top level of a policy.
pub(super) static POLICY: Group = Group {
    table: "",
    about: "",
    keys: &[&METHODS, &TIMEOUT, &MEMORY, &CONCURRENCY, &BODY_LIMIT, &RESPONSE_LIMIT, &ACCESS],
    tables: &["verify", "auth", "limit", "ip", "cors", "headers", "grants"],
    later: &["schedule", "background", "internal"],
};

pub(super) static SCHEME: Custom<SchemeChoice> = Custom {
    name: "scheme",
    kind: "text or table",
    otherwise: "must be written",
    meaning: "How the sender signs: the name of a scheme that the host knows, as `\"stripe\"`, or a table `[verify.scheme]` \
              that describes another one; `\"component\"` for a verifier of your own. `\"none\"` checks nothing.",
    read: verify::read_scheme,
};

pub(super) static SECRETS: Custom<Vec<String>> = Custom {
    name: "secrets",
    kind: "list of texts",
    otherwise: "must be written, unless the scheme is `\"none\"` or `\"component\"`, or checks with a public key",
    meaning: "The names (never the values) of the secrets that a signature may be made with. Any of them may match, so a \
              key is changed by naming the next beside the old. Where a scheme checks with a public key, they are the names \
              under which public keys are kept.",
    read: |value| values::list(value, r#"["STRIPE_WEBHOOK_SECRET"]"#, values::secret_name),
};

pub(super) static PUBLIC_KEY: Custom<Vec<String>> = Custom {
    name: "public_key",
    kind: "text or list of texts",
    otherwise: "must be written, or named in `secrets`, for schemes that check with one",
    meaning: "The sender's public key: in PEM, in hex or Base64 as the provider shows it, as a JWK or a set of them, or a \
              certificate, which is trusted as it stands here. Of several, any may match.",
    read: verify::read_public_keys,
};

pub(super) static KEY_ID: Custom<String> = Custom {
    name: "key_id",
    kind: "text",
    otherwise: "any",
    meaning: "The sender's name for the key. Signatures under another name do not count. For schemes with such names.",
    read: |value| values::text_as(value, values::any),
};

pub(super) static URL: Custom<String> = Custom {
    name: "url",
    kind: "URL",
    otherwise: "`public_url` of `host.toml` and the path as it came",
    meaning: "The URL of this function as the sender knows it, without the query and without what follows the function's \
              route. For schemes that sign the URL, and for a verifier of your own, which gets it with both.",
    read: values::url,
};

pub(super) static TOPIC: Custom<Vec<String>> = Custom {
    name: "topic",
    kind: "text or list of texts",
    otherwise: "must be written for `\"aws-sns\"`",
    meaning: "The topics from which messages are taken, by their ARNs. Amazon signs those of all its customers with one key, so \
              without it whoever has a topic could send.",
    read: values::one_or_more,
};

pub(super) static HEADER: Custom<String> = Custom {
    name: "header",
    kind: "text",
    otherwise: "the scheme's own",
    meaning: "The header with the signature, where a sender lets it be chosen. Not beside a scheme that is described here.",
    read: |value| values::text_as(value, values::any),
};

pub(super) static PREFIX: Custom<String> = Custom {
    name: "prefix",
    kind: "text",
    otherwise: "the scheme's own",
    meaning: "The text before the signature; `\"\"` for none. Not beside a scheme that is described here.",
    read: verify::read_prefix,
};

pub(super) static ISSUER: Custom<String> = Custom {
    name: "issuer",
    kind: "text",
    otherwise: "the scheme's own",
    meaning: "What `iss` of a token must be. For schemes that send one.",
    read: |value| values::text_as(value, values::any),
};

pub(super) static ID: Custom<Field> = Custom {
    name: "id",
    kind: "table",
    otherwise: "the scheme's own",
    meaning: "Where the sender's id of the delivery is: `{ header = \"…\" }`, `{ json = \"data.id\" }`, `{ query = \"…\" }`, \
              `{ form = \"…\" }` or, of a token, `{ claim = \"jti\" }`.",
    read: verify::read_field,
};

pub(super) static EVENT: Custom<Field> = Custom {
    name: "event",
    kind: "table",
    otherwise: "the scheme's own",
    meaning: "Where the kind of event is, likewise.",
    read: verify::read_field,
};

pub(super) static TOLERANCE: Within<Duration> = Within {
    name: "tolerance",
    otherwise: "the scheme's own",
    least: Duration::from_secs(1),
    most: Duration::from_secs(24 * 60 * 60),
    meaning: "How far a signed timestamp may be from the host's clock.",
};

pub(super) static REPLAY: Choice<OnReplay> = Choice {
    name: "replay",
    words: &[("acknowledge", OnReplay::Acknowledge), ("reject", OnReplay::Reject), ("allow", OnReplay::Allow)],
    default: OnReplay::Acknowledge,
    meaning: "What becomes of a delivery that has run before: answered with 200 and not run again, refused with 409, or run \
              again. With a scheme that tells no delivery from another (a token), `\"allow\"` is the default.",
};

pub(super) static COMPONENT: Custom<PathBuf> = Custom {
    name: "component",
    kind: "text",
    otherwise: "must be written if the scheme is `\"component\"`",
    meaning: "The verifier's component: a file `NAME.verifier.wasm` of the functions folder, as a path from the policy's own \
              folder. It gets the values of `secrets`. With another scheme, this key and those below are errors; with this \
              one, `public_key`, `key_id`, `header`, `prefix`, `issuer`, `id` and `event` are.",
    read: verifier::read_component,
};

pub(super) static VERIFIER_TIMEOUT: Bounded<Duration> = Bounded {
    name: "timeout",
    default: Duration::from_secs(1),
    least: Duration::from_millis(1),
    most: Duration::from_secs(10),
    meaning: "How long instantiating and running the verifier may take, in wall-clock and in CPU time; then 401.",
};

pub(super) static VERIFIER_MEMORY: Bounded<Size> = Bounded {
    name: "memory",
    default: Size::mib(16),
    least: Size::mib(1),
    most: Size::gib(1),
    meaning: "The most memory that one instance of the verifier may have, all its memories and tables together; then 401.",
};

pub(super) static VERIFIER_CONCURRENCY: Bounded<usize> = Bounded {
    name: "concurrency",
    default: 10,
    least: 1,
    most: 1000,
    meaning: "How many instances of the verifier may run at once for this function. More requests wait for `permit_wait` of \
              `host.toml`, then get 503 with `Retry-After`.",
};

pub(super) static HANDSHAKE: Custom<&'static Handshake> = Custom {
    name: "handshake",
    kind: "text",
    otherwise: "none",
    meaning: "What the sender asks to learn whether its events are wanted, by the name of a [handshake](webhooks.md#handshakes) \
              that the host knows, as `\"slack\"`. The host answers it; it never reaches the function, and its method need \
              not be among `methods`.",
    read: verify::read_handshake,
};

pub(super) static HANDSHAKE_TOKEN: Custom<String> = Custom {
    name: "handshake_token",
    kind: "text",
    otherwise: "must be written with `handshake = \"meta\"`",
    meaning: "The name (never the value) of the secret that the sender shows in the handshake, where it shows one.",
    read: |value| values::text_as(value, values::secret_name),
};

/// How a webhook's signature is checked.
pub(super) static VERIFY: Group = Group {
    table: "verify",
    about: "Lets in only webhooks whose signature is right; others get 401. Cannot be a default.",
    keys: &[
        &SCHEME,
        &SECRETS,
        &PUBLIC_KEY,
        &KEY_ID,
        &URL,
        &TOPIC,
        &TOLERANCE,
        &REPLAY,
        &HEADER,
        &PREFIX,
        &ISSUER,
        &ID,
        &EVENT,
        &COMPONENT,
        &VERIFIER_TIMEOUT,
        &VERIFIER_MEMORY,
        &VERIFIER_CONCURRENCY,
        &HANDSHAKE,
        &HANDSHAKE_TOKEN,
    ],
    tables: &[],
    later: &[],
};

pub(super) static PROVIDERS: Custom<Vec<String>> = Custom {
    name: "providers",
    kind: "list of texts",
    otherwise: "must be written",
    meaning: "Who may vouch for a caller: names of `[auth.NAME]` tables of `host.toml`. Where there are several, the \
              request's `auth-provider` header chooses.",
    read: |value| values::list(value, r#"["supabase"]"#, values::any),
};

pub(super) static ROLES: Custom<Vec<String>> = Custom {
    name: "roles",
    kind: "list of texts",
    otherwise: "any role, or none",
    meaning: "The roles that let a caller in; one of them is enough. Without any of them: 403.",
    read: |value| values::list(value, r#"["admin"]"#, values::any),
};

pub(super) static SCOPES: Custom<Vec<String>> = Custom {
    name: "scopes",
    kind: "list of texts",
    otherwise: "any scope, or none",
    meaning: "The scopes that a caller must have, all of them. Without one of them: 403.",
    read: |value| values::list(value, r#"["orders:read"]"#, values::any),
};

pub(super) static OPTIONAL: Switch = Switch {
    name: "optional",
    default: false,
    meaning: "Lets callers who show nothing in as well, as nobody; a wrong token is refused even so. Needs \
              `access = \"public\"` beside it, and bears neither `roles` nor `scopes`.",
};

/// Who may call.
pub(super) static AUTH: Group = Group {
    table: "auth",
    about: "Lets in only callers with a valid token; others get 401. With `[verify]` beside it, both must pass.",
    keys: &[&PROVIDERS, &ROLES, &SCOPES, &OPTIONAL],
    tables: &[],
    later: &[],
};

/// Every table of a policy, in the order of the reference.
pub(super) static ALL: [&Group; 8] = [&POLICY, &VERIFY, &AUTH, &LIMIT, &IP, &CORS, &HEADERS, &GRANTS];
