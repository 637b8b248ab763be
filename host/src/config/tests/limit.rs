//! Quotas, addresses and proxies: what is written wrong, and what the right ones mean.

use std::path::Path;

use super::{base, host, only, policy, refused};
use crate::config::{AddressPolicy, CountedBy, ForwardedHeader, LimitPolicy, Policy};

fn limit(lines: &str) -> LimitPolicy {
    policy(&format!("access = \"public\"\n[limit]\n{lines}")).expect("right").limit.expect("there is one")
}

fn ip(lines: &str) -> AddressPolicy {
    policy(&format!("access = \"public\"\n[ip]\n{lines}")).expect("right").ip.expect("there is one")
}

#[test]
fn a_rate_is_a_number_in_a_time() {
    for (written, shown, seconds) in [
        ("10/s", "10/s", 1),
        ("10/sec", "10/s", 1),
        ("100/min", "100/min", 60),
        ("1/h", "1/hour", 3600),
        ("1000000/hour", "1000000/hour", 3600),
        ("5/day", "5/day", 86400),
    ] {
        let rate = limit(&format!("rate = \"{written}\"")).rate;
        assert_eq!((rate.to_string().as_str(), rate.per.length().as_secs()), (shown, seconds), "{written}");
    }
    for wrong in
        ["100", "", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "1 / s", "1/m", "1/ms", "1/week", "1/s/s", "1000001/s"]
    {
        let text = format!("access = \"public\"\n[limit]\nrate = \"{wrong}\"");
        refused(policy(&text), "limit.rate", 3, "", if wrong.is_empty() { "write a text" } else { "\"100/min\"" });
    }
    refused(policy("access = \"public\"\n[limit]\nrate = 10"), "limit.rate", 3, "an integer stands", "in quotes");
    refused(policy("access = \"public\"\n[limit]\nburst = 10"), "limit.rate", 2, "missing", "\"100/min\"");
}

#[test]
fn a_burst_is_the_rates_number_unless_it_is_written_or_that_is_large() {
    for (lines, burst) in [
        ("rate = \"20/min\"", 20),
        ("rate = \"5000/day\"", 100),
        ("rate = \"5000/day\"\nburst = 300", 300),
        ("rate = \"100/s\"\nburst = 1", 1),
    ] {
        assert_eq!(limit(lines).burst.get(), burst, "{lines}");
    }
    for (burst, message) in [("0", "less than 1"), ("10001", "more than 10000"), ("\"5\"", "a string stands")] {
        let text = format!("access = \"public\"\n[limit]\nrate = \"1/s\"\nburst = {burst}");
        refused(policy(&text), "limit.burst", 4, message, "");
    }
}

#[test]
fn callers_are_told_apart_by_address_identity_or_header() {
    assert_eq!(limit("rate = \"1/s\"").by, CountedBy::Ip);
    assert_eq!(limit("rate = \"1/s\"\nby = \"header:X-Api-Key\"").by.to_string(), "header x-api-key");
    for wrong in ["Ip", "header", "header:", "header:a b", "user", "x-api-key"] {
        let text = format!("access = \"public\"\n[limit]\nrate = \"1/s\"\nby = \"{wrong}\"");
        refused(policy(&text), "limit.by", 4, "", "\"header:x-api-key\"");
    }
}

#[test]
fn identities_are_counted_only_where_auth_asks_for_them() {
    let by_subject = "[limit]\nrate = \"1/s\"\nby = \"subject\"\n";
    let auth = "[auth]\nproviders = [\"auth0\"]\n";
    refused(policy(&format!("access = \"public\"\n{by_subject}")), "limit.by", 4, "no [auth] asks", "write [auth]");
    assert_eq!(policy(&format!("{by_subject}{auth}")).expect("right").limit.expect("one").by, CountedBy::Subject);
    let optional = format!("access = \"public\"\n{by_subject}{auth}optional = true\n");
    assert!(policy(&optional).is_ok());
    // What is wrong with [auth] is said, and not that there is none.
    refused(policy(&format!("{by_subject}[auth]\nproviders = [\"okta\"]\n")), "auth.providers", 5, "okta", "");
}

