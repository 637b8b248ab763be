//! What came of a call, for people: the head of the answer before its body, and after it what the function said and what the
//! host knows of the call. It writes to nobody; whoever runs this owns the host, so reasons are said that no client learns.

use std::fmt::Write as _;

use http::Method;

use super::call::Came;
use super::ready::Ready;
use crate::config::Access;
use crate::function::Function;
use crate::observe::text::printable;

/// Status and headers.
pub(crate) fn head(came: &Came) -> String {
    // Writing to a string does not fail.
    let mut text = String::new();
    let _ = writeln!(text, "{}", came.status);
    for (name, value) in &came.headers {
        let _ = writeln!(text, "{name}: {}", printable(value.as_bytes()));
    }
    text
}

/// What the function said, what came of the call, and what it took.
pub(crate) fn told(came: &Came, ready: &Ready, is_supposed: bool) -> String {
    let mut text = String::new();
    for line in &came.lines {
        let from = if line.source == "log" { None } else { Some(line.source.as_str()) };
        let from = [from, line.context.as_deref()].into_iter().flatten().map(|word| format!("{word}: "));
        let said = from.chain([line.message.clone()]).collect::<String>();
        let _ = writeln!(text, "{:>5} {}", line.level.to_uppercase(), printable(said.as_bytes()));
    }
    let mut outcome = came.said("outcome").unwrap_or("unknown").to_owned();
    if let Some(stage) = came.said("stage") {
        let _ = write!(outcome, " at the gate {stage}");
    }
    if let Some(reason) = came.said("reason") {
        let _ = write!(outcome, ": {}", printable(reason.as_bytes()));
    }
    let _ = writeln!(text, "outcome: {outcome}");
    if came.is_broken {
        let _ = writeln!(text, "answer: it broke off after {} bytes", came.body.len());
    }
    let _ = match (came.sandboxes, came.number("instance_ms"), came.number("memory_bytes")) {
        (0, ..) => writeln!(text, "sandbox: none was made"),
        (_, Some(took), Some(memory)) => writeln!(text, "sandbox: {}, {} at the most", time(took), size(memory)),
        _ => writeln!(text, "sandbox: one was made"),
    };
    if let Some(caller) = came.said("caller") {
        let supposed = if is_supposed { ", as is supposed" } else { "" };
        let _ = writeln!(text, "caller: {}{supposed}", printable(caller.as_bytes()));
    }
    let was_asked = came.sandboxes > 0 || came.said("stage").is_none_or(|stage| stage == "replay");
    if let Some(state) = ready.state.as_ref().filter(|_| was_asked) {
        let _ = writeln!(text, "state: {state}");
    }
    if ready.function.policy.access == Access::Undeclared {
        let _ = writeln!(text, "OPEN: its policy does not say who may call, so it answers this machine alone");
    }
    text
}

/// What to write to get past the gate that refused, where there is such a thing.
pub(crate) fn hint(
    came: &Came,
    function: &Function,
    method: &Method,
    is_signed: bool,
    is_supposed: bool,
) -> Option<String> {
    let name = &function.name;
    match came.said("stage")? {
        "verify" if !is_signed && function.policy.verify.is_some() => {
            Some(format!("to sign it as its sender would: host invoke {name} --sign"))
        }
        "verify" if function.policy.verifier.is_some() => {
            Some("its verifier is a component of its own; give it the headers that it wants with -H".into())
        }
        "auth" if !is_supposed => Some(format!(
            "to suppose who is calling: host invoke {name} --identity caller.json, a file with {{\"subject\": \"ada\", \
             \"roles\": [\"editor\"]}}"
        )),
        "method" => Some(format!("it was sent with {method}; -X says another method")),
        "address" if function.policy.ip.is_some() => Some("--client ADDRESS says where it comes from".into()),
        "replay" => Some("it has run before, and that is in the state; another --id is another delivery".into()),
        _ => None,
    }
}

/// Milliseconds, or microseconds where there is less than one.
fn time(millis: f64) -> String {
    if millis < 1.0 { format!("{:.0} µs", millis * 1000.0) } else { format!("{millis:.1} ms") }
}

fn size(bytes: f64) -> String {
    let kib = bytes / 1024.0;
    if kib < 1024.0 { format!("{kib:.0} KiB of memory") } else { format!("{:.1} MiB of memory", kib / 1024.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_for_people() {
        assert_eq!((time(0.412), time(1.0), time(12.345)), ("412 µs".into(), "1.0 ms".into(), "12.3 ms".into()));
        assert_eq!((size(65536.0), size(1_572_864.0)), ("64 KiB of memory".into(), "1.5 MiB of memory".into()));
    }
}
