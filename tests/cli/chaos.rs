//! A thousand changes of the functions folder under load, in any order and cut off anywhere: nobody is let in whom the
//! policy in force would not have let in, what is not touched is served all the time, and nothing is left over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vestibule_host::reload::STILL;

use crate::support::{Host, Site, built};

const CHANGES: usize = 1000;
const FUNCTIONS: usize = 6;
/// After so many changes the folder is left alone until the host has caught up.
const ROUND: usize = 40;
/// The longest that a policy may be in force after it has gone from the folder. The host promises 300 ms; a machine on
/// which the tests of a whole workspace run promises less.
const GRACE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

const PUBLIC: &str = "access = \"public\"\n";
const SIGNED: &str = "methods = [\"GET\", \"POST\"]\n\n[verify]\nscheme = \"github\"\nsecrets = [\"GITHUB\"]\n";

/// Numbers that are the same in each run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    }
}

/// When a function's policy on disk was a whole public one: from just before it was written to just after it was gone.
#[derive(Default)]
struct Opened(Vec<(Instant, Option<Instant>)>);

impl Opened {
    fn note(&mut self, public: bool, before: Instant, after: Instant) {
        match self.0.last_mut() {
            Some((_, end @ None)) if !public => *end = Some(after),
            Some((_, None)) => {}
            _ if public => self.0.push((before, None)),
            _ => {}
        }
    }

    /// Whether a request of this time may have found it open: only a policy that was there for as long as it has to be
    /// still counts, and that for a while after it has gone.
    fn may_answer(&self, from: Instant, to: Instant) -> bool {
        self.0.iter().any(|(start, end)| {
            let end = end.unwrap_or(to);
            end - *start >= STILL && *start <= to && from <= end + GRACE
        })
    }
}

struct Folder {
    root: PathBuf,
    random: Random,
    components: [Vec<u8>; 2],
}

impl Folder {
    fn path(&self, function: usize, extension: &str) -> PathBuf {
        self.root.join(format!("f{function}.{extension}"))
    }

    /// Makes one change; the functions that it may concern.
    fn change(&mut self) -> Vec<usize> {
        let (one, other) = (self.random.below(FUNCTIONS), self.random.below(FUNCTIONS));
        let policy = self.path(one, "toml");
        let component = self.path(one, "wasm");
        match self.random.below(12) {
            0 | 1 => write(&policy, SIGNED.as_bytes()),
            2 | 3 => write(&policy, PUBLIC.as_bytes()),
            4 => {
                let text = if self.random.below(2) == 0 { SIGNED } else { PUBLIC };
                let cut = self.random.below(text.len());
                write(&policy, &text.as_bytes()[..cut]);
            }
            5 => write(&policy, [&b"access = \"all\""[..], b"[verify]", b"\xff\xfe", b"x = "][self.random.below(4)]),
            6 => remove(&policy),
            7 => {
                let new = self.root.join(format!(".new{one}"));
                write(&new, if self.random.below(2) == 0 { SIGNED.as_bytes() } else { PUBLIC.as_bytes() });
                let _ = fs::rename(new, &policy);
            }
            8 => {
                let whole = self.random.below(2);
                write(&component, &self.components[whole].clone());
            }
            9 => {
                let bytes = self.components[0].clone();
                let cut = self.random.below(bytes.len());
                write(&component, &bytes[..cut]);
            }
            10 => remove(&component),
            _ => {
                for extension in ["wasm", "toml"] {
                    if self.random.below(3) > 0 {
                        let _ = fs::rename(self.path(one, extension), self.path(other, extension));
                    }
                }
            }
        }
        vec![one, other]
    }

    /// What a request without a signature must be answered, if the files stay as they are.
    fn expected(&self, function: usize) -> Vec<u16> {
        let Ok(component) = fs::read(self.path(function, "wasm")) else { return vec![404] };
        let by_policy = match fs::read(self.path(function, "toml")) {
            Ok(text) if text == PUBLIC.as_bytes() => 200,
            Ok(text) if text == SIGNED.as_bytes() => 401,
            // Cut between its lines, a public policy may still be one, and a signed one may be whole but for a line break.
            Ok(text) if PUBLIC.as_bytes().starts_with(&text) && text.ends_with(b"\"") => 200,
            Ok(text) if SIGNED.as_bytes().starts_with(&text) && text.ends_with(b"]") && text.len() > 60 => 401,
            _ => 503,
        };
        // Of a component that is cut off, the one before goes on, if there was one.
        if self.components.contains(&component) { vec![by_policy] } else { vec![by_policy, 503] }
    }

