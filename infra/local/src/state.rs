//! The state file of the stack that `cargo local up` left running.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::details::Details;
use crate::error::{Error, IoContext};
use crate::process::Identity;
use crate::services;
use crate::tenant::DemoTenant;

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

    /// Writes the record atomically. It contains the demo tenant's key, so only its owner can read it.
    pub(crate) fn save(&self, directory: &Path) -> Result<(), Error> {
        let path = path(directory);
        let text = serde_json::to_vec_pretty(self).map_err(|source| Error::State {
            path: path.clone(),
            source,
        })?;
        let mut file =
            tempfile::NamedTempFile::new_in(directory).at("cannot create a file in", directory)?;
        std::io::Write::write_all(&mut file, &text).at("cannot write", &path)?;
        file.persist(&path)
            .map_err(|error| error.error)
            .at("cannot write", &path)?;
        Ok(())
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
    let path = path(directory);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).at("cannot remove", &path)
        }
        _ => Ok(any),
    }
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
        let child = crate::process::Leashed::start("sleep", command, &log).unwrap();
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
