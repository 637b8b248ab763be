//! Secrets that a test grants to the function that it calls, in place of a policy. What a test grants is its thread's own.

use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Default)]
struct Granted {
    secrets: BTreeMap<String, Vec<u8>>,
    sign: BTreeMap<String, Vec<u8>>,
}

thread_local! {
    static GRANTED: RefCell<Granted> = RefCell::default();
}

fn denied(what: &str, name: &str, key: &str) -> String {
    format!(
        "{what} {name} is not granted: write {key} = [\"{name}\"] under [grants] in the function's policy, and let the test \
         grant it"
    )
}

/// Lets the function read a secret, as `secrets = ["NAME"]` of a policy does.
pub fn grant_secret(name: &str, value: impl Into<Vec<u8>>) {
    GRANTED.with_borrow_mut(|granted| granted.secrets.insert(name.to_owned(), value.into()));
}

/// Lets the function have something signed with a secret, as `sign = ["NAME"]` of a policy does. Signing in a test needs the
/// feature `signatures` of this crate.
pub fn grant_sign(name: &str, value: impl Into<Vec<u8>>) {
    GRANTED.with_borrow_mut(|granted| granted.sign.insert(name.to_owned(), value.into()));
}

/// A secret that was granted to be read.
pub(crate) fn readable(name: &str) -> Result<Vec<u8>, String> {
    let found = GRANTED.with_borrow(|granted| granted.secrets.get(name).cloned());
    found.ok_or_else(|| denied("the secret", name, "secrets"))
}

/// A secret that was granted to sign with.
pub(crate) fn signing(name: &str) -> Result<Vec<u8>, String> {
    let found = GRANTED.with_borrow(|granted| granted.sign.get(name).cloned());
    found.ok_or_else(|| denied("signing with the secret", name, "sign"))
}

/// Takes back all that was granted.
pub(super) fn clear() {
    GRANTED.take();
}
