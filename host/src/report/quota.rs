//! How often a function may be called and from where, in a few words.

use crate::config::AddressPolicy;
use crate::function::Function;

/// The words, as `100/min by ip, burst 20; 2 networks`; empty where nothing is limited.
pub(crate) fn quota(function: &Function) -> String {
    let limit = function.policy.limit.as_ref().map(ToString::to_string);
    let ip = function.policy.ip.as_ref().map(networks);
    [limit, ip].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn networks(ip: &AddressPolicy) -> String {
    let counted = |count: usize| format!("{count} network{}", if count == 1 { "" } else { "s" });
    let (allow, deny) = (ip.allow.len(), ip.deny.len());
    match (allow, deny) {
        (_, 0) => counted(allow),
        (0, _) => format!("all but {}", counted(deny)),
        _ => format!("{} but {deny}", counted(allow)),
    }
}
