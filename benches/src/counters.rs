//! What the host counts, as its operator's page of metrics shows it.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use crate::load::Exchange;

/// Sandboxes of functions that were made.
pub(crate) const INSTANCES: &str = "vestibule_instances_created_total";

/// Calls that run.
pub(crate) const RUNNING: &str = "vestibule_instances_running";

/// The sum of all series of this name, as it stands.
pub(crate) async fn read(admin: SocketAddr, name: &str) -> Result<u64> {
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {admin}\r\n\r\n").into_bytes();
    let page = Exchange::new(admin, request, 200).once().await?;
    sum(&String::from_utf8_lossy(&page), name)
}

fn sum(page: &str, name: &str) -> Result<u64> {
    let mut sum = None;
    for line in page.lines() {
        let Some(rest) = line.strip_prefix(name).filter(|rest| rest.starts_with([' ', '{'])) else { continue };
        let value = rest.split_ascii_whitespace().next_back().and_then(|value| value.parse::<u64>().ok());
        let value = value.with_context(|| format!("the host's counter is no number: {line}"))?;
        *sum.get_or_insert(0) += value;
    }
    sum.with_context(|| format!("the host shows no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_series_of_a_name() {
        let page = "# TYPE vestibule_instances_created counter\nvestibule_instances_created_total 41\nother_total 7\n";
        assert_eq!(sum(page, INSTANCES).unwrap(), 41);
        let page = format!("{INSTANCES}{{function=\"a b\"}} 2\n{INSTANCES}{{function=\"c\"}} 3\n{INSTANCES}_x 9\n");
        assert_eq!(sum(&page, INSTANCES).unwrap(), 5);
        assert!(sum("other_total 7\n", INSTANCES).is_err());
        assert!(sum(&format!("{INSTANCES} many\n"), INSTANCES).is_err());
    }
}
