//! Examines emails in headless Chromium: whether two have the same meaning, and whether anything in one runs.
//!
//! Chromium is started once for many emails. Our page loads them in frames, examines them and writes the results into itself,
//! so no driver or protocol is needed. Nothing is fetched: the page's content security policy, inherited by the frames, forbids it.

use std::{
    fs::File,
    io,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// The names of Chromium and related browsers.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
/// Timeout of the browser.
const PATIENCE: Duration = Duration::from_secs(180);
/// Where the page writes its results.
const REPORT: &str = "<pre id=\"report\">";

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no browser.
    #[error(
        "there is no Chromium: install it (`apt-get install chromium`, `brew install --cask chromium`, or Google Chrome), or name its \
         program in the environment variable CHROMIUM"
    )]
    Missing,
    /// It could not be started, or its output could not be read.
    #[error("Chromium could not be used")]
    Unusable(#[from] io::Error),
    /// It did not exit in time.
    #[error("Chromium did not end within {} seconds", PATIENCE.as_secs())]
    TooLong,
    /// The page did not finish.
    #[error("the page in Chromium wrote no report; it ended with {0}")]
    NoReport(String),
    /// The page's result is malformed.
    #[error("the report of the page in Chromium cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

/// An email as written and as sent.
#[derive(Debug, Serialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// As written, rendered.
    pub before: String,
    /// As sent, rendered.
    pub after: String,
}

/// The differences of a pair.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Differences {
    /// The name of the pair.
    pub name: String,
    /// The number of compared texts, so that two empty pages do not pass as equal.
    pub texts: usize,
    /// The number of links.
    pub links: usize,
    /// The differences as text.
    pub found: Vec<String>,
}

/// Compares emails: visible and hidden texts with their styles, links, pictures, languages and directions, and content for
/// specific mail clients; in light and dark mode, at widths of 1000 and 390 pixels, under the pointer, and as darkened by
/// Outlook.
///
/// # Errors
/// If there is no browser, or it returns no result.
pub fn compare(pairs: &[Pair]) -> Result<Vec<Differences>, Error> {
    see(
        include_str!("compare.js"),
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:",
        &pairs,
    )
}

/// The attacks (`tests/attacks/payloads.txt`).
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
    /// Its name.
    pub name: String,
    /// The page or a fragment.
    pub html: String,
}

/// Forbidden behaviour or content of a page.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Harm {
    /// The name of the page.
    pub name: String,
    /// The findings as text.
    pub found: Vec<String>,
}

/// Opens pages as browsers and webmail do, with scripts allowed, and returns those that ran a script, made a request, navigated
/// away, or contain something that could. Harmless pages are not returned.
///
/// # Errors
/// If there is no browser, or it returns no result.
pub fn harms(suspects: &[Suspect]) -> Result<Vec<Harm>, Error> {
    // Only pictures and fonts may be requested; violations are reported to the page.
    see(
        include_str!("harms.js"),
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: javascript:; style-src 'unsafe-inline'; img-src data:",
        &suspects,
    )
}

/// Opens a page with data and a script, and reads its result.
fn see<T: for<'de> Deserialize<'de>>(
    script: &str,
    policy: &str,
    data: &impl Serialize,
) -> Result<T, Error> {
    // The data must not close the element that contains it.
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
            // The virtual time of our page's scripts; it does not advance while they work.
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

/// The interval for polling the browser.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing here runs on a runtime that it could block"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// The path of the browser: the one named in `CHROMIUM`, or one that is installed.
pub fn program() -> Option<PathBuf> {
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
