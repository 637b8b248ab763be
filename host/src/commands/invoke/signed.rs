//! `--sign`: the request of an invoke, signed as its sender would. The scheme and the names of the secrets are those of the
//! function's policy where nobody says others; a secret itself is never written on the command line.

use std::path::Path;

use clap::Args;
use signatures::{Secret, Setup};
use toml::{Table, Value};

use super::super::Failure;
use super::super::chosen::{Chosen, SecretOptions, choose};
use super::super::signing::{Payload, Signing};
use super::asked::named;
use crate::config::{COMMAND_LINE, Secrets, Settings};
use crate::function::Function;
use crate::invoke::Asked;

/// Whether to sign, and how.
#[derive(Args)]
#[command(next_help_heading = "Signature")]
pub(super) struct SignOptions {
    /// Sign it as the sender of a scheme does [default: the policy's scheme]
    #[arg(long, value_name = "SCHEME", num_args = 0..=1)]
    sign: Option<Option<String>>,
    /// The secret of the host to sign with, by its name [default: the first of the policy's]
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    #[command(flatten)]
    keys: SecretOptions,
    #[command(flatten)]
    signing: Signing,
    /// The kind of event, for schemes that send it in a header
    #[arg(long, value_name = "EVENT")]
    event_type: Option<String>,
}

impl SignOptions {
    /// What is said of a signature where none is wanted.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.sign.is_none() && (self.secret.is_some() || self.event_type.is_some() || !self.keys.is_empty()) {
            return Err(Failure::usage(
                "a secret is of use only with --sign, which takes the policy's scheme or one that it names",
            ));
        }
        Ok(())
    }

    /// Whether it is to be signed.
    pub(super) fn is_wanted(&self) -> bool {
        self.sign.is_some()
    }

    /// Signs a request for a function, if it is to be. `subpath` is what of its path follows the route.
    pub(super) fn apply(
        &self,
        asked: &mut Asked,
        function: &Function,
        (settings, subpath): (&Settings, &str),
    ) -> Result<(), Failure> {
        let Some(scheme) = &self.sign else { return Ok(()) };
        let chosen = self.choose(scheme.as_deref(), function, settings)?;
        let target = asked.target().map_err(Failure::usage)?;
        let checked = function.verification.as_ref().and_then(|check| check.url(&target, subpath));
        let url = self.signing.url.as_deref().or(checked.as_deref());
        let event_type = self.event_type.as_deref();
        let payload = Payload { method: &asked.method, url, event_type, body: &asked.body };
        let signed = self.signing.sign(&chosen, &payload)?;
        // Schemes that sign inside of the URL do so in its query.
        if Some(&*signed.url) != url
            && let Some((_, query)) = signed.url.split_once('?')
        {
            query.clone_into(&mut asked.query);
        }
        asked.body = signed.body.into_owned();
        let headers = signed.headers.iter().map(|(name, value)| named(name, value));
        asked.replace_headers(headers.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    /// The scheme that is named, or the policy's, with the keys to sign with.
    fn choose(&self, scheme: Option<&str>, function: &Function, settings: &Settings) -> Result<Chosen, Failure> {
        let policy = &function.policy;
        let own = policy.verify.as_ref().filter(|own| scheme.is_none_or(|name| name == own.scheme.name()));
        let names: &[String] = policy.verify.as_ref().map_or(&[], |own| own.secrets.as_slice());
        let secrets = self.secrets(names, settings)?;
        match (own, scheme) {
            (Some(own), _) => {
                if own.secrets.is_empty() && secrets.is_empty() && own.scheme.uses_public_key() {
                    return Err(Failure::usage(format!(
                        "the policy has the public key of \"{}\", which signs nothing; write --secret-file FILE with the \
                         private key, in PEM",
                        own.scheme.name()
                    )));
                }
                let (public_keys, key_id, tolerance) = (own.public_keys.clone(), own.key_id.clone(), own.tolerance);
                let setup = Setup { secrets, public_keys, key_id, tolerance };
                Ok(Chosen { scheme: own.scheme.clone(), setup, url: None })
            }
            (None, Some(name)) => {
                let verify = Table::from_iter([("scheme".to_owned(), Value::from(name))]);
                choose(Path::new(COMMAND_LINE), verify, secrets).map_err(Failure::usage)
            }
            (None, None) if policy.verifier.is_some() => Err(Failure::usage(
                "a component of its own decides what is genuine, and nobody else knows how that is signed; name a scheme, as \
                 --sign github, or give it the headers that it wants with -H",
            )),
            (None, None) => Err(Failure::usage(
                "the function's policy has no [verify], so nothing is asked for; leave out --sign, or name a scheme, as --sign \
                 github",
            )),
        }
    }

    /// The secrets that the options name, or the first of those that the policy names.
    fn secrets(&self, names: &[String], settings: &Settings) -> Result<Vec<Secret>, Failure> {
        let given = self.keys.read()?;
        let name = match (&self.secret, names.first()) {
            (None, _) if !given.is_empty() => return Ok(given),
            (Some(name), _) => name,
            (None, Some(name)) => name,
            (None, None) => return Ok(given),
        };
        let of_host = Secrets::open(&settings.secrets).map_err(Failure::usage)?;
        // A name that nobody has may be a secret that was written in its place: it is not said again.
        let value = of_host.get(name).map_err(|missing| match &self.secret {
            Some(_) => Failure::usage(format!(
                "--secret: the host has no secret of this name; {}write --secret-env NAME or --secret-file FILE for one of \
                 another place",
                if names.is_empty() { String::new() } else { format!("the policy names {}; or ", names.join(", ")) }
            )),
            None => Failure::usage(format!("{missing}: put it there, or write --secret-env NAME or --secret-file FILE")),
        })?;
        Ok([Secret::new(name, value.expose())].into_iter().chain(given).collect())
    }
}
