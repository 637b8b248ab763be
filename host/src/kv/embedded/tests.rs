//! Stores in the state's file: what is there after a restart, what their quotas let in, when what is kept for a time is gone,
//! what a list shows while others write.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use super::super::store::{LARGEST_NUMBER, PAGE_KEYS, Quota};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

const PLENTY: Quotas = Quotas { value: 1 << 20, keys: 1 << 20, bytes: 1 << 30 };

/// A file whose wall clock the test sets.
struct Bench {
    folder: TempDir,
    seconds: Arc<AtomicU64>,
    metrics: Metrics,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            seconds: Arc::new(AtomicU64::new(1_000_000)),
            metrics: Metrics::new(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state.redb")
    }

    fn open(&self, quotas: Quotas) -> Embedded {
        let seconds = Arc::clone(&self.seconds);
        let wall = move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed));
        let parts = [Arc::new(Stores::new(&self.metrics)) as Arc<dyn Part>];
        let keeper = Keeper::open(&self.path(), Box::new(wall), parts.into()).unwrap();
        Embedded::new(keeper, quotas)
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// Closes the file as a host that ends does, and waits until another can have it.
fn close(stores: Embedded) {
    let shared = Arc::clone(&stores.keeper.shared);
    drop(stores);
    while Arc::strong_count(&shared) > 1 {
        std::thread::yield_now();
    }
}

fn name(text: &str) -> Name {
    text.into()
}

impl Embedded {
    async fn put(&self, store: &str, key: &str, value: &str) -> Result<(), Trouble> {
        self.set(&name(store), key.into(), value.into(), None).await
    }

    async fn text(&self, store: &str, key: &str) -> Option<String> {
        let value = self.get(&name(store), key.into()).await.unwrap();
        value.map(|value| String::from_utf8(value).unwrap())
    }

    /// Every key of a store, page by page; none may be there twice.
    async fn keys(&self, store: &str) -> BTreeSet<String> {
        let (mut keys, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = self.list(&name(store), cursor).await.unwrap();
            assert!(page.keys.len() <= PAGE_KEYS);
            for key in page.keys {
                assert!(keys.insert(key.clone()), "{key} twice");
            }
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return keys,
            }
        }
    }

    /// How many keys and bytes count against the quotas.
    async fn usage(&self, store: &'static str) -> (u64, u64) {
        let make = move |transaction: &WriteTransaction, _now| Tables::open(transaction)?.usage(store);
        let (keys, bytes, _) = self.keeper.write(1, make).await.unwrap();
        (keys, bytes)
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart_and_in_its_own_store_alone() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    stores.put("a", "k", "1").await.unwrap();
    stores.put("a", "k", "2").await.unwrap();
    stores.put("b", "k", "of b").await.unwrap();
    stores.put("a", "", "an empty key").await.unwrap();
    stores.put("a", "gone", "x").await.unwrap();
    stores.delete(&name("a"), "gone".into()).await.unwrap();
    stores.delete(&name("a"), "never there".into()).await.unwrap();
    close(stores);
    let stores = bench.open(PLENTY);
    assert_eq!(stores.text("a", "k").await.as_deref(), Some("2"));
    assert_eq!(stores.text("b", "k").await.as_deref(), Some("of b"));
    assert_eq!(stores.text("a", "").await.as_deref(), Some("an empty key"));
    assert_eq!(stores.text("a", "gone").await, None);
    assert_eq!(stores.text("c", "k").await, None);
    assert!(stores.exists(&name("a"), "k".into()).await.unwrap());
    assert!(!stores.exists(&name("a"), "gone".into()).await.unwrap());
    assert_eq!(stores.usage("a").await, (2, 2 + 12));
    // Names and keys that run together are other names and keys.
    stores.put("ab", "c", "1").await.unwrap();
    assert_eq!(stores.text("a", "bc").await, None);
}

