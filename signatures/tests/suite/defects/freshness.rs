//! Timestamps: only those that are signed, bounded both ways, written in one way.

use std::time::Duration;

use signatures::{Age, Description, Field, Refused, Scheme, Setup, TimestampUnit, Verifier, scheme, schemes};

use crate::support::{A, NOW, at};

/// A timestamp that anybody can rewrite says nothing; neither does an age limit on a scheme that signs no time.
#[test]
fn a_timestamp_that_is_not_signed_is_never_used() {
    for scheme in schemes().filter(|scheme| !scheme.has_timestamp()) {
        let setup = Setup { tolerance: Some(Duration::from_secs(60)), ..A.setup(scheme) };
        let error = Verifier::new(scheme, setup).unwrap_err();
        assert_eq!(error.problems[0].key, "tolerance", "{}", scheme.name());
    }
    for (name, header) in
        [("shopify", "x-shopify-triggered-at"), ("sentry", "sentry-hook-timestamp"), ("linear", "linear-timestamp")]
    {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        sent.add(header, "1999-01-01T00:00:00Z");
        let signed = scheme.has_timestamp().then_some(NOW);
        assert_eq!(A.judge(scheme, &sent).unwrap().timestamp, signed, "{name}");
    }
}

/// Linear's header is no way around the time in the body.
#[test]
fn an_old_message_is_not_renewed_by_a_header_that_is_not_signed() {
    let linear = scheme("linear").unwrap();
    let mut sent = A.send(linear, b"{}", "1", at(NOW - 1000));
    sent.add("linear-timestamp", (NOW * 1000).to_string());
    assert_eq!(A.refuses(linear, &sent), "stale");
}

/// Most libraries bound the age only, so a message dated into the future can be replayed until then.
#[test]
fn timestamps_are_bounded_in_both_directions() {
    for scheme in schemes().filter(|scheme| scheme.has_timestamp()) {
        let form = scheme.usual();
        let judge = |time| A.judge(scheme, &A.send(scheme, b"{}", "1", at(time))).map(|accepted| accepted.timestamp);
        let name = scheme.name();
        let Age::Within(future) = form.future else { panic!("{name} takes anything from the future") };
        let future = future.as_secs();
        assert_eq!(judge(NOW + future), Ok(Some(NOW + future)), "{name}");
        let beyond = Refused::Future { ahead: Duration::from_secs(future + 1), tolerance: Duration::from_secs(future) };
        assert_eq!(judge(NOW + future + 1), Err(beyond), "{name}");
        assert_eq!(judge(NOW + 1_000_000_000).unwrap_err().kind(), "future", "{name}");

        match form.past {
            Age::Unlimited => assert_eq!(judge(NOW - 100_000_000), Ok(Some(NOW - 100_000_000)), "{name}"),
            Age::Within(past) => {
                let oldest = NOW - past.as_secs() + u64::from(form.until);
                assert_eq!(judge(oldest), Ok(Some(oldest)), "{name}");
                let stale = Refused::Stale { age: Duration::from_secs(NOW - oldest + 1), tolerance: past };
                assert_eq!(judge(oldest - 1), Err(stale), "{name}");
                assert_eq!(judge(NOW - 700_000_000).unwrap_err().kind(), "stale", "{name}");
            }
        }
    }
}

/// A new row without a limit on age is a decision, not an oversight.
#[test]
fn only_these_take_a_message_of_any_age() {
    let unlimited = schemes().filter(|scheme| scheme.forms().any(|form| form.past == Age::Unlimited));
    let names: Vec<&str> = unlimited.map(Scheme::name).collect();
    assert_eq!(names, ["aws-sns", "discord", "paypal", "sendgrid", "zoom"]);
}

#[test]
fn the_tolerance_of_the_policy_counts_both_ways() {
    for name in ["stripe", "discord", "plaid"] {
        let scheme = scheme(name).unwrap();
        let setup = Setup { tolerance: Some(Duration::from_secs(7)), ..A.setup(scheme) };
        let verifier = Verifier::new(scheme, setup).unwrap();
        let judge = |time| verifier.verify(&A.send(scheme, b"{}", "1", at(time)).message(), at(NOW)).is_ok();
        assert!(judge(NOW - 7) && judge(NOW + 7), "{name}");
        assert!(!judge(NOW - 8) && !judge(NOW + 8), "{name}");
    }
}

/// Seconds read as milliseconds make every message old, milliseconds read as seconds make none old.
#[test]
fn the_unit_is_the_schemes() {
    for scheme in schemes() {
        let form = scheme.usual();
        let other = match form.timestamp_unit.unwrap_or(TimestampUnit::Seconds) {
            TimestampUnit::Milliseconds => TimestampUnit::Seconds,
            TimestampUnit::Seconds => TimestampUnit::Milliseconds,
            // A date is neither.
            TimestampUnit::Rfc3339 => continue,
        };
        if !scheme.has_timestamp() || matches!(form.timestamp, Some(Field::Claim(_))) {
            continue;
        }
        let wrong = Scheme::custom(Description { timestamp_unit: Some(other), ..form.clone() });
        let kind = A.refuses(scheme, &A.send(&wrong, b"{}", "1", at(NOW)));
        assert!(["stale", "future", "malformed_timestamp"].contains(&kind) || form.past == Age::Unlimited, "{kind}");
    }
}

/// Some parsers stop at the first bad character, wrap around, or see a sign.
#[test]
fn a_timestamp_has_one_spelling() {
    // As the sender would have signed it: so nothing but the grammar refuses.
    let tampered = |name: &str, from: &str, to: &str| {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        for (_, value) in &mut sent.headers {
            let text = String::from_utf8(value.clone()).unwrap();
            *value = text.replace(from, to).into_bytes();
        }
        A.refuses(scheme, &sent)
    };
    let seconds = NOW.to_string();
    for spelling in [
        "-1760000000",
        "+1760000000",
        "01760000000",
        "1760000000 ",
        "1760000000abc",
        "1760000000.0",
        "1.76e9",
        "0x68e77400",
        "",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999",
        "１７６０００００００",
        "NaN",
    ] {
        for name in ["stripe", "slack", "standardwebhooks", "paddle", "zoom", "discord", "sendgrid"] {
            let kind = tampered(name, &seconds, spelling);
            let expected =
                if spelling.is_empty() { &["empty", "malformed_timestamp"][..] } else { &["malformed_timestamp"] };
            assert!(expected.contains(&kind), "{name} {spelling:?}: {kind}");
        }
    }
    let date = "2025-10-09T08:53:20Z";
    for spelling in ["2025-10-09 08:53:20Z", "2025-10-09T08:53:20", "2025-10-09T08:53:20Zx", "1760000000", "2025-10-09"]
    {
        for name in ["twitch", "box", "zendesk", "paypal"] {
            assert_eq!(tampered(name, date, spelling), "malformed_timestamp", "{name} {spelling:?}");
        }
    }
}
