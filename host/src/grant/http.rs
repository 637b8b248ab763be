//! `grants.http`: requests to other servers. Whether one is granted is decided where it is sent, by its URL and by the address
//! that it leads to; what has to be written for one that is not is said here.

use std::sync::Arc;

use super::{Denied, Grants};
use crate::config::{GrantsPolicy, OutboundSettings};
use crate::observe::ledger::Ledger;
use crate::outbound::{Barred, Client, Outbound};

impl Grants {
    /// Adds what the function `name` sends requests with, if its policy grants it any.
    pub(crate) fn sending(
        mut self,
        policy: &GrantsPolicy,
        (outbound, limits): (&Arc<Outbound>, &OutboundSettings),
        (name, ledger): (&Arc<str>, &Arc<Ledger>),
    ) -> Self {
        if !policy.http.is_empty() {
            self.http = Some(Arc::new(Client::new(outbound, policy, limits, name, ledger)));
        }
        self
    }

    /// What the function sends requests with; none if it may send none.
    pub fn http(&self) -> Option<&Arc<Client>> {
        self.http.as_ref()
    }
}

/// What has to be written in a policy for a request that was not granted: for the log, with the address.
pub fn denied_request(barred: &Barred) -> Denied {
    match barred {
        Barred::NotNamed { origin, private: false } => Denied::new("a request to", origin, "http"),
        Barred::NotNamed { origin, private: true } => {
            let mut denied = Denied::new("a request to", origin, "http");
            denied.allow = denied.allow.map(|line| format!("{line} and http_private = true"));
            denied
        }
        Barred::Private { .. } => Denied::lines(format!("a request to {barred}"), "http_private = true".to_owned()),
        Barred::Never { .. } => Denied::never(format!("a request to {barred}")),
    }
}

/// The same, for the function that asked: what names of this network stand for is not for it to find out.
pub fn told_of_denied_request(barred: &Barred) -> Denied {
    match barred {
        Barred::NotNamed { .. } => denied_request(barred),
        Barred::Private { origin, .. } => {
            let asked = format!("a request to {origin}, which stands for an address that is not public,");
            Denied::lines(asked, "http_private = true".to_owned())
        }
        Barred::Never { origin, .. } => Denied::never(format!("a request to {origin}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_request_names_the_line_that_would_allow_it() {
        let origin = || "http://10.0.0.5:8000".to_owned();
        let address = "10.0.0.5".parse().unwrap();
        let text = |barred| denied_request(&barred).to_string();
        assert_eq!(
            text(Barred::NotNamed { origin: "https://api.example".into(), private: false }),
            "a request to https://api.example is not granted: write http = [\"https://api.example\"] under [grants] in \
             the function's policy"
        );
        assert_eq!(
            text(Barred::NotNamed { origin: origin(), private: true }),
            "a request to http://10.0.0.5:8000 is not granted: write http = [\"http://10.0.0.5:8000\"] and \
             http_private = true under [grants] in the function's policy"
        );
        assert_eq!(
            text(Barred::Private { origin: origin(), address, what: "a private network" }),
            "a request to http://10.0.0.5:8000, which stands for 10.0.0.5 (a private network), is not granted: write \
             http_private = true under [grants] in the function's policy"
        );
        assert_eq!(
            text(Barred::Never { origin: origin(), address, what: "where this host itself listens" }),
            "a request to http://10.0.0.5:8000, which stands for 10.0.0.5 (where this host itself listens), is out of \
             reach: nothing in a policy can grant it"
        );
    }

    #[test]
    fn a_function_is_not_told_what_a_name_stands_for() {
        let origin = || "http://db.example".to_owned();
        let address = "10.0.0.5".parse().unwrap();
        let text = |barred| told_of_denied_request(&barred).to_string();
        assert_eq!(
            text(Barred::Private { origin: origin(), address, what: "a private network" }),
            "a request to http://db.example, which stands for an address that is not public, is not granted: write \
             http_private = true under [grants] in the function's policy"
        );
        assert_eq!(
            text(Barred::Never { origin: origin(), address, what: "where this host itself listens" }),
            "a request to http://db.example is out of reach: nothing in a policy can grant it"
        );
        let unnamed = Barred::NotNamed { origin: origin(), private: false };
        assert_eq!(told_of_denied_request(&unnamed), denied_request(&unnamed));
    }
}