    fn is_public(&self, function: usize) -> bool {
        fs::read(self.path(function, "toml")).is_ok_and(|text| text.starts_with(b"access = \"public\""))
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Threads, open files and resident memory in MiB.
fn held(host: &Host) -> (usize, usize, usize) {
    let process = PathBuf::from(format!("/proc/{}", host.pid()));
    let count = |folder: &str| fs::read_dir(process.join(folder)).unwrap().count();
    let status = fs::read_to_string(process.join("status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    (count("task"), count("fd"), resident.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024)
}

#[test]
fn a_thousand_changes_under_load_let_nobody_in_and_leave_nothing_behind() {
    let component = |name| fs::read(built(name, "wasm")).unwrap();
    let components = [component("hello"), component("hostile/canary")];
    let mut site = Site::new().secret("GITHUB", "a secret of these tests");
    site = site.file("steady.wasm", &components[0]).file("steady.toml", PUBLIC);
    for function in 0..FUNCTIONS {
        site = site.file(&format!("f{function}.wasm"), &components[0]).file(&format!("f{function}.toml"), SIGNED);
    }
    let mut folder = Folder { root: site.functions(), random: Random(0x5eed_1234_5678_9abc), components };
    let host = site.settings("[log]\nlevel = \"error\"\n").start();
    let opened: Vec<Mutex<Opened>> = (0..FUNCTIONS).map(|_| Mutex::default()).collect();
    let (over, mut slowest, mut before) = (AtomicBool::new(false), Duration::ZERO, None);

    thread::scope(|scope| {
        for client in 0..3 {
            let (host, over, opened) = (&host, &over, &opened);
            scope.spawn(move || {
                let mut function = client;
                while !over.load(Ordering::Relaxed) {
                    function = (function + 1) % FUNCTIONS;
                    let from = Instant::now();
                    let reply = host.get(&format!("/f{function}"));
                    if reply.status == 200 {
                        let to = Instant::now();
                        let allowed = opened[function].lock().unwrap().may_answer(from, to);
                        assert!(allowed, "/f{function} answered a request without a signature");
                    }
                    assert_eq!(host.get("/steady").status, 200, "what nobody touches is always served");
                }
            });
        }
        for change in 0..CHANGES {
            let before_change = Instant::now();
            // Noted beforehand: from the first byte on it may be open.
            let concerned = folder.change();
            for function in concerned {
                let public = folder.is_public(function);
                opened[function].lock().unwrap().note(public, before_change, Instant::now());
            }
            thread::sleep(Duration::from_millis([0, 1, 5, 30][folder.random.below(4)]));
            if change % ROUND == ROUND - 1 {
                slowest = slowest.max(wait_until_caught_up(&host, &folder));
                before = before.or(Some(held(&host)));
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let (before, after) = (before.unwrap(), held(&host));
    println!("caught up within {slowest:?} of the last write; threads, files, MiB: {before:?} -> {after:?}");
    assert!(after.0 <= before.0 + 4, "threads: {before:?} -> {after:?}");
    assert!(after.1 <= before.1 + 16, "open files: {before:?} -> {after:?}");
    assert!(after.2 <= before.2 + 64, "memory: {before:?} -> {after:?}");
}

/// Waits until each function answers as its files say; returns how long that took.
fn wait_until_caught_up(host: &Host, folder: &Folder) -> Duration {
    let start = Instant::now();
    let mut took = Duration::ZERO;
    for function in 0..FUNCTIONS {
        let expected = folder.expected(function);
        loop {
            let asked = start.elapsed();
            let found = host.get(&format!("/f{function}")).status;
            if expected.contains(&found) {
                took = took.max(asked);
                break;
            }
            assert!(asked < PATIENCE, "/f{function} answers {found}, not {expected:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }
    // And stays so.
    thread::sleep(STILL * 2);
    for function in 0..FUNCTIONS {
        let (found, expected) = (host.get(&format!("/f{function}")).status, folder.expected(function));
        assert!(expected.contains(&found), "/f{function} answers {found}, not {expected:?}");
    }
    took
}
