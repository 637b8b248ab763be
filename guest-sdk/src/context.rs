//! What the host tells a handler besides the request: which call this is, how long it may take, and what the checks
//! found. Owns these records; does not know how the host came by them.

use std::time::{Duration, SystemTime};

use crate::identity::Identity;
use crate::response::Response;

/// The call around an [`Event`](crate::Event).
///
/// For a test, `Context::default()` is a call over HTTP that asked for no signature and no caller, with ten seconds
/// left; [`Context::with_delivery`] and [`Context::with_identity`] add what a policy would.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) request_id: String,
    pub(crate) function: String,
    pub(crate) version: String,
    pub(crate) deadline: SystemTime,
    pub(crate) trigger: Trigger,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) identity: Option<Identity>,
}

impl Context {
    /// Names this request in the host's log and in the answer's `x-request-id`: 1 to 64 characters of
    /// `A-Z a-z 0-9 . _ -`.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The function's name: its route without the leading `/` (`admin/users`, `orders/[id]`), `index` for the root.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The component's version: the SHA-256 of its file, 64 lower-case hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the host will end this call.
    pub fn deadline(&self) -> SystemTime {
        self.deadline
    }

    /// The time left until the deadline; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline.duration_since(SystemTime::now()).unwrap_or_default()
    }

    /// What caused the call.
    pub fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    /// The verified webhook delivery: `Some` exactly when the function's policy has `[verify]`.
    pub fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref()
    }

    /// The authenticated caller: `Some` exactly when the policy has `[auth]` and the request had a caller.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Who the caller is: the identity's subject, unless it is empty.
    pub fn user(&self) -> Option<&str> {
        self.identity().map(Identity::subject).filter(|subject| !subject.is_empty())
    }

    /// Whether there is a caller who has this role, in exactly this spelling.
    pub fn has_role(&self, role: &str) -> bool {
        self.identity().is_some_and(|caller| caller.has_role(role))
    }

    /// The caller, if that is one with this role. `roles` in the function's policy asks before there is a sandbox; this is
    /// for a function in which some of what it does needs more.
    ///
    /// ```
    /// use vestibule::{Context, Event, Identity, Response};
    ///
    /// fn handle(event: Event, context: Context) -> Result<Response, Response> {
    ///     if event.method() == "DELETE" {
    ///         context.require_role("admin")?;
    ///     }
    ///     Ok(Response::text("done"))
    /// }
    ///
    /// let editor = || Context::default().with_identity(Identity::new("demo", "user-1").with_role("editor"));
    /// assert!(handle(Event::get("/x"), editor()).is_ok());
    /// assert_eq!(handle(Event::new("DELETE", "/x"), editor()).unwrap_err().status(), 403);
    /// assert_eq!(handle(Event::new("DELETE", "/x"), Context::default()).unwrap_err().status(), 401);
    /// ```
    ///
    /// # Errors
    /// The answer to send: 401 where there is no caller, 403 where there is one without the role.
    pub fn require_role(&self, role: &str) -> Result<&Identity, Response> {
        let refused = |status, error: &str| Response::json(&serde_json::json!({ "error": error })).with_status(status);
        let caller = self.identity().ok_or_else(|| refused(401, "identity missing or invalid"))?;
        if caller.has_role(role) { Ok(caller) } else { Err(refused(403, "forbidden")) }
    }

    /// Sets the delivery, for tests.
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Sets the caller, for tests.
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sets when the call ends, for tests.
    pub fn with_deadline(mut self, deadline: SystemTime) -> Self {
        self.deadline = deadline;
        self
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            request_id: "test".into(),
            function: "test".into(),
            version: "0".repeat(64),
            deadline: SystemTime::now() + Duration::from_secs(10),
            trigger: Trigger::Http,
            delivery: None,
            identity: None,
        }
    }
}

/// What caused a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A request over HTTP.
    Http,
    /// A schedule fell due; the schedule's expression.
    Schedule(String),
    /// Background work; the number of the attempt, from 1.
    Background(u32),
}

/// A webhook whose signature the host has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub(crate) scheme: String,
    pub(crate) id: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) timestamp: Option<u64>,
    pub(crate) secret: String,
}

impl Delivery {
    /// A delivery of which only the scheme is known, for tests.
    pub fn new(scheme: &str) -> Self {
        Self { scheme: scheme.into(), id: None, event_type: None, timestamp: None, secret: String::new() }
    }

    /// The scheme that accepted it, as the policy names it: `github`, `stripe`, …; `custom` for one that the policy
    /// describes, `component` for a verifier of its own.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The sender's id of this delivery, where the scheme has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The kind of event, where the scheme has one: `push`, `invoice.paid`, …
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// When the sender signed it, in seconds since the Unix epoch; only where the signature covers it.
    pub fn timestamp(&self) -> Option<u64> {
        self.timestamp
    }

    /// The name (never the value) of the secret that matched; empty if the scheme uses none.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Sets the id, for tests.
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the kind of event, for tests.
    pub fn with_event_type(mut self, event_type: &str) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets when it was signed, in seconds since the Unix epoch, for tests.
    pub fn with_timestamp(mut self, timestamp: u64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the name of the secret that matched, for tests.
    pub fn with_secret(mut self, name: &str) -> Self {
        self.secret = name.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_counts_down_to_zero_and_stays_there() {
        let context = Context::default();
        assert!(context.remaining() <= Duration::from_secs(10));
        assert!(context.remaining() > Duration::from_secs(1));
        let late = context.with_deadline(SystemTime::UNIX_EPOCH);
        assert_eq!(late.remaining(), Duration::ZERO);
    }

    #[test]
    fn a_user_is_a_subject_that_is_not_empty() {
        assert_eq!(Context::default().user(), None);
        assert_eq!(Context::default().with_identity(Identity::new("demo", "")).user(), None);
        assert_eq!(Context::default().with_identity(Identity::new("demo", "user-1")).user(), Some("user-1"));
    }

    #[test]
    fn a_delivery_keeps_what_it_is_given() {
        let delivery = Delivery::new("stripe")
            .with_id("evt_1")
            .with_event_type("invoice.paid")
            .with_timestamp(1_700_000_000)
            .with_secret("STRIPE_WEBHOOK_SECRET");
        let context = Context::default().with_delivery(delivery);
        let delivery = context.delivery().unwrap();
        assert_eq!(delivery.scheme(), "stripe");
        assert_eq!(delivery.id(), Some("evt_1"));
        assert_eq!(delivery.event_type(), Some("invoice.paid"));
        assert_eq!(delivery.timestamp(), Some(1_700_000_000));
        assert_eq!(delivery.secret(), "STRIPE_WEBHOOK_SECRET");
    }
}
