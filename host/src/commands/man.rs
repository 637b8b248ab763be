//! `host man`: the manual pages, made of the same descriptions as `--help`: one for the command and one for each of its own.
//! To standard output, or as files into a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;
use tempfile::NamedTempFile;

use super::Failure;
use crate::cli::Cli;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host man | man -l -                        the page of the command itself
  host man --of serve | man -l -             the page of `host serve`
  host man ~/.local/share/man/man1           all pages as files, which `man host-serve` finds from then on

Exit status: 0, 1 if a file cannot be written, 64 on wrong use.";

/// Which pages, and where to.
#[derive(Args)]
pub struct Manual {
    /// The folder for all pages, one file each; without it, one page goes to standard output
    #[arg(conflicts_with = "of")]
    folder: Option<PathBuf>,
    /// The command whose page it is, as serve [default: that of host itself]
    #[arg(long, value_name = "COMMAND")]
    of: Option<String>,
}

/// Runs `host man`.
pub fn run(options: &Manual) -> ExitCode {
    let done = match &options.folder {
        Some(folder) => all(folder),
        None => one(options.of.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

/// Every command that has a page, with the page's name.
fn pages() -> Vec<(String, clap::Command)> {
    let mut cli = Cli::command();
    // Names the commands within it in full, as they are typed.
    cli.build();
    let own = cli.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    let own = own.map(|command| {
        let page = format!("host-{}", command.get_name());
        // A page's name has no spaces, and `man` looks for it with a hyphen.
        (page.clone(), command.clone().display_name(page))
    });
    let mut pages: Vec<_> = own.collect();
    pages.insert(0, ("host".to_owned(), cli));
    pages
}

fn one(of: Option<&str>) -> Result<(), Failure> {
    let pages = pages();
    let name = of.map_or_else(|| "host".to_owned(), |command| format!("host-{command}"));
    let Some((_, command)) = pages.into_iter().find(|(page, _)| *page == name) else {
        let wanted = of.unwrap_or_default();
        let known: Vec<String> =
            self::pages().into_iter().skip(1).map(|(_, command)| command.get_name().to_owned()).collect();
        let near = crate::config::nearest(wanted, known.iter().map(String::as_str));
        let hint =
            near.map_or_else(|| format!("there are {}", known.join(", ")), |near| format!("did you mean {near}?"));
        return Err(Failure::usage(format!("there is no command {wanted:?}; {hint}")));
    };
    match io::stdout().write_all(&page(command)?) {
        Ok(()) => Ok(()),
        // Whoever closed standard output has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::other(error)),
    }
}

fn all(folder: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::other(format!("{} cannot be written: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, command) in pages() {
        let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(&page(command)?).map_err(failed)?;
        // What is temporary is for its owner alone; a page is for everybody who may look into the folder.
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(everybody).map_err(failed)?;
        file.persist(folder.join(format!("{name}.1"))).map_err(|error| failed(error.error))?;
    }
    Ok(())
}

/// The page of a command. What stands after its options in `--help` is set as it is there, line by line.
fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_subcommands = command.get_subcommands().any(|command| !command.is_hide_set());
    // The renderer stumbles where there is none.
    let has_version = command.get_version().is_some() || command.get_long_version().is_some();
    let man = Man::new(command.after_help(""));
    let mut text = Vec::new();
    let rendered = (|| {
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if has_subcommands {
            man.render_subcommands_section(&mut text)?;
        }
        if let Some(examples) = after.strip_prefix("Examples:\n") {
            write!(text, ".SH EXAMPLES\n.nf\n{}.fi\n", unfilled(examples))?;
        }
        if has_version { man.render_version_section(&mut text) } else { Ok(()) }
    })();
    rendered.map_err(Failure::other)?;
    Ok(text)
}

/// Lines as roff prints them as they are: what would mean something to it, means itself.
fn unfilled(lines: &str) -> String {
    let line = |line: &str| {
        let plain = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
        // A point or a quote at the beginning would be a command.
        format!("\\&{plain}\n")
    };
    lines.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_roff_means_itself() {
        assert_eq!(unfilled(".so x\n  a-b '\\n'\n"), "\\&.so x\n\\&  a\\-b \\(aq\\en\\(aq\n");
    }
}
