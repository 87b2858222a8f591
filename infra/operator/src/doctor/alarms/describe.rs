//! The one call to CloudWatch, signed manually: its SDK would add a second major version of `http` and `http-body` to the
//! build of everything that links any SDK, including the functions (`aws-smithy-types/http-body-0-4-x`).

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::{Method, Request};
use serde::Deserialize;

use super::super::{Clients, unanswered::Unanswered};

const ACTION: &str = "cloudwatch:DescribeAlarms";
/// Maximum names per call ("AlarmNames" of DescribeAlarms, CloudWatch API reference:
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
const NAMES: usize = 100;
const PATIENCE: Duration = Duration::from_secs(20);

/// The fields of an alarm that are needed here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alarm {
    #[serde(rename = "AlarmName")]
    pub(super) name: String,
    #[serde(rename = "StateValue")]
    pub(super) state: String,
    pub(super) actions_enabled: bool,
    #[serde(default)]
    pub(super) alarm_actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    metric_alarms: Vec<Alarm>,
}

/// An error of the protocol AWS JSON 1.0 (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(default, alias = "Message")]
    message: String,
}

/// The alarms with these names.
pub(super) async fn alarms(clients: &Clients, names: &[&str]) -> Result<Vec<Alarm>, Unanswered> {
    let mut alarms = Vec::new();
    for names in names.chunks(NAMES) {
        let body = serde_json::json!({ "AlarmNames": names, "MaxRecords": NAMES }).to_string();
        let request = signed(clients, body).await?;
        let response = clients.http.execute(request).await.map_err(lost)?;
        let is_answer = response.status().is_success();
        let body = response.bytes().await.map_err(lost)?;
        if is_answer {
            let answer: Answer = serde_json::from_slice(&body).map_err(lost)?;
            alarms.extend(answer.metric_alarms);
        } else {
            let refusal: Refusal = serde_json::from_slice(&body).map_err(lost)?;
            let code = refusal.kind.rsplit('#').next().unwrap_or(&refusal.kind);
            return Err(Unanswered::by_code(ACTION, code, &refusal.message));
        }
    }
    Ok(alarms)
}

async fn signed(clients: &Clients, body: String) -> Result<reqwest::Request, Unanswered> {
    let region = clients.region();
    let credentials = clients.config.credentials_provider();
    let credentials = credentials.ok_or_else(|| lost("there are no credentials"))?;
    let identity = credentials
        .provide_credentials()
        .await
        .map_err(lost)?
        .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("monitoring")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(lost)?;
    let url = format!("{}/", address(clients.config.endpoint_url(), region));
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&url)
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "x-amz-target",
            "GraniteServiceVersion20100801.DescribeAlarms",
        )
        .body(body)
        .map_err(lost)?;
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let to_sign = SignableRequest::new(
        Method::POST.as_str(),
        &url,
        headers,
        SignableBody::Bytes(request.body().as_bytes()),
    )
    .map_err(lost)?;
    let instructions = sign(to_sign, &parameters.into())
        .map_err(lost)?
        .into_parts()
        .0;
    instructions.apply_to_request_http1x(&mut request);
    let mut request = reqwest::Request::try_from(request).map_err(lost)?;
    *request.timeout_mut() = Some(PATIENCE);
    Ok(request)
}

/// CloudWatch's endpoint ("Amazon CloudWatch endpoints and quotas", AWS general reference:
/// https://docs.aws.amazon.com/general/latest/gr/cw_region.html).
fn address(endpoint: Option<&str>, region: &str) -> String {
    let suffix = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    match endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://monitoring.{region}.{suffix}"),
    }
}

fn lost(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unanswered {
    Unanswered::lost(ACTION, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_follows_the_region() {
        assert_eq!(
            address(None, "eu-west-1"),
            "https://monitoring.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            address(None, "cn-north-1"),
            "https://monitoring.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(
            address(Some("http://127.0.0.1:4566/"), "x"),
            "http://127.0.0.1:4566"
        );
    }
}
