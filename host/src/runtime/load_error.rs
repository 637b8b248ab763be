//! Why a file cannot be used as what it is to be: in words for the person who built it, with what to do about it, and in a
//! word for programs. It knows no file; who has one names it.

use std::borrow::Cow;
use std::time::Duration;

use super::core_module::CoreModule;
use super::imports::Imports;
use super::look::Look;
use super::offers::SAME_SDK;
use super::world::{self, World};
use crate::config::{Kind, Size};

/// Why a file cannot be used as what it is to be, a function or a verifier.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not WebAssembly at all; what it is, and what to do about it.
    #[error("this is not a WebAssembly file: {0}")]
    NotWasm(Cow<'static, str>, &'static str),
    /// A core module: the format that came before components.
    #[error("this is a core WebAssembly module, not a component{0}")]
    CoreModule(CoreModule),
    /// It ends in the middle, after so many bytes.
    #[error("it is cut off: it ends after {0} bytes, in the middle of a part")]
    Cut(usize),
    /// A component that exports something else; what.
    #[error("it does not export `{0}`: {1}")]
    NoExport(&'static World, String),
    /// The same, and a tool says that it built it that its language's own way leads elsewhere; which, and what to do.
    #[error("it does not export `{0}`: {1} (built by {2})")]
    NoExportBuiltBy(&'static World, String, String, &'static str),
    /// A component for another version of the contract.
    #[error("it exports `{1}`, of another version of the contract: this host serves `{0}`")]
    OtherVersion(&'static World, String),
    /// A component for another of the contract's worlds.
    #[error("it exports `{name}`, as a {} does, and not `{wanted}`", found.noun)]
    OtherWorld {
        /// The world that it should be of.
        wanted: &'static World,
        /// The world that it is of.
        found: &'static World,
        /// What it exports.
        name: String,
    },
    /// A component that serves HTTP in a way that is not served.
    #[error("it exports `{1}`; of wasi:http, this host serves `{0}`")]
    WasiHttp(&'static World, String),
    /// What it exports has another signature.
    #[error("its `{0}` has another signature than the contract's: {1}")]
    OtherSignature(&'static World, String),
    /// It asks for something that the host does not have.
    #[error("it imports what this host does not offer: {0}")]
    Import(Imports),
    /// It asks for more of something than a sandbox has; of what, and how much there is.
    #[error("it does not fit into a sandbox: {0}")]
    TooLarge(String),
    /// The compiler refused it.
    #[error("it does not compile: {0}")]
    Compile(String),
    /// Compiling it took longer than the time that there is for it.
    #[error("compiling it takes longer than {0:?}")]
    CompileTime(Duration),
    /// Compiling it took more memory than there is for it.
    #[error("compiling it takes more memory than {0}")]
    CompileMemory(Size),
}

impl LoadError {
    /// What to do about it.
    pub fn fix(&self) -> Cow<'static, str> {
        let fix = match self {
            Self::NotWasm(_, fix) | Self::NoExportBuiltBy(_, _, _, fix) => fix,
            Self::CoreModule(module) => module.fix(),
            Self::Cut(_) => {
                "get it again, whole: build it again, or copy it to another name and rename it when it is there"
            }
            Self::NoExport(world, _) | Self::WasiHttp(world, _) => world.build,
            Self::OtherSignature(world, _) if std::ptr::eq(*world, &world::HTTP) => world.build,
            Self::OtherVersion(..) | Self::OtherSignature(..) => SAME_SDK,
            Self::OtherWorld { found, .. } => found.misplaced,
            Self::Import(imports) => return imports.fix().into(),
            Self::TooLarge(_) => "make it smaller, or two functions of it: no setting gives a sandbox more of that",
            Self::CompileTime(_) => "make it smaller, or write more `time` under [compile] in host.toml",
            Self::CompileMemory(_) => "make it smaller, or write more `memory` under [compile] in host.toml",
            Self::Compile(_) => "build it again; if it still fails, it uses a feature of WebAssembly that is off here",
        };
        fix.into()
    }

    /// What it is, in a word that stays the same whatever the message says.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotWasm(..) => Kind::NotWasm,
            Self::CoreModule(_) => Kind::CoreModule,
            Self::Cut(_) => Kind::CutOff,
            Self::NoExport(..) | Self::NoExportBuiltBy(..) => Kind::NoHandler,
            Self::OtherVersion(..) => Kind::OtherVersion,
            Self::OtherWorld { .. } => Kind::OtherWorld,
            Self::WasiHttp(..) => Kind::OtherWasiHttp,
            Self::OtherSignature(..) => Kind::OtherSignature,
            Self::Import(_) => Kind::MissingImport,
            Self::TooLarge(_) => Kind::TooLarge,
            Self::Compile(_) => Kind::NotCompiled,
            Self::CompileTime(_) | Self::CompileMemory(_) => Kind::CompileLimit,
        }
    }

    /// The same, in the words of whoever writes in the language that it was built from.
    pub(super) fn built_by(self, look: &Look) -> Self {
        const JAVASCRIPT: [&str; 3] = ["ComponentizeJS", "componentize-js", "jco"];
        let Self::NoExport(world, what) = self else { return self };
        let javascript = look.tool(&JAVASCRIPT).map(|tool| (tool, world.build_javascript));
        let python = || look.tool(&["componentize-py"]).map(|tool| (tool, world.build_python));
        match javascript.or_else(python) {
            Some((tool, fix)) => Self::NoExportBuiltBy(world, what, tool, fix),
            None => Self::NoExport(world, what),
        }
    }
}
