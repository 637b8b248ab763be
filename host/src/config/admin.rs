//! `[admin_access]` of `host.toml`: who may ask the operator's listener. It knows no socket and no request, and reads no
//! secret.

use std::net::IpAddr;

use toml::Spanned;
use toml::de::DeValue;

use super::choice::Switch;
use super::document::Section;
use super::key::{Custom, Group, Key as _, Read};
use super::problem::{Problems, Wrong, quoted};
use super::values;

/// Who may ask the operator's listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminSettings {
    /// Whether other machines may reach it. Then there is a token.
    pub remote: bool,
    /// The name of the secret that has to be shown; none if nothing has to be.
    pub token: Option<String>,
    /// The hosts that requests may name besides those of the loopback, in lower case, without a port.
    pub hosts: Vec<String>,
}

static REMOTE: Switch = Switch {
    name: "remote",
    default: false,
    meaning: "Says out loud that `admin` may be an address which other machines reach. Needs `token`.",
};

static TOKEN: Custom<String> = Custom {
    name: "token",
    kind: "text",
    otherwise: "none; must be written with `remote = true`",
    meaning: "The name (never the value) of the secret that whoever asks shows as `Authorization: Bearer …`; others get 401. \
              `/health/live` and `/health/ready` are told to anyone.",
    read: |value| values::text_as(value, values::secret_name),
};

static HOSTS: Custom<Vec<String>> = Custom {
    name: "hosts",
    kind: "list of texts",
    otherwise: "those of the loopback alone",
    meaning: "The names and addresses under which the listener is asked, without port: what `Host` may be besides `localhost` \
              and loopback addresses. A request that names another host is refused with 403.",
    read: read_hosts,
};

/// Who may ask the operator's listener.
pub(super) static ADMIN_ACCESS: Group = Group {
    table: "admin_access",
    about: "Who may ask the operator's listener, `admin`. Without this table: whoever is on this machine.",
    keys: &[&REMOTE, &TOKEN, &HOSTS],
    tables: &[],
    later: &[],
};

impl AdminSettings {
    /// Reads `[admin_access]`.
    pub(super) fn read(section: Option<Section<'_>>, problems: &mut Problems) -> Self {
        let Some(mut section) = section else { return Self::default() };
        let settings = Self {
            remote: section.take_or_default(&REMOTE, problems),
            token: section.take(&TOKEN, problems),
            hosts: section.take(&HOSTS, problems).unwrap_or_default(),
        };
        if settings.remote && !section.has(TOKEN.name()) {
            let fix = r#"write token = "NAME", with the name under which the token is kept"#;
            problems.push(section.problem(TOKEN.name(), Wrong::new("missing: other machines may reach it", fix)));
        }
        section.finish(&ADMIN_ACCESS, None, problems);
        settings
    }
}

/// Reads hosts: names or IP addresses.
fn read_hosts(value: &Spanned<DeValue<'_>>) -> Read<Vec<String>> {
    values::list(value, r#"["metrics.example.internal", "10.0.0.5"]"#, |text| {
        host(text).ok_or_else(|| {
        Wrong::new(
            format!("{} is not a host", quoted(text)),
            r#"write a name or an IP address, without scheme, port and path: "metrics.example.internal", "10.0.0.5""#,
        )
    })
    })
}

/// A host as it is compared: a name in lower case without a dot at its end, an address in its one form.
fn host(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = inner.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.split('.').all(is_label).then_some(name)
}

impl AdminSettings {
    /// Whether `named`, the host of a request without its port, is one of the hosts.
    pub fn knows(&self, named: &str) -> bool {
        host(named).is_some_and(|named| self.hosts.contains(&named))
    }
}
