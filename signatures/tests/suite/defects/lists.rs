//! Lists of signatures: all of them count, and nothing else in the list does.

use signatures::{Refused, Scheme, Secret, Setup, Verifier, scheme};

use crate::support::{A, B, NOW, Party, Sent, at, secret};

/// The schemes with lists: name, header, what stands between the items, the item with the time if there is one.
fn lists() -> impl Iterator<Item = (&'static Scheme, String, String, Option<String>)> {
    signatures::schemes().filter_map(|scheme| {
        let form = scheme.usual();
        let item = match &form.timestamp {
            Some(signatures::Field::Item(item)) => Some(format!("{item}{NOW}")),
            _ => None,
        };
        let item = item.map(|item| match form.timestamp_unit {
            Some(signatures::TimestampUnit::Milliseconds) => item + "000",
            _ => item,
        });
        // Parties of any name have shared secrets.
        let is_shared = !form.uses_public_key();
        is_shared.then_some((scheme, form.header.clone()?, form.separator.clone()?, item))
    })
}

/// The signatures of these parties over one message, in one list.
fn listed(scheme: &Scheme, header: &str, separator: &str, item: Option<&str>, signers: &[&'static str]) -> Sent {
    let signature = |name: &&'static str| -> String {
        let text = Party(name).send(scheme, b"{}", "1", at(NOW)).text(header);
        match item {
            Some(item) => text.strip_prefix(&format!("{item}{separator}")).unwrap().to_owned(),
            None => text,
        }
    };
    let items: Vec<String> = item.map(str::to_owned).into_iter().chain(signers.iter().map(signature)).collect();
    let mut sent = A.send(scheme, b"{}", "1", at(NOW));
    sent.set(header, items.join(separator));
    sent
}

/// Some libraries read the first signature of a list only, others the last: either breaks while a secret is changed.
#[test]
fn every_signature_and_every_secret_counts() {
    let mut seen = 0;
    for (scheme, header, separator, item) in lists() {
        seen += 1;
        let name = scheme.name();
        for position in 0..3 {
            let mut signers = ["X", "Y", "Z"];
            signers[position] = "B";
            let sent = listed(scheme, &header, &separator, item.as_deref(), &signers);
            let verifier = Verifier::new(scheme, Vec::from(["A", "B", "C"].map(secret))).unwrap();
            let matched = verifier.verify(&sent.message(), at(NOW)).unwrap().secret.unwrap();
            assert_eq!((matched.index, matched.name.as_str()), (1, "B"), "{name}");

            let others = Verifier::new(scheme, Vec::from(["A", "C"].map(secret))).unwrap();
            assert_eq!(others.verify(&sent.message(), at(NOW)), Err(Refused::Mismatch), "{name}");
        }
    }
    assert!(seen >= 15, "{seen}");
}

/// Each signature costs a check with every secret, before the sender has proven anything.
#[test]
fn more_signatures_than_anybody_sends_are_refused_unread() {
    for (scheme, header, separator, item) in lists() {
        for (count, accepted) in [(32, true), (33, false), (5000, false)] {
            let mut signers = vec!["X"; count];
            signers[0] = "B";
            let sent = listed(scheme, &header, &separator, item.as_deref(), &signers);
            match Party("B").judge(scheme, &sent) {
                Ok(_) => assert!(accepted, "{}", scheme.name()),
                Err(refused) => assert_eq!((accepted, refused.kind()), (false, "too_many"), "{}", scheme.name()),
            }
        }
    }
    let docusign = scheme("docusign").unwrap();
    let mut sent = A.send(docusign, b"{}", "1", at(NOW));
    let signature = sent.text("x-docusign-signature-1");
    (2..=33).for_each(|key| sent.add(&format!("x-docusign-signature-{key}"), &signature));
    assert_eq!(A.refuses(docusign, &sent), "too_many");
}

