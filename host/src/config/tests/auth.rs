//! Who may call: nobody is let in by omission.

use std::path::Path;

use super::{base, host, only, policy, refused};
use crate::config::{Access, AuthPolicy, Defaults, Policy, PolicyBase};

const VERIFY: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"A\"]\n";
const AUTH: &str = "[auth]\nproviders = [\"supabase\"]\n";

fn access(text: &str) -> Access {
    policy(text).expect("right").access
}

#[test]
fn a_function_is_declared_by_a_signature_a_token_or_aloud() {
    assert_eq!(access(""), Access::Undeclared);
    assert_eq!(access("timeout = \"1s\""), Access::Undeclared);
    assert_eq!(access(VERIFY), Access::Protected);
    assert_eq!(access(AUTH), Access::Protected);
    assert_eq!(access("access = \"public\""), Access::Public);
}

#[test]
fn with_a_signature_and_a_token_both_are_asked_for() {
    let policy = policy(&format!("{VERIFY}{AUTH}")).expect("right");
    assert_eq!(policy.access, Access::Protected);
    assert!(policy.verify.is_some() && policy.auth.is_some());
}

#[test]
fn public_beside_a_real_check_is_refused() {
    refused(policy(&format!("access = \"public\"\n{VERIFY}")), "access", 1, "[verify] says who", "remove [verify]");
    refused(policy(&format!("access = \"public\"\n{AUTH}")), "access", 1, "[auth] says who", "remove [auth]");
    let problems = policy(&format!("access = \"public\"\n{VERIFY}{AUTH}")).expect_err("both are beside it");
    assert_eq!(problems.len(), 2, "{problems}");
}

#[test]
fn access_is_public_or_not_written() {
    refused(policy("access = \"private\""), "access", 1, "only \"public\"", "access = \"public\"");
    refused(policy("access = true"), "access", 1, "only \"public\"", "access = \"public\"");
    refused(policy("access = \"Public\""), "access", 1, "only \"public\"", "access = \"public\"");
}

#[test]
fn no_scheme_needs_public_said_aloud() {
    for none in ["none", "skipVerifier"] {
        let text = format!("[verify]\nscheme = \"{none}\"\n");
        refused(policy(&text), "verify.scheme", 2, "said out loud", "access = \"public\"");
        let open = policy(&format!("access = \"public\"\n{text}")).expect("said aloud");
        assert_eq!((open.access, open.verify), (Access::Public, None));
        refused(policy(&format!("{text}{AUTH}")), "verify.scheme", 2, "said out loud", "remove [verify]");
    }
    let text = "access = \"public\"\n[verify]\nscheme = \"none\"\nsecrets = [\"A\"]\n";
    refused(policy(text), "verify.secrets", 4, "of no use", "remove it");
}

#[test]
fn a_word_like_none_is_no_way_round_it() {
    let text = "[verify]\nscheme = \"None\"\nsecrets = [\"A\"]\n";
    refused(policy(text), "verify.scheme", 2, "there is no scheme", "webhooks.md");
}

#[test]
fn an_optional_token_needs_public_said_aloud() {
    let text = format!("{AUTH}optional = true\n");
    refused(policy(&text), "auth.optional", 3, "said out loud", "access = \"public\"");
    refused(policy(&format!("{text}{VERIFY}")), "auth.optional", 3, "said out loud", "remove `optional`");
    let open = policy(&format!("access = \"public\"\n{text}")).expect("said aloud");
    assert_eq!(open.access, Access::Public);
    assert!(open.auth.expect("tokens are looked at").optional);
    let roles = format!("access = \"public\"\n{text}roles = [\"admin\"]\n");
    refused(policy(&roles), "auth.roles", 5, "of no use beside optional", "remove one");
    assert_eq!(access(&format!("{AUTH}optional = false\n")), Access::Protected);
}

#[test]
fn a_token_needs_a_provider_that_is_defined() {
    refused(policy("[auth]\n"), "auth.providers", 1, "missing", "providers = [\"NAME\"]");
    refused(policy("[auth]\nproviders = []"), "auth.providers", 2, "empty", "supabase");
    refused(
        policy("[auth]\nproviders = [\"supbase\"]"),
        "auth.providers",
        2,
        "no provider \"supbase\"",
        "\"supabase\"?",
    );
    refused(policy("[auth]\nproviders = [\"okta\"]"), "auth.providers", 2, "\"okta\"", "one of auth0, supabase");
    refused(policy("[auth]\nproviders = [\"auth0\"]\nroles = []"), "auth.roles", 3, "empty", "admin");
    refused(policy("[auth]\nproviders = [\"auth0\"]\noptional = 1"), "auth.optional", 3, "an integer", "true or false");
    let bare = PolicyBase::default();
    let problem = only(Policy::check(Path::new("f.toml"), AUTH, &bare));
    assert!(problem.fix.contains("[auth.supabase]"), "{problem}");
}

