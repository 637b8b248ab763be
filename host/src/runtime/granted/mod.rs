//! What guests ask of the host beside their request, interface by interface of the contract and of WASI: each asks what was
//! granted at the call, and says in the log what was not. What a grant means is decided in [`grant`](crate::grant).

pub(super) mod keyvalue;
mod secrets;

use super::state::State;
use crate::grant::Denied;

impl State {
    /// Says in the log what was not granted; what the guest is told.
    fn denied(&self, denied: &Denied) -> String {
        let text = denied.to_string();
        self.output.denied(&text);
        text
    }
}
