//! The local AWS alone, with nothing deployed, for tests of the store and the queues, which need no functions.

use crate::aws;
use crate::error::Error;
use crate::stack::lock::{self, Lock};
use crate::stack::process::Leashed;
use crate::stack::progress::Progress;
use crate::stack::python_directory;
use crate::stack::services::{self, Files};
use crate::stack::{port, python, workspace};

/// A running local AWS. It stops when this is dropped or this process ends.
#[derive(Debug)]
pub struct Server {
    endpoint: String,
    _ministack: Leashed,
    _lock: Lock,
}

impl Server {
    /// Starts one. Servers of the same name wait for each other.
    pub async fn start(name: &str) -> Result<Self, Error> {
        let progress = Progress::detect();
        let directory = workspace::local_directory().join("test").join(name);
        let lock = lock::acquire(&directory.with_extension("lock"), progress).await?;
        let environment = python::prepare(&python_directory(), progress).await?;
        let files = Files::create(&directory)?;
        let port = port::choose(None, None, "--port")?;
        let endpoint = services::endpoint(port);
        // Nothing sends here, so no simulator is needed.
        let ministack =
            services::start_ministack(&environment, &files, port, &endpoint, None, &[], progress)
                .await?;
        Ok(Self {
            endpoint,
            _ministack: ministack,
            _lock: lock,
        })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The configuration for SDK clients in an account of twelve digits.
    #[must_use]
    pub fn sdk_config(&self, account: &str) -> aws_config::SdkConfig {
        aws::sdk_config_of_account(&self.endpoint, account)
    }
}
