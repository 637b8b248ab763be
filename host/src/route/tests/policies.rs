//! Which policy belongs to which component, and what is said of those that belong to none.

use super::layout::{scanned, served};

#[test]
fn policies_belong_to_the_component_beside_them() {
    let scan = scanned(&[
        "index.wasm",
        "index.toml",
        "pay.wasm",
        "pay.toml",
        "a/index.wasm",
        "a/index.toml",
        "b/b.wasm",
        "b/b.toml",
        "c/[id].wasm",
        "c/[id].toml",
        "d.wasm",
    ]);
    assert_eq!(
        served(&scan),
        [
            "/ <- index.wasm + index.toml",
            "/a <- a/index.wasm + a/index.toml",
            "/b <- b/b.wasm + b/b.toml",
            "/c/[id] <- c/[id].wasm + c/[id].toml",
            "/d <- d.wasm",
            "/pay <- pay.wasm + pay.toml",
        ]
    );
    assert_eq!((scan.ignored, scan.orphans), (vec![], vec![]));
}

#[test]
fn a_policy_that_is_no_file_is_still_the_functions_policy() {
    let scan = scanned(&["pay.wasm", "pay.toml/"]);
    assert_eq!(served(&scan), ["/pay <- pay.wasm + pay.toml"]);
}

#[test]
fn orphans_name_what_they_resemble() {
    let scan = scanned(&[
        "payments.wasm",
        "paymnts.toml",
        "Payments.toml",
        "hello/hello.wasm",
        "hello.toml",
        "hello/helo.toml",
        "admin.wasm",
        "admin/admin.toml",
        "api/users.wasm",
        "api/user.toml",
        "shop/payments.toml",
        "unlike.toml",
        "x.wasm",
        "x.wasm.toml",
        "y.toml",
    ]);
    let orphans: Vec<_> = scan
        .orphans
        .iter()
        .map(|orphan| (orphan.policy.to_str().unwrap(), orphan.nearest.as_ref().and_then(|near| near.to_str())))
        .collect();
    assert_eq!(
        orphans,
        [
            ("Payments.toml", Some("payments.wasm")),
            ("admin/admin.toml", Some("admin.wasm")),
            ("api/user.toml", Some("api/users.wasm")),
            ("hello/helo.toml", Some("hello/hello.wasm")),
            ("hello.toml", Some("hello/hello.wasm")),
            ("paymnts.toml", Some("payments.wasm")),
            ("shop/payments.toml", None),
            ("unlike.toml", None),
            ("x.wasm.toml", Some("x.wasm")),
            ("y.toml", None),
        ]
    );
    let text = scan.orphans[5].to_string();
    assert!(text.ends_with("to protect \"payments.wasm\", name it \"payments.toml\""), "{text}");
    assert!(scan.functions.iter().all(|found| found.policy.is_none()), "a resemblance applies no policy");
}

#[test]
fn a_verifier_has_no_route_and_no_policy_wherever_it_lies() {
    let scan = scanned(&[
        "pay.wasm",
        "pay.toml",
        "pay.verifier.wasm",
        "pay.verifier.toml",
        "hello/hello.wasm",
        "hello/hello.verifier.wasm",
        "odd.verifier/odd.verifier.wasm",
        "odd.verifier/f.wasm",
    ]);
    assert_eq!(
        served(&scan),
        ["/hello <- hello/hello.wasm", "/odd.verifier/f <- odd.verifier/f.wasm", "/pay <- pay.wasm + pay.toml"]
    );
    let verifiers: Vec<_> = scan.verifiers.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(verifiers, ["hello/hello.verifier.wasm", "odd.verifier/odd.verifier.wasm", "pay.verifier.wasm"]);
    assert_eq!(scan.ignored, []);
    let [orphan] = &scan.orphans[..] else { panic!("{:?}", scan.orphans) };
    assert!(orphan.to_string().contains("a verifier has no policy of its own"), "{orphan}");
}
