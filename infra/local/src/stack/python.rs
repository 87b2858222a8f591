//! The Python environment for ministack and cargo-lambda.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, IoContext, tail};
use crate::stack::lock;
use crate::stack::progress::Progress;
use crate::stack::workspace;

const OLDEST: (u32, u32) = (3, 10);
/// What is shown while an environment is created.
const STEP: &str = "Creating a Python environment (once, about a minute)";

/// A Python environment with the pinned packages.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// The directory of its programs.
    pub(crate) fn programs(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.programs().join("python")
    }

    /// The directory of its packages.
    pub(crate) fn packages(&self) -> Result<PathBuf, Error> {
        let libraries = self.directory.join("lib");
        let entries = std::fs::read_dir(&libraries).at("cannot read", &libraries)?;
        let packages = entries
            .flatten()
            .map(|entry| entry.path().join("site-packages"))
            .find(|packages| packages.is_dir());
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        packages
            .ok_or_else(missing)
            .at("cannot find site-packages in", &libraries)
    }

    /// Runs one of our scripts and returns its output.
    pub(crate) async fn run_script(
        &self,
        script: &Path,
        argument: &Path,
    ) -> Result<Vec<u8>, Error> {
        let output = Command::new(self.python())
            .args([script, argument])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|source| Error::Program {
                program: self.python().display().to_string(),
                source,
            })?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(Error::Script {
                script: script.to_path_buf(),
                said: String::from_utf8_lossy(&output.stderr).into_owned(),
            }),
        }
    }
}

/// The interpreter of the environment shared by all stacks of this repository.
///
/// # Panics
/// If the environment cannot be created.
#[must_use]
pub fn interpreter() -> PathBuf {
    prepared(crate::stack::python_directory(), workspace::requirements()).python()
}

/// The directory of the programs in a separate environment, for packages that only some tests need.
///
/// # Panics
/// If the environment cannot be created.
#[must_use]
pub fn programs(name: &str, requirements: &Path) -> PathBuf {
    let directory = workspace::local_directory().join(format!("python-{name}"));
    prepared(directory, requirements.to_path_buf()).programs()
}

#[expect(
    clippy::panic,
    reason = "only used by tests, which cannot continue without it"
)]
fn prepared(directory: PathBuf, requirements: PathBuf) -> Environment {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let prepared = std::thread::spawn(move || {
        let progress = Progress::detect();
        runtime.map(|it| it.block_on(prepare_from(&directory, &requirements, STEP, progress)))
    });
    match prepared.join() {
        Ok(Ok(Ok(environment))) => environment,
        Ok(Ok(Err(error))) => panic!("{error}"),
        _ => panic!("the Python environment could not be created"),
    }
}

/// Creates the local stack's environment in `directory`, unless one from the same requirements exists there.
pub(crate) async fn prepare(directory: &Path, progress: Progress) -> Result<Environment, Error> {
    prepare_from(directory, &workspace::requirements(), STEP, progress).await
}

/// Creates an environment from requirements in `directory`, unless one from the same requirements exists there.
pub(crate) async fn prepare_from(
    directory: &Path,
    requirements: &Path,
    what: &str,
    progress: Progress,
) -> Result<Environment, Error> {
    let wanted = std::fs::read(requirements).at("cannot read", requirements)?;
    let environment = Environment {
        directory: directory.to_path_buf(),
    };
    // The copy of the requirements is written last, so an incomplete environment is created again.
    let made_from = directory.join("made-from-requirements.txt");
    let is_made = || std::fs::read(&made_from).is_ok_and(|made| made == wanted);
    if is_made() && environment.python().exists() {
        return Ok(environment);
    }
    let _lock = lock::acquire(&directory.with_extension("lock"), progress).await?;
    if is_made() && environment.python().exists() {
        return Ok(environment);
    }
    let python = find(std::env::var_os("PYTHON")).await?;
    let step = progress.step(what);
    let log = directory.with_extension("log");
    let output = File::create(&log).at("cannot create the log", &log)?;
    let make = [
        OsString::from("-m"),
        OsString::from("venv"),
        OsString::from("--clear"),
        directory.into(),
    ];
    run(&python, &make, &output, &log).await?;
    let install = [
        OsString::from("-m"),
        OsString::from("pip"),
        OsString::from("install"),
        OsString::from("--disable-pip-version-check"),
        OsString::from("--no-input"),
        OsString::from("--requirement"),
        requirements.into(),
    ];
    run(environment.python().as_os_str(), &install, &output, &log).await?;
    std::fs::write(&made_from, wanted).at("cannot write", &made_from)?;
    step.done("");
    Ok(environment)
}

