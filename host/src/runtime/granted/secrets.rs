//! `secrets` of the contract: secrets that a function may read.

use super::super::bindings::vestibule::function::secrets;
use super::super::state::State;

impl secrets::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Vec<u8>, String>> {
        Ok(self.grants.secret(&name).map(|secret| secret.expose().to_vec()).map_err(|denied| self.denied(&denied)))
    }
}