#[test]
fn a_wrong_table_does_not_bring_a_second_problem_about_access() {
    let text = "access = \"public\"\n[verify]\nscheme = \"github\"\nsecrets = []\n";
    refused(policy(text), "verify.secrets", 4, "empty", "");
    let text = "[auth]\nproviders = [\"okta\"]\noptional = true\n";
    refused(policy(text), "auth.providers", 2, "okta", "");
}

fn base_with_auth() -> PolicyBase {
    let auth =
        AuthPolicy { providers: vec!["auth0".to_owned()], roles: Vec::new(), scopes: Vec::new(), optional: false };
    PolicyBase { defaults: Defaults { auth: Some(auth), ..Defaults::default() }, ..base() }
}

#[test]
fn default_auth_protects_functions_that_say_nothing() {
    let base = base_with_auth();
    assert_eq!(Policy::without_file(&base).access, Access::Protected);
    let policy = Policy::check(Path::new("f.toml"), "timeout = \"1s\"", &base).expect("right");
    assert_eq!(policy.access, Access::Protected);
    assert_eq!(policy.auth.expect("the default").providers, ["auth0"]);
}

#[test]
fn a_policy_that_says_who_may_call_takes_nothing_of_default_auth() {
    let base = base_with_auth();
    let check = |text: &str| Policy::check(Path::new("f.toml"), text, &base).expect("right");
    let own = check("[auth]\nproviders = [\"supabase\"]\nroles = [\"admin\"]\n").auth.expect("its own");
    assert_eq!((own.providers, own.roles), (vec!["supabase".to_owned()], vec!["admin".to_owned()]));
    let signed = check(VERIFY);
    assert_eq!((signed.access, signed.auth), (Access::Protected, None));
    let open = check("access = \"public\"");
    assert_eq!((open.access, open.auth), (Access::Public, None));
}

const PROVIDER: &str = "[auth.auth0]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"KEY\"\n";

#[test]
fn what_lets_in_or_reaches_out_cannot_be_a_default() {
    refused(host("[defaults]\naccess = \"public\""), "defaults.access", 2, "cannot be a default", "in the policy");
    refused(host("[defaults.verify]\nscheme = \"a\""), "defaults.verify", 1, "cannot be a default", "in the policy");
    refused(host("[defaults.grants]\nkv = []"), "defaults.grants", 1, "cannot be a default", "in the policy");
    let text = format!("{PROVIDER}[defaults.auth]\nproviders = [\"auth0\"]\noptional = true\n");
    refused(host(&text), "defaults.auth.optional", 7, "each function must say out loud", "remove it");
}

#[test]
fn defaults_are_checked_as_a_policy_is() {
    refused(host("[defaults]\ntimeout = \"1h\""), "defaults.timeout", 2, "more than \"15m\"", "at most");
    refused(host("[defaults]\nmethods = [\"post\"]"), "defaults.methods", 2, "case", "\"POST\"");
    refused(host("[defaults]\n[defaults.schedule]"), "defaults.schedule", 2, "not supported in this version", "remove");
    refused(host("[defaults]\nlisten = \"x\""), "defaults.listen", 2, "does not belong here", "above the tables");
    refused(
        host("[defaults]\nundeclared = \"allow\""),
        "defaults.undeclared",
        2,
        "none of the words",
        "\"loopback\" or \"refuse\"",
    );
    refused(
        host("[defaults.auth]\nproviders = [\"a\"]"),
        "defaults.auth.providers",
        2,
        "no provider \"a\"",
        "[auth.a]",
    );
}

#[test]
fn defaults_count_for_policies() {
    let text = format!(
        "[defaults]\ntimeout = \"3s\"\nmethods = [\"POST\"]\n[defaults.auth]\nproviders = [\"auth0\"]\n{PROVIDER}"
    );
    let base = host(&text).expect("right").policies.of(Path::new("f.toml"));
    let policy = Policy::check(Path::new("f.toml"), "concurrency = 2\ntimeout = \"4s\"", &base).expect("right");
    assert_eq!(policy.limits.timeout.as_secs(), 4);
    assert_eq!(policy.limits.concurrency, 2);
    assert_eq!(policy.methods.header(), "POST, OPTIONS");
    assert_eq!(policy.access, Access::Protected);
    assert_eq!(Policy::without_file(&base).limits.timeout.as_secs(), 3);
}
