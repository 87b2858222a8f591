//! The state file of the stack that `cargo local up` left running.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, IoContext},
    stack::{details::Details, process::Identity, services, tenant::DemoTenant},
};

/// The environment of the running stack, which `carillon --local` reads.
const ENVIRONMENT: &str = "environment.json";

/// What a later command needs to know about the running stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) processes: Vec<Identity>,
    pub(crate) simulator_port: u16,
    pub(crate) details: Details,
    pub(crate) tenant: DemoTenant,
}

impl State {
    /// Reads the record; `None` if there is none.
    pub(crate) fn load(directory: &Path) -> Result<Option<Self>, Error> {
        read(directory)
    }

    /// Writes the record, and the environment beside it, for `carillon --local`.
    pub(crate) fn save(&self, directory: &Path) -> Result<(), Error> {
        let environment: BTreeMap<&str, String> = self
            .details
            .environment(Some(&self.tenant))
            .into_iter()
            .collect();
        write(directory, &directory.join(ENVIRONMENT), &environment)?;
        write(directory, &path(directory), self)
    }

    /// Whether all of its processes are still running.
    pub(crate) fn is_running(&self) -> bool {
        self.processes.iter().all(Identity::is_running)
    }

    /// The address of the simulator's page.
    pub(crate) fn mailbox(&self) -> String {
        format!("{}/", services::endpoint(self.simulator_port))
    }
}

/// Stops the recorded processes and removes the record. Returns whether any of them was still running.
pub(crate) async fn stop(directory: &Path) -> Result<bool, Error> {
    // The record may come from another version of this program; its processes must be stopped all the same.
    let processes = match read::<Processes>(directory) {
        Ok(record) => record.map(|record| record.processes).unwrap_or_default(),
        Err(Error::State { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let any = processes.iter().any(Identity::is_running);
    for process in &processes {
        process.stop().await;
    }
    for path in [directory.join(ENVIRONMENT), path(directory)] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).at("cannot remove", &path);
            }
            _ => {}
        }
    }
    Ok(any)
}

/// Writes a file in one step. It holds the key of the demo tenant, so only its owner can read it.
fn write(directory: &Path, path: &Path, content: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(content).map_err(|source| Error::State {
        path: path.to_path_buf(),
        source,
    })?;
    let mut file =
        tempfile::NamedTempFile::new_in(directory).at("cannot create a file in", directory)?;
    std::io::Write::write_all(&mut file, &text).at("cannot write", path)?;
    file.persist(path)
        .map_err(|error| error.error)
        .at("cannot write", path)?;
    Ok(())
}

#[derive(Deserialize)]
struct Processes {
    processes: Vec<Identity>,
}

fn read<T: DeserializeOwned>(directory: &Path) -> Result<Option<T>, Error> {
    let path = path(directory);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("cannot read", &path),
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| Error::State { path, source })
}

fn path(directory: &Path) -> PathBuf {
    directory.join("state.json")
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[tokio::test]
    async fn a_record_of_another_version_still_names_the_processes_to_stop() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!stop(directory.path()).await.unwrap());

        let mut command = std::process::Command::new("sleep");
        command.arg("60").stdin(Stdio::null());
        let log = directory.path().join("log");
        let child = crate::stack::process::Leashed::start("sleep", command, &log).unwrap();
        let record = serde_json::json!({ "processes": [child.identity()], "later": true });
        std::fs::write(path(directory.path()), record.to_string()).unwrap();

        assert!(matches!(
            State::load(directory.path()),
            Err(Error::State { .. })
        ));
        assert!(stop(directory.path()).await.unwrap());
        assert!(!child.identity().is_running());
        assert!(State::load(directory.path()).unwrap().is_none());
    }
}