async fn run(
    program: &std::ffi::OsStr,
    arguments: &[OsString],
    output: &File,
    log: &Path,
) -> Result<(), Error> {
    let stdout = output.try_clone().at("cannot write", log)?;
    let stderr = output.try_clone().at("cannot write", log)?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|source| Error::Program {
            program: program.to_string_lossy().into_owned(),
            source,
        })?;
    if status.success() {
        return Ok(());
    }
    let command = arguments
        .iter()
        .take(3)
        .map(|argument| argument.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ");
    Err(Error::PythonEnvironment {
        command: format!("python {command}"),
        log: log.to_path_buf(),
        tail: tail(log),
    })
}

/// The first Python that is new enough and can create environments; else why the best candidate is not suitable.
async fn find(chosen: Option<OsString>) -> Result<OsString, Error> {
    let candidates = match chosen {
        Some(python) => vec![python],
        None => [
            "python3",
            "python3.14",
            "python3.13",
            "python3.12",
            "python3.11",
            "python3.10",
            "python",
        ]
        .map(OsString::from)
        .to_vec(),
    };
    let mut problem = Error::NoPython;
    for python in candidates {
        match check(&python).await {
            Ok(()) => return Ok(python),
            Err(found) if matches!(problem, Error::NoPython) => problem = found,
            Err(_) => {}
        }
    }
    Err(problem)
}

/// Whether this Python is suitable. Debian's venv module lacks `ensurepip`.
async fn check(python: &std::ffi::OsStr) -> Result<(), Error> {
    let script =
        "import sys\nprint('%d.%d' % sys.version_info[:2])\nimport venv, ensurepip\nprint('venv')";
    let output = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .await
        .map_err(|_| Error::NoPython)?;
    judge(
        &python.to_string_lossy(),
        &String::from_utf8_lossy(&output.stdout),
    )
}

fn judge(python: &str, answer: &str) -> Result<(), Error> {
    let mut lines = answer.lines();
    let version = lines.next().ok_or(Error::NoPython)?;
    let numbers = version
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .ok_or(Error::NoPython)?;
    if numbers < OLDEST {
        return Err(Error::OldPython {
            python: python.to_owned(),
            version: version.to_owned(),
        });
    }
    match lines.next() {
        Some("venv") => Ok(()),
        _ => Err(Error::NoVenv {
            python: python.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_has_its_own_message_with_the_fix() {
        assert!(judge("python3", "3.10\nvenv\n").is_ok());
        assert!(judge("python3", "3.14\nvenv\n").is_ok());
        assert!(matches!(judge("python3", ""), Err(Error::NoPython)));
        assert_eq!(
            judge("python3", "3.9\nvenv\n").unwrap_err().to_string(),
            "python3 is Python 3.9 and the local stack needs 3.10 or later; install a newer one, or set PYTHON to one"
        );
        assert_eq!(
            judge("python3", "3.12\n").unwrap_err().to_string(),
            "python3 has no venv module; install it (apt install python3-venv), or set PYTHON to a Python that has it"
        );
    }

    #[tokio::test]
    async fn a_missing_python_is_reported() {
        let missing = find(Some(OsString::from("/nonexistent/python"))).await;
        assert!(matches!(missing, Err(Error::NoPython)));
    }
}
