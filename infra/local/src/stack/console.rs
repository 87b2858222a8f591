//! Builds the console (`web/`) and keeps it as the function `console` has it in its package.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;

use crate::{
    error::{Error, IoContext},
    stack::{
        functions::{Files, PackagedFile},
        lock,
        node::Node,
        progress::Progress,
        workspace,
    },
};

/// The function that serves it, and the folder in its package.
pub(crate) const FUNCTION: &str = "console";
/// Lambda's limit of a response ("Lambda quotas": 6 MB).
const RESPONSE: usize = 6 * 1024 * 1024;
/// More than the headers of a response and the JSON around it have.
const ENVELOPE: usize = 16 * 1024;

/// What the local stack keeps.
struct Kept {
    /// The folder as it is in a package.
    package: PathBuf,
    /// What it was built from.
    version: PathBuf,
    /// The output of npm.
    log: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let directory = workspace::local_directory().join(FUNCTION);
        Self {
            package: package(),
            version: directory.join("version"),
            log: directory.join("build.log"),
        }
    }
}

/// A folder with the files as they are in the package of the function, for a function that runs outside of Lambda.
pub(crate) fn package() -> PathBuf {
    workspace::local_directory().join(FUNCTION).join("package")
}

/// The files for the function's package, built if the sources have changed since the last time.
///
/// # Errors
/// If they cannot be built, or a file is too large to be served.
pub async fn build(progress: Progress) -> Result<Files, Error> {
    let kept = Kept::new();
    let lock = workspace::local_directory()
        .join(FUNCTION)
        .with_extension("lock");
    let _lock = lock::acquire(&lock, progress).await?;
    let version = version(&workspace::web())?;
    if fs::read_to_string(&kept.version).is_ok_and(|built| built == version) {
        return read(&kept.package, version);
    }
    let node = Node::find(progress).await?;
    fs::create_dir_all(&kept.package).at("cannot create", &kept.package)?;
    // The version is written last, so that what is incomplete is built again.
    for stale in [&kept.version, &kept.log] {
        let _ = fs::remove_file(stale);
    }
    install(&node, &kept.log, progress).await?;
    let step = progress.step("Building the console");
    node.run("npm", &["run", "build"], &kept.log).await?;
    let folder = kept.package.join(FUNCTION);
    if folder.exists() {
        fs::remove_dir_all(&folder).at("cannot remove", &folder)?;
    }
    let script = workspace::precompress_script();
    let built = workspace::web().join("console/dist");
    let [script, built, to] = [&script, &built, &folder].map(|path| path.to_string_lossy());
    node.run("node", &[&script, &built, &to], &kept.log).await?;
    let files = read(&kept.package, version)?;
    fs::write(&kept.version, &files.version).at("cannot write", &kept.version)?;
    let bytes: usize = files.files.iter().map(|file| file.content.len()).sum();
    step.done(&format!(
        "{} files of {} kB",
        files.files.len(),
        bytes / 1_000
    ));
    Ok(files)
}

/// Installs the packages of `web/`, if its lock file has changed since the last time.
///
/// # Errors
/// If npm fails.
pub async fn install(node: &Node, log: &Path, progress: Progress) -> Result<(), Error> {
    let lock_file = workspace::web().join("package-lock.json");
    let wanted = fs::read(&lock_file).at("cannot read", &lock_file)?;
    // In the folder that it is about, so that both are removed together.
    let installed = workspace::web().join("node_modules/.installed-from.json");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let step = progress.step("Installing the packages of the console (once, about a minute)");
    let ci = ["ci", "--no-audit", "--prefer-offline"];
    let result = node.run("npm", &ci, log).await;
    result.map_err(|source| Error::Packages {
        source: Box::new(source),
    })?;
    fs::write(&installed, wanted).at("cannot write", &installed)?;
    step.done("");
    Ok(())
}

/// The log of npm.
#[must_use]
pub fn log() -> PathBuf {
    Kept::new().log
}

/// Fails unless `sam build` made a package in this folder.
pub(crate) fn check_package(package: &Path) -> Result<(), Error> {
    match package.join("bootstrap").is_file() {
        true => Ok(()),
        false => Err(Error::NoPackage {
            path: package.to_path_buf(),
        }),
    }
}

/// Writes the files into a package that `sam build` made.
///
/// # Errors
/// If there is none.
pub(crate) fn put_into(package: &Path, files: &Files) -> Result<PathBuf, Error> {
    check_package(package)?;
    let folder = package.join(FUNCTION);
    if folder.exists() {
        fs::remove_dir_all(&folder).at("cannot remove", &folder)?;
    }
    for file in &files.files {
        let path = package.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).at("cannot create", parent)?;
        }
        fs::write(&path, &file.content).at("cannot write", &path)?;
    }
    Ok(folder)
}

