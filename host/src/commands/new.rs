//! `host new`: a function that can be built, tested and served at once. Owns what is typed and what is said; what is made is
//! the business of [`crate::new`].

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::survey::write;
use crate::new::{Error, Language, Made, Name, Template, Wish, make};

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host new hello                             answers a GET
  host new payments --scheme stripe          receives Stripe's webhooks; docs/webhooks.md has all
  host new notes --template api              an API with a store
  host new me --template auth                for callers with a key; makes one for you
  host new hello --lang python               in Python; so js, ts, go and c
  host new hooks --scheme github --project ~/shop

In an empty folder the project is made as well: what the language's tools ask for (a workspace, the
requirements of an environment), the SDK's sources in .vestibule, .gitignore, and where the function
has a secret, host.toml and .env with one that is made up. What is there already is added to and
never overwritten. If something is in the way, nothing is made.

Exit status: 0, 1 on failure, 64 on wrong use or if something is in the way.";

/// What to make.
#[derive(Args)]
pub struct New {
    /// What it is called: its folder, its crate and its route
    #[arg(value_parser = Name::parse)]
    name: Name,
    /// What it starts from [default: webhook with --scheme, else http]
    #[arg(long, short)]
    template: Option<Template>,
    /// Who sends its webhooks, as github: any scheme of docs/webhooks.md
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,
    /// What it is written in
    #[arg(long, default_value = "rust")]
    lang: Language,
    /// The project's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
}

/// Runs the command to its end.
pub fn run(options: &New) -> ExitCode {
    let wish = Wish {
        project: options.project.clone(),
        name: options.name.clone(),
        template: options.template,
        scheme: options.scheme.clone(),
        language: options.lang,
    };
    match make(wish) {
        Ok(made) => {
            write(text(&options.name, &options.project, &made, std::io::stdout().is_terminal()), ExitCode::SUCCESS)
        }
        Err(Error::Usage(message)) => Failure::usage(message).exit(),
        Err(Error::Failed(message)) => Failure::other(message).exit(),
    }
}

/// What was made, and what comes next.
fn text(name: &Name, project: &Path, made: &Made, is_terminal: bool) -> String {
    let bold = |text: &str| if is_terminal { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let mut text = String::new();
    let scheme = made.scheme.map(|scheme| format!(" of {scheme}")).unwrap_or_default();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}: {}{scheme}", bold(name.as_str()), made.template);
    for path in &made.written {
        let _ = writeln!(text, "  {path}");
    }
    let mut list = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{}", bold(title));
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
    };
    let mut next = Vec::new();
    if project != Path::new(".") {
        next.push(format!("cd {}", quoted(project)));
    }
    next.extend(made.preparing.iter().cloned());
    next.push("host dev".to_owned());
    list("build it and serve it:", &next);
    list("in another terminal, try it:", &made.tries);
    list("run its tests:", &[format!("host test {name}")]);
    list("before others use it:", &made.to_fill_in);
    list("note:", &made.notes);
    text
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
    if text.bytes().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
