//! What is no source, wherever it is: of the SDK's sources, neither is packed nor, in a project, looked at what tools leave there.
//! `host/build/` and `host/src/new/sdk.rs` both ask here. Knows nothing of archives and projects.

/// Folders by these names, anywhere.
const NAMES: [&str; 6] = ["node_modules", "target", "test", "tests", "__pycache__", "dist"];

/// The crate of the test kit, which is called as tests are, and what Python's installer leaves beside what it installs.
const TEST_KIT: &str = "guest-sdk/test";
const INSTALLED: &str = "guest-sdk/python/build";

/// Whether a folder is left out; `path` is from the SDK's root, with `/` between its steps.
pub(crate) fn is_left_out(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // Hidden folders and files are nobody's sources, either.
    name.starts_with('.')
        || name.ends_with(".egg-info")
        || path == INSTALLED
        || (NAMES.contains(&name) && path != TEST_KIT)
}
