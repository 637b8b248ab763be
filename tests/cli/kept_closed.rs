//! Files that say who may call, rewritten, cut off, removed and replaced a thousand times while callers try: whoever shows
//! nothing, or what is not good, is let in not once; whoever may call is, or is told to come back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vestibule_host::reload::STILL;

use crate::support::{Host, Site, built};
use crate::token::{SHARED, bearer, by_hand, claims};

/// After so many changes the file is whole and left alone, until the host serves again.
const ROUND: usize = 21;

/// How long the host may go on with what has been in force after it has gone; see `chaos`.
const GRACE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

const PROVIDER: &str =
    "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\naudience = \"us\"\nleeway = \"0s\"\n";
const POLICY: &str = "methods = [\"GET\"]\n[auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\nscopes = [\"write\"]\n";

/// Whether a text lets in more than the whole one does: not everybody, but somebody.
type IsLooser = fn(&str) -> bool;

/// The times at which a looser text stood still for so long that it may have counted.
#[derive(Default)]
struct Loosened {
    since: Option<Instant>,
    times: Vec<(Instant, Instant)>,
}

impl Loosened {
    /// Notes what is in the file from `before` on, or from some time between then and now.
    fn note(&mut self, is_looser: bool, before: Instant) {
        if let Some(since) = self.since.filter(|_| !is_looser) {
            let now = Instant::now();
            if now - since >= STILL {
                self.times.push((since, now + GRACE));
            }
            self.since = None;
        } else if is_looser {
            self.since.get_or_insert(before);
        }
    }

    fn excuses(&self, from: Instant, to: Instant) -> bool {
        let now = self.since.filter(|since| since.elapsed() >= STILL).map(|since| (since, to));
        self.times.iter().copied().chain(now).any(|(start, end)| start <= to && from <= end)
    }
}

/// Somebody who calls, and whether a looser text may let him in.
struct Caller {
    name: &'static str,
    authorization: Option<String>,
    is_let_in_by_looser: bool,
}

