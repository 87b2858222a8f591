//! Looks at mails in headless Chromium: whether one means what another one does, and whether anything in one runs.
//!
//! Chromium is started once for many mails. A page of ours holds them in frames, looks at them and writes what it has seen into
//! itself, so there is no driver and no protocol. Nothing is fetched: a policy of the page forbids it, which the frames take over.

use std::{
    fs::File,
    io,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// What Chromium and its kin are called where they are installed.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
/// Whoever needs so long does not end at all.
const PATIENCE: Duration = Duration::from_secs(180);
/// Where the page writes what it has seen.
const REPORT: &str = "<pre id=\"report\">";

/// Why nothing was seen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no browser.
    #[error(
        "there is no Chromium: install it (`apt-get install chromium`, `brew install --cask chromium`, or Google Chrome), or name its \
         program in the environment variable CHROMIUM"
    )]
    Missing,
    /// It could not be started, or what it wrote could not be read.
    #[error("Chromium could not be used")]
    Unusable(#[from] io::Error),
    /// It did not end in time.
    #[error("Chromium did not end within {} seconds", PATIENCE.as_secs())]
    TooLong,
    /// The page did not come to its end.
    #[error("the page in Chromium wrote no report; it ended with {0}")]
    NoReport(String),
    /// What the page wrote is not what was expected of it.
    #[error("the report of the page in Chromium cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

/// A mail as somebody wrote it, and as it is sent.
#[derive(Debug, Serialize)]
pub struct Pair {
    /// What it is called.
    pub name: String,
    /// As it was written, filled in.
    pub before: String,
    /// As it is sent, filled in.
    pub after: String,
}

/// What is no longer as it was.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Differences {
    /// The name of the pair.
    pub name: String,
    /// How many texts were compared, so that nobody takes an empty page for the same as another one.
    pub texts: usize,
    /// How many links.
    pub links: usize,
    /// What differs, in words.
    pub found: Vec<String>,
}

/// Compares mails: their visible and hidden texts with the styles that apply to them, links, pictures, languages and directions, and what only
/// some programs read; in the light and in the dark, on a screen of 1000 pixels and on one of 390, under the pointer, and as Outlook
/// darkens them.
///
/// # Errors
/// If there is no browser, or it sees nothing.
pub fn compare(pairs: &[Pair]) -> Result<Vec<Differences>, Error> {
    see(
        include_str!("compare.js"),
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:",
        &pairs,
    )
}

/// The attacks that are tried (`tests/attacks/payloads.txt`).
pub fn payloads() -> Vec<String> {
    include_str!("../../attacks/payloads.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.to_owned()))
        .collect()
}

/// A page that should do nothing.
#[derive(Debug, Serialize)]
pub struct Suspect {
    /// What it is called.
    pub name: String,
    /// The page, or a part of one.
    pub html: String,
}

/// What a page did, or has in it, that no mail may.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Harm {
    /// The name of the page.
    pub name: String,
    /// What was seen, in words.
    pub found: Vec<String>,
}

/// Opens pages as browsers and webmail do, with scripts allowed, and says which of them ran something, asked for something, led
/// somewhere else, or hold what could: those that do nothing are not in the answer.
///
/// # Errors
/// If there is no browser, or it sees nothing.
pub fn harms(suspects: &[Suspect]) -> Result<Vec<Harm>, Error> {
    // Pictures, fonts of styles and nothing else may be asked for; what is refused is reported to the page.
    see(
        include_str!("harms.js"),
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: javascript:; style-src 'unsafe-inline'; img-src data:",
        &suspects,
    )
}

/// Opens a page with data and a script, and reads what it writes.
fn see<T: for<'de> Deserialize<'de>>(
    script: &str,
    policy: &str,
    data: &impl Serialize,
) -> Result<T, Error> {
    // Nothing in the data may end the element that it stands in.
    let data = serde_json::to_string(data)?.replace('<', "\\u003c");
    let page = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"></head>\
         <body><script type=\"application/json\" id=\"data\">{data}</script>\n<script>{script}</script></body></html>"
    );
    let folder = tempfile::tempdir()?;
    let (path, seen) = (folder.path().join("page.html"), folder.path().join("seen"));
    std::fs::write(&path, page)?;
    let mut browser = Command::new(program().ok_or(Error::Missing)?)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-extensions",
            "--no-first-run",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            // As long as the scripts of our page take by the clock that they see, which does not run while they work.
            "--virtual-time-budget=600000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", path.display()))
        .stdin(Stdio::null())
        .stdout(File::create(&seen)?)
        .stderr(Stdio::null())
        .spawn()?;
    let began = Instant::now();
    let status = loop {
        if let Some(status) = browser.try_wait()? {
            break status;
        }
        if began.elapsed() > PATIENCE {
            browser.kill()?;
            browser.wait()?;
            return Err(Error::TooLong);
        }
        pause();
    };
    let seen = String::from_utf8_lossy(&std::fs::read(&seen)?).into_owned();
    let report = seen
        .split_once(REPORT)
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .and_then(|(report, _)| BASE64_STANDARD.decode(report).ok());
    let report = report.ok_or_else(|| Error::NoReport(status.to_string()))?;
    Ok(serde_json::from_slice(&report)?)
}

/// Waits a moment between two looks at the browser.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing here runs on a runtime that it could block"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// The program of the browser.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let on_a_mac = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    NAMES
        .into_iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain(on_a_mac.map(PathBuf::from))
        .find(|path| path.is_file())
}
