//! `wasi:filesystem/preopens`: linked, so that any language's runtime starts, and empty for all functions. Without a directory
//! to begin with, there is no way to a file, and no policy can grant one.

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::bindings::filesystem::preopens::{self, Descriptor};

use super::super::state::State;
use crate::grant::Denied;

/// Puts this in the place of WASI's own, which is linked already and would list nothing either.
pub(in super::super) fn deny(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    preopens::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl preopens::Host for State {
    /// There is none. Some engines ask as they start and never look for a file, so this is of interest only to whoever looks
    /// for a fault.
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        self.output.denied_quietly(&Denied::never("the filesystem".into()).to_string());
        Ok(Vec::new())
    }
}
