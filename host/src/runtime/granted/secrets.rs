//! `secrets` of the contract: secrets that a function may read. The copy on the way into the guest's memory cannot be wiped: the
//! bindings take a `Vec` of their own for a list that is returned, and drop it. What that leaves in the host's memory, the guest
//! has in its own as well.

use super::super::bindings::vestibule::function::secrets;
use super::super::state::State;

impl secrets::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Vec<u8>, String>> {
        Ok(self.grants.secret(&name).map(|secret| secret.expose().to_vec()).map_err(|denied| self.denied(&denied)))
    }
}
