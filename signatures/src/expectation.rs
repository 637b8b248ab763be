//! What a message says about how it is signed, held against what the scheme expects. Owns the comparison of texts and of
//! hosts. Knows nothing of signatures.

use crate::Refused;
use crate::description::Expectation;
use crate::message::Message;

impl Expectation {
    /// Refuses a message that says something else, or nothing.
    pub(crate) fn check(&self, message: &Message<'_>) -> Result<(), Refused> {
        let value = self.at.filled(message)?;
        let is_expected = std::str::from_utf8(&value).is_ok_and(|value| match (&self.equals, &self.item) {
            (Some(expected), _) => value == expected,
            (None, Some(item)) => value.split(',').any(|candidate| candidate.trim() == item),
            (None, None) if !self.one_of.is_empty() => self.one_of.iter().any(|text| text == value),
            (None, None) => host(value).is_some_and(|host| self.hosts.iter().any(|pattern| fits(host, pattern))),
        });
        if is_expected { Ok(()) } else { Err(Refused::Unexpected { place: self.at.to_string() }) }
    }
}

/// A text that is as expected.
pub(crate) fn example(expectation: &Expectation) -> String {
    match (&expectation.equals, &expectation.item) {
        (Some(text), _) | (None, Some(text)) => text.clone(),
        (None, None) => match (expectation.one_of.first(), expectation.hosts.first()) {
            (Some(text), _) => text.clone(),
            (None, host) => format!("https://{}/", host.map_or("", String::as_str).replace('*', "example")),
        },
    }
}

/// The host of an `https` URL on the usual port. What is no letter, digit, dot or hyphen up to the path could mean
/// another host to another program, and makes it none.
fn host(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.split('/').next()?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    (!host.is_empty() && host.bytes().all(is_name)).then_some(host)
}

/// Whether a host is one of a pattern's, where `*` stands for one label of three characters or more.
fn fits(host: &str, pattern: &str) -> bool {
    let mut labels = host.split('.');
    let wanted = pattern.split('.').all(|wanted| {
        labels.next().is_some_and(|label| match wanted {
            "*" => label.len() >= 3,
            wanted => label.eq_ignore_ascii_case(wanted),
        })
    });
    wanted && labels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_one_of_the_hosts_whatever_it_looks_like() {
        let leads = |url: &str| host(url).is_some_and(|host| fits(host, "sns.*.amazonaws.com"));
        assert!(leads("https://sns.us-west-2.amazonaws.com/x.pem") && leads("https://SNS.eu-1.amazonaws.com"));
        for url in [
            "http://sns.us-west-2.amazonaws.com/x.pem",
            "https://sns.us-west-2.amazonaws.com.evil.example/x.pem",
            "https://sns.us-west-2.amazonaws.com@evil.example/x.pem",
            "https://evil.example/sns.us-west-2.amazonaws.com",
            "https://evil.example?.sns.us-west-2.amazonaws.com/",
            "https://evil.example\\.sns.us-west-2.amazonaws.com/",
            "https://sns.us-west-2.amazonaws.com:444/",
            "https://sns..amazonaws.com/",
            "https://sns.a.b.amazonaws.com/",
            "https:///x",
            "sns.us-west-2.amazonaws.com",
        ] {
            assert!(!leads(url), "{url}");
        }
    }
}
