//! A small client of Carillon's API, used by the demo and by tests.

use std::time::Duration;

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::error::Error;

/// How often a throttled call is retried.
const AGAIN: usize = 10;

/// A client with one API key.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// The API's response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where there is none.
    pub body: Value,
}

impl Answer {
    /// The entity tag, as `If-Match` takes it.
    #[must_use]
    pub fn entity_tag(&self) -> Option<&str> {
        self.headers.get("etag")?.to_str().ok()
    }

    /// A text in the body, by a JSON pointer; empty if there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A number in the body, by a JSON pointer; 0 if there is none.
    #[must_use]
    pub fn number(&self, pointer: &str) -> u64 {
        self.body
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    }

    /// A list in the body, by a JSON pointer; empty if there is none.
    #[must_use]
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.body
            .pointer(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }
}

impl Client {
    /// A client of the API at a base address.
    pub fn new(base: impl Into<String>, key: impl Into<String>) -> Result<Self, Error> {
        Ok(Self {
            http: crate::aws::http()?,
            base: base.into(),
            key: key.into(),
        })
    }

    /// Makes a call with additional headers and returns any response. While throttled (429), it retries after the time in
    /// `Retry-After`.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, Error> {
        for _ in 0..AGAIN {
            let answer = self
                .ask(method.clone(), path, headers, body.clone())
                .await?;
            let after = answer.headers.get("retry-after");
            let after = after.and_then(|it| it.to_str().ok()?.parse().ok());
            match (answer.status, after) {
                (StatusCode::TOO_MANY_REQUESTS, Some(seconds)) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return Ok(answer),
            }
        }
        self.ask(method, path, headers, body).await
    }

    /// Makes one call and returns any response.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, Error> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .timeout(Duration::from_mins(2));
        if !self.key.is_empty() && !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(&self.key);
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let failed = |source| Error::Http {
            what: format!("the API at {path}"),
            source,
        };
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.map_err(failed)?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        let body = if bytes.is_empty() { Value::Null } else { body };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// GET; anything but success is an error.
    pub async fn get(&self, path: &str) -> Result<Answer, Error> {
        succeeded(path, self.call(Method::GET, path, &[], None).await?)
    }

    /// POSTs JSON; anything but success is an error.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        let body = Some(body.to_string().into_bytes());
        succeeded(path, self.call(Method::POST, path, &[], body).await?)
    }

    /// Uploads a file of receivers for a campaign and returns the id of the import.
    pub async fn import(&self, campaign: &str, csv: Vec<u8>) -> Result<String, Error> {
        self.import_as(campaign, &serde_json::json!({}), csv).await
    }

    /// The same, with options for reading the file.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn import_as(
        &self,
        campaign: &str,
        choices: &Value,
        csv: Vec<u8>,
    ) -> Result<String, Error> {
        let mut body = choices.clone();
        body["bytes"] = csv.len().into();
        let import = self.post("/v1/imports", &body).await?;
        self.upload(&import, csv).await?;
        let id = import.text("/id").to_owned();
        let path = format!("/v1/campaigns/{campaign}/receivers");
        self.post(&path, &serde_json::json!({ "import": id }))
            .await?;
        Ok(id)
    }

    /// Creates an import for a file of this many bytes.
    pub async fn begin_import(&self, bytes: usize) -> Result<Answer, Error> {
        let body = serde_json::json!({ "bytes": bytes });
        self.post("/v1/imports", &body).await
    }

    /// Uploads a file to the address in the response that created the import.
    pub async fn upload(&self, import: &Answer, csv: Vec<u8>) -> Result<(), Error> {
        let mut upload = self.http.put(import.text("/upload/url")).body(csv);
        if let Some(headers) = import
            .body
            .pointer("/upload/headers")
            .and_then(Value::as_object)
        {
            for (name, value) in headers {
                upload = upload.header(name, value.as_str().unwrap_or_default());
            }
        }
        let failed = |source| Error::Http {
            what: "the upload".to_owned(),
            source,
        };
        let answer = upload.send().await.map_err(failed)?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        let body = answer.text().await.map_err(failed)?;
        Err(Error::Answer {
            path: "the upload".to_owned(),
            status,
            body,
        })
    }

    /// All items of a list, page by page.
    pub async fn all(&self, path: &str, list: &str) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = if cursor.is_empty() {
                path.to_owned()
            } else {
                format!("{path}{separator}cursor={cursor}")
            };
            let answer = self.get(&page).await?;
            items.extend(answer.list(list).iter().cloned());
            answer.text("/next_cursor").clone_into(&mut cursor);
            if cursor.is_empty() {
                return Ok(items);
            }
        }
    }
}

fn succeeded(path: &str, answer: Answer) -> Result<Answer, Error> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(Error::Answer {
        path: path.to_owned(),
        status: answer.status,
        body: answer.body.to_string(),
    })
}