/// Signatures of other versions are for others; alone they are none.
#[test]
fn items_of_other_versions_do_not_count() {
    for (name, header, ours, theirs) in [
        ("stripe", "stripe-signature", "v1=", "v0="),
        ("pagerduty", "x-pagerduty-signature", "v1=", "v2="),
        ("circleci", "circleci-signature", "v1=", "v2="),
        ("paddle", "paddle-signature", "h1=", "h2="),
        ("standardwebhooks", "webhook-signature", "v1,", "v1a,"),
    ] {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        sent.set(header, sent.text(header).replace(ours, theirs));
        assert_eq!(A.refuses(scheme, &sent), "malformed_signature", "{name}");
    }
}

/// Of two times in one list, one could be signed and the other be held against the clock.
#[test]
fn a_list_has_one_time() {
    for (scheme, header, separator, item) in lists() {
        let Some(item) = item else { continue };
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        let text = sent.text(&header);
        let none = text.replace(&format!("{item}{separator}"), "");
        for list in [format!("{item}{separator}{text}"), format!("{text}{separator}{item}"), none] {
            let mut sent = sent.clone();
            sent.set(&header, list);
            assert_eq!(A.refuses(scheme, &sent), "malformed_timestamp", "{}", scheme.name());
        }
    }
}

#[test]
fn of_two_secrets_that_match_the_first_is_named() {
    let github = scheme("github").unwrap();
    let same = |name: &str| Secret::new(name, hex::encode("the same"));
    let request = signatures::SignRequest::new(b"{}", at(NOW));
    let signed = signatures::sign(github, Some(&same("S")), &request).unwrap();
    let verifier = Verifier::new(github, Vec::from(["A", "B"].map(same))).unwrap();
    let accepted = verifier.verify(&signatures::Message::new(&signed.headers, b"{}"), at(NOW));
    assert_eq!(accepted.unwrap().secret.unwrap().name, "A");
}

/// Box signs with two keys in two headers. A signature of the second key in the first header would outlive the first
/// key.
#[test]
fn the_keys_of_two_headers_are_not_swapped() {
    let scheme = scheme("box").unwrap();
    let [one, two] = [A, B].map(|party| party.send(scheme, b"{}", "1", at(NOW)).text("box-signature-primary"));
    let verifier = Verifier::new(scheme, Vec::from(["a", "b"].map(secret))).unwrap();
    let judge = |primary: Option<&String>, secondary: Option<&String>| {
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        sent.headers.retain(|(name, _)| name != "box-signature-primary");
        primary.into_iter().for_each(|value| sent.add("box-signature-primary", value));
        secondary.into_iter().for_each(|value| sent.add("box-signature-secondary", value));
        verifier.verify(&sent.message(), at(NOW)).map(|accepted| accepted.secret.unwrap().index)
    };
    assert_eq!(judge(Some(&one), Some(&two)), Ok(0));
    assert_eq!(judge(Some(&one), None), Ok(0));
    assert_eq!(judge(None, Some(&two)), Ok(1));
    for swapped in [judge(Some(&two), Some(&one)), judge(Some(&two), None), judge(None, Some(&one))] {
        assert_eq!(swapped, Err(Refused::Mismatch));
    }
}

/// Where the policy names the key, a signature under another name does not count, be it right.
#[test]
fn a_signature_under_the_name_of_another_key_does_not_count() {
    let pusher = scheme("pusher").unwrap();
    let mut sent = A.send(pusher, b"{}", "1", at(NOW));
    sent.set("x-pusher-key", "key-2");
    assert_eq!(A.refuses(pusher, &sent), "other_key");
    sent.headers.retain(|(name, _)| name != "x-pusher-key");
    assert_eq!(A.refuses(pusher, &sent), "missing");

    let braintree = scheme("braintree").unwrap();
    let mut sent = A.send(braintree, b"{}", "1", at(NOW));
    sent.body = String::from_utf8(sent.body).unwrap().replace("key%2D1", "key%2D2").into_bytes();
    assert_eq!(A.refuses(braintree, &sent), "other_key");
    let setup = Setup { key_id: None, ..A.setup(braintree) };
    assert!(Verifier::new(braintree, setup).unwrap().verify(&sent.message(), at(NOW)).is_ok());
}
