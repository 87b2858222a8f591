//! File locks, so that two processes do not do the same work in the same directory at once.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, IoContext};
use crate::stack::progress::Progress;

/// Held until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the lock at `path`, and reports if it has to wait for another process.
pub(crate) async fn acquire(path: &Path, progress: Progress) -> Result<Lock, Error> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).at("cannot create the directory", parent)?;
    }
    let file = File::create(path).at("cannot create the lock file", path)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            progress.note(&format!(
                "Waiting for another process to release {}",
                path.display()
            ));
            let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
            match locked {
                Ok(result) => Ok(Lock {
                    _file: result.at("cannot lock", path)?,
                }),
                Err(source) => Err(Error::Task { source }),
            }
        }
        Err(TryLockError::Error(source)) => Err(source).at("cannot lock", path),
    }
}
