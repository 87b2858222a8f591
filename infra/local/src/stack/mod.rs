//! The local stack: AWS on one machine, with `infra/template.yaml` deployed and the functions as they were built.
//!
//! [`Stack::start`] starts one that a program owns, as tests do. `state.rs` has the record of one that `cargo local up` left
//! running. It starts the [provider simulator](crate::simulator) beside it, and knows nothing of the demo.

pub mod console;
pub mod deploy;
pub mod details;
pub mod function_process;
pub mod functions;
pub mod logs;
pub mod node;
pub mod outputs;
pub mod process;
pub mod progress;
pub mod python;
pub mod server;
pub mod tenant;
pub mod workspace;

pub(crate) mod lock;
pub(crate) mod state;

pub(crate) mod port;
mod services;
mod simulator_thread;
mod template;

use std::path::PathBuf;

use self::deploy::Source;
use self::details::Details;
use self::function_process::FunctionProcess;
use self::functions::Binaries;
use self::lock::Lock;
use self::process::{Identity, Leashed};
use self::progress::Progress;
use self::services::{Files, SmtpPorts};
use self::simulator_thread::SimulatorThread;
use crate::error::Error;
use crate::simulator::Simulator;

const PORT: &str = "--port";
const SIMULATOR_PORT: &str = "--simulator-port";

/// How the provider simulator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulatorHost {
    /// In a thread of this process.
    Thread,
    /// In a separate process, started from the program `local`, so that it can outlive this one.
    Process,
}

/// How a stack is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the stack keeps its files. Concurrent stacks need separate directories.
    pub directory: PathBuf,
    /// Where the binaries of the functions come from.
    pub binaries: Binaries,
    /// The port of the local AWS; any free one if not set.
    pub port: Option<u16>,
    /// The port of the simulator; any free one if not set.
    pub simulator_port: Option<u16>,
    /// The ports of an earlier stack, reused if they are free.
    pub last_ports: Option<(u16, u16)>,
    /// How the simulator runs.
    pub simulator: SimulatorHost,
    /// How progress is shown.
    pub progress: Progress,
    /// Additional environment variables for the local AWS, inherited by its functions.
    pub environment: Vec<(&'static str, String)>,
}

impl Options {
    /// For tests: separate from the stack of `cargo local up`, and removed when dropped. Tests with the same name wait for
    /// each other.
    #[must_use]
    pub fn for_tests(name: &str) -> Self {
        Self {
            directory: workspace::local_directory().join("test").join(name),
            binaries: Binaries::Build,
            port: None,
            simulator_port: None,
            last_ports: None,
            simulator: SimulatorHost::Thread,
            progress: Progress::detect(),
            environment: Vec::new(),
        }
    }
}

/// A running local stack with the template deployed. It stops when this is dropped or this process ends.
pub struct Stack {
    details: Details,
    simulator_port: u16,
    ministack: Leashed,
    simulator: SimulatorHandle,
    files: Files,
    _lock: Lock,
}

enum SimulatorHandle {
    Thread(SimulatorThread),
    Process(Leashed),
}

impl SimulatorHandle {
    fn url(&self, port: u16) -> String {
        match self {
            Self::Thread(thread) => thread.simulator().url().to_owned(),
            Self::Process(_) => services::endpoint(port),
        }
    }
}

impl Stack {
    /// Starts a stack: creates the Python environment, builds the functions, starts the processes, deploys the template.
    /// If this fails or is cancelled, nothing is left running.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let progress = options.progress;
        let lock = lock::acquire(&options.directory.with_extension("lock"), progress).await?;
        // Check the ports first, not after minutes of building.
        port::check(options.port, PORT)?;
        port::check(options.simulator_port, SIMULATOR_PORT)?;
        let environment = python::prepare(&python_directory(), progress).await?;
        let source = Source::read()?;
        let binaries = functions::locate(&options.binaries, &source.functions, progress).await?;
        let files = Files::create(&options.directory)?;

        let last = options.last_ports;
        let last_simulator_port = last.map(|(_, simulator)| simulator);
        let simulator_port =
            port::choose(options.simulator_port, last_simulator_port, SIMULATOR_PORT)?;
        let smtp = SmtpPorts {
            when_asked: port::choose(None, None, SIMULATOR_PORT)?,
            always: port::choose(None, None, SIMULATOR_PORT)?,
        };
        let simulator = match options.simulator {
            SimulatorHost::Thread => {
                SimulatorHandle::Thread(SimulatorThread::start(simulator_port, smtp)?)
            }
            SimulatorHost::Process => SimulatorHandle::Process(
                services::start_simulator(&files, simulator_port, smtp, progress).await?,
            ),
        };
        let port = port::choose(options.port, last.map(|(aws, _)| aws), PORT)?;
        let simulator_url = simulator.url(simulator_port);
        let ministack = services::start_ministack(
            &environment,
            &files,
            port,
            &simulator_url,
            Some(smtp),
            &options.environment,
            progress,
        )
        .await?;
        let endpoint = services::endpoint(port);
        services::send_events_to(&simulator_url, &endpoint).await?;
        let deployment =
            deploy::deploy(&environment, &endpoint, &source, &binaries, None, progress).await?;
        Ok(Self {
            simulator_port,
            details: Details {
                port,
                simulator_url,
                smtp,
                deployment,
            },
            ministack,
            simulator,
            files,
            _lock: lock,
        })
    }

    /// The addresses and outputs of the stack.
    #[must_use]
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// The provider simulator, if it runs in this process.
    #[must_use]
    pub fn simulator(&self) -> Option<&Simulator> {
        match &self.simulator {
            SimulatorHandle::Thread(thread) => Some(thread.simulator()),
            SimulatorHandle::Process(_) => None,
        }
    }

    /// The port of the provider simulator.
    #[must_use]
    pub fn simulator_port(&self) -> u16 {
        self.simulator_port
    }

    /// The log of the local AWS, including the output of the functions.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.files.ministack_log()
    }

    /// The process of the local AWS, the parent of the functions' processes.
    #[must_use]
    pub fn process(&self) -> Identity {
        self.ministack.identity()
    }

    /// The processes currently running a function. There is none before its first invocation.
    #[must_use]
    pub fn function_processes(&self, function: &str) -> Vec<FunctionProcess> {
        function_process::find(&self.ministack.identity(), function)
    }

    /// Lets the processes outlive this program; returns the identities of ministack and the simulator.
    /// A simulator in a thread cannot outlive this process and stops here.
    pub fn release(self) -> Result<Vec<Identity>, Error> {
        let mut identities = vec![self.ministack.release()?];
        if let SimulatorHandle::Process(simulator) = self.simulator {
            identities.push(simulator.release()?);
        }
        Ok(identities)
    }
}

/// The Python environment shared by all stacks of this repository.
pub(crate) fn python_directory() -> PathBuf {
    workspace::local_directory().join("python")
}
