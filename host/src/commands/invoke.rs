//! `host invoke`: one call of one function without a server. Owns the options, the files that they name, what goes to which
//! stream and the exit status; the call is made by [`crate::invoke`], through every gate that a request meets.

mod asked;
mod output;
mod signed;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use self::asked::AskedOptions;
use self::signed::SignOptions;
use super::stop::ignores_hangup;
use super::{Failure, read};
use crate::auth::Supposed;
use crate::cli::Place;
use crate::invoke::{self, Came, NotFound, NotReady, Ready, Target, gateway};
use crate::observe::text::say;
use crate::serve::EXIT_USAGE;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host invoke hello --query name=Ada                     GET, as nothing is sent
  host invoke orders --path /orders/7 -X DELETE          a path below the function's route
  host invoke payments -d @invoice.json --sign           signed with the policy's scheme and secret
  host invoke me --identity ada.json                     {\"subject\": \"ada\", \"roles\": [\"editor\"]}
  host invoke target/wasm32-wasip2/release/hooks.wasm    a file, with hooks.toml beside it
  host invoke --event event.json                         an event of API Gateway, whose path names it
  host invoke hello --format json | jq .instance_ms

The body goes to standard output, all else to standard error. Every gate is in force: a signature,
a caller, a limit is asked for as `host serve` would. What the function keeps is kept for this call
alone, unless --state is given.

With --format json, an object: function, version, status, headers (pairs), body (or body_base64),
whole, logs (each with level, source, message), outcome, stage and reason of a refusal, caller,
duration_ms, instance_ms, memory_bytes, sandboxes, state.

Exit status: 0 if the answer is whole and its status below 400, 1 if not and on failure, 64 on wrong
settings or use.";

/// Which function, and what it is asked.
#[derive(Args)]
pub struct Invoke {
    /// The function: its name, its route, or its component's file; with --path or --event it may be left out
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Use the host's own state, which no host may have open, instead of one for this call
    #[arg(long)]
    state: bool,
    /// Write what would go to standard output into a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write status and headers to standard output as well, before the body
    #[arg(short, long, conflicts_with = "format")]
    include: bool,
    /// Say nothing on standard error but what is wrong
    #[arg(short, long)]
    quiet: bool,
    /// How to say what came of it [default: the body, or the answer to --event]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    #[command(flatten)]
    asked: AskedOptions,
    #[command(flatten)]
    sign: SignOptions,
    /// Suppose that this identity calls, instead of asking for a token: a file, or - for standard input
    #[arg(long, value_name = "FILE", help_heading = "Caller")]
    identity: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object with all of it
    Json,
}

/// Runs `host invoke`.
pub fn run(options: &Invoke) -> ExitCode {
    match invoked(options) {
        Ok(code) => code,
        Err(Stopped::Failure(failure)) => failure.exit(),
        Err(Stopped::Wrong(problems)) => {
            say(&problems.to_string());
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// Why nothing was called.
enum Stopped {
    Failure(Failure),
    Wrong(crate::config::Problems),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<NotFound> for Stopped {
    fn from(not_found: NotFound) -> Self {
        match not_found {
            NotFound::Wrong(problems) => Self::Wrong(problems),
            NotFound::Unknown(message) => Failure::usage(message).into(),
        }
    }
}

impl From<NotReady> for Stopped {
    fn from(not_ready: NotReady) -> Self {
        match not_ready {
            NotReady::Wrong(problems) => Self::Wrong(problems),
            NotReady::Usage(message) => Failure::usage(message).into(),
            NotReady::Failed(message) => Failure::other(message).into(),
        }
    }
}

fn invoked(options: &Invoke) -> Result<ExitCode, Stopped> {
    options.sign.check()?;
    let draft = options.asked.read()?;
    let target = Target::find(&options.place, options.name.as_deref(), draft.path.as_deref())?;
    let (supposed, origin) = match &options.identity {
        Some(file) => {
            let supposed = Supposed::parse(&read(file)?);
            let supposed = supposed.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            (Some(supposed), "--identity")
        }
        None => {
            // A function that asks nobody who calls is not told either.
            let asks = || target.policy().is_ok_and(|policy| policy.auth.is_some());
            let claims = draft.claims.clone().filter(|_| asks());
            (claims.map(Supposed::claims), "the event's claims, which --identity takes the place of")
        }
    };
    let form = draft.form;
    let mut asked = draft.into_asked(&target).map_err(Failure::usage)?;
    let subpath = target.subpath(&asked.path).map_err(Failure::usage)?.to_owned();

    let settings = &target.beginning.settings;
    let notes = invoke::start_notes(&settings.log).map_err(Failure::other)?;
    let is_supposed = supposed.is_some();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::other)?;
    // What it connects to from the start on wants the runtime.
    let entered = runtime.enter();
    let ready = Ready::load(&target, supposed, options.state).map_err(|not_ready| match not_ready {
        NotReady::Usage(message) => NotReady::Usage(format!("{origin}: {message}")),
        other => other,
    })?;
    drop(entered);
    options.sign.apply(&mut asked, &ready.function, (settings, &subpath))?;
    asked.replace_headers(options.asked.headers()?);

    let (client, method) = (asked.client, asked.method.clone());
    let request = asked.into_request().map_err(Failure::usage)?;
    let came = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::other)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(Failure::other)?;
        Ok::<_, Failure>(tokio::select! {
            came = invoke::call(&ready, request, client, &notes) => Some(came),
            // What was made for this call is to go away with it.
            Ok(()) = tokio::signal::ctrl_c() => None,
            _ = terminate.recv() => None,
            _ = hangup.recv(), if !ignores_hangup() => None,
        })
    })?;
    // A function that did not end must not hold up the process.
    runtime.shutdown_background();
    let came = came.ok_or_else(|| Failure::other("interrupted before the function had ended"))?;
    options.write(&came, &ready, form)?;
    if !options.is_quiet() {
        say(invoke::told(&came, &ready, is_supposed).trim_end_matches('\n'));
        if let Some(hint) = invoke::hint(&came, &ready.function, &method, options.sign.is_wanted(), is_supposed) {
            say(&hint);
        }
    }
    Ok(if came.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Invoke {
    /// Whether the answer is all that there is to say: one JSON object has the rest in it.
    fn is_quiet(&self) -> bool {
        self.quiet || matches!(self.format, Some(Format::Json))
    }

    /// Writes the answer, in the form that is asked for.
    fn write(&self, came: &Came, ready: &Ready, form: Option<gateway::Form>) -> Result<(), Failure> {
        let head = invoke::head(came);
        if !self.is_quiet() && !self.include {
            say(&head);
        }
        let value = match (self.format, form) {
            (Some(Format::Json), _) => Some(serde_json::to_value(came.json(ready)).map_err(Failure::other)?),
            (None, Some(form)) => Some(gateway::answer(form, came.status.as_u16(), &came.headers, &came.body)),
            (None, None) => None,
        };
        let shown = if self.include && value.is_none() { Some(head + "\n") } else { None };
        let body = value.map_or_else(|| came.body.clone(), |value| format!("{value:#}\n").into_bytes());
        output::write(shown.as_deref().unwrap_or_default(), &body, self.output.as_deref(), came)
    }
}
