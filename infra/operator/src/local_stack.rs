//! The local stack that `cargo local up` left running. It writes what `cargo local env` prints into a file.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Names the checkout for whoever is not in one, as for `cargo local`.
const CHECKOUT: &str = "CARILLON_WORKSPACE";
/// What tells a checkout from another folder.
const TEMPLATE: &str = "infra/template.yaml";
/// The record, in a checkout.
const RECORD: &str = ".local/stack/environment.json";

/// The environment of the running local stack, by the names of variables. It has an API key, so it is never printed.
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Of the checkout that `CARILLON_WORKSPACE` names, or else the one that the current directory is in.
    pub(crate) fn find() -> Result<Self, Error> {
        let here = env::current_dir().unwrap_or_default();
        let named = env::var_os(CHECKOUT).map(PathBuf::from);
        let checkout = named.or_else(|| checkout(&here).map(Path::to_path_buf));
        Self::read(&checkout.ok_or(Error::NoLocalStack)?.join(RECORD))
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::LocalStack {
            path: path.to_path_buf(),
            source,
        };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NoLocalStack);
            }
            Err(error) => return Err(failed(error.into())),
        };
        let variables = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
        Ok(Self(variables))
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(variables.iter().map(owned).collect())
    }

    pub(crate) fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }
}

fn checkout(here: &Path) -> Option<&Path> {
    here.ancestors().find(|it| it.join(TEMPLATE).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_that_of_the_checkout_one_is_in() {
        let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let here = crate_root.join("src");
        let root = checkout(&here).unwrap();
        assert_eq!(root.join("infra/operator"), crate_root);
        assert_eq!(checkout(Path::new("/")), None);
    }

    #[test]
    fn a_record_that_is_not_there_is_told_from_one_that_cannot_be_read() {
        let missing = Path::new(env!("CARGO_MANIFEST_DIR")).join("nothing.json");
        assert!(matches!(
            Environment::read(&missing),
            Err(Error::NoLocalStack)
        ));
        let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(matches!(
            Environment::read(&other),
            Err(Error::LocalStack { .. })
        ));
    }
}
