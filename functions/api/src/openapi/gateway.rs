//! Responses that API Gateway itself sends, before or instead of the function.
//!
//! They are not RFC 9457 problems: an HTTP API cannot customize them (`GatewayResponse` is for REST APIs), and responds
//! with `{"message": "…"}` as `application/json`. Sources: "Quotas for configuring and running an HTTP API" and
//! "Troubleshooting issues with HTTP API Lambda integrations" (API Gateway Developer Guide); for the 503 response to an
//! integration that takes longer than 30 seconds, <https://github.com/serverless/serverless/issues/11222> and
//! <https://github.com/cortexlabs/cortex/issues/1225>.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An error response of API Gateway itself. It is not a problem document, and the message is not stable: use the
/// status.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GatewayMessage {
    /// A short message.
    #[schema(examples("Service Unavailable"))]
    message: String,
}

/// A response of API Gateway.
struct Own {
    status: &'static str,
    when: &'static str,
    message: &'static str,
    to: fn(&Asked) -> bool,
}

/// The kind of operation.
struct Asked {
    in_body: bool,
}

const OWN: [Own; 4] = [
    Own {
        status: "413",
        when: "the body exceeds the limit for calling a function",
        message: "Request Entity Too Large",
        to: |asked| asked.in_body,
    },
    Own {
        status: "429",
        when: "too many requests; retry in a moment",
        message: "Too Many Requests",
        to: |_| true,
    },
    Own {
        status: "500",
        when: "the function crashed or ran out of time",
        message: "Internal Server Error",
        to: |_| true,
    },
    Own {
        status: "503",
        when: "the function did not respond within 30 seconds; the request may still have been processed",
        message: "Service Unavailable",
        to: |_| true,
    },
];

/// Adds the responses that API Gateway may send for an operation.
pub(super) fn add(method: &str, responses: &mut Map<String, Value>) {
    let asked = Asked {
        in_body: matches!(method, "post" | "patch" | "put"),
    };
    for own in OWN.iter().filter(|own| (own.to)(&asked)) {
        let response = responses
            .entry(own.status)
            .or_insert_with(|| json!({ "description": "", "content": {} }));
        let before = response["description"].as_str().unwrap_or_default();
        let separator = if before.is_empty() { "" } else { "; " };
        let description = format!("{before}{separator}or, from API Gateway: {}", own.when);
        let description = description.trim_start_matches("or, from ");
        response["description"] = description.trim_start().into();
        response["content"]["application/json"] = json!({
            "schema": { "$ref": "#/components/schemas/GatewayMessage" },
            "example": { "message": own.message },
        });
    }
}
