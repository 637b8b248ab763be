//! `environment` of the contract: the variables of a function, a few bytes at a time.

use super::super::bindings::vestibule::function::environment;
use super::super::state::State;

impl environment::Host for State {
    fn read(&mut self, offset: u32) -> wasmtime::Result<u64> {
        Ok(self.grants.environment().word(offset))
    }
}
