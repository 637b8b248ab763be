//! Posting what was signed. Owns the one place where the command line speaks to others. Redirects are not followed: what
//! is signed is signed for one receiver.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use http::Method;
use signatures::Signed;
use ureq::Agent;

use super::Failure;
use crate::observe::text::say;

/// How long all of it may take: longer than the longest `timeout` of a policy that people wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a signed message and prints the answer: the status to standard error, the body to standard output.
pub(super) fn post(method: &Method, url: &str, signed: &Signed<'_>) -> Result<ExitCode, Failure> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    let request = request.body(&*signed.body).map_err(|error| Failure::usage(format!("{url}: {error}")))?;
    let mut response = agent.run(request).map_err(|error| Failure::other(format!("{url}: {error}")))?;
    let status = response.status();
    let body = response.body_mut().read_to_vec().map_err(|error| Failure::other(format!("{url}: {error}")))?;
    say(&status.to_string());
    std::io::stdout().write_all(&body).map_err(Failure::other)?;
    Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
