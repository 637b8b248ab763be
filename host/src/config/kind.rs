//! What can be wrong or weak, in a word each. Programs go by these words; what is to be said to people, and where, is the
//! business of who finds it.

/// What a problem or a warning is, for programs: it stays the same whatever the message says. `docs/operations.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything about a file that has no word of its own.
    File,
    /// A file's syntax.
    NotToml,
    /// A key of a file, or its value.
    Key,
    /// An option of the command.
    Option,
    /// A secret that is not to be had.
    Secret,
    /// No WebAssembly.
    NotWasm,
    /// A component that is not all there.
    CutOff,
    /// A core module, where a component is wanted.
    CoreModule,
    /// A component that the compiler refuses.
    NotCompiled,
    /// A component that takes more time or memory to compile than there is.
    CompileLimit,
    /// A component that does not export what is called.
    NoHandler,
    /// A component for another version of the contract.
    OtherVersion,
    /// A component for another world of the contract.
    OtherWorld,
    /// A component for a version of `wasi:http` that is not served.
    OtherWasiHttp,
    /// A component whose export has other types.
    OtherSignature,
    /// A component that imports what is not offered.
    MissingImport,
    /// A component that has more of something than a sandbox.
    TooLarge,
    /// A function of which nobody has said who may call it.
    Open,
    /// A value that works and is weak.
    Weak,
    /// A file that protects or decides nothing.
    Orphan,
    /// A grant that the component has no way to use.
    UnusedGrant,
    /// A destination that no request reaches.
    Unreachable,
    /// A key that changes nothing.
    NoEffect,
    /// A component that was built for debugging.
    DebugBuild,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::NotToml => "not-toml",
            Self::Key => "key",
            Self::Option => "option",
            Self::Secret => "secret",
            Self::NotWasm => "not-wasm",
            Self::CutOff => "cut-off",
            Self::CoreModule => "core-module",
            Self::NotCompiled => "does-not-compile",
            Self::CompileLimit => "compile-limit",
            Self::NoHandler => "no-handler",
            Self::OtherVersion => "other-version",
            Self::OtherWorld => "other-world",
            Self::OtherWasiHttp => "other-wasi-http",
            Self::OtherSignature => "other-signature",
            Self::MissingImport => "missing-import",
            Self::TooLarge => "too-large",
            Self::Open => "open",
            Self::Weak => "weak",
            Self::Orphan => "orphan",
            Self::UnusedGrant => "unused-grant",
            Self::Unreachable => "unreachable",
            Self::NoEffect => "no-effect",
            Self::DebugBuild => "debug-build",
        }
    }
}