#[tokio::test]
async fn a_full_store_takes_nothing_new_and_lets_what_is_there_be_changed() {
    let bench = Bench::new();
    let stores = bench.open(Quotas { value: 100, keys: 2, bytes: 20 });
    stores.put("s", "a", "12345").await.unwrap();
    stores.put("s", "b", "12345").await.unwrap();
    assert_eq!(stores.put("s", "c", "").await, Err(Trouble::Full(Quota::Keys)));
    assert_eq!(stores.increment(&name("s"), "n".into(), 1, None).await, Err(Trouble::Full(Quota::Keys)));
    let absent = stores.compare_and_set(&name("s"), "d".into(), None, "1".into(), None).await;
    assert_eq!(absent, Err(Trouble::Full(Quota::Keys)));
    stores.put("s", "a", "1234567890123").await.unwrap();
    assert_eq!(stores.usage("s").await, (2, 20));
    assert_eq!(stores.put("s", "b", "123456").await, Err(Trouble::Full(Quota::Bytes)));
    stores.put("s", "b", "54321").await.unwrap();
    stores.put("s", "b", "1").await.unwrap();
    stores.put("other", "a", "has room of its own").await.unwrap();
    stores.delete(&name("s"), "a".into()).await.unwrap();
    stores.put("s", "c", "").await.unwrap();
    assert_eq!(stores.usage("s").await, (2, 3));
    stores.keeper.shared.tend();
    let metrics = bench.metrics.encode();
    for line in ["vestibule_store_keys{store=\"s\"} 2", "vestibule_store_bytes{store=\"s\"} 3"] {
        assert!(metrics.lines().any(|shown| shown == line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_batch_is_written_whole_or_not_at_all() {
    let bench = Bench::new();
    let stores = bench.open(Quotas { value: 100, keys: 3, bytes: 100 });
    let batch = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), key.repeat(2).into_bytes())).collect();
    let full = stores.set_many(&name("s"), batch(&["a", "b", "c", "d"])).await;
    assert_eq!((full, stores.usage("s").await), (Err(Trouble::Full(Quota::Keys)), (0, 0)));
    stores.set_many(&name("s"), batch(&["a", "b", "a", "c"])).await.unwrap();
    assert_eq!(stores.usage("s").await, (3, 9));
    let keys = || ["c", "x", "a"].map(str::to_owned).to_vec();
    let values = stores.get_many(&name("s"), keys(), 4).await.unwrap();
    assert_eq!(values, [Some(b"cc".to_vec()), None, Some(b"aa".to_vec())]);
    assert!(matches!(stores.get_many(&name("s"), keys(), 3).await, Err(Trouble::OutOfBounds(_))));
    stores.delete_many(&name("s"), keys()).await.unwrap();
    assert_eq!(stores.keys("s").await, BTreeSet::from(["b".to_owned()]));
    let twice = vec![("t".to_owned(), b"first".to_vec()), ("t".to_owned(), b"last".to_vec())];
    stores.set_many(&name("s"), twice).await.unwrap();
    assert_eq!(stores.text("s", "t").await.as_deref(), Some("last"));
}

#[tokio::test]
async fn what_is_kept_for_a_time_is_gone_when_it_is_over_and_not_before() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    let s = name("s");
    stores.set(&s, "short".into(), "1".into(), Some(SECOND * 10)).await.unwrap();
    stores.set(&s, "long".into(), "1".into(), Some(SECOND * 100)).await.unwrap();
    stores.set(&s, "for good".into(), "1".into(), Some(SECOND * 10)).await.unwrap();
    stores.set(&s, "for good".into(), "2".into(), None).await.unwrap();
    stores.set(&s, "again".into(), "1".into(), Some(SECOND * 10)).await.unwrap();
    stores.set(&s, "again".into(), "1".into(), Some(SECOND * 50)).await.unwrap();
    bench.pass(9);
    stores.keeper.shared.tend();
    assert_eq!(stores.keys("s").await.len(), 4);
    // A second more, as the clock goes on while the test's stands still.
    bench.pass(2);
    // Before anything was swept up.
    assert_eq!(stores.text("s", "short").await, None);
    assert!(!stores.exists(&s, "short".into()).await.unwrap());
    assert_eq!(stores.get_many(&s, vec!["short".into()], 10).await.unwrap(), [None]);
    assert_eq!(stores.keys("s").await.len(), 3);
    assert!(stores.compare_and_set(&s, "short".into(), None, "new".into(), None).await.unwrap());
    assert_eq!(stores.text("s", "short").await.as_deref(), Some("new"));
    // And what was swept up is what had its time, also after a restart.
    close(stores);
    let stores = bench.open(PLENTY);
    bench.pass(40);
    assert!(!stores.keeper.shared.tend());
    assert_eq!(stores.usage("s").await.0, 3);
    assert_eq!(stores.text("s", "again").await, None);
    for key in ["short", "long", "for good"] {
        assert!(stores.text("s", key).await.is_some(), "{key}");
    }
    // A clock that is set back ends nothing early and brings nothing back.
    bench.seconds.store(1_000_000, Ordering::Relaxed);
    stores.keeper.shared.tend();
    assert_eq!(stores.text("s", "again").await, None);
    assert!(stores.text("s", "long").await.is_some());
}

