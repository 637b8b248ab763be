//! The command line: what can be typed, and what each thing means.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::build::{self, Build};
use crate::commands::check::{self, Check};
use crate::commands::completions::{self, Completions};
use crate::commands::component::{self, Component};
use crate::commands::dev::{self, DevOptions};
use crate::commands::invoke::{self, Invoke};
use crate::commands::key::{self, NewKey};
use crate::commands::man::{self, Manual};
use crate::commands::new::{self, New};
use crate::commands::routes::{self, Routes};
use crate::commands::sign::{self, Sign};
use crate::commands::store::{self, Stores};
use crate::commands::test::{self, Test};
use crate::commands::verify::{self, Verify};
use crate::config::{LogFormat, Overrides};

/// Serves functions that run as WebAssembly components.
///
/// A request reaches a function only after its signature, its caller and its limits have been checked, and every request
/// gets a sandbox of its own.
#[derive(Parser)]
#[command(name = "host", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Serve the functions of a folder
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Build the functions of a project, and put them into the functions folder
    #[command(after_help = build::EXAMPLES)]
    Build(Build),
    /// Serve the functions of a project, and build what changes
    #[command(after_help = dev::EXAMPLES)]
    Dev(Box<DevOptions>),
    /// Build the functions of a project, and run their tests
    #[command(after_help = test::EXAMPLES)]
    Test(Test),
    /// Show the routes of a folder with what protects each, without serving them
    #[command(after_help = routes::EXAMPLES)]
    Routes(Routes),
    /// Say everything that serving would refuse, and what is weak, without serving
    #[command(after_help = check::EXAMPLES, mut_arg("functions", |place| place.help(check::PLACE)))]
    Check(Check),
    /// Call one function once, without a server: every gate is in force
    #[command(after_help = invoke::EXAMPLES)]
    Invoke(Box<Invoke>),
    /// Sign a payload as a sender of webhooks does, and print the headers or post it
    #[command(after_help = sign::EXAMPLES)]
    Sign(Box<Sign>),
    /// Say whether a message is genuine, and if not, why
    #[command(after_help = verify::EXAMPLES)]
    Verify(Box<Verify>),
    /// Make a new function, and the project for it where there is none
    #[command(after_help = new::EXAMPLES)]
    New(New),
    /// Make a key for a caller, and the lines of host.toml by which the host knows it
    #[command(after_help = key::EXAMPLES)]
    Key(NewKey),
    /// Look into the stores of functions, and fill them
    #[command(after_help = store::EXAMPLES)]
    Store(Stores),
    /// Make a component of a core module, for languages that `host build` does not know
    #[command(after_help = component::EXAMPLES)]
    Component(Component),
    /// Compile a component from standard input to standard output, within limits; for the host's own use
    #[command(name = crate::runtime::compile::COMMAND, hide = true)]
    CompileComponent(CompileComponent),
    /// Print a shell's completions for this command
    #[command(after_help = completions::EXAMPLES)]
    Completions(Completions),
    /// Print a manual page, or write all of them into a folder
    #[command(after_help = man::EXAMPLES)]
    Man(Manual),
}

/// Within what to compile.
#[derive(Args)]
pub struct CompileComponent {
    /// Seconds of wall-clock time
    #[arg(long)]
    pub time: u64,
    /// Bytes of address space
    #[arg(long)]
    pub memory: u64,
    /// For an engine with a pool
    #[arg(long)]
    pub pooled: bool,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  host serve                                 functions of ./functions on 127.0.0.1:8080
  host serve functions --listen 0.0.0.0:80   for everybody; functions must say who may call them
  host serve functions --prefix /api         hello.wasm answers at /api/hello

Exit status: 0 after a stop that was asked for, 1 on failure, 64 on wrong settings or use.";

/// Which host: what `serve` is started with, and what others look at.
#[derive(Args, Default)]
pub struct Place {
    /// The functions folder [default: `functions` of host.toml, or ./functions]
    pub functions: Option<PathBuf>,
    /// The host's settings [default: host.toml beside the functions folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen for requests [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// Where to listen for the operator: health and metrics [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub admin: Option<SocketAddr>,
    /// What stands before every route, as /api
    #[arg(long, value_name = "PATH")]
    pub prefix: Option<String>,
}

/// How to serve.
#[derive(Args)]
pub struct Serve {
    /// Which host.
    #[command(flatten)]
    pub place: Place,
    /// How to write the log
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<Format>,
    /// Stop when standard input ends, as at a signal: for a program that starts the host and may end without a word
    #[arg(long)]
    pub stop_with_stdin: bool,
}

/// How to write the log.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// Lines for people; in colour on a terminal
    Human,
    /// One JSON object a line
    Json,
}

impl Place {
    /// The options, as the settings take them.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            listen: self.listen,
            admin: self.admin,
            functions: self.functions.clone(),
            prefix: self.prefix.clone(),
            log_format: None,
        }
    }
}

impl Serve {
    /// The options, as the settings take them.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            log_format: self.log_format.map(|format| match format {
                Format::Human => LogFormat::Human,
                Format::Json => LogFormat::Json,
            }),
            ..self.place.overrides()
        }
    }
}

/// Reads an address to listen at.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.trim_start_matches(':');
        let port = if port.parse::<u16>().is_ok() { port } else { "8080" };
        format!("write an address and a port, as 127.0.0.1:{port}; 0.0.0.0:{port} is every address of this machine")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Those that people type.
    fn commands() -> Vec<clap::Command> {
        let mut cli = Cli::command();
        cli.build();
        let shown = cli.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
        shown.cloned().collect()
    }

    fn refusal(arguments: &[&str]) -> String {
        Cli::try_parse_from(arguments).err().unwrap_or_else(|| panic!("{arguments:?}")).to_string()
    }

    #[test]
    fn the_help_of_every_command_has_examples_and_its_exit_status() {
        for command in commands() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let called = format!("\n  host {} ", command.get_name());
            assert!(after.starts_with("Examples:\n  ") && after.contains(called.trim_end()), "{}", command.get_name());
            assert!(after.contains("Exit status: 0"), "{}", command.get_name());
        }
    }

    #[test]
    fn the_nearest_command_and_option_are_named() {
        let without_a_letter =
            |word: &str| word.char_indices().filter(|(at, _)| *at != 1).map(|(_, c)| c).collect::<String>();
        for command in commands() {
            let name = command.get_name();
            let said = refusal(&["host", &without_a_letter(name)]);
            assert!(name.len() < 4 || said.contains(&format!("'{name}'")), "{name}: {said}");
            for option in command.get_opts().filter_map(|option| option.get_long()).filter(|option| option.len() > 3) {
                let said = refusal(&["host", name, &format!("--{}", without_a_letter(option))]);
                assert!(said.contains(&format!("'--{option}'")), "{name} --{option}: {said}");
            }
        }
    }
}
