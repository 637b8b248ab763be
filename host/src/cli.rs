//! The command line: what can be typed, and what each thing means.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::commands::build::{self, Build};
use crate::commands::check::{self, Check};
use crate::commands::component::{self, Component};
use crate::commands::dev::{self, DevOptions};
use crate::commands::key::{self, NewKey};
use crate::commands::routes::{self, Routes};
use crate::commands::sign::{self, Sign};
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
    #[command(after_help = check::EXAMPLES)]
    Check(Check),
    /// Sign a payload as a sender of webhooks does, and print the headers or post it
    #[command(after_help = sign::EXAMPLES)]
    Sign(Box<Sign>),
    /// Say whether a message is genuine, and if not, why
    #[command(after_help = verify::EXAMPLES)]
    Verify(Box<Verify>),
    /// Make a key for a caller, and the lines of host.toml by which the host knows it
    #[command(after_help = key::EXAMPLES)]
    Key(NewKey),
    /// Make a component of a core module, for languages that `host build` does not know
    #[command(after_help = component::EXAMPLES)]
    Component(Component),
    /// Compile a component from standard input to standard output, within limits; for the host's own use
    #[command(name = crate::runtime::compile::COMMAND, hide = true)]
    CompileComponent(CompileComponent),
    /// Print a shell's completions for this command
    Completions {
        /// The shell to print them for
        shell: Shell,
    },
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
#[derive(Args)]
pub struct Place {
    /// The functions folder [default: `functions` of host.toml, or ./functions]
    pub functions: Option<PathBuf>,
    /// The host's settings [default: host.toml beside the functions folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen for requests [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where to listen for the operator: health and metrics [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS")]
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
