//! The store in a file: what it holds after a restart, when it is full, when clocks are set, when the file is not what it
//! should be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use super::*;
use crate::state::NotOpened;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// How long a claim is needed, which a store of one host does not ask.
const LASTS: Duration = HOUR;

/// A store whose wall clock the test sets.
struct Bench {
    folder: TempDir,
    hours: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), hours: Arc::new(AtomicU64::new(1000)) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state.redb")
    }

    fn try_open(&self, most: usize) -> Result<Embedded, NotOpened> {
        let hours = Arc::clone(&self.hours);
        let wall = move || UNIX_EPOCH + HOUR * u32::try_from(hours.load(Ordering::Relaxed)).unwrap();
        let places = Places::new(most, &Metrics::new());
        let keeper = Keeper::open(&self.path(), Box::new(wall), [Arc::clone(&places) as Arc<dyn Part>].into())?;
        Ok(Embedded::new(keeper, places))
    }

    fn open(&self, most: usize) -> Embedded {
        self.try_open(most).unwrap()
    }

    fn set_clock(&self, hours: u64) {
        self.hours.store(hours, Ordering::Relaxed);
    }
}

/// Closes a store as a host that ends does, and waits until another can have the file.
fn close(store: Embedded) {
    let shared = Arc::clone(&store.keeper.shared);
    drop(store);
    while Arc::strong_count(&shared) > 1 {
        thread::yield_now();
    }
}

fn key(n: u32) -> Key {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    key
}

/// Claims and completes.
async fn run(store: &Embedded, n: u32) {
    assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Nothing), "{n}");
    store.complete(&key(n), HOUR * 24).await.unwrap();
}

#[tokio::test]
async fn what_is_done_is_known_after_a_restart_and_what_was_given_back_is_not() {
    let bench = Bench::new();
    let store = bench.open(10);
    run(&store, 1).await;
    assert_eq!(store.claim(&key(2), LASTS).await, Ok(Found::Nothing));
    store.release(&key(2));
    assert_eq!(store.claim(&key(3), LASTS).await, Ok(Found::Nothing), "and never completed");
    close(store);
    let store = bench.open(10);
    assert_eq!(store.claim(&key(1), LASTS).await, Ok(Found::Done));
    assert_eq!(store.claim(&key(2), LASTS).await, Ok(Found::Nothing));
    assert_eq!(store.claim(&key(3), LASTS).await, Ok(Found::Nothing));
}

#[tokio::test]
async fn a_full_store_takes_nothing_new_and_forgets_nothing() {
    let bench = Bench::new();
    let store = bench.open(3);
    run(&store, 1).await;
    run(&store, 2).await;
    assert_eq!(store.claim(&key(3), LASTS).await, Ok(Found::Nothing), "what runs has its place");
    assert_eq!(store.claim(&key(4), LASTS).await, Err(Trouble::Full));
    store.complete(&key(3), HOUR * 24).await.unwrap();
    for n in 1..=3 {
        assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Done), "{n}");
    }
    assert_eq!(store.claim(&key(4), LASTS).await, Err(Trouble::Full));
    close(store);
    let store = bench.open(3);
    assert_eq!(store.claim(&key(4), LASTS).await, Err(Trouble::Full), "nor after a restart");
    bench.set_clock(1025);
    store.keeper.shared.tend();
    assert_eq!(store.claim(&key(4), LASTS).await, Ok(Found::Nothing), "their time is over");
}

#[tokio::test]
async fn a_place_that_is_given_back_is_free() {
    let bench = Bench::new();
    let store = bench.open(1);
    for n in 1..5 {
        assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Nothing));
        assert_eq!(store.claim(&key(99), LASTS).await, Err(Trouble::Full));
        store.release(&key(n));
    }
}

#[tokio::test]
async fn a_delivery_is_known_until_its_time_is_over_and_not_longer() {
    let bench = Bench::new();
    let store = bench.open(10);
    run(&store, 1).await;
    bench.set_clock(1023);
    store.keeper.shared.tend();
    assert_eq!(store.claim(&key(1), LASTS).await, Ok(Found::Done));
    bench.set_clock(1024);
    assert_eq!(store.claim(&key(1), LASTS).await, Ok(Found::Nothing), "even before it was forgotten");
    store.complete(&key(1), HOUR * 24).await.unwrap();
    store.keeper.shared.tend();
    bench.set_clock(1047);
    store.keeper.shared.tend();
    assert_eq!(store.claim(&key(1), LASTS).await, Ok(Found::Done), "done again, its time began again");
    assert_eq!(store.places.taken().stored, 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_ends_nothing_early() {
    let bench = Bench::new();
    let store = bench.open(10);
    run(&store, 1).await;
    bench.set_clock(900);
    run(&store, 2).await;
    bench.set_clock(1001);
    store.keeper.shared.tend();
    for n in [1, 2] {
        assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Done), "{n}");
    }
    // Nor where the host was started anew while it was wrong.
    close(store);
    bench.set_clock(900);
    let store = bench.open(10);
    run(&store, 3).await;
    bench.set_clock(1001);
    store.keeper.shared.tend();
    for n in [1, 2, 3] {
        assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Done), "{n}");
    }
}