fn callers() -> Vec<Caller> {
    let right = |more: Value| {
        let mut claims = json!({ "aud": "us", "roles": ["admin"], "scope": "read write" });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let caller = |name, authorization, is_let_in_by_looser| Caller { name, authorization, is_let_in_by_looser };
    let forged = by_hand(&json!({ "alg": "HS256" }), &claims(right(json!({}))), Some(b"another secret"));
    let unsigned = by_hand(&json!({ "alg": "none" }), &claims(right(json!({}))), None);
    vec![
        caller("nothing", None, false),
        caller("a forged token", Some(format!("Bearer {forged}")), false),
        caller("an unsigned token", Some(format!("Bearer {unsigned}")), false),
        caller("an expired token", Some(bearer(right(json!({ "exp": 1 })))), false),
        caller("another role", Some(bearer(right(json!({ "roles": ["reader"] })))), true),
        caller("another scope", Some(bearer(right(json!({ "scope": "read" })))), true),
        caller("another audience", Some(bearer(right(json!({ "aud": "them" })))), true),
    ]
}

fn good() -> String {
    bearer(json!({ "aud": "us", "roles": ["admin"], "scope": "read write" }))
}

fn status(host: &Host, authorization: Option<&str>) -> u16 {
    let headers = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
    host.request("GET", "/me", headers.as_slice(), b"").status
}

/// Changes `file`, whose whole text is `whole`; returns what is in it now.
fn change(number: usize, file: &Path, whole: &str, others: &[&str]) -> String {
    let beside = |name: &str| file.with_file_name(name);
    let put = |path: &Path, text: &str| fs::write(path, text).unwrap();
    let remove = || drop(fs::remove_file(file));
    // A link that an earlier change has left would be written through.
    if file.is_symlink() {
        remove();
    }
    let cut = number / 8 % (whole.len() + 1);
    match number % 8 {
        // Cut off at every length, as by a program that writes slowly; and the rest after it.
        0 | 4 => {
            put(file, &whole[..cut]);
            whole[..cut].to_owned()
        }
        1 => {
            put(file, whole);
            whole.to_owned()
        }
        2 => {
            let text = others[number / 8 % others.len()];
            put(file, text);
            text.to_owned()
        }
        3 => {
            remove();
            String::new()
        }
        // As editors do: the old one away, the new one in its place; or over it.
        5 => {
            put(&beside(".swap"), whole);
            remove();
            fs::rename(beside(".swap"), file).unwrap();
            whole.to_owned()
        }
        6 => {
            let _ = fs::rename(file, beside(".backup~"));
            put(&beside(".swap"), &whole[..cut]);
            fs::rename(beside(".swap"), file).unwrap();
            whole[..cut].to_owned()
        }
        _ => {
            remove();
            symlink("nowhere", file).unwrap();
            String::new()
        }
    }
}

/// Changes a file `changes` times while everybody calls.
fn kept_closed(site: Site, file: PathBuf, whole: &str, others: &[&str], is_looser: IsLooser, changes: usize) {
    let site = site.secret("JWT", SHARED).file("me.wasm", fs::read(built("hello", "wasm")).unwrap());
    let host = site.start();
    let (over, loosened) = (AtomicBool::new(false), Mutex::new(Loosened::default()));
    let (asked, served, excused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let refusals: Mutex<BTreeMap<u16, usize>> = Mutex::default();
    let callers = callers();
    assert_eq!((status(&host, Some(&good())), status(&host, None)), (200, 401));

    thread::scope(|scope| {
        // Whatever ends this ends the callers, too.
        let end = End(&over);
        for share in callers.chunks(4) {
            let share: Vec<&Caller> = share.iter().collect();
            let (host, over, loosened, asked, excused, refusals) =
                (&host, &over, &loosened, &asked, &excused, &refusals);
            scope.spawn(move || {
                for caller in share.iter().cycle().take_while(|_| !over.load(Ordering::Relaxed)) {
                    let from = Instant::now();
                    let found = status(host, caller.authorization.as_deref());
                    asked.fetch_add(1, Ordering::Relaxed);
                    *refusals.lock().unwrap().entry(found).or_default() += 1;
                    if found == 200 {
                        let is_excused = loosened.lock().unwrap().excuses(from, Instant::now());
                        assert!(caller.is_let_in_by_looser && is_excused, "let in with {}", caller.name);
                        excused.fetch_add(1, Ordering::Relaxed);
                    }
                    assert!([200, 401, 403, 503].contains(&found), "{found} for {}", caller.name);
                }
            });
        }
        scope.spawn(|| {
            let good = good();
            while !over.load(Ordering::Relaxed) {
                let found = status(&host, Some(&good));
                assert!(found == 200 || found == 503, "{found} for who may call");
                served.fetch_add(usize::from(found == 200), Ordering::Relaxed);
            }
        });
        for number in 0..changes {
            let before = Instant::now();
            // From the first byte on it may be in the file, and until it has gone.
            let text = change(number, &file, whole, others);
            loosened.lock().unwrap().note(is_looser(&text), before);
            thread::sleep(Duration::from_millis([0, 2, 11, 1, 5, 0, 17, 3][number / 3 % 8]));
            if number % (2 * ROUND) == ROUND {
                // For once, something that is wrong is left there, so that it counts.
                let wrong: Vec<&&str> = others.iter().filter(|text| !is_looser(text)).collect();
                let before = Instant::now();
                let _ = fs::remove_file(&file);
                fs::write(&file, wrong[number / ROUND / 2 % wrong.len()]).unwrap();
                loosened.lock().unwrap().note(false, before);
                thread::sleep(STILL * 2);
            }
            if number % ROUND == ROUND - 1 {
                let before = Instant::now();
                let _ = fs::remove_file(&file);
                fs::write(&file, whole).unwrap();
                loosened.lock().unwrap().note(false, before);
                until_served(&host);
            }
        }
        drop(end);
    });
    let (asked, served, excused) = (asked.into_inner(), served.into_inner(), excused.into_inner());
    let refusals = refusals.into_inner().unwrap();
    println!("{changes} changes, {asked} bad requests ({refusals:?}, {excused} excused), {served} good ones served");
    assert!(asked > changes && served > 0, "{asked} {served}");
}

/// Ends the callers.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn until_served(host: &Host) {
    let latest = Instant::now() + PATIENCE;
    while status(host, Some(&good())) != 200 {
        assert!(Instant::now() < latest, "whole again, and not served");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_policy_that_is_rewritten_a_thousand_times_opens_its_function_not_once() {
    let others = [
        "",
        "\n",
        "# nothing yet\n",
        "methods = [\"GET\"]\n",
        "access = \"publik\"\n",
        "access = public\n",
        "access = \"public\"\n[auth]\nproviders = [\"demo\"]\n",
        "[auth]\n",
        "[auth]\nproviders = []\n",
        "[auth]\nproviders = [\"nobody\"]\n",
        "[auth]\nproviders = [\"demo\"]\noptional = true\n",
        "[auth]\nproviders = [\"demo\"]\nroles = []\n",
        "[auth]\nproviders = [\"demo\"]\nroles = \"admin\"\n",
        "[auth]\nproviders = [\"demo\"]\nrole = [\"reader\"]\n",
        // Looser, and good but for that.
        "[auth]\nproviders = [\"demo\"]\n",
        "[auth]\nproviders = [\"demo\"]\nroles = [\"reader\", \"admin\"]\n",
        "[verify]\nscheme = \"none\"\n",
        "\u{0}\u{0}\u{0}",
    ];
    let site = Site::new().settings(&format!("{PROVIDER}[log]\nlevel = \"error\"\n")).file("me.toml", POLICY);
    let file = site.functions().join("me.toml");
    let is_looser = |text: &str| text.contains("providers = [\"demo\"]") && text != POLICY;
    kept_closed(site, file, POLICY, &others, is_looser, 1000);
}

#[test]
fn settings_that_are_rewritten_under_load_let_nobody_else_in() {
    let others = [
        "",
        "[auth.demo]\n",
        "[auth]\n",
        "prefix = \n",
        "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"none\"]\nsecret = \"JWT\"\n",
        "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"NOWHERE\"\naudience = \"us\"\n",
        "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\naudience = \"us\"\n",
        "[auth.other]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\n",
        // Looser, and good but for that.
        "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\n",
        "\u{0}\u{0}\u{0}",
    ];
    let whole = format!("[log]\nlevel = \"error\"\n{PROVIDER}");
    let site = Site::new().settings(&whole).file("me.toml", POLICY);
    let file = site.folder().join("host.toml");
    let is_looser = |text: &str| text.contains("secret = \"JWT\"") && !text.contains("leeway = \"0s\"");
    kept_closed(site, file, &whole, &others, is_looser, 600);
}