const PROVIDER: &str = "[auth.auth0]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"KEY\"\n";

#[test]
fn a_default_by_subject_needs_a_default_auth_and_each_policy_one() {
    let by_subject = "[defaults.limit]\nrate = \"1/s\"\nby = \"subject\"\n";
    refused(host(by_subject), "defaults.limit.by", 3, "no [defaults.auth]", "write [defaults.auth]");
    let base = host(&format!("{by_subject}[defaults.auth]\nproviders = [\"auth0\"]\n{PROVIDER}"))
        .expect("right")
        .policies
        .base;
    assert!(Policy::without_file(&base).limit.is_some());
    let check = |text: &str| Policy::check(Path::new("f.toml"), text, &base);
    assert_eq!(check("timeout = \"1s\"").expect("right").limit.expect("the default").by, CountedBy::Subject);
    let problem = only(check("access = \"public\"\n"));
    assert_eq!(problem.key.as_deref(), Some("limit"), "{problem}");
    assert!(problem.message.contains("[defaults.limit]") && problem.fix.contains("[limit] of its own"), "{problem}");
    assert!(check("access = \"public\"\n[limit]\nrate = \"1/s\"\n").is_ok());
}

#[test]
fn a_table_of_a_policy_replaces_the_default_whole() {
    let text =
        "[defaults.limit]\nrate = \"5/s\"\nburst = 2\nby = \"header:x-a\"\n[defaults.ip]\ndeny = [\"192.0.2.7\"]\n";
    let base = host(text).expect("right").policies.base;
    let check =
        |text: &str| Policy::check(Path::new("f.toml"), &format!("access = \"public\"\n{text}"), &base).expect("right");
    let default = check("");
    assert_eq!(default.limit.expect("the default").to_string(), "5/s by header x-a, burst 2");
    assert_eq!(default.ip.expect("the default").deny.len(), 1);
    let own = check("[limit]\nrate = \"7/min\"\n[ip]\nallow = [\"10.0.0.0/8\"]\n");
    assert_eq!(own.limit.expect("its own").to_string(), "7/min by ip, burst 7");
    assert!(own.ip.expect("its own").deny.is_empty());
    refused(host("[defaults.limit]\nrate = \"x\""), "defaults.limit.rate", 2, "not a rate", "\"100/min\"");
    refused(host("[defaults.ip]\nallow = [\"x\"]"), "defaults.ip.allow", 2, "neither an address", "192.30.252.0/22");
}

#[test]
fn an_address_list_holds_addresses_and_networks() {
    for (wrong, message, fix) in [
        (
            "\"10.0.0.1/8\"",
            "bits set beyond its prefix of 8",
            "write the network, \"10.0.0.0/8\", or the address alone, \"10.0.0.1\"",
        ),
        ("\"2001:db8::1/32\"", "bits set", "\"2001:db8::/32\""),
        ("\"10.0.0.0/33\"", "neither an address nor a network", "prefix"),
        ("\"10.0.0\"", "neither", "prefix"),
        ("\"example.com\"", "neither", "prefix"),
        ("\"\"", "an item is empty", "remove it"),
        ("7", "an integer stands", "[\"192.0.2.7\""),
        ("\"10.0.0.1\", \"10.0.0.1/32\"", "item 2 is there already", "once"),
        ("\"10.0.0.1\", \"::ffff:10.0.0.1\"", "item 2 is there already", "once"),
    ] {
        refused(policy(&format!("access = \"public\"\n[ip]\nallow = [{wrong}]")), "ip.allow", 3, message, fix);
    }
    refused(policy("access = \"public\"\n[ip]\ndeny = []"), "ip.deny", 3, "empty", "192.0.2.7");
    refused(policy("access = \"public\"\n[ip]"), "ip", 2, "says nothing", "write allow");
    refused(
        policy("access = \"public\"\n[ip]\nalow = [\"10.0.0.1\"]\ndeny = [\"10.0.0.1\"]"),
        "ip.alow",
        3,
        "unknown",
        "`allow`",
    );
}

