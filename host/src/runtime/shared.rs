//! Components that several functions have. Of those with the same content, one is made and all have it: its code, its
//! types, what it was found to import. It does not know how a component is made, nor what is a function's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// How many versions are remembered before it is looked which of them nobody has any more.
const FIRST_LOOK: usize = 64;

/// All that are in use, by their versions.
pub(super) struct Shared<T>(Mutex<Places<T>>);

struct Places<T> {
    by_version: HashMap<String, Arc<Place<T>>>,
    /// The number of versions at which the next look is due.
    look_at: usize,
}

/// Where one is, for as long as somebody has it. Locked while it is made.
type Place<T> = Mutex<Weak<T>>;

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::new(Places { by_version: HashMap::new(), look_at: FIRST_LOOK }))
    }
}

impl<T> Shared<T> {
    /// The one of this version; what `make` makes, if nobody has it. Who asks while it is made waits for it, and who comes
    /// after a failure tries anew.
    ///
    /// # Errors
    ///
    /// What `make` says.
    pub(super) fn get<E>(&self, version: &str, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let place = self.place(version);
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = place.upgrade() {
            return Ok(made);
        }
        let made = Arc::new(make()?);
        *place = Arc::downgrade(&made);
        Ok(made)
    }

    fn place(&self, version: &str) -> Arc<Place<T>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.by_version.get(version) {
            return Arc::clone(place);
        }
        if places.by_version.len() >= places.look_at {
            places.by_version.retain(|_, place| is_in_use(place));
            // Seldom enough that all looks together cost a fixed share of each version.
            places.look_at = (places.by_version.len() * 2).max(FIRST_LOOK);
        }
        let place = Arc::default();
        places.by_version.insert(version.to_owned(), Arc::clone(&place));
        place
    }
}

/// Whether somebody has what is there, or is about to make it.
fn is_in_use<T>(place: &Arc<Place<T>>) -> bool {
    // Nobody gets hold of a place while it is looked at; so who is not counted here does not lock it.
    Arc::strong_count(place) > 1 || place.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_is_in_use_is_not_made_again() {
        let shared = Shared::default();
        let make = |number: u32| move || Ok::<_, ()>(number);
        let one = shared.get("one", make(1)).unwrap();
        let other = shared.get("other", make(2)).unwrap();
        let again = shared.get("one", make(3)).unwrap();
        assert!(Arc::ptr_eq(&one, &again));
        assert_eq!((*one, *other), (1, 2));
        drop((one, again));
        assert_eq!(*shared.get("one", make(4)).unwrap(), 4, "nobody had it any more");
    }

    #[test]
    fn who_asks_while_it_is_made_waits_for_it() {
        let (shared, made) = (Shared::default(), AtomicUsize::new(0));
        let get = || shared.get("one", || Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed))).unwrap();
        let all: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(get)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn a_failure_is_not_kept() {
        let shared = Shared::default();
        assert_eq!(shared.get("one", || Err::<u32, _>("no memory")), Err("no memory"));
        assert_eq!(shared.get("one", || Ok::<_, &str>(1)).map(|one| *one), Ok(1));
    }

    #[test]
    fn versions_that_nobody_has_are_forgotten() {
        let shared = Shared::default();
        let kept = shared.get("kept", || Ok::<_, ()>(0)).unwrap();
        for number in 0..10 * FIRST_LOOK {
            shared.get(&number.to_string(), || Ok::<_, ()>(number)).unwrap();
        }
        assert!(shared.0.lock().unwrap().by_version.len() <= FIRST_LOOK);
        assert!(Arc::ptr_eq(&kept, &shared.get("kept", || Err(())).unwrap()));
    }
}
