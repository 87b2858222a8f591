//! The files of the package.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::{
    coding::{self, Coding},
    page::Page,
};

/// The folder in which Vite gives every file a name with a hash of its content.
pub(crate) const HASHED: &str = "assets";
/// The page of the application.
pub(crate) const PAGE: &str = "index.html";
/// Its media type.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// The media types of what a build consists of, by extension (IANA; RFC 9239 for scripts).
const KINDS: [(&str, &str); 19] = [
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("html", HTML),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
];

/// Why the files cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// They are not in the package.
    #[error("cannot read {}; `cargo local console-package` puts the console into a package", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// The page does not say where its root is.
    #[error("{} does not begin with `<base href=\"./\">`", .0.display())]
    NoRoot(PathBuf),
}

/// Why a file may be cached, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Its name changes with its content.
    Hashed,
    /// It keeps its name.
    Named,
    /// It is the page.
    Page,
}

/// A file in one coding, as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Representation {
    pub(crate) found: Found,
    pub(crate) kind: &'static str,
    pub(crate) coding: Option<&'static str>,
    pub(crate) tag: HeaderValue,
    pub(crate) content: Vec<u8>,
}

/// A file in the codings in which it is there.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    found: Found,
    kind: &'static str,
    /// Read when first asked for: the largest files are seldom wanted, and would lengthen each start.
    codings: BTreeMap<Coding, OnceLock<Representation>>,
}

/// All files by their paths, but for the page.
#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<String, File>);

/// Finds the files in a folder, and reads the page.
pub(crate) fn read(folder: &Path) -> Result<(Files, Page), FilesError> {
    let mut names = Vec::new();
    list(folder, "", &mut names)?;
    let mut files = BTreeMap::new();
    for name in names.iter().filter(|name| *name != PAGE) {
        let is_variant = [Coding::Brotli, Coding::Gzip].into_iter().any(|coding| {
            let original = name.strip_suffix(coding.extension());
            original.is_some_and(|original| names.iter().any(|it| it == original))
        });
        if is_variant {
            continue;
        }
        let is_there = |coding: &Coding| {
            let variant = format!("{name}{}", coding.extension());
            names.contains(&variant)
        };
        let codings = Coding::ALL.into_iter().filter(is_there);
        let is_hashed = name.split('/').next() == Some(HASHED);
        files.insert(
            name.clone(),
            File {
                path: folder.join(name),
                found: match is_hashed {
                    true => Found::Hashed,
                    false => Found::Named,
                },
                kind: kind(name),
                codings: codings.map(|coding| (coding, OnceLock::new())).collect(),
            },
        );
    }
    let path = folder.join(PAGE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(FilesError::Unreadable(path, source)),
    };
    let page = Page::read(&text).ok_or(FilesError::NoRoot(path))?;
    Ok((Files(files), page))
}

/// The paths of all files in a folder, relative to the first one.
fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), FilesError> {
    let unreadable = |source| FilesError::Unreadable(folder.to_path_buf(), source);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Other names are not in a URL as they are, and Vite makes none.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        match entry.file_type().map_err(unreadable)?.is_dir() {
            true => list(&entry.path(), &format!("{name}/"), names)?,
            false => names.push(name),
        }
    }
    Ok(())
}

/// The media type of a file. What is not known is not interpreted by a browser (`X-Content-Type-Options`).
fn kind(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    KINDS
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or("application/octet-stream", |(_, kind)| kind)
}

impl Files {
    /// The file at a path.
    pub(crate) fn find(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }
}

impl File {
    /// The representation that a request accepts.
    pub(crate) fn representation(&self, headers: &HeaderMap) -> Result<Representation, FilesError> {
        let coding = coding::choose(headers, |coding| self.codings.contains_key(&coding));
        let kept = self.codings.get(&coding);
        if let Some(read) = kept.and_then(OnceLock::get) {
            return Ok(read.clone());
        }
        let mut path = self.path.clone().into_os_string();
        path.push(coding.extension());
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(source) => return Err(FilesError::Unreadable(path.into(), source)),
        };
        let read = Representation {
            found: self.found,
            kind: self.kind,
            coding: coding.name(),
            tag: entity_tag(&content),
            content,
        };
        Ok(match kept {
            Some(kept) => kept.get_or_init(|| read).clone(),
            None => read,
        })
    }
}

/// The entity tag of a representation. Each coding has its own, because their bytes differ (RFC 9110, 8.8.3.3).
pub(crate) fn entity_tag(content: &[u8]) -> HeaderValue {
    let hash = Sha256::digest(content);
    let text = format!("\"{}\"", hex::encode(&hash[..16]));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}
