//! What a function may reach beside its request, in a few words: names, and no values.

use std::fmt::Display;

use crate::function::Function;

/// The words, as `http https://api.stripe.com; kv orders`; none where nothing is granted.
pub(crate) fn reach(function: &Function) -> Option<String> {
    let grants = &function.policy.grants;
    let http = if grants.http_private { "http (private too)" } else { "http" };
    let parts = [
        listed(http, &grants.http),
        listed("kv", &grants.kv),
        listed("env", grants.env.keys()),
        listed("secrets", &grants.secrets),
        listed("sign", &grants.sign),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn listed<T: Display>(what: &str, names: impl IntoIterator<Item = T>) -> Option<String> {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    (!names.is_empty()).then(|| format!("{what} {}", names.join(" ")))
}
