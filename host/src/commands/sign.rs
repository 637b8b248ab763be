//! `host sign`: a payload as a sender of a scheme would send it, to look at or to post.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueHint};
use signatures::Signed;

use super::chosen::{SchemeName, SchemeOptions};
use super::signing::{Payload, Signing};
use super::{Failure, HeaderOption, parse_header, read, send};
use crate::observe::text::say;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  export HOOK=s3cret
  host sign github --secret-env HOOK push.json --send http://localhost:8080/hooks
  host sign stripe --secret-env HOOK invoice.json | curl -H @- --data-binary @invoice.json localhost:8080/hooks
  host sign standardwebhooks --secret-env HOOK --id msg_1 --curl --url http://localhost:8080/hooks body.json
  host sign --policy functions/hooks.toml push.json --at 2026-03-01T12:00:00Z

With --policy, the secrets are those of its host: from host.toml beside the policy's folder.

Schemes that check with a public key sign with the private one, in PEM (PKCS #8).
Exit status: 0, 1 if what was sent is not answered with 2xx, 64 on wrong settings or use.";

/// What to sign, and how.
#[derive(Args)]
pub struct Sign {
    /// The scheme's name, as github; with --policy it is left out
    #[arg(value_name = "SCHEME", value_parser = SchemeName, hide_possible_values = true)]
    scheme_name: Option<String>,
    /// The payload's file [default: -, standard input]
    #[arg(value_hint = ValueHint::FilePath)]
    payload: Option<String>,
    #[command(flatten)]
    scheme: SchemeOptions,
    #[command(flatten)]
    signing: Signing,
    /// The kind of event, for schemes that send it in a header
    #[arg(long, visible_alias = "event-type")]
    event: Option<String>,
    /// The method, for schemes that sign it
    #[arg(short = 'X', long, default_value = "POST")]
    method: http::Method,
    /// One more header to send, or @FILE with several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<HeaderOption>,
    /// Post it there and print the answer
    #[arg(long, value_name = "URL")]
    send: Option<String>,
    /// Print a command line for curl instead of the headers
    #[arg(long, conflicts_with = "send")]
    curl: bool,
    /// Write the body to send into a file, for schemes that sign inside of it
    #[arg(long, value_name = "FILE")]
    body_out: Option<PathBuf>,
}

/// Runs `host sign`.
pub fn run(options: &Sign) -> ExitCode {
    match signed(options) {
        Ok(code) => code,
        Err(failure) => failure.exit(),
    }
}

fn signed(options: &Sign) -> Result<ExitCode, Failure> {
    let (scheme, payload) = what(&options.scheme_name, &options.payload, options.scheme.has_policy());
    let chosen = options.scheme.choose(scheme)?;
    let body = read(payload)?;
    let url = options.signing.url.as_ref().or(options.send.as_ref()).or(chosen.url.as_ref());
    let payload_of = Payload {
        method: &options.method,
        url: url.map(String::as_str),
        event_type: options.event.as_deref(),
        body: &body,
    };
    let mut signed = options.signing.sign(&chosen, &payload_of)?;
    signed.headers.extend(super::headers(&options.headers)?);

    if let Some(file) = &options.body_out {
        std::fs::write(file, &signed.body)
            .map_err(|error| Failure::other(format!("{} cannot be written: {error}", file.display())))?;
    }
    if let Some(target) = &options.send {
        // What is signed may be another URL than the one to which it goes, where something stands in between.
        let target = if options.signing.url.is_some() { target } else { &*signed.url };
        return send::post(&options.method, target, &signed);
    }
    let body_changed = *signed.body != body[..];
    if body_changed && options.body_out.is_none() {
        say("host: the scheme signs inside the body; what to send is written with --body-out FILE");
    }
    let text = if options.curl { curl(options, &signed, payload) } else { headers(&signed) };
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::other)?;
    Ok(ExitCode::SUCCESS)
}

/// Scheme and payload. With a policy, which has the scheme, the first word is the payload.
pub(super) fn what<'o>(
    first: &'o Option<String>,
    second: &'o Option<String>,
    has_policy: bool,
) -> (Option<&'o str>, &'o Path) {
    let (scheme, payload) = match (first, second) {
        (Some(payload), None) if has_policy => (None, Some(payload)),
        (scheme, payload) => (scheme.as_deref(), payload.as_ref()),
    };
    (scheme, Path::new(payload.map_or("-", String::as_str)))
}

fn headers(signed: &Signed<'_>) -> String {
    signed.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

fn curl(options: &Sign, signed: &Signed<'_>, payload: &Path) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut line = format!("curl -X {}", options.method);
    for (name, value) in &signed.headers {
        line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
    }
    let body = options.body_out.as_deref().unwrap_or(payload);
    line.push_str(&format!(" --data-binary {}", quoted(&format!("@{}", body.display()))));
    format!("{line} {}\n", quoted(&signed.url))
}
