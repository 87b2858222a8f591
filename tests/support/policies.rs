//! Enforces the template's roles between the functions and the local AWS, which enforces none.

#![allow(
    dead_code,
    reason = "the tests, the fault harness and the benchmark each use a part of this"
)]

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use carillon_local::stack::{Options, outputs::Outputs};
use carillon_template::{
    authorizer::{Authorizer, Denial},
    call::Call,
};
use http::{HeaderMap, Response, StatusCode};
use serde_json::json;

use super::proxy::{Asked, Guard, Proxy, allow};

static AUTHORIZER: OnceLock<Arc<Authorizer>> = OnceLock::new();

/// The authorizer of this process; calls are recorded under the first name given.
pub(crate) fn authorizer(recording: &str) -> Arc<Authorizer> {
    Arc::clone(AUTHORIZER.get_or_init(|| Arc::new(Authorizer::new(recording))))
}

/// Allows a function what its role allows.
pub(crate) fn guard(function: &str) -> Guard {
    let authorizer = Arc::clone(AUTHORIZER.get().expect("the stack was started"));
    let function = function.to_owned();
    Arc::new(move |asked| check(&authorizer, &function, asked))
}

/// The endpoint for functions run by the local AWS, behind the authorizer. The local AWS gives each function a session
/// token that begins with its name.
pub(crate) struct Gateway {
    /// The ports that the stack has to take.
    aws: u16,
    simulator: u16,
    proxy: Proxy,
    authorizer: Arc<Authorizer>,
}

impl Gateway {
    /// Starts it in a thread that lives as long as the process.
    pub(crate) fn open(recording: &str) -> Self {
        let authorizer = authorizer(recording);
        let (aws, simulator) = (free_port(), free_port());
        let (send, receive) = std::sync::mpsc::channel();
        let guard: Guard = {
            let authorizer = Arc::clone(&authorizer);
            Arc::new(move |asked| {
                let token = asked.headers.get("x-amz-security-token");
                let token = token.and_then(|it| it.to_str().ok());
                let token = token.map(str::to_owned).or_else(|| token_of(asked.query?));
                // A caller without such a token is not one of our functions.
                let token = token?;
                let function = token.strip_prefix("carillon-")?;
                check(&authorizer, function, asked)
            })
        };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let url = |port: u16| format!("http://127.0.0.1:{port}");
                let proxy = Proxy::between(&url(aws), &url(simulator), allow()).await;
                proxy.set_guard(guard);
                proxy.forget_calls();
                send.send(proxy).unwrap();
                std::future::pending::<()>().await;
            });
        });
        Self {
            aws,
            simulator,
            proxy: receive.recv().unwrap(),
            authorizer,
        }
    }

    /// Makes a stack use it.
    pub(crate) fn prepare(&self, options: &mut Options) {
        options.port = Some(self.aws);
        options.simulator_port = Some(self.simulator);
        let provider = self.proxy.provider_url().to_owned();
        options.environment.extend([
            ("AWS_ENDPOINT_URL", self.proxy.url().to_owned()),
            ("AWS_ENDPOINT_URL_SESV2", provider.clone()),
            ("AWS_ENDPOINT_URL_SNS", provider.clone()),
            ("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", provider),
        ]);
    }

    /// Sets the deployed stack. It stays open as long as the process runs.
    pub(crate) fn keep(self, outputs: &Outputs) {
        for (name, id) in [
            (&outputs.catalog_table, "CatalogTable"),
            (&outputs.directory_table, "DirectoryTable"),
            (&outputs.ledger_table, "LedgerTable"),
            (&outputs.imports_bucket, "ImportsBucket"),
            (&outputs.link_key, "LinkKey"),
        ] {
            self.authorizer.know(name, id);
        }
        std::mem::forget(self.proxy);
    }
}

/// The session token in the query of a presigned URL (`X-Amz-Security-Token`).
fn token_of(query: &str) -> Option<String> {
    let mut parts = query.split('&');
    let token = parts.find_map(|part| part.strip_prefix("X-Amz-Security-Token="))?;
    Some(token.to_owned())
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn check(authorizer: &Authorizer, function: &str, asked: &Asked<'_>) -> Option<Response<Bytes>> {
    let call = Call {
        service: &service(asked)?,
        method: asked.method.as_str(),
        path: asked.path,
        query: asked.query,
        target: header(asked.headers, "x-amz-target"),
        body: asked.body,
    };
    let denial = authorizer.check(function, &call).err()?;
    eprintln!("DENIED: {denial}");
    Some(refusal(call.service, &denial))
}

/// The service in the scope of a signature: `Credential=…/date/region/service/aws4_request`. A call without one does not go
/// to AWS.
fn service(asked: &Asked<'_>) -> Option<String> {
    let scope = match header(asked.headers, "authorization") {
        Some(header) => header
            .split_once("Credential=")?
            .1
            .split(',')
            .next()?
            .to_owned(),
        None => {
            let mut parts = asked.query?.split('&');
            let credential = parts.find_map(|part| part.strip_prefix("X-Amz-Credential="))?;
            credential.replace("%2F", "/")
        }
    };
    let mut parts = scope.rsplit('/');
    (parts.next()? == "aws4_request").then(|| parts.next().map(str::to_owned))?
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// AWS's response to a call that is not allowed.
fn refusal(service: &str, denial: &Denial) -> Response<Bytes> {
    let text = denial.to_string();
    let (status, body) = match service {
        "s3" => {
            let xml = format!("<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>");
            (StatusCode::FORBIDDEN, xml)
        }
        "sns" => {
            let xml = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>{text}</Message></Error></ErrorResponse>"
            );
            (StatusCode::FORBIDDEN, xml)
        }
        "sqs" => {
            let json = json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "message": text });
            (StatusCode::FORBIDDEN, json.to_string())
        }
        _ => {
            let json = json!({ "__type": "AccessDeniedException", "Message": text });
            (StatusCode::BAD_REQUEST, json.to_string())
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    if service != "s3" && service != "sns" {
        let value = http::HeaderValue::from_static("AccessDeniedException");
        response.headers_mut().insert("x-amzn-errortype", value);
    }
    response
}
