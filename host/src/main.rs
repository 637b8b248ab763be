//! The command `host`.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use vestibule_host::cli::{Cli, Command};
use vestibule_host::commands::{
    build, check, completions, component, dev, invoke, key, man, new, routes, sign, store, test, verify,
};
use vestibule_host::runtime::compile;
use vestibule_host::serve;

/// A request is dozens of small allocations, which end in another order than they began in, and often on another thread.
/// The system's allocator took a fifth more processor time for all of a request (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(serve::EXIT_USAGE),
            };
        }
    };
    match cli.command {
        Command::Serve(options) => serve::run(&options),
        Command::Build(options) => build::run(&options),
        Command::Dev(options) => dev::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Routes(options) => routes::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Invoke(options) => invoke::run(&options),
        Command::Sign(options) => sign::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::New(options) => new::run(&options),
        Command::Key(options) => key::run(&options),
        Command::Store(options) => store::run(&options),
        Command::Component(options) => component::run(&options),
        Command::CompileComponent(within) => compile::child(within.time, within.memory, within.pooled),
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(&options),
    }
}
