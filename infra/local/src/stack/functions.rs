//! Builds the functions and packages them for Lambda.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Instant, UNIX_EPOCH};

use serde::Deserialize;
use tokio::process::Command;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::error::{Error, IoContext};
use crate::stack::progress::Progress;
use crate::stack::{console, workspace};

/// Where the binaries of the functions come from.
#[derive(Clone, Debug)]
pub enum Binaries {
    /// Cargo builds them if anything changed. Its progress goes to standard error.
    Build,
    /// They are in this directory, each named after its function.
    Directory(PathBuf),
}

/// A binary, the files beside it in its package, and their version.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    path: PathBuf,
    files: Files,
    /// Changes whenever cargo links the binary again, or a file changes.
    pub(crate) version: String,
}

/// Files that a function has in its package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Changes whenever one of them does.
    pub(crate) version: String,
    pub(crate) files: Vec<PackagedFile>,
}

/// A file in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackagedFile {
    /// Its path in the package.
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
}

/// Finds or builds the functions' binaries.
pub(crate) async fn locate(
    binaries: &Binaries,
    functions: &[String],
    progress: Progress,
) -> Result<BTreeMap<String, Binary>, Error> {
    let paths = match binaries {
        Binaries::Build => build(functions, progress).await?,
        Binaries::Directory(directory) => functions
            .iter()
            .map(|name| (name.clone(), directory.join(name)))
            .collect(),
    };
    let mut located = BTreeMap::new();
    for function in functions {
        let path = paths
            .get(function)
            .ok_or_else(|| Error::NoBinary {
                function: function.clone(),
            })?
            .clone();
        let files = match function.as_str() {
            console::FUNCTION => console::build(progress).await?,
            _ => Files::default(),
        };
        let version = format!("{}{}", version(&path)?, files.version);
        let binary = Binary {
            path,
            files,
            version,
        };
        located.insert(function.clone(), binary);
    }
    Ok(located)
}

/// Length and modification time: hashing hundreds of megabytes would take longer than deploying them.
fn version(path: &Path) -> Result<String, Error> {
    let metadata = std::fs::metadata(path).at("cannot find the binary", path)?;
    let modified = metadata
        .modified()
        .at("cannot read the modification time of", path)?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(format!("{:x}-{:x}", metadata.len(), modified.as_nanos()))
}

#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Has cargo build these programs of the workspace, and says where they are.
///
/// # Errors
/// If they do not compile.
pub async fn build(
    programs: &[String],
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let what = match programs {
        [program] => program,
        _ => "the functions",
    };
    progress.note(&format!("Building {what} …"));
    let started = Instant::now();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .current_dir(workspace::root())
        .args(["build", "--workspace"])
        .args(["--message-format", "json-render-diagnostics"]);
    if let Some(profile) = profile() {
        command.args(["--profile", &profile]);
    }
    for program in programs {
        command.args(["--bin", program]);
    }
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| Error::Program {
            program: cargo.to_string_lossy().into_owned(),
            source,
        })?
        .wait_with_output()
        .await
        .map_err(|source| Error::Program {
            program: cargo.to_string_lossy().into_owned(),
            source,
        })?;
    if !output.status.success() {
        return Err(Error::Build);
    }
    let built = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    progress.note(&format!("✓ Building {what} ({seconds:.1} s)"));
    Ok(built)
}

/// The profile of this program, so that cargo reuses its compiled dependencies; `None` for the default profile.
fn profile() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let mut directory = program.parent()?;
    if directory.file_name()? == "deps" {
        directory = directory.parent()?;
    }
    let name = directory.file_name()?.to_str()?;
    (name != "debug").then(|| name.to_owned())
}

/// Creates a function's package: a zip with the executable `bootstrap` and its files. It is not compressed, because it only travels over
/// loopback.
pub(crate) async fn package(function: &str, binary: &Binary) -> Result<Vec<u8>, Error> {
    let code = executable(&binary.path).await?;
    let write = || {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o755);
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::with_capacity(code.len() + 512)));
        writer.start_file("bootstrap", options)?;
        writer.write_all(&code)?;
        for file in &binary.files.files {
            writer.start_file(&file.path, options.unix_permissions(0o644))?;
            writer.write_all(&file.content)?;
        }
        writer.finish()
    };
    write()
        .map(Cursor::into_inner)
        .map_err(|source| Error::Package {
            function: function.to_owned(),
            source,
        })
}

/// The binary, stripped if the machine has `strip`, which makes a debug build several times smaller.
async fn executable(path: &Path) -> Result<Vec<u8>, Error> {
    let stripped = tempfile::NamedTempFile::new().at("cannot create a file for", path)?;
    let status = Command::new("strip")
        .arg("-o")
        .arg(stripped.path())
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    let source = match status {
        Ok(status) if status.success() => stripped.path(),
        _ => path,
    };
    std::fs::read(source).at("cannot read the binary", source)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn a_package_contains_an_executable_bootstrap_and_the_files_of_the_function() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("email");
        std::fs::write(&path, b"#!/bin/sh\n").unwrap();
        let version = version(&path).unwrap();
        let files = Files {
            version: String::new(),
            files: vec![PackagedFile {
                path: "console/index.html".to_owned(),
                content: b"<html>".to_vec(),
            }],
        };
        let binary = Binary {
            path,
            files,
            version,
        };
        let package = package("email", &binary).await.unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        assert_eq!(content, "#!/bin/sh\n");
        drop(file);
        let mut file = archive.by_name("console/index.html").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o644);
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        assert_eq!(content, "<html>");
    }

    #[tokio::test]
    async fn a_missing_binary_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = Binaries::Directory(directory.path().to_path_buf());
        let error = locate(&binaries, &["email".to_owned()], Progress::Silent)
            .await
            .unwrap_err();
        assert!(error.to_string().ends_with("/email"), "{error}");
    }
}
