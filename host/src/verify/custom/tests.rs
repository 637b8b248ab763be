//! What of a verifier's claims is believed.

use super::*;
use crate::config::{OnReplay, Size};

/// The longest id that the crate `signatures` takes.
const LONGEST_LABEL: usize = 256;

/// A verifier that is never asked.
struct Silent;

impl CustomVerifier for Silent {
    fn version(&self) -> &str {
        "0"
    }

    fn initial_memory(&self) -> u64 {
        0
    }

    fn ask(self: Arc<Self>, _: Question) -> Asked {
        Box::pin(std::future::ready(Verdict::NoSandbox))
    }
}

const NOW: u64 = 1_760_000_000;

fn believe(claims: Claims) -> Result<Delivery, &'static str> {
    let limits = VerifierLimits { timeout: Duration::from_secs(1), memory: Size::mib(16), concurrency: 1 };
    let custom = Custom {
        verifier: Arc::new(Silent),
        secrets: Arc::new([]),
        tolerance: Duration::from_secs(300),
        repeats: Repeats::new(OnReplay::Acknowledge, Duration::from_secs(300)),
        limits,
        url: Url::new(None, None),
    };
    custom.believe(claims, UNIX_EPOCH + Duration::from_secs(NOW)).map_err(|refusal| refusal.kind())
}

#[test]
fn an_id_or_a_kind_that_no_store_should_keep_is_no_id() {
    let longest = "x".repeat(LONGEST_LABEL);
    for (label, is_good) in [
        ("evt_1", true),
        ("größer", true),
        (&longest, true),
        ("", false),
        (&format!("{longest}x"), false),
        ("a\nb", false),
        ("a\u{0}", false),
        ("\u{9b}31m", false),
    ] {
        let id = believe(Claims { id: Some(label.into()), ..Claims::default() });
        let kind = believe(Claims { event_type: Some(label.into()), ..Claims::default() });
        if is_good {
            assert_eq!(id.unwrap().id.as_deref(), Some(label));
            assert_eq!(kind.unwrap().event_type.as_deref(), Some(label));
        } else {
            assert_eq!((id.unwrap_err(), kind.unwrap_err()), ("custom_failed", "custom_failed"), "{label:?}");
        }
    }
}

#[test]
fn a_secret_that_the_policy_does_not_name_did_not_match() {
    let claims = Claims { secret: Some("ANOTHER".into()), ..Claims::default() };
    assert_eq!(believe(claims).unwrap_err(), "custom_failed");
    assert_eq!(believe(Claims::default()).unwrap().secret, "");
}

#[test]
fn a_timestamp_is_held_against_the_tolerance_in_both_directions() {
    for (timestamp, expected) in [
        (NOW, Ok(NOW)),
        (NOW - 300, Ok(NOW - 300)),
        (NOW + 300, Ok(NOW + 300)),
        (NOW - 301, Err("stale")),
        (NOW + 301, Err("future")),
        (0, Err("stale")),
        (u64::MAX, Err("future")),
    ] {
        let believed = believe(Claims { timestamp: Some(timestamp), ..Claims::default() });
        assert_eq!(believed.map(|delivery| delivery.timestamp.unwrap()), expected, "{timestamp}");
    }
}
