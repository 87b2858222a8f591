//! A receiver in requests and responses.

use std::collections::BTreeMap;

use carillon_domain::{
    campaigns::Campaign,
    channel_address::Address,
    receivers::{self, LEVELS},
};
use carillon_http::{findings::Findings, names::ChannelName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The largest number, either way: DynamoDB's range ends at 10^125 (developer guide, "Number").
const MOST_NUMBER: f64 = 1e100;

/// A receiver to add.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = NewReceiver)]
pub(crate) struct NewReceiverBody {
    /// The first name, at most 100 characters.
    #[schema(examples("Ann"))]
    pub(super) first_name: Option<String>,
    /// The last name, at most 100 characters.
    #[schema(examples("Lee"))]
    pub(super) last_name: Option<String>,
    /// An email address. At least one of email, mobile and push is required. It is compared and stored in lower case,
    /// with its domain in ASCII (UTS 46): `ann@bücher.example` and `ann@xn--bcher-kva.example` are the same.
    #[schema(examples("ann@example.com"))]
    pub(super) email: Option<String>,
    /// A phone number with its country code, or a national number in `region` or in the campaign's default region.
    /// A number that is known to be a fixed line gets no text messages until they are switched on for the receiver.
    #[schema(examples("+447414310000"))]
    pub(super) mobile: Option<String>,
    /// A device or browser, prefixed with its push service: `fcm:` and a registration token, `apns:` and a device
    /// token, `sns:` and the ARN of an endpoint, or `web:` and the JSON of a browser subscription.
    #[schema(examples("fcm:bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"))]
    pub(super) push: Option<String>,
    /// The preferred language (BCP 47).
    #[schema(examples("en"))]
    pub(super) language: Option<String>,
    /// The country of a national phone number: two letters (ISO 3166-1), or its name.
    #[schema(examples("GB"))]
    pub(super) region: Option<String>,
    /// Placeholder values, at most 4 KiB.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub(super) variables: Map<String, Value>,
}

impl From<NewReceiverBody> for receivers::NewReceiver {
    fn from(body: NewReceiverBody) -> Self {
        let NewReceiverBody {
            first_name,
            last_name,
            email,
            mobile,
            push,
            language,
            region,
            variables,
        } = body;
        Self {
            first_name,
            last_name,
            email,
            mobile,
            push,
            language,
            region,
            variables,
        }
    }
}

impl NewReceiverBody {
    /// Records errors in variables that could not be stored.
    pub(crate) fn check_variables(&self, field: &str, findings: &mut Findings) {
        let field = match field {
            "" => "variables".to_owned(),
            field => format!("{field}.variables"),
        };
        check_object(&field, &self.variables, 1, findings);
    }
}

fn check_object(field: &str, object: &Map<String, Value>, level: usize, findings: &mut Findings) {
    for (name, value) in object {
        let field = format!("{field}.{name}");
        if name.is_empty() {
            findings.add(&field, "empty_name", "a name of at least one character");
        }
        check_value(&field, value, level, findings);
    }
}

fn check_value(field: &str, value: &Value, level: usize, findings: &mut Findings) {
    if level > LEVELS {
        findings.add(field, "too_deep", format!("at most {LEVELS} levels"));
        return;
    }
    match value {
        Value::Object(object) => check_object(field, object, level + 1, findings),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                check_value(&format!("{field}[{index}]"), value, level + 1, findings);
            }
        }
        Value::Number(number) => {
            let magnitude = number.as_f64().unwrap_or(f64::INFINITY).abs();
            if magnitude > MOST_NUMBER || (magnitude > 0.0 && magnitude < 1.0 / MOST_NUMBER) {
                findings.add(
                    field,
                    "out_of_range",
                    "a number of at most 100 digits; write it as a string",
                );
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Whether a receiver gets the message on a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelSwitch {
    /// Whether the message is sent.
    on: bool,
    /// Why the message is not sent: `no_address`, `switched_off`, `duplicate_address` or `fixed_line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// A receiver of a campaign.
#[derive(Serialize, ToSchema)]
#[schema(as = Receiver)]
pub(crate) struct ReceiverBody {
    /// The receiver id, within this campaign.
    id: String,
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The phone number, in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// The preferred language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Placeholder values.
    #[schema(value_type = BTreeMap<String, Value>)]
    variables: Map<String, Value>,
    /// The source of the receiver: `hand` for added manually, or `import:` with the id of the import and the line.
    #[schema(examples("hand"))]
    source: String,
    /// The channels of the campaign.
    channels: BTreeMap<ChannelName, ChannelSwitch>,
    /// Addresses that were corrected after messages had been sent, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    corrections: Vec<CorrectionBody>,
}

/// An address that was corrected after messages had been sent to it.
#[derive(Serialize, ToSchema)]
#[schema(as = Correction)]
pub(crate) struct CorrectionBody {
    /// `email`, `mobile` or `push`.
    #[schema(examples("email"))]
    field: &'static str,
    /// The previous address.
    was: String,
    /// When the address was corrected.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The id of the API key that corrected it.
    by: String,
}

impl From<receivers::Correction> for CorrectionBody {
    fn from(correction: receivers::Correction) -> Self {
        let (field, was) = match correction.was {
            Address::Email(address) => ("email", address.into()),
            Address::Mobile(number) => ("mobile", number.into()),
            Address::Push(address) => ("push", address.into()),
        };
        Self {
            field,
            was,
            at: correction.at,
            by: correction.by,
        }
    }
}

impl ReceiverBody {
    /// A receiver of a campaign.
    pub(crate) fn new(campaign: &Campaign, id: String, receiver: receivers::Receiver) -> Self {
        let channels = campaign
            .channels
            .iter()
            .map(|channel| {
                let reason = receiver.reach(*channel).skip_reason();
                (
                    ChannelName::from(*channel),
                    ChannelSwitch {
                        on: reason.is_none(),
                        reason,
                    },
                )
            })
            .collect();
        Self {
            id,
            channels,
            first_name: receiver.first_name,
            last_name: receiver.last_name,
            email: receiver.email.map(String::from),
            mobile: receiver.mobile.map(String::from),
            language: receiver.language.map(String::from),
            variables: receiver.variables,
            source: receiver.source.into(),
            corrections: receiver.corrections.into_iter().map(Into::into).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_that_cannot_be_stored_are_refused() {
        let found = |variables: Value| {
            let body = NewReceiverBody {
                variables: variables.as_object().unwrap().clone(),
                ..NewReceiverBody::default()
            };
            let mut findings = Findings::default();
            body.check_variables("receivers[0]", &mut findings);
            findings.finish().is_err()
        };
        assert!(!found(
            json!({ "a": { "b": [1, -2.5, 0, "x", null, true, u64::MAX] } })
        ));
        assert!(found(json!({ "": 1 })));
        assert!(found(json!({ "a": 1e120 })));
        assert!(found(json!({ "a": 1e-120 })));
        assert!(found(json!({ "a": [[[[[[[[[1]]]]]]]]] })));
    }
}
