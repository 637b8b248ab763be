//! `host completions`: what a shell has to know to complete this command's options and their values. Made of the same
//! descriptions as `--help`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::Failure;
use crate::cli::Cli;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host completions bash > ~/.local/share/bash-completion/completions/host
  host completions zsh > ~/.zfunc/_host      and in ~/.zshrc, before compinit: fpath+=~/.zfunc
  host completions fish > ~/.config/fish/completions/host.fish

A shell that is started afterwards completes commands, options, names of schemes (not in fish) and files.

Exit status: 0, 1 if it cannot be written, 64 on wrong use.";

/// For which shell.
#[derive(Args)]
pub struct Completions {
    /// The shell to print them for
    shell: Shell,
}

/// Runs `host completions`.
pub fn run(options: &Completions) -> ExitCode {
    let mut text = Vec::new();
    generate(options.shell, &mut Cli::command(), "host", &mut text);
    match io::stdout().write_all(&text) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever closed standard output has what was wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => Failure::other(error).exit(),
    }
}
