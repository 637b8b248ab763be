//! What a `host.toml` that was changed no longer says, of what keeps people out. A file that was cut off, or emptied, is still
//! TOML; a running host does not take it for what somebody meant. It compares settings and changes none.

use std::collections::BTreeSet;

use super::provider::{ProviderSettings, Shows};
use super::settings::{Settings, Undeclared};

impl Settings {
    /// The keys that the `running` host has, that keep somebody out, and that these settings do not have any more. Another
    /// value, also a wider one, is somebody's decision; nothing at all may be an accident.
    pub fn dropped_from(&self, running: &Settings) -> Vec<String> {
        let (old, new) = (&running.policies.base.defaults, &self.policies.base.defaults);
        let mut dropped: Vec<String> = [
            ("public_url", running.public_url.is_some() && self.public_url.is_none()),
            ("trusted_proxies", !running.proxies.trusted.is_empty() && self.proxies.trusted.is_empty()),
            ("admin_access.token", running.admin_access.token.is_some() && self.admin_access.token.is_none()),
            (
                "defaults.undeclared",
                running.undeclared == Undeclared::Refuse && self.undeclared == Undeclared::Loopback,
            ),
            ("defaults.auth", old.auth.is_some() && new.auth.is_none()),
            ("defaults.limit", old.limit.is_some() && new.limit.is_none()),
            ("defaults.ip", old.ip.is_some() && new.ip.is_none()),
        ]
        .into_iter()
        .filter(|(_, is_gone)| *is_gone)
        .map(|(key, _)| key.to_owned())
        .collect();
        let new: BTreeSet<String> = self.policies.ceilings.keys().collect();
        dropped.extend(running.policies.ceilings.keys().filter(|key| !new.contains(key)));
        for (name, provider) in &self.providers {
            if let Some(before) = running.providers.get(name) {
                dropped.extend(unchecked(before, provider).map(|key| format!("auth.{name}.{key}")));
            }
        }
        dropped
    }
}

/// What a provider's tokens were checked for, and are no longer.
fn unchecked<'a>(before: &'a ProviderSettings, now: &'a ProviderSettings) -> impl Iterator<Item = &'static str> + 'a {
    let tokens = match (&before.shows, &now.shows) {
        (Shows::Token(before), Shows::Token(now)) => Some((before, now)),
        _ => None,
    };
    tokens.into_iter().flat_map(|(before, now)| {
        [
            ("issuer", before.issuer.is_some() && now.issuer.is_none()),
            ("audience", !before.audience.is_empty() && now.audience.is_empty()),
            ("authorized_parties", !before.parties.is_empty() && now.parties.is_empty()),
        ]
        .into_iter()
        .filter(|(_, is_gone)| *is_gone)
        .map(|(key, _)| key)
    })
}
