//! `host key`: makes a key for a caller, and the lines of `host.toml` by which the host knows it. The host is never given the
//! key itself.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use clap::Args;
use zeroize::Zeroizing;

use super::Failure;
use crate::auth::{KEY_LENGTH, key_lines, new_key};
use crate::config::is_provider_name;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host key partners acme --role reader >> host.toml     shows the key, and writes its hash into the file
  host key partners acme --existing < acme.key          of a key that acme has already

The key goes to standard error, the lines for host.toml to standard output.
Exit status: 0, 1 on failure, 64 on wrong use.";

/// Whose key, and what it is good for.
#[derive(Args)]
pub struct NewKey {
    /// The provider in host.toml, [auth.PROVIDER] with kind = "api-key"
    provider: String,
    /// Who gets the key: the subject for functions, quotas and logs
    name: String,
    /// A role that the caller has; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// A scope that the caller has; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Read a key that there is already from standard input, instead of making one
    #[arg(long)]
    existing: bool,
}

/// Runs the command to its end.
pub fn run(options: &NewKey) -> ExitCode {
    match key(options) {
        Ok(key) => {
            let NewKey { provider, name, roles, scopes, .. } = options;
            let lines = key_lines(provider, name, roles, scopes, &key);
            let mut written = std::io::stdout().write_all(lines.as_bytes());
            if !options.existing {
                // A key that nobody has seen is none: its lines alone must not look like success.
                let key = Zeroizing::new(format!("the key, which is shown this once:\n{}\n", *key));
                written = written.and_then(|()| std::io::stderr().write_all(key.as_bytes()));
            }
            match written {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => Failure::other(format!("the key and its lines cannot be written: {error}")).exit(),
            }
        }
        Err(failure) => failure.exit(),
    }
}

fn key(options: &NewKey) -> Result<Zeroizing<String>, Failure> {
    if !is_provider_name(&options.provider) {
        return Err(Failure::usage("the provider's name is made of letters, digits, - and _, as in [auth.NAME]"));
    }
    if options.name.is_empty() {
        return Err(Failure::usage("name who gets the key: host key PROVIDER NAME"));
    }
    if options.existing {
        let mut text = Zeroizing::new(String::new());
        let most = *KEY_LENGTH.end() as u64 + 2;
        let read = std::io::stdin().take(most).read_to_string(&mut text);
        read.map_err(|error| Failure::usage(format!("the key cannot be read: {error}")))?;
        let key = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
        let is_header = key.bytes().all(|byte| byte.is_ascii_graphic());
        if !KEY_LENGTH.contains(&key.len()) || !is_header {
            return Err(Failure::usage("a key has 16 to 512 letters, digits and signs, and no blank"));
        }
        return Ok(key);
    }
    new_key().map_err(|error| Failure::other(format!("there is no randomness to be had: {error}")))
}