#[test]
fn deny_wins_and_allow_leaves_out_all_others() {
    for (lines, address, admits) in [
        ("allow = [\"10.0.0.0/8\"]", "10.1.2.3", true),
        ("allow = [\"10.0.0.0/8\"]", "11.1.2.3", false),
        ("allow = [\"10.0.0.0/8\"]", "::ffff:10.1.2.3", true),
        ("allow = [\"10.0.0.0/8\"]", "2001:db8::1", false),
        ("allow = [\"::ffff:10.0.0.0/104\"]", "10.1.2.3", true),
        ("allow = [\"::ffff:10.0.0.0/104\"]", "11.1.2.3", false),
        ("allow = [\"::ffff:192.0.2.7\"]", "192.0.2.7", true),
        ("allow = [\"2001:db8::/32\"]", "2001:db8:ffff::1", true),
        ("allow = [\"2001:db8::/32\"]", "2001:db9::1", false),
        ("deny = [\"192.0.2.0/24\"]", "192.0.2.7", false),
        ("deny = [\"192.0.2.0/24\"]", "::ffff:192.0.2.7", false),
        ("deny = [\"192.0.2.0/24\"]", "192.0.3.7", true),
        ("deny = [\"192.0.2.0/24\"]", "2001:db8::1", true),
        // All of IPv6, and an IPv4 address is none of it, however written.
        ("deny = [\"::/0\"]", "::ffff:192.0.2.7", true),
        ("allow = [\"10.0.0.0/8\"]\ndeny = [\"10.1.0.0/16\"]", "10.1.2.3", false),
        ("allow = [\"10.0.0.0/8\"]\ndeny = [\"10.1.0.0/16\"]", "10.2.2.3", true),
        ("allow = [\"10.1.2.3\"]\ndeny = [\"10.0.0.0/8\"]", "10.1.2.3", false),
    ] {
        assert_eq!(ip(lines).admits(address.parse().expect("an address")), admits, "{lines} {address}");
    }
}

#[test]
fn addresses_do_not_declare_a_function() {
    let policy = policy("[ip]\nallow = [\"10.0.0.0/8\"]\n").expect("right");
    assert_eq!(policy.access, crate::config::Access::Undeclared);
    assert!(base().defaults.ip.is_none());
}

#[test]
fn proxies_are_addresses_and_say_it_in_one_header() {
    let settings = host("trusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\"]").expect("right");
    assert_eq!((settings.proxies.trusted.len(), settings.proxies.header), (2, ForwardedHeader::XForwardedFor));
    assert!(!settings.tries_undeclared(), "requests of this machine may be anybody's");
    assert!(host("").expect("right").tries_undeclared());
    let settings = host("trusted_proxies = [\"::1\"]\nforwarded_header = \"forwarded\"").expect("right");
    assert_eq!(settings.proxies.header, ForwardedHeader::Forwarded);
    refused(host("trusted_proxies = \"10.0.0.1\""), "trusted_proxies", 1, "a string stands where a list", "192.0.2.7");
    refused(host("trusted_proxies = [\"10.0.0.1/8\"]"), "trusted_proxies", 1, "bits set", "\"10.0.0.0/8\"");
    for all in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
        refused(
            host(&format!("trusted_proxies = [\"{all}\"]")),
            "trusted_proxies",
            1,
            "trusts everybody",
            "10.0.0.0/8",
        );
    }
    refused(host("forwarded_header = \"forwarded\""), "forwarded_header", 1, "of no use without", "write those");
    let both = |value: &str| format!("trusted_proxies = [\"10.0.0.1\"]\nforwarded_header = \"{value}\"");
    refused(host(&both("x-real-ip")), "forwarded_header", 2, "none of the words", "\"forwarded\"");
}
