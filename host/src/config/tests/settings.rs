//! A `host.toml` that is right: defaults, paths, and the options that win over it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::host;
use crate::config::cache::users_cache;
use crate::config::{
    COMMAND_LINE, LogFormat, LogLevel, LogSettings, Overrides, Policy, SecretsSettings, ServerSettings, Settings, Size,
    Undeclared,
};

#[test]
fn a_host_without_a_file_has_defaults() {
    let settings = Settings::check(Path::new("host.toml"), "", &Overrides::default()).expect("right");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.admin.to_string(), "127.0.0.1:8081");
    assert_eq!(settings.functions, Path::new("functions"));
    assert_eq!((settings.prefix.to_string().as_str(), settings.public_url.as_deref()), ("", None));
    assert_eq!(settings.undeclared, Undeclared::Loopback);
    assert!(settings.tries_undeclared());
    assert_eq!(settings.secrets, SecretsSettings { dir: None, dotenv: None, env: true });
    assert_eq!(settings.log, LogSettings { format: LogFormat::Human, level: LogLevel::Info });
    assert_eq!(
        settings.server,
        ServerSettings {
            connections: 4096,
            concurrency: 512,
            permit_wait: Duration::from_secs(1),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_grace: Duration::from_secs(5),
            body_rate: Size::kib(1),
            body_bytes: Size::mib(256),
            answer_bytes: Size::mib(256),
            drain: Duration::from_secs(30),
            header_bytes: Size::kib(32),
            header_count: 100,
            target_bytes: Size::kib(8),
            http2_streams: 128,
        }
    );
    assert_eq!(host("[server]\n[log]\n[secrets]\n[cache]\n[defaults]\n[auth]").expect("empty").server, settings.server);
}

#[test]
fn undeclared_functions_are_tried_on_a_private_host_only() {
    for text in ["listen = \"0.0.0.0:80\"", "public_url = \"https://a.example\"", "[defaults]\nundeclared = \"refuse\""]
    {
        assert!(!host(text).expect(text).tries_undeclared(), "{text}");
    }
}

#[test]
fn paths_start_from_the_folder_of_the_file() {
    let text = "functions = \"fns\"\n[cache]\ndir = \"/var/cache/v\"\n[secrets]\ndotenv = \".env\"\ndir = \"/run/secrets\"\nenv = false\n";
    let settings = host(text).expect("right");
    assert_eq!(settings.functions, Path::new("etc/fns"));
    assert_eq!(settings.cache.expect("kept").dir, Path::new("/var/cache/v"));
    assert_eq!(settings.state.path, Path::new("etc/state.redb"));
    let path = |text: &str| host(text).expect("right").state.path;
    assert_eq!(path("[state]\npath = \"s/x.redb\""), Path::new("etc/s/x.redb"));
    assert_eq!(path("[state]\npath = \"/var/lib/v\""), Path::new("/var/lib/v"));
    assert_eq!(settings.secrets.dotenv.as_deref(), Some(Path::new("etc/.env")));
    assert_eq!(settings.secrets.dir.as_deref(), Some(Path::new("/run/secrets")));
    assert!(!settings.secrets.env);
    assert_eq!(host("[cache]\ndir = \"c\"\nenabled = false").expect("right").cache, None);
}

#[test]
fn the_users_cache_is_where_xdg_has_it() {
    let cache = |set: &'static [(&str, &str)]| {
        users_cache(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    };
    assert_eq!(cache(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]), Some(PathBuf::from("/c/vestibule")));
    assert_eq!(cache(&[("XDG_CACHE_HOME", "rel"), ("HOME", "/h")]), Some(PathBuf::from("/h/.cache/vestibule")));
    assert_eq!(cache(&[]), None);
}

#[test]
fn options_win_and_are_checked_as_well() {
    let overrides = Overrides {
        listen: Some("127.0.0.1:1".parse().expect("an address")),
        admin: Some("127.0.0.1:2".parse().expect("an address")),
        functions: Some("here".into()),
        prefix: Some("/x".to_owned()),
        log_format: Some(LogFormat::Json),
    };
    let text = "listen = \"0.0.0.0:80\"\nfunctions = \"there\"\nprefix = \"/y\"\n[log]\nformat = \"human\"\n";
    let file = Path::new("etc/host.toml");
    let settings = Settings::check(file, text, &overrides).expect("right");
    assert_eq!(settings.listen.port(), 1);
    assert_eq!(settings.admin.port(), 2);
    assert_eq!(settings.functions, Path::new("here"));
    assert_eq!(settings.prefix.to_string(), "/x");
    assert_eq!(settings.log.format, LogFormat::Json);

    let overrides = Overrides {
        admin: Some("0.0.0.0:2".parse().expect("an address")),
        prefix: Some("x".to_owned()),
        ..Overrides::default()
    };
    let problems = Settings::check(file, "", &overrides).expect_err("both are wrong").problems;
    let found: Vec<_> = problems.iter().map(|p| (p.file.clone(), p.key.clone().expect("an option"))).collect();
    let option = |name: &str| (PathBuf::from(COMMAND_LINE), name.to_owned());
    assert_eq!(found, [option("--prefix"), option("--admin")]);
}

#[test]
fn a_rejected_file_still_lets_policies_be_checked() {
    let text = "listn = 1\nfunctions = \"f\"\n[auth.a]\nkind = \"jwt\"\n[defaults]\ntimeout = \"1s\"\n";
    let rejected = Settings::check(Path::new("host.toml"), text, &Overrides::default()).expect_err("wrong");
    assert_eq!(rejected.functions.as_deref(), Some(Path::new("f")));
    let mut all = rejected.problems;
    // The provider is named, though not as it must be: the policy that names it is not to blame.
    let policy = Policy::check(
        Path::new("f/p.toml"),
        "x = 1\n[auth]\nproviders = [\"a\"]",
        &rejected.policies.of(Path::new("p.toml")),
    );
    all.append(policy.expect_err("x is unknown"));
    let keys: Vec<_> = all.iter().map(|p| p.key.as_deref().expect("a key")).collect();
    assert_eq!(keys, ["listn", "auth.a.algorithms", "x"]);
}
