//! `wasi:config/store`: the variables of a function, by name. A name that is not among them is no denial: there may be any
//! number of settings that a function asks for and does without.

use super::super::bindings::wasi::config::store;
use super::super::state::State;

impl store::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, store::Error>> {
        Ok(Ok(self.grants.environment().get(&key).map(str::to_owned)))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, store::Error>> {
        Ok(Ok(self.grants.environment().variables().to_vec()))
    }
}
