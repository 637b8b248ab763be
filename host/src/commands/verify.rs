//! `host verify`: whether a message is genuine, and if not, why: what a host says in its log, here on a terminal.

use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, ValueHint};
use signatures::{Accepted, Message, Verifier};

use super::chosen::{SchemeName, SchemeOptions};
use super::sign::what;
use super::{Failure, HeaderOption, jsonl, open, parse_header, parse_time, read};

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host verify github --secret-env HOOK -H 'x-hub-signature-256: sha256=5d6f…' push.json
  host verify stripe --secret-env HOOK -H 'stripe-signature: t=1760000000,v1=b914…' --at 1760000000 --explain event.json
  host verify --policy functions/hooks.toml -H … --url https://hooks.example.com/twilio form.txt
  host verify --jsonl deliveries.jsonl

A line of --jsonl is an object: scheme (a name, or a table that describes one), secrets, public_key, method, url (the
public URL), headers (an object, or pairs where a name repeats), body_base64, at, settings (any key of [verify]). Each is
answered with a line: verdict (accept, refuse or error), reason, delivery_id, timestamp, secret (its place, from 0).
Whether a delivery came before is not looked at.

Exit status: 0 if it is genuine (with --jsonl: if every line was answered), 1 if not, 64 on wrong settings or use.";

/// What to check, and how.
#[derive(Args)]
pub struct Verify {
    /// The scheme's name, as github; with --policy it is left out
    #[arg(value_name = "SCHEME", value_parser = SchemeName, hide_possible_values = true)]
    scheme_name: Option<String>,
    /// The body's file [default: -, standard input]
    #[arg(value_hint = ValueHint::FilePath)]
    body: Option<String>,
    #[command(flatten)]
    scheme: SchemeOptions,
    /// A header of the message, or @FILE with several, as host sign prints them
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<HeaderOption>,
    /// The message's method
    #[arg(short = 'X', long, default_value = "POST")]
    method: http::Method,
    /// The URL to which the sender sent it, as the sender knows it
    #[arg(long)]
    url: Option<String>,
    /// The clock [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<SystemTime>,
    /// Print what is signed, and what the signature would be. Valid signatures: not for others to see
    #[arg(long)]
    explain: bool,
    /// Check many messages, one a line
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", conflicts_with_all = ["scheme_name", "explain"])]
    jsonl: Option<PathBuf>,
}

/// Runs `host verify`.
pub fn run(options: &Verify) -> ExitCode {
    let result = match &options.jsonl {
        Some(file) => open(file).and_then(|file| jsonl::run(BufReader::new(file), io::stdout().lock())),
        None => one(options),
    };
    result.unwrap_or_else(|failure| failure.exit())
}

fn one(options: &Verify) -> Result<ExitCode, Failure> {
    let (scheme, body) = what(&options.scheme_name, &options.body, options.scheme.has_policy());
    let chosen = options.scheme.choose(scheme)?;
    let body = read(body)?;
    let url = options.url.clone().or_else(|| chosen.url.clone()).unwrap_or_else(|| "/".to_owned());
    if chosen.scheme.signs_url() && !url.contains("://") {
        let message = format!("the scheme \"{}\" signs the URL; write it with --url", chosen.scheme.name());
        return Err(Failure::usage(message));
    }
    let headers = super::headers(&options.headers)?;
    let verifier = chosen.verifier().map_err(Failure::usage)?;
    let message = Message { method: options.method.as_str(), url: &url, headers: &headers, body: &body };
    let verdict = verifier.verify(&message, options.at.unwrap_or_else(SystemTime::now));
    let mut text = String::new();
    let code = match verdict {
        Ok(accepted) => {
            told(&accepted, &mut text);
            ExitCode::SUCCESS
        }
        Err(refused) => {
            text.push_str(&format!("refused: {refused}\n"));
            ExitCode::FAILURE
        }
    };
    if options.explain {
        explain(&verifier, &message, &mut text);
    }
    io::stdout().write_all(text.as_bytes()).map_err(Failure::other)?;
    Ok(code)
}

/// What an accepted message says of itself.
fn told(accepted: &Accepted, text: &mut String) {
    text.push_str("genuine\n");
    let lines = [
        ("secret", accepted.secret.as_ref().map(|secret| secret.name.clone())),
        ("id", accepted.id.as_ref().map(|id| format!("{}{}", id.value, if id.signed { "" } else { " (not signed)" }))),
        ("event", accepted.event_type.clone()),
        ("timestamp", accepted.timestamp.map(|timestamp| timestamp.to_string())),
    ];
    for (what, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("{what}: {value}\n"));
        }
    }
}

fn explain(verifier: &Verifier, message: &Message<'_>, text: &mut String) {
    let explanation = match verifier.explain(message) {
        Ok(explanation) => explanation,
        Err(refused) => return text.push_str(&format!("what is signed cannot be said: {refused}\n")),
    };
    if explanation.parts.is_empty() {
        text.push_str("the scheme signs no content: it compares a token, or reads the claims of one\n");
    }
    for part in explanation.parts {
        text.push_str(&format!("signed: {}\n", part.content.escape_ascii()));
        for (name, signature) in part.expected {
            text.push_str(&format!("expected with {name}: {signature}\n"));
        }
    }
}