#[tokio::test]
async fn what_has_had_its_time_is_swept_up_in_small_steps() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    let count = SWEEP * 2 + 10;
    let make = move |transaction: &WriteTransaction, now| {
        let mut tables = Tables::open(transaction)?;
        for n in 0..count {
            let key = n.to_string();
            tables.set("s", std::iter::once((key.as_str(), &b"v"[..])), now + 1, &PLENTY)?.unwrap();
        }
        Ok(())
    };
    stores.keeper.write(1, make).await.unwrap();
    bench.pass(2);
    let left = async || usize::try_from(stores.usage("s").await.0).unwrap();
    assert!(stores.keeper.shared.tend());
    assert_eq!(left().await, SWEEP + 10);
    assert!(stores.keeper.shared.tend());
    assert!(!stores.keeper.shared.tend());
    assert_eq!(stores.usage("s").await, (0, 0));
}

#[tokio::test]
async fn a_number_is_counted_up_in_digits_and_never_past_the_largest() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    let s = name("s");
    let add = async |key: &str, delta: u64| stores.increment(&s, key.into(), delta, None).await;
    assert_eq!(add("n", 0).await, Ok(0));
    assert_eq!(add("n", 7).await, Ok(7));
    assert_eq!(stores.text("s", "n").await.as_deref(), Some("7"));
    assert_eq!(add("n", LARGEST_NUMBER - 7).await, Ok(LARGEST_NUMBER));
    assert_eq!(add("n", 1).await, Err(Trouble::NotANumber));
    assert_eq!(add("n", u64::MAX).await, Err(Trouble::NotANumber));
    assert_eq!(add("new", u64::MAX).await, Err(Trouble::NotANumber));
    assert_eq!(stores.text("s", "n").await, Some(LARGEST_NUMBER.to_string()));
    stores.put("s", "word", "seven").await.unwrap();
    assert_eq!(add("word", 1).await, Err(Trouble::NotANumber));
    assert_eq!(stores.text("s", "word").await.as_deref(), Some("seven"));
    // The time to live is that of the first.
    for expected in 1..=3 {
        assert_eq!(stores.increment(&s, "window".into(), 1, Some(SECOND * 10)).await, Ok(expected));
        bench.pass(3);
    }
    bench.pass(2);
    assert_eq!(stores.increment(&s, "window".into(), 1, Some(SECOND * 10)).await, Ok(1));
}

