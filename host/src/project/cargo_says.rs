//! What cargo says in JSON, as far as it is needed: of packages (`cargo metadata`) and of what a build makes (`--message-format
//! json`). The rest of it is left unread, so that a newer cargo may say more.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// A workspace, or a package that is in none.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
}

/// A package.
#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) manifest_path: PathBuf,
    pub(super) targets: Vec<Target>,
    pub(super) dependencies: Vec<Dependency>,
    /// What stands under `[package.metadata]`.
    #[serde(default)]
    pub(super) metadata: Value,
}

/// What a package depends on.
#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// None for one of the code itself.
    kind: Option<String>,
    /// Its folder, if that is how it is named.
    pub(super) path: Option<PathBuf>,
}

impl Dependency {
    /// Whether the code itself uses it.
    pub(super) fn is_of_the_code(&self) -> bool {
        self.kind.is_none()
    }

    /// Whether only tests use it.
    pub(super) fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// What can be made of a package.
#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    /// `lib` and its like, `bin`, `example`.
    kind: Vec<String>,
}

impl Target {
    /// Whether it is the library, and one that can be linked by itself.
    pub(super) fn is_cdylib(&self) -> bool {
        self.kind.iter().any(|kind| kind == "cdylib")
    }
}

/// A line of a build.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(super) enum Message {
    /// Something is built, or was already.
    CompilerArtifact { package_id: String, target: Target, filenames: Vec<PathBuf> },
    /// Anything else.
    #[serde(other)]
    Other,
}
