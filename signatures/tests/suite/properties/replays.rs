//! Keys of deliveries: the same for every copy of one, another for any other.

use proptest::prelude::*;
use signatures::{Accepted, Scheme};

use super::{any_id, any_payload, any_scheme_that};
use crate::support::{A, NOW, Sent, at, is_covered};

fn key(scheme: &Scheme, sent: &Sent) -> Option<[u8; 32]> {
    let verifier = A.verifier(scheme);
    let accepted: Accepted = verifier.verify(&sent.message(), at(NOW)).unwrap();
    verifier.replay_key(&sent.message(), &accepted).unwrap()
}

/// Whether its deliveries have keys. Of several messages in one body nobody says which have run, see `defects::review`.
fn has_keys(scheme: &Scheme) -> bool {
    scheme.tells_deliveries_apart() && scheme.forms().all(|form| form.each.is_none())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_copy_has_the_same_key(
        scheme in any_scheme_that(has_keys),
        payload in any_payload(),
        id in any_id(),
        other in any_id(),
    ) {
        let sent = A.send(&scheme, &payload, &id, at(NOW));
        let expected = key(&scheme, &sent);
        prop_assert!(expected.is_some());
        prop_assert_eq!(expected, key(&scheme, &sent));

        let verifier = A.verifier(&scheme);
        let mut changed = sent.clone();
        changed.add("x-more", &other);
        changed.headers.reverse();
        prop_assert_eq!(expected, key(&scheme, &changed));
        for name in sent.headers.iter().map(|(name, _)| name).filter(|name| !is_covered(scheme.usual(), name)) {
            let mut changed = sent.clone();
            changed.set(name, &other);
            // Some say how the message is signed, and must say it.
            if let Ok(accepted) = verifier.verify(&changed.message(), at(NOW)) {
                let key = verifier.replay_key(&changed.message(), &accepted).unwrap();
                prop_assert_eq!(expected, key, "{} {}", scheme.name(), name);
            }
            changed.headers.retain(|(candidate, _)| candidate != name);
            if let Ok(accepted) = verifier.verify(&changed.message(), at(NOW)) {
                let key = verifier.replay_key(&changed.message(), &accepted).unwrap();
                prop_assert_eq!(expected, key, "{} without {}", scheme.name(), name);
            }
        }
    }

    #[test]
    fn another_delivery_has_another_key(
        scheme in any_scheme_that(has_keys),
        payloads in [any_payload(), any_payload()],
        ids in [any_id(), any_id()],
    ) {
        prop_assume!(payloads[0] != payloads[1] && ids[0] != ids[1]);
        let [one, other] = [0, 1].map(|which| A.send(&scheme, &payloads[which], &ids[which], at(NOW)));
        prop_assert_ne!(key(&scheme, &one), key(&scheme, &other), "{}", scheme.name());
    }

    /// The forms of one scheme are no way around it.
    #[test]
    fn another_form_has_the_same_key(payload in any_payload(), id in any_id()) {
        let svix = signatures::scheme("svix").unwrap();
        let sent = A.send(svix, &payload, &id, at(NOW));
        let mut other = sent.clone();
        for (name, _) in &mut other.headers {
            *name = name.replace("svix-", "webhook-");
        }
        prop_assert_eq!(key(svix, &sent), key(svix, &other));
    }
}
