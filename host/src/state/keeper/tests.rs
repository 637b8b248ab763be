//! Reads that are slow or panic, and what calls leave behind that have had their time.

use std::time::SystemTime;

use super::*;
use crate::state::queue::ROOM;

async fn read_on(keeper: &Keeper, takes: Duration) -> thread::ThreadId {
    let read = move |_: &Database, _| {
        thread::sleep(takes);
        Ok(thread::current().id())
    };
    keeper.read(read).await.unwrap()
}

#[tokio::test]
async fn after_a_read_that_was_slow_the_next_ones_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::open(&folder.path().join("state.redb"), Box::new(SystemTime::now), [].into()).unwrap();
    let here = thread::current().id();
    assert_eq!(read_on(&keeper, SLOW * 2).await, here, "nobody could know");
    assert_ne!(read_on(&keeper, SLOW * 2).await, here);
    assert_ne!(read_on(&keeper, Duration::ZERO).await, here);
}

#[tokio::test]
async fn a_read_or_a_write_that_panics_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::open(&folder.path().join("state.redb"), Box::new(SystemTime::now), [].into()).unwrap();
    assert!(keeper.read(|_, _| -> Result<(), _> { panic!("of the test") }).await.is_err());
    assert!(keeper.write(1, |_, _| -> Result<(), _> { panic!("of the test") }).await.is_err());
    assert!(keeper.write(1, |_, _| Ok(())).await.is_err(), "until it is open again");
    keeper.shared.tend();
    assert_eq!(keeper.write(1, |_, _| Ok(7)).await, Ok(7));
}

/// While the disk stands still, what calls leave behind that have had their time is bounded, and holds up no delivery.
#[tokio::test]
async fn what_calls_leave_behind_is_bounded_and_is_not_written() {
    const LARGE: usize = 8 << 20;
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::open(&folder.path().join("state.redb"), Box::new(SystemTime::now), [].into()).unwrap();
    let ((begun, begins), (release, held)) = (oneshot::channel(), channel::<()>());
    let stands_still = tokio::spawn({
        let keeper = Arc::clone(&keeper);
        let make = move |_: &WriteTransaction, _| {
            let _ = begun.send(());
            let _ = held.recv();
            Ok(())
        };
        async move { keeper.write_first(make, |()| ()).await }
    });
    begins.await.unwrap();

    let (content, written) = (Arc::new(()), Arc::new(AtomicBool::new(false)));
    for _ in 0..32 {
        let (content, written) = (Arc::clone(&content), Arc::clone(&written));
        let make = move |_: &WriteTransaction, _| {
            written.store(true, Ordering::Relaxed);
            drop(content);
            Ok(())
        };
        let call = tokio::time::timeout(Duration::from_millis(1), keeper.write(LARGE, make));
        assert!(call.await.is_err(), "nothing can be written");
    }
    let left = (Arc::strong_count(&content) - 1) * LARGE;
    assert!((1..=ROOM).contains(&left), "{left}");

    let delivery = keeper.write_first(|_, _| Ok(()), |()| ());
    let (delivery, ()) = tokio::join!(delivery, async { release.send(()).unwrap() });
    assert_eq!((delivery, stands_still.await.unwrap()), (Ok(()), Ok(())));
    assert_eq!(keeper.write(ROOM, |_, _| Ok(7)).await, Ok(7), "all of the room is there again");
    assert_eq!(Arc::strong_count(&content), 1);
    assert!(!written.load(Ordering::Relaxed));
}

#[tokio::test]
async fn reads_that_nobody_waits_for_are_few_and_hold_up_no_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::open(&folder.path().join("state.redb"), Box::new(SystemTime::now), [].into()).unwrap();
    let (content, (release, held)) = (Arc::new(()), channel::<()>());
    let held = Arc::new(std::sync::Mutex::new(held));
    for _ in 0..READS * 4 {
        let (content, held) = (Arc::clone(&content), Arc::clone(&held));
        let read = move |_: &Database, _| {
            let _ = held.lock().unwrap().recv();
            drop(content);
            Ok(())
        };
        assert!(tokio::time::timeout(Duration::from_millis(1), keeper.read_much(read)).await.is_err());
    }
    assert!((1..=READS).contains(&(Arc::strong_count(&content) - 1)));
    keeper.shared.slow.store(Some(Arc::new(Instant::now())));
    assert_eq!(keeper.read_first(|_, _| Ok(7)).await, Ok(7));
    drop(release);
    assert_eq!(keeper.read_much(|_, _| Ok(7)).await, Ok(7));
}
