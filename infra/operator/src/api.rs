//! The HTTP API of a deployment, in the name of a tenant.

use std::{env, time::Duration};

use carillon_domain::{
    access::Context,
    id::{KeyId, TenantId},
};
use carillon_store::{NewKey, Store};
use jiff::Timestamp;
use reqwest::{Method, StatusCode, header::RETRY_AFTER};
use serde_json::Value;

use crate::{
    deployment::{ApiKey, Deployment},
    error::Error,
};

/// An answer may take as long as the function runs.
const PATIENCE: Duration = Duration::from_secs(35);
const KEY_VARIABLE: &str = "CARILLON_API_KEY";
/// How often a call is made again that came too soon.
const AGAIN: usize = 5;

/// In whose name the API is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Caller {
    /// The tenant. A key is made for this one command, and revoked when it ends [default: the tenant of the API key]
    #[arg(long, value_name = "TENANT")]
    tenant: Option<TenantId>,
    /// Address of the HTTP API [default: the stack's output ApiUrl]
    #[arg(long, env = "CARILLON_API_URL", value_name = "URL")]
    api_url: Option<String>,
    /// API key of the tenant; better set in the environment than here
    #[arg(
        long,
        env = KEY_VARIABLE,
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_key: Option<ApiKey>,
}

/// The API, for a tenant.
pub(crate) struct Api {
    http: reqwest::Client,
    url: String,
    key: ApiKey,
}

/// A key that is revoked when the command ends.
struct Passing {
    store: Store,
    tenant: TenantId,
    id: KeyId,
}

impl Caller {
    /// Does something with the API. Where a tenant is named, it is called with a key of its own, which is good for nothing
    /// afterwards; `why` is its name.
    pub(crate) async fn call<T>(
        &self,
        deployment: &Deployment,
        why: &str,
        work: impl AsyncFnOnce(&Api) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let known = deployment.api_url.as_ref().or(self.api_url.as_ref());
        let url = match known {
            Some(url) => url.clone(),
            None => deployment.outputs().await?.get("ApiUrl")?.to_owned(),
        };
        let in_environment = env::var_os(KEY_VARIABLE).and_then(|key| key.into_string().ok());
        let given = self.key(deployment, in_environment.as_deref());
        let (key, passing) = match (&self.tenant, given) {
            (Some(tenant), _) => {
                let (key, passing) = Passing::make(deployment, tenant, why).await?;
                (key, Some(passing))
            }
            (None, Some(key)) => (key.clone(), None),
            (None, None) => return Err(Error::NoApiKey),
        };
        let done = match Api::new(&url, key) {
            Ok(api) => work(&api).await,
            Err(error) => Err(error),
        };
        let revoked = match passing {
            Some(passing) => passing.revoke().await,
            None => Ok(()),
        };
        let done = done?;
        revoked.map(|()| done)
    }
}

impl Caller {
    /// The key that was given. The local stack has one itself, and what is in the environment may be of another deployment.
    fn key<'a>(
        &'a self,
        deployment: &'a Deployment,
        in_environment: Option<&str>,
    ) -> Option<&'a ApiKey> {
        let local = deployment.api_key.as_ref();
        let is_meant = |key: &&ApiKey| local.is_none() || in_environment != Some(key.expose());
        self.api_key.as_ref().filter(is_meant).or(local)
    }
}

impl Passing {
    async fn make(
        deployment: &Deployment,
        tenant: &TenantId,
        why: &str,
    ) -> Result<(ApiKey, Self), Error> {
        let store = deployment.store_with(tenant).await?;
        let key = NewKey::random();
        let kept = key.kept(tenant, why, Timestamp::now());
        store.put_api_key(&kept).await.map_err(Error::Catalog)?;
        let passing = Self {
            store,
            tenant: tenant.clone(),
            id: kept.id,
        };
        Ok((ApiKey::new(key.written()), passing))
    }

    async fn revoke(self) -> Result<(), Error> {
        let context = Context::operator(&self.tenant, Timestamp::now());
        let revoked = self.store.revoke_api_key(&context, &self.id).await;
        revoked.map(|_| ()).map_err(Error::Catalog)
    }
}

impl Api {
    fn new(url: &str, key: ApiKey) -> Result<Self, Error> {
        let url = url.trim_end_matches('/').to_owned();
        let is_here = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
        let mut http = reqwest::Client::builder().timeout(PATIENCE);
        if is_here {
            // A proxy that the machine uses for the internet knows nothing of its loopback.
            http = http.no_proxy();
        }
        match http.build() {
            Ok(http) => Ok(Self { http, url, key }),
            Err(source) => Err(Error::Http { url, source }),
        }
    }

