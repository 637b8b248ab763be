//! Providers of callers who were given something: a key, of which only the hash is written here, or a password, which is
//! a secret of the host. It knows no header's value.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeValue;

use super::keys;
use crate::config::document::Section;
use crate::config::key::{Group, Key, Read};
use crate::config::problem::{Problems, Wrong, quoted};
use crate::config::values;

/// Callers of one provider: their hashes are compared one by one.
const MOST: usize = 1000;

/// Callers who show a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeySettings {
    /// The header with the key, in lower case; none for the bearer token of `Authorization`.
    pub header: Option<String>,
    /// The keys that are good.
    pub keys: Vec<HeldKey>,
}

/// A key that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The key's SHA-256.
    pub hash: [u8; 32],
    /// Who holds it.
    pub holder: Holder,
}

/// Callers who show a name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicSettings {
    /// Who they are.
    pub users: Vec<HeldPassword>,
}

/// A password that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPassword {
    /// The name of the secret that it is.
    pub secret: String,
    /// Who holds it.
    pub holder: Holder,
}

/// Somebody who was given something, and what he may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The caller's subject.
    pub name: String,
    /// The roles that he has.
    pub roles: Vec<String>,
    /// The scopes that he has.
    pub scopes: Vec<String>,
}

/// Reads `kind = "api-key"`.
pub(super) fn read_api_key(section: &mut Section<'_>, problems: &mut Problems) -> ApiKeySettings {
    let header = section.take(&keys::KEY_HEADER, problems);
    if let Some(header @ ("authorization" | "cookie" | "auth-provider" | "host")) = header.as_deref() {
        let fix = "remove it for the bearer token of Authorization, or write another: header = \"x-api-key\"";
        problems.push(
            section
                .problem(keys::KEY_HEADER.name(), Wrong::new(format!("{} holds something else", quoted(header)), fix)),
        );
    }
    let mut held: Vec<HeldKey> = Vec::new();
    for mut table in tables(section, "keys", problems) {
        let hash = table.take_or_missing(&keys::HASH, "write the hash that `host key` prints", problems);
        let holder = read_holder(&mut table, &keys::ONE_KEY, problems);
        let (Some(hash), Some(holder)) = (hash, holder) else { continue };
        if held.iter().any(|other| other.hash == hash) {
            problems.push(table.problem(keys::HASH.name(), Wrong::new("this key is there already", "remove one")));
        }
        held.push(HeldKey { hash, holder });
    }
    ApiKeySettings { header, keys: held }
}

/// Reads `kind = "basic"`.
pub(super) fn read_basic(section: &mut Section<'_>, problems: &mut Problems) -> BasicSettings {
    let mut users = Vec::new();
    let mut names = BTreeSet::new();
    for mut table in tables(section, "users", problems) {
        let fix = "write secret = \"NAME\", with the name under which the password is kept";
        let secret = table.take_or_missing(&keys::PASSWORD, fix, problems);
        let holder = read_holder(&mut table, &keys::ONE_USER, problems);
        let (Some(secret), Some(holder)) = (secret, holder) else { continue };
        if holder.name.contains(':') {
            let wrong = Wrong::new("a name with a colon ends there (RFC 7617)", "choose another");
            problems.push(table.problem(keys::NAME.name(), wrong));
        }
        if !names.insert(holder.name.clone()) {
            problems.push(table.problem(keys::NAME.name(), Wrong::new("this name is there already", "remove one")));
        }
        users.push(HeldPassword { secret, holder });
    }
    BasicSettings { users }
}

/// The tables of callers: at least one, and not too many.
fn tables<'t>(section: &mut Section<'t>, name: &str, problems: &mut Problems) -> Vec<Section<'t>> {
    let is_written = section.has(name);
    let tables = section.list_of_tables(name, problems);
    if !is_written {
        let fix = format!("write a table [[auth.NAME.{name}]] for each caller");
        problems.push(section.problem(name, Wrong::new("nobody is named, so nobody could come in", fix)));
    }
    if tables.len() > MOST {
        let wrong =
            Wrong::new(format!("{} callers; {MOST} are allowed", tables.len()), "use signed tokens for so many");
        problems.push(section.problem(name, wrong));
    }
    tables
}

fn read_holder(table: &mut Section<'_>, group: &Group, problems: &mut Problems) -> Option<Holder> {
    let name = table.take_or_missing(&keys::NAME, "write who that is: name = \"ada\"", problems);
    let roles = table.take(&keys::HELD_ROLES, problems).unwrap_or_default();
    let scopes = table.take(&keys::HELD_SCOPES, problems).unwrap_or_default();
    table.finish(group, None, problems);
    Some(Holder { name: name?, roles, scopes })
}

/// Reads the hash of a key. What is not one may be the key itself, so it is not repeated.
pub(super) fn read_hash(value: &Spanned<DeValue<'_>>) -> Read<[u8; 32]> {
    values::text_as(value, |text| {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map(|()| hash).map_err(|_| {
            Wrong::new(
                "not a SHA-256: 64 hexadecimal digits",
                "write the hash that `host key` prints, or that of `printf %s \"$KEY\" | sha256sum`; never the key itself",
            )
        })
    })
}