#[tokio::test]
async fn what_has_had_its_time_is_forgotten_in_small_steps() {
    let bench = Bench::new();
    let store = bench.open(10_000);
    let count = u32::try_from(SWEEP).unwrap() * 2 + 10;
    let insert = move |transaction: &WriteTransaction, _now| {
        (0..count).try_fold(0, |_, n| table::insert(transaction, &key(n), u64::from(n)))
    };
    store.keeper.write(1, insert).await.unwrap();
    assert!(store.keeper.shared.tend());
    assert_eq!(store.places.taken().stored, u64::try_from(SWEEP).unwrap() + 10, "the oldest first, and no more");
    assert!(store.keeper.shared.tend());
    assert!(!store.keeper.shared.tend());
    assert_eq!(store.places.taken().stored, 0);
}

#[tokio::test]
async fn what_is_completed_at_once_is_all_remembered() {
    let bench = Bench::new();
    let store = Arc::new(bench.open(1000));
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&store);
        calls.spawn(async move { run(&store, n).await });
    }
    calls.join_all().await;
    for n in 0..200 {
        assert_eq!(store.claim(&key(n), LASTS).await, Ok(Found::Done), "{n}");
    }
    assert_eq!(store.places.taken().claimed, 0);
}

#[tokio::test]
async fn after_a_failure_nothing_is_claimed_until_the_file_is_open_again() {
    let bench = Bench::new();
    let store = bench.open(10);
    run(&store, 1).await;
    let failed = store.keeper.shared.attempt(|_| Err::<(), _>(redb::Error::Io(std::io::Error::other("no space left"))));
    assert!(failed.is_err());
    assert!(matches!(store.claim(&key(1), LASTS).await, Err(Trouble::Failed(_))));
    assert!(matches!(store.claim(&key(2), LASTS).await, Err(Trouble::Failed(_))));
    assert!(store.complete(&key(3), HOUR).await.is_err());
    store.keeper.shared.tend();
    assert_eq!(store.claim(&key(1), LASTS).await, Ok(Found::Done));
    assert_eq!(store.claim(&key(2), LASTS).await, Ok(Found::Nothing));
}

#[tokio::test]
async fn a_file_that_is_damaged_or_taken_is_said_to_be_so() {
    let bench = Bench::new();
    let store = bench.open(1000);
    for n in 0..200 {
        run(&store, n).await;
    }
    assert_eq!(bench.try_open(10).err().unwrap().message, "another host has it open");
    close(store);
    let good = fs::read(bench.path()).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(bench.path(), bytes).unwrap();
        let error = bench.try_open(10).err().unwrap();
        assert!(error.message.starts_with("it is damaged"), "{error:?}");
        assert!(error.fix.contains("backup"), "{error:?}");
    };
    refused(b"not a database");
    refused(&vec![b'x'; 100_000]);
    refused(&good[..good.len() / 2]);
    let mut flipped = good.clone();
    let last = flipped.windows(4).rposition(|bytes| bytes == [7; 4]).unwrap();
    flipped[last] ^= 1;
    refused(&flipped);
    fs::write(bench.path(), &good).unwrap();
    assert_eq!(bench.open(1000).claim(&key(5), LASTS).await, Ok(Found::Done));
}

#[tokio::test]
async fn the_file_is_the_hosts_alone() {
    let bench = Bench::new();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    close(bench.open(10));
    assert_eq!(mode(bench.path()), 0o600);
    fs::set_permissions(bench.path(), fs::Permissions::from_mode(0o664)).unwrap();
    close(bench.open(10));
    assert_eq!(mode(bench.path()), 0o600);
    fs::remove_file(bench.path()).unwrap();
    fs::create_dir(bench.path()).unwrap();
    let error = bench.try_open(10).err().unwrap();
    assert!(error.fix.contains("under [state] in host.toml"), "{error:?}");
}
