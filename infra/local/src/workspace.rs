//! Where things are in the repository that this binary was built from.

use std::path::{Path, PathBuf};

/// The root of the Cargo workspace.
#[must_use]
pub fn root() -> PathBuf {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_directory
        .ancestors()
        .nth(2)
        .unwrap_or(crate_directory)
        .to_path_buf()
}

/// The directory for everything that the local stack makes. Git ignores it.
#[must_use]
pub fn local_directory() -> PathBuf {
    root().join(".local")
}

/// The template of the whole cloud.
#[must_use]
pub fn template() -> PathBuf {
    root().join("infra/template.yaml")
}

/// The pinned Python packages.
pub(crate) fn requirements() -> PathBuf {
    root().join("infra/local/requirements.txt")
}

/// The script that runs ministack on a leash.
pub(crate) fn serve_script() -> PathBuf {
    root().join("infra/local/python/serve.py")
}
