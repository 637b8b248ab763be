//! Copies of a delivery that are here at once: one runs, the others wait for it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::store::Answer;
use super::*;

const KEEP: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(60);

/// A store in memory, as one that hosts share could be.
#[derive(Default)]
struct Memory {
    claimed: Mutex<HashSet<Key>>,
    done: Mutex<HashSet<Key>>,
    fails: bool,
}

impl Store for Arc<Memory> {
    fn claim<'a>(&'a self, key: &'a Key, _lasts: Duration) -> Answer<'a, Found> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.done.lock().unwrap().contains(key) {
                return Ok(Found::Done);
            }
            assert!(self.claimed.lock().unwrap().insert(*key), "claimed twice");
            Ok(Found::Nothing)
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, _keep: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.fails {
                return Err(Trouble::Failed("it is full of water".into()));
            }
            assert!(self.claimed.lock().unwrap().remove(key), "completed and not claimed");
            self.done.lock().unwrap().insert(*key);
            Ok(())
        })
    }

    fn release(&self, key: &Key) {
        assert!(self.claimed.lock().unwrap().remove(key), "released and not claimed");
    }
}

fn deliveries(fails: bool) -> (Arc<Memory>, Arc<Deliveries>) {
    let store = Arc::new(Memory { fails, ..Memory::default() });
    (Arc::clone(&store), Deliveries::new(Box::new(store)))
}

#[tokio::test]
async fn of_many_copies_one_runs_and_the_others_learn_that_it_has() {
    let (store, deliveries) = deliveries(false);
    let (running, ran, mut copies) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Vec::new());
    for n in 0..100 {
        let (deliveries, running, ran) = (Arc::clone(&deliveries), Arc::clone(&running), Arc::clone(&ran));
        copies.push(tokio::spawn(async move {
            match deliveries.claim([1; 32], KEEP, LONG).await {
                Ok(claim) => {
                    assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                    tokio::task::yield_now().await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    // The first two come to nothing.
                    if ran.fetch_add(1, Ordering::SeqCst) == 2 {
                        claim.complete().await.unwrap();
                    }
                }
                Err(not_claimed) => assert_eq!(not_claimed, NotClaimed::Done, "{n}"),
            }
        }));
    }
    for copy in copies {
        copy.await.unwrap();
    }
    assert_eq!(ran.load(Ordering::SeqCst), 3);
    assert!(store.claimed.lock().unwrap().is_empty());
    assert!(deliveries.flights.lock().unwrap().is_empty(), "nothing is left of them");
    assert_eq!(deliveries.claim([1; 32], KEEP, LONG).await.err(), Some(NotClaimed::Done));
}

#[tokio::test]
async fn another_delivery_waits_for_nobody() {
    let (_, deliveries) = deliveries(false);
    let first = deliveries.claim([1; 32], KEEP, LONG).await;
    assert!(first.is_ok());
    assert!(deliveries.claim([2; 32], KEEP, Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn a_copy_waits_no_longer_than_it_may() {
    let (store, deliveries) = deliveries(false);
    let first = deliveries.claim([1; 32], KEEP, LONG).await.unwrap();
    let second = deliveries.claim([1; 32], KEEP, Duration::from_millis(20)).await;
    assert_eq!(second.err(), Some(NotClaimed::Trouble(Trouble::Busy)));
    drop(first);
    assert!(store.claimed.lock().unwrap().is_empty());
    assert!(deliveries.claim([1; 32], KEEP, LONG).await.is_ok());
}

#[tokio::test]
async fn a_copy_that_goes_away_while_it_waits_holds_up_nobody() {
    let (_, deliveries) = deliveries(false);
    let first = deliveries.claim([1; 32], KEEP, LONG).await.unwrap();
    let waiting = |deliveries: &Arc<Deliveries>| {
        let deliveries = Arc::clone(deliveries);
        tokio::spawn(async move { deliveries.claim([1; 32], KEEP, LONG).await.is_ok() })
    };
    let (second, third) = (waiting(&deliveries), waiting(&deliveries));
    tokio::task::yield_now().await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    drop(first);
    assert!(third.await.unwrap(), "the next one runs");
    assert!(deliveries.flights.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_remembered_came_to_nothing() {
    let (store, deliveries) = deliveries(true);
    let claim = deliveries.claim([1; 32], KEEP, LONG).await.unwrap();
    assert!(claim.complete().await.is_err());
    assert!(store.claimed.lock().unwrap().is_empty(), "it was given back");
    assert!(deliveries.claim([1; 32], KEEP, LONG).await.is_ok());
}