#[tokio::test]
async fn what_is_compared_is_all_of_the_value() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    let s = name("s");
    let swap = async |expected: Option<&str>, value: &str| {
        stores.compare_and_set(&s, "k".into(), expected.map(Into::into), value.into(), None).await.unwrap()
    };
    assert!(!swap(Some(""), "1").await, "an empty value is not none");
    assert!(swap(None, "1").await);
    assert!(!swap(None, "2").await);
    assert!(!swap(Some("12"), "2").await);
    assert_eq!(stores.text("s", "k").await.as_deref(), Some("1"));
    assert!(swap(Some("1"), "2").await);
    assert_eq!(stores.text("s", "k").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn one_key_that_all_count_up_at_once_loses_nothing() {
    let bench = Bench::new();
    let stores = Arc::new(bench.open(PLENTY));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let stores = Arc::clone(&stores);
        calls.spawn(async move { stores.increment(&name("s"), "n".into(), 1, None).await.unwrap() });
    }
    let sums: BTreeSet<u64> = calls.join_all().await.into_iter().collect();
    assert_eq!(sums, (1..=1000).collect());
}

#[tokio::test]
async fn a_list_shows_once_each_what_is_there_from_its_beginning_to_its_end() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    let count = PAGE_KEYS * 3;
    let all = |start: usize| (start..start + count).map(|n| (format!("{n:06}"), b"v".to_vec())).collect::<Vec<_>>();
    for part in all(0).chunks(1000) {
        stores.set_many(&name("s"), part.to_vec()).await.unwrap();
    }
    stores.put("t", "of another store", "v").await.unwrap();
    let mut seen = BTreeSet::new();
    let mut page = stores.list(&name("s"), None).await.unwrap();
    let mut pages = 0;
    loop {
        for key in page.keys {
            assert!(seen.insert(key.clone()), "{key} twice");
        }
        let Some(cursor) = page.cursor else { break };
        // Those of the first page go and come back, others are overwritten, new ones come before and after all.
        let gone: Vec<String> = (0..10).map(|n| format!("{n:06}")).collect();
        stores.delete_many(&name("s"), gone).await.unwrap();
        stores.put("s", &format!("{:06}", 1500 + pages), "changed").await.unwrap();
        stores.put("s", &format!("!{pages}"), "new").await.unwrap();
        pages += 1;
        page = stores.list(&name("s"), Some(cursor)).await.unwrap();
    }
    assert!(pages >= 2, "{pages}");
    let missed = all(0).into_iter().map(|(key, _)| key).find(|key| !seen.contains(key));
    assert_eq!(missed, None);
    assert!(!seen.contains("of another store"));
    // Nor does it matter whether the host was started anew, or what the cursor is.
    let cursor = stores.list(&name("s"), None).await.unwrap().cursor;
    close(stores);
    let stores = bench.open(PLENTY);
    assert!(!stores.list(&name("s"), cursor).await.unwrap().keys.is_empty());
    assert_eq!(stores.list(&name("s"), Some(u64::MAX)).await.unwrap(), Page::default());
    assert_eq!(stores.list(&name("empty"), Some(5)).await.unwrap(), Page::default());
}

#[tokio::test]
async fn a_file_that_failed_is_trouble_until_it_is_open_again() {
    let bench = Bench::new();
    let stores = bench.open(PLENTY);
    stores.put("s", "k", "1").await.unwrap();
    let failed =
        stores.keeper.shared.attempt(|_| Err::<(), _>(redb::Error::Io(std::io::Error::other("no space left"))));
    assert!(failed.is_err());
    let get = stores.get(&name("s"), "k".into()).await;
    assert!(matches!(&get, Err(Trouble::Unavailable(why)) if why.contains("state.redb")), "{get:?}");
    assert!(matches!(stores.put("s", "k", "2").await, Err(Trouble::Unavailable(_))));
    // What a guest is told names no file.
    assert!(!get.unwrap_err().to_string().contains("redb"));
    stores.keeper.shared.tend();
    assert_eq!(stores.text("s", "k").await.as_deref(), Some("1"));
}
