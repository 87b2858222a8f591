//! Paths in the checkout that a program runs in.
//!
//! The checkout is found at run time, not at build time: a `target` folder may be copied, or shared by several checkouts.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// The checkout for programs that run outside of one.
const VARIABLE: &str = "CARILLON_WORKSPACE";
const TEMPLATE: &str = "infra/template.yaml";

/// The checkout named by `CARILLON_WORKSPACE`, or else the one that contains the current directory.
///
/// # Errors
/// If there is none.
pub fn find() -> Result<PathBuf, Error> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    let here = env::current_dir().unwrap_or_default();
    find_from(named.as_deref(), &here).ok_or(Error::NoWorkspace)
}

fn find_from(named: Option<&Path>, here: &Path) -> Option<PathBuf> {
    match named {
        Some(named) => is_root(named).then(|| named.to_path_buf()),
        None => here
            .ancestors()
            .find(|it| is_root(it))
            .map(Path::to_path_buf),
    }
}

/// The template alone could be anywhere, and other workspaces may be on the way up (such as `fuzz`).
fn is_root(directory: &Path) -> bool {
    let manifest = std::fs::read_to_string(directory.join("Cargo.toml"));
    let is_workspace = |text: String| text.lines().any(|line| line.trim() == "[workspace]");
    manifest.is_ok_and(is_workspace) && directory.join(TEMPLATE).is_file()
}

/// The root of the Cargo workspace; outside of a checkout the current directory, where no command needs it.
#[must_use]
pub fn root() -> PathBuf {
    find().unwrap_or_else(|_| env::current_dir().unwrap_or_default())
}

/// The directory for everything that the local stack creates. Git ignores it.
#[must_use]
pub fn local_directory() -> PathBuf {
    root().join(".local")
}

/// The CloudFormation template.
#[must_use]
pub fn template() -> PathBuf {
    root().join(TEMPLATE)
}

/// The pinned Python packages.
pub(crate) fn requirements() -> PathBuf {
    root().join("infra/local/requirements.txt")
}

/// The script that expands the template's language extensions.
pub(crate) fn expander() -> PathBuf {
    root().join("infra/local/python/expand.py")
}

/// The npm workspace of the console.
#[must_use]
pub fn web() -> PathBuf {
    root().join("web")
}

/// The description of the API.
pub(crate) fn openapi() -> PathBuf {
    root().join("functions/api/openapi.json")
}

/// The script that compresses the files of the console.
pub(crate) fn precompress_script() -> PathBuf {
    root().join("infra/local/node/precompress.mjs")
}

/// The script that runs ministack and ends with its parent.
pub(crate) fn serve_script() -> PathBuf {
    root().join("infra/local/python/serve.py")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is recognised as a checkout.
    fn checkout(directory: &Path) {
        std::fs::create_dir_all(directory.join("infra/local/src")).unwrap();
        std::fs::create_dir_all(directory.join("fuzz")).unwrap();
        std::fs::write(directory.join(TEMPLATE), "Resources: {}\n").unwrap();
        let manifest = "[workspace]\nmembers = []\n";
        std::fs::write(directory.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(directory.join("fuzz/Cargo.toml"), manifest).unwrap();
    }

    #[test]
    fn a_checkout_is_found_from_inside_wherever_the_program_was_built() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        checkout(&one);
        checkout(&other);
        for root in [&one, &other] {
            for inside in ["", "infra", "infra/local/src", "fuzz"] {
                let here = root.join(inside);
                assert_eq!(find_from(None, &here).as_ref(), Some(root), "{inside}");
            }
        }
        // A nested checkout wins over the outer one.
        let inner = one.join("worktrees/inner");
        checkout(&inner);
        assert_eq!(find_from(None, &inner.join("infra")), Some(inner));
        // The variable takes precedence, and must name a checkout.
        assert_eq!(find_from(Some(&other), &one), Some(other.clone()));
        assert_eq!(find_from(Some(folder.path()), &one), None);
        assert_eq!(find_from(None, folder.path()), None);
    }

    #[test]
    fn the_tests_run_in_a_checkout() {
        assert!(root().join("infra/local/Cargo.toml").is_file());
    }
}
