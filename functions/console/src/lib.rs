//! Serves the console, a single-page application: its page, and the scripts, styles and pictures that Vite built.
//!
//! The files are beside the executable. Which there are is read once, at start, and a request only chooses one of them: no path of
//! a request is ever opened. The function calls nothing in AWS.

mod coding;
mod files;
mod page;
mod policy;

use std::path::Path;

use carillon_http::{UnknownCallers, conditional};
use carillon_store::{MissingVariable, environment::variable};
use carillon_telemetry::Line;
use http::{HeaderValue, Method, StatusCode, header, response::Builder};
use lambda_http::{Body, Request, RequestExt, Response};

pub use self::files::FilesError;
use self::{
    files::{Found, Representation},
    page::Page,
    policy::Policy,
};

/// Set by Lambda to the folder of the function's package ("Defined runtime environment variables", Lambda Developer Guide).
const PACKAGE: &str = "LAMBDA_TASK_ROOT";
/// The folder of the files in the package.
const FOLDER: &str = "console";
/// The origin that files are uploaded to.
const UPLOADS: &str = "UPLOADS_URL";

/// First segments of paths that belong to other functions. What is left of them for this one is a mistake, and must not look like
/// a page.
const TAKEN: [&str; 5] = ["callbacks", "docs", "openapi.json", "unsubscribe", "v1"];

/// The function's dependencies.
pub struct Console {
    files: files::Files,
    page: Page,
    policy: Policy,
    unknown_callers: UnknownCallers,
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// A variable of the environment is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The files cannot be used.
    #[error("the console cannot be served")]
    Files(#[from] FilesError),
    /// The origin of uploads is not one.
    #[error("{UPLOADS} is not an origin")]
    Uploads(#[source] header::InvalidHeaderValue),
}

/// Handles one request.
///
/// # Errors
/// None: errors are in the response.
pub async fn handle(
    console: &Console,
    request: Request,
) -> Result<Response<Body>, lambda_http::Error> {
    let line = Line::begin("console", &request.lambda_context());
    let response = match console.answer(&request) {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not serve a file"
            );
            Builder::new()
                .status(StatusCode::INTERNAL_SERVER_ERROR)
                .body(Body::Empty)?
        }
    };
    console.unknown_callers.end(line, response.status());
    Ok(response)
}

impl Console {
    /// The function configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set, or the files are not there.
    pub fn from_environment() -> Result<Self, NotStarted> {
        let folder = Path::new(&variable(PACKAGE)?).join(FOLDER);
        Self::new(&folder, &variable(UPLOADS)?)
    }

    /// Serves the files in a folder, from a page that may upload to this origin.
    ///
    /// # Errors
    /// If the files are not there.
    pub fn new(folder: &Path, uploads: &str) -> Result<Self, NotStarted> {
        let (files, page) = files::read(folder)?;
        Ok(Self {
            files,
            page,
            policy: Policy::new(uploads).map_err(NotStarted::Uploads)?,
            unknown_callers: UnknownCallers::default(),
        })
    }

    fn answer(&self, request: &Request) -> Result<Response<Body>, FilesError> {
        let path = relative(request);
        let found = match self.files.find(&path) {
            Some(file) => Some(file.representation(request.headers())?),
            None if is_of_the_page(&path) => Some(self.page.at(depth(&path))),
            None => None,
        };
        let mut response = match found {
            Some(found) => self.respond(request, found),
            None => self.nothing(),
        };
        // A HEAD gets the response of a GET without its content (RFC 9110, 9.3.2).
        if *request.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        Ok(response)
    }

    fn respond(&self, request: &Request, found: Representation) -> Response<Body> {
        let is_unchanged = conditional::is_unchanged(request.headers(), &found.tag);
        let mut response = Response::new(Body::Empty);
        let headers = response.headers_mut();
        // RFC 9110, 15.4.5: a 304 has the fields that would have been sent and that a cache needs.
        headers.insert(header::ETAG, found.tag);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(match found.found {
                // A build never reuses the name of another content.
                Found::Hashed => "public, max-age=31536000, immutable",
                Found::Named | Found::Page => "no-cache",
            }),
        );
        self.policy.protect(headers);
        if is_unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(found.kind));
        if let Some(coding) = found.coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        *response.body_mut() = Body::Binary(found.content);
        response
    }

    fn nothing(&self) -> Response<Body> {
        let mut response = Response::new(Body::Text("There is no such page or file.\n".to_owned()));
        *response.status_mut() = StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.policy.protect(headers);
        response
    }
}

/// The request's path below the root of the API, without a leading slash.
///
/// The root is where the route's variable `{proxy+}` begins. In front of it, `rawPath` has the name of the stage, but for `$default`;
/// it has no path of a domain's mapping ("Create AWS Lambda proxy integrations for HTTP APIs", API Gateway Developer Guide).
fn relative(request: &Request) -> String {
    let raw = request.raw_http_path();
    let parameters = request.path_parameters();
    let proxy = parameters.first("proxy").unwrap_or_default();
    // The variable is decoded, and the raw path is not; where they differ, only the raw path has the right number of slashes.
    match raw.ends_with(proxy) && !proxy.is_empty() {
        true => proxy.trim_start_matches('/').to_owned(),
        false => raw.trim_start_matches('/').to_owned(),
    }
}

/// How many folders deep a browser considers the page at this path to be (RFC 3986, 5.2.3).
fn depth(path: &str) -> usize {
    path.matches('/').count()
}

/// Whether the path is the page's, or one of the application's own, which the page resolves. A path with an extension names a file.
fn is_of_the_page(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_file = first == files::HASHED || last.contains('.');
    path == files::PAGE || !is_file && !TAKEN.contains(&first)
}

#[cfg(test)]
mod tests;