/// The files of a package, with paths as they are in it.
fn read(package: &Path, version: String) -> Result<Files, Error> {
    let folder = package.join(FUNCTION);
    let mut files = Vec::new();
    for path in list(&folder, &Ignored::default())? {
        let content = fs::read(folder.join(&path)).at("cannot read", &folder.join(&path))?;
        fits(&path, content.len())?;
        files.push(PackagedFile {
            path: format!("{FUNCTION}/{path}"),
            content,
        });
    }
    Ok(Files { version, files })
}

/// A response with a file is base64 in JSON, which is a third longer.
fn fits(path: &str, bytes: usize) -> Result<(), Error> {
    let sent = bytes.div_ceil(3) * 4 + ENVELOPE;
    match sent <= RESPONSE {
        true => Ok(()),
        false => Err(Error::LargeFile {
            path: path.to_owned(),
            bytes,
        }),
    }
}

/// A hash of all sources, of the API's description, from which the client is generated, and of what is done with the result.
fn version(web: &Path) -> Result<String, Error> {
    let ignored = Ignored::read(&web.join(".gitignore"))?;
    let mut sources: Vec<(String, PathBuf)> = list(web, &ignored)?
        .into_iter()
        .map(|path| (path.clone(), web.join(path)))
        .collect();
    for other in [workspace::openapi(), workspace::precompress_script()] {
        sources.push((other.to_string_lossy().into_owned(), other));
    }
    let mut hash = digest::Context::new(&digest::SHA256);
    for (name, path) in sources {
        let content = fs::read(&path).at("cannot read", &path)?;
        // With their lengths, so that nothing can move from one to the next.
        for part in [name.as_bytes(), &content] {
            hash.update(&part.len().to_be_bytes());
            hash.update(part);
        }
    }
    Ok(hex::encode(hash.finish()))
}

/// What git ignores in a folder: names, and paths from it. Patterns are not understood.
#[derive(Debug, Default)]
struct Ignored(BTreeSet<String>);

impl Ignored {
    fn read(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).at("cannot read", file)?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Self(
            lines
                .map(|line| line.trim_matches('/').to_owned())
                .collect(),
        ))
    }

    fn covers(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.0.contains(path) || self.0.contains(name)
    }
}

/// The paths of all files in a folder, in order, relative to it.
fn list(folder: &Path, ignored: &Ignored) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let folder = folder.join(&prefix);
        for entry in fs::read_dir(&folder).at("cannot read", &folder)? {
            let entry = entry.at("cannot read", &folder)?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().at("cannot read", &folder)?;
            match kind {
                _ if ignored.covers(&path) => {}
                _ if kind.is_dir() => open.push(format!("{path}/")),
                _ => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_fits_into_a_response_or_is_named() {
        // 6 MiB less 16 KiB, of which base64 takes a third.
        let most = (RESPONSE - ENVELOPE) / 4 * 3;
        fits("a.js", most).unwrap();
        let error = fits("assets/builder.js", most + 1).unwrap_err();
        assert!(error.to_string().contains("assets/builder.js"), "{error}");
    }

    #[test]
    fn a_build_depends_on_sources_only() {
        let web = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = web.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            ".gitignore",
            "node_modules/\nconsole/dist/\nconsole/src/made.d.ts\n",
        );
        write("console/src/main.tsx", "a");
        write("console/src/made.d.ts", "a");
        let first = version(web.path()).unwrap();
        for ignored in [
            "console/src/made.d.ts",
            "console/dist/index.html",
            "node_modules/react/index.js",
            "console/node_modules/react/index.js",
        ] {
            write(ignored, "b");
            assert_eq!(version(web.path()).unwrap(), first, "{ignored}");
        }
        write("console/src/main.tsx", "b");
        let second = version(web.path()).unwrap();
        assert_ne!(first, second);
        // The name is part of it, and so is where a file ends.
        fs::rename(
            web.path().join("console/src/main.tsx"),
            web.path().join("console/src/other.tsx"),
        )
        .unwrap();
        assert_ne!(version(web.path()).unwrap(), second);
    }

    #[test]
    fn the_files_are_put_beside_the_program() {
        let package = tempfile::tempdir().unwrap();
        let files = Files {
            version: "1".to_owned(),
            files: vec![PackagedFile {
                path: "console/assets/a.js".to_owned(),
                content: b"a".to_vec(),
            }],
        };
        let missing = put_into(package.path(), &files).unwrap_err();
        assert!(missing.to_string().contains("sam build"), "{missing}");
        fs::write(package.path().join("bootstrap"), "").unwrap();
        fs::create_dir(package.path().join("console")).unwrap();
        fs::write(package.path().join("console/old.js"), "").unwrap();
        let folder = put_into(package.path(), &files).unwrap();
        assert_eq!(list(&folder, &Ignored::default()).unwrap(), ["assets/a.js"]);
        assert_eq!(read(package.path(), "1".to_owned()).unwrap(), files);
    }
}
