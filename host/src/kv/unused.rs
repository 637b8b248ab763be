//! A backend for whoever loads functions without serving them: it stands where the file would be, and nothing is ever asked of
//! it.

use std::time::Duration;

use super::store::{Answer, Backend, Name, Page, Trouble};

/// Keeps nothing.
pub(crate) struct Unused;

fn trouble<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(Trouble::Unavailable("this process serves no requests".into())) })
}

impl Backend for Unused {
    fn get<'a>(&'a self, _store: &'a Name, _key: String) -> Answer<'a, Option<Vec<u8>>> {
        trouble()
    }

    fn exists<'a>(&'a self, _store: &'a Name, _key: String) -> Answer<'a, bool> {
        trouble()
    }

    fn set<'a>(&'a self, _store: &'a Name, _key: String, _value: Vec<u8>, _keep: Option<Duration>) -> Answer<'a, ()> {
        trouble()
    }

    fn delete<'a>(&'a self, _store: &'a Name, _key: String) -> Answer<'a, ()> {
        trouble()
    }

    fn increment<'a>(&'a self, _: &'a Name, _key: String, _delta: u64, _keep: Option<Duration>) -> Answer<'a, u64> {
        trouble()
    }

    fn compare_and_set<'a>(
        &'a self,
        _store: &'a Name,
        _key: String,
        _expected: Option<Vec<u8>>,
        _value: Vec<u8>,
        _keep: Option<Duration>,
    ) -> Answer<'a, bool> {
        trouble()
    }

    fn list<'a>(&'a self, _store: &'a Name, _cursor: Option<u64>) -> Answer<'a, Page> {
        trouble()
    }

    fn get_many<'a>(&'a self, _: &'a Name, _keys: Vec<String>, _most: usize) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        trouble()
    }

    fn set_many<'a>(&'a self, _store: &'a Name, _entries: Vec<(String, Vec<u8>)>) -> Answer<'a, ()> {
        trouble()
    }

    fn delete_many<'a>(&'a self, _store: &'a Name, _keys: Vec<String>) -> Answer<'a, ()> {
        trouble()
    }
}