    pub(crate) async fn get(&self, path: &str, what: &str) -> Result<Value, Error> {
        self.call(Method::GET, path, None, what).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, Error> {
        self.call(Method::POST, path, body, what).await
    }

    /// Makes a call. `what` says what is not there if the API finds nothing.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, Error> {
        let failed = |source| Error::Http {
            url: self.url.clone(),
            source,
        };
        let mut again = 0;
        loop {
            let mut request = self
                .http
                .request(method.clone(), format!("{}{path}", self.url))
                .bearer_auth(self.key.expose());
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.map_err(failed)?;
            let status = answer.status();
            let after = answer.headers().get(RETRY_AFTER);
            let after = after.and_then(|it| it.to_str().ok()?.parse().ok());
            let body = answer.bytes().await.map_err(failed)?;
            match (status, after) {
                (StatusCode::TOO_MANY_REQUESTS, Some(seconds)) if again < AGAIN => {
                    again += 1;
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return self.read(status, &body, what),
            }
        }
    }

    fn read(&self, status: StatusCode, body: &[u8], what: &str) -> Result<Value, Error> {
        if status.is_success() {
            return serde_json::from_slice(body).map_err(|source| Error::Unreadable {
                url: self.url.clone(),
                source,
            });
        }
        Err(match status {
            StatusCode::UNAUTHORIZED => Error::KeyRefused,
            StatusCode::NOT_FOUND => Error::NotFound {
                what: what.to_owned(),
            },
            _ => Error::Refused {
                status: status.as_u16(),
                said: words(body),
            },
        })
    }
}

/// What a problem of the API (RFC 9457) says, with what is wrong in each field.
fn words(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut words = vec![text(&problem, "title"), text(&problem, "detail")];
    for error in problem["errors"].as_array().into_iter().flatten() {
        words.push(format!(
            "{}: {}",
            text(error, "field"),
            text(error, "detail")
        ));
    }
    words.retain(|it| !it.is_empty());
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_key_of_the_local_stack_goes_before_that_of_the_environment() {
        let config = aws_config::SdkConfig::builder().build();
        let cloud = Deployment::new(config, "carillon");
        let local = Deployment {
            api_key: Some(ApiKey::new("local")),
            ..cloud.clone()
        };
        let caller = |key: Option<&str>| Caller {
            tenant: None,
            api_url: None,
            api_key: key.map(ApiKey::new),
        };
        for (deployment, given, in_environment, expected) in [
            (&cloud, None, None, None),
            (&cloud, Some("mine"), Some("mine"), Some("mine")),
            (&local, None, None, Some("local")),
            (&local, Some("mine"), Some("mine"), Some("local")),
            (&local, Some("other"), Some("mine"), Some("other")),
        ] {
            let caller = caller(given);
            let key = caller.key(deployment, in_environment);
            assert_eq!(key.map(ApiKey::expose), expected, "{given:?}");
        }
    }

    #[test]
    fn a_problem_is_said_with_all_that_is_wrong() {
        let problem = json!({
            "title": "A field is invalid",
            "detail": "see errors",
            "errors": [{ "field": "ids[0]", "code": "unknown_dead_letter", "detail": "the id of a dead letter" }],
        });
        assert_eq!(
            words(problem.to_string().as_bytes()),
            "A field is invalid; see errors; ids[0]: the id of a dead letter"
        );
        assert_eq!(words(b"<html>"), "");
    }

    #[test]
    fn what_was_refused_says_what_to_do() {
        let api = Api::new("http://127.0.0.1:1/", ApiKey::new("carillon_secret")).unwrap();
        let read = |status, body: &[u8]| api.read(status, body, "there is no campaign x");
        assert_eq!(read(StatusCode::OK, b"{}").unwrap(), json!({}));
        for (status, expected) in [
            (StatusCode::UNAUTHORIZED, "--tenant"),
            (
                StatusCode::NOT_FOUND,
                "there is no campaign x; name its tenant",
            ),
            (StatusCode::CONFLICT, "the API answered 409"),
        ] {
            let said = read(status, b"{}").unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        }
        assert!(matches!(
            read(StatusCode::OK, b"<html>"),
            Err(Error::Unreadable { .. })
        ));
    }
}
