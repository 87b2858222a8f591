//! Errors of the local stack, with messages that say what to do.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes an error and its sources to standard error.
pub fn report(error: &dyn std::error::Error) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "error: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = writeln!(stderr, "  because: {error}");
        source = error.source();
    }
}

/// An error of the local stack. Its message does not repeat its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be used.
    #[error("{what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {program}")]
    Program {
        /// The program.
        program: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// There is no Python.
    #[error(
        "Python 3.10 or later is needed for the local stack and was not found; install it (apt install python3 python3-venv, or brew install python), or set PYTHON to one"
    )]
    NoPython,
    /// The Python that was found is too old.
    #[error(
        "{python} is Python {version} and the local stack needs 3.10 or later; install a newer one, or set PYTHON to one"
    )]
    OldPython {
        /// The program that was tried.
        python: String,
        /// Its version.
        version: String,
    },
    /// Python exists but cannot create environments.
    #[error(
        "{python} has no venv module; install it (apt install python3-venv), or set PYTHON to a Python that has it"
    )]
    NoVenv {
        /// The program that was tried.
        python: String,
    },
    /// The Python environment could not be created.
    #[error(
        "cannot create the Python environment ({command}); the full output is in {}\n{tail}",
        log.display()
    )]
    PythonEnvironment {
        /// The command that failed.
        command: String,
        /// Where its output is.
        log: PathBuf,
        /// The last lines of its output.
        tail: String,
    },
    /// One of our scripts failed.
    #[error("{} failed\n{said}", script.display())]
    Script {
        /// The script.
        script: PathBuf,
        /// Its standard error.
        said: String,
    },
    /// A program that builds the console failed.
    #[error("`{command}` failed; the full output is in {}\n{tail}", log.display())]
    Node {
        /// The command that failed.
        command: String,
        /// Where its output is.
        log: PathBuf,
        /// The last lines of its output.
        tail: String,
    },
    /// The packages of the console could not be installed.
    #[error(
        "cannot install the packages of the console; they come from https://registry.npmjs.org, or from a mirror (npm config set registry)"
    )]
    Packages {
        /// Why it failed.
        #[source]
        source: Box<Self>,
    },
    /// The console does not say which Node.js it needs.
    #[error("{} has no `engines.node` of the form >=22.12.0", path.display())]
    NoEngine {
        /// The file.
        path: PathBuf,
    },
    /// A file of the console is too large for a response.
    #[error(
        "{path} of the console has {bytes} bytes; Lambda's responses have at most 6 MB, and base64 takes a third of that"
    )]
    LargeFile {
        /// The file.
        path: String,
        /// Its size.
        bytes: usize,
    },
    /// There is no package to put the console into.
    #[error("{} has no `bootstrap`; run `sam build` in infra/ first", path.display())]
    NoPackage {
        /// The folder.
        path: PathBuf,
    },
    /// The functions did not compile.
    #[error("the functions did not compile; cargo's messages are above")]
    Build,
    /// Cargo did not report a binary.
    #[error(
        "cargo built no binary for function {function}; its package needs a [[bin]] with that name"
    )]
    NoBinary {
        /// The function.
        function: String,
    },
    /// A function's package could not be written.
    #[error("cannot package function {function}")]
    Package {
        /// The function.
        function: String,
        /// Why it failed.
        #[source]
        source: zip::result::ZipError,
    },
    /// A requested port is in use.
    #[error(
        "port {port} is in use; choose another with {flag}, or leave {flag} out to get a free one"
    )]
    BusyPort {
        /// The port.
        port: u16,
        /// The flag that sets it.
        flag: &'static str,
    },
    /// No port is free on loopback.
    #[error("cannot find a free port on 127.0.0.1")]
    NoPort {
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A process of the stack exited or never answered.
    #[error("{name} {problem}; its log is {}\n{tail}", log.display())]
    NotStarted {
        /// Which process.
        name: &'static str,
        /// What it did.
        problem: String,
        /// Where its log is.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A program that should have run until it is ended has ended.
    #[error("{name} ended ({status}); its messages are above")]
    Ended {
        /// Which program.
        name: &'static str,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The simulator could not be started inside this process.
    #[error("cannot start the provider simulator")]
    Simulator {
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A call to the local AWS failed.
    #[error("the local AWS refused to {what}")]
    Aws {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// CloudFormation did not deploy the template.
    #[error("the template was not deployed: {status}\n{failures}")]
    NotDeployed {
        /// The status of the stack.
        status: String,
        /// Which resources failed and why, a line each.
        failures: String,
    },
    /// The template's outputs cannot be read.
    #[error("the template lacks outputs that the local stack expects")]
    Outputs {
        /// What is missing.
        #[source]
        source: serde_json::Error,
    },
    /// The template names no functions.
    #[error("{} has no line `CodeUri: ../functions/<name>/`", path.display())]
    NoFunctions {
        /// The template.
        path: PathBuf,
    },
    /// The record of the running stack cannot be read or written.
    #[error("cannot read {}; remove it with: cargo local reset", path.display())]
    State {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An HTTP call inside the stack failed.
    #[error("no answer from {what}")]
    Http {
        /// What was called.
        what: String,
        /// Why it failed.
        #[source]
        source: reqwest::Error,
    },
    /// The demo tenant could not be created.
    #[error("cannot create the demo tenant")]
    Tenant {
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The API or S3 did not answer with success.
    #[error("{path} answered {status}: {body}")]
    Answer {
        /// The path of the request.
        path: String,
        /// The status.
        status: reqwest::StatusCode,
        /// The body.
        body: String,
    },
    /// A file of receivers was refused.
    #[error("the file of receivers was refused: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// Something did not finish in time.
    #[error("{what} does not finish; see: cargo local logs")]
    Stuck {
        /// What it is.
        what: String,
    },
    /// At the end of the demo the ledger and the providers do not agree.
    #[error("the ledger and the providers do not agree; see the counts above")]
    Demo,
    /// There is no checkout.
    #[error("not in a checkout of Carillon; change to one, or set CARILLON_WORKSPACE")]
    NoWorkspace,
    /// No stack is running.
    #[error("the local stack is not running; start it with: cargo local up")]
    NotRunning,
    /// There is no function with that name.
    #[error("there is no function {name}; the functions are: {known}")]
    UnknownFunction {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The user or the system stopped the command.
    #[error("interrupted; everything that was started has been stopped")]
    Interrupted,
    /// A task of this process panicked or was cancelled.
    #[error("a background task ended early")]
    Task {
        /// How it ended.
        #[source]
        source: tokio::task::JoinError,
    },
}

/// Adds the path to an I/O error.
pub(crate) trait IoContext<T> {
    fn at(self, what: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> IoContext<T> for Result<T, std::io::Error> {
    fn at(self, what: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            what,
            path: path.to_path_buf(),
            source,
        })
    }
}

/// The last lines of a log, indented, for the end of an error message.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(12);
    lines
        .get(first..)
        .unwrap_or_default()
        .iter()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
