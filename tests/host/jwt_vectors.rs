//! Wycheproof's vectors of signatures, through the library that checks the host's tokens, with keys that came as the host's
//! come: as PEM, and as members of a set. Their messages are no claims, so they stop short of the host itself.

use jsonwebtoken::Algorithm::{
    self, ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512,
};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use crate::support::token::base64url;

/// Counts what was taken and what was refused.
#[derive(Debug, Default)]
struct Seen {
    taken: usize,
    refused: usize,
}

impl Seen {
    /// Asserts that a signature is taken or refused as it has to be.
    fn check(
        &mut self,
        algorithm: Algorithm,
        key: &DecodingKey,
        (msg, sig): (&[u8], &[u8]),
        result: TestResult,
        what: &str,
    ) {
        let is_good = jsonwebtoken::crypto::verify(&base64url(sig), msg, key, algorithm).unwrap_or(false);
        match result {
            TestResult::Valid => assert!(is_good, "{what} is refused"),
            TestResult::Invalid => assert!(!is_good, "{what} is taken"),
            TestResult::Acceptable => {}
        }
        if is_good {
            self.taken += 1;
        } else {
            self.refused += 1;
        }
    }
}

/// The key as it is read from PEM, and as it is read from a set.
fn in_both_forms(key: DecodingKey) -> [DecodingKey; 2] {
    let jwk = Jwk::from_decoding_key(&key, None).unwrap();
    let published: Jwk = serde_json::from_value(serde_json::to_value(jwk).unwrap()).unwrap();
    [key, DecodingKey::from_jwk(&published).unwrap()]
}

/// Checks all vectors of a set: those of each group with the group's key.
macro_rules! check {
    ($set:ident, $name:ident, $algorithm:expr, $read:path) => {{
        let mut seen = Seen::default();
        for group in $set::TestSet::load($set::TestName::$name).unwrap().test_groups {
            for key in in_both_forms($read(group.pem.as_bytes()).unwrap()) {
                for test in &group.tests {
                    let what = format!("{} {}: {}", stringify!($name), test.tc_id, test.comment);
                    seen.check($algorithm, &key, (&test.msg, &test.sig), test.result, &what);
                }
            }
        }
        println!("{}: {seen:?}", stringify!($name));
        assert!(seen.taken > 5 && seen.refused > 5, "{seen:?}");
    }};
}

#[test]
fn signatures_on_curves_are_taken_and_refused_as_they_have_to_be() {
    check!(ecdsa, EcdsaSecp256r1Sha256P1363, ES256, DecodingKey::from_ec_pem);
    check!(ecdsa, EcdsaSecp384r1Sha384P1363, ES384, DecodingKey::from_ec_pem);
    check!(eddsa, Ed25519, EdDSA, DecodingKey::from_ed_pem);
}

#[test]
fn signatures_of_another_form_or_for_another_hash_are_all_refused() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let hash = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha512P1363).unwrap();
    for group in set.test_groups.into_iter().chain(hash.test_groups) {
        let key = DecodingKey::from_ec_pem(group.pem.as_bytes()).unwrap();
        for test in &group.tests {
            let (sig, what) = (base64url(&test.sig), &test.comment);
            let taken = jsonwebtoken::crypto::verify(&sig, &test.msg, &key, ES256).unwrap_or(false);
            assert!(!taken, "{} {what}", test.tc_id);
        }
    }
}

#[test]
fn signatures_with_rsa_are_taken_and_refused_as_they_have_to_be() {
    check!(rsa_pkcs1_verify, Rsa2048Sha256, RS256, DecodingKey::from_rsa_pem);
    check!(rsa_pkcs1_verify, Rsa2048Sha384, RS384, DecodingKey::from_rsa_pem);
    check!(rsa_pkcs1_verify, Rsa3072Sha512, RS512, DecodingKey::from_rsa_pem);
    check!(rsa_pss_verify, RsaPss2048Sha256Mgf1SaltLen32, PS256, DecodingKey::from_rsa_pem);
    check!(rsa_pss_verify, RsaPss2048Sha384Mgf1SaltLen48, PS384, DecodingKey::from_rsa_pem);
    check!(rsa_pss_verify, RsaPss4096Sha512Mgf1SaltLen64, PS512, DecodingKey::from_rsa_pem);
}

#[test]
fn a_pss_signature_with_salt_of_another_length_is_refused() {
    // Good, but for that.
    let set = rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0).unwrap();
    for group in set.test_groups {
        let key = DecodingKey::from_rsa_pem(group.pem.as_bytes()).unwrap();
        for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
            let taken = jsonwebtoken::crypto::verify(&base64url(&test.sig), &test.msg, &key, PS256).unwrap_or(false);
            assert!(!taken, "{} {}: RFC 7518, section 3.5, wants salt as long as the hash", test.tc_id, test.comment);
        }
    }
}

#[test]
fn codes_with_a_shared_secret_are_taken_whole_or_not_at_all() {
    for (name, algorithm, bits) in [
        (mac::TestName::HmacSha256, HS256, 256),
        (mac::TestName::HmacSha384, HS384, 384),
        (mac::TestName::HmacSha512, HS512, 512),
    ] {
        let mut seen = Seen::default();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                let result = if group.tag_size == bits { test.result } else { TestResult::Invalid };
                seen.check(algorithm, &DecodingKey::from_secret(&test.key), (&test.msg, &test.tag), result, &what);
            }
        }
        println!("{name:?}: {seen:?}");
        assert!(seen.taken > 5 && seen.refused > 5, "{seen:?}");
    }
}
