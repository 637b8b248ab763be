//! `[admin_access]`: what has to be written before other machines may ask, and the names of hosts.

use super::{host, only, refused};

const REMOTE: &str = "admin = \"10.0.0.5:8081\"\n[admin_access]\n";

#[test]
fn other_machines_are_let_in_out_loud_and_with_a_token() {
    let settings = host(&format!("{REMOTE}remote = true\ntoken = \"ADMIN\"\nhosts = [\"10.0.0.5\"]")).expect("right");
    assert_eq!(settings.admin.to_string(), "10.0.0.5:8081");
    assert!(settings.admin_access.remote && settings.admin_access.token.as_deref() == Some("ADMIN"));
    // One of the two is not enough.
    refused(host(&format!("{REMOTE}remote = true")), "admin_access.token", 2, "missing", "token = \"NAME\"");
    refused(host(&format!("{REMOTE}token = \"ADMIN\"")), "admin", 1, "said out loud", "remote = true");
    refused(host(&format!("{REMOTE}remote = false\ntoken = \"ADMIN\"")), "admin", 1, "said out loud", "remote = true");
    refused(host("[admin_access]\nremote = \"yes\""), "admin_access.remote", 2, "a string stands", "true or false");
    // On the loopback the token is a choice.
    assert_eq!(host("[admin_access]\ntoken = \"ADMIN\"").expect("right").admin_access.token.as_deref(), Some("ADMIN"));
}

#[test]
fn a_token_is_named_and_never_written() {
    let problem = only(host("[admin_access]\ntoken = \"ghp_16C7e42F292c6912E7710c838347Ae178B4a\""));
    assert!(problem.message.contains("looks like a secret") && !problem.to_string().contains("16C7e42F"), "{problem}");
}

#[test]
fn hosts_are_names_and_addresses() {
    let text = "[admin_access]\nhosts = [\"Metrics.Example.\", \"10.0.0.5\", \"[fd00::0001]\", \"fd00::2\"]";
    let access = host(text).expect("right").admin_access;
    for known in ["metrics.example", "METRICS.example", "metrics.example.", "10.0.0.5", "[fd00::1]", "[FD00:0::2]"] {
        assert!(access.knows(known), "{known}");
    }
    for unknown in ["example", "a.metrics.example", "metrics.example.evil", "10.0.0.50", "[fd00::3]", "", "."] {
        assert!(!access.knows(unknown), "{unknown}");
    }
    for wrong in ["https://a.example", "a.example:80", "a/b", "*.example", "a b", ".", "a..b", "[a]"] {
        let problem = only(host(&format!("[admin_access]\nhosts = [\"{wrong}\"]")));
        assert!(problem.message.contains("is not a host"), "{problem}");
    }
}
