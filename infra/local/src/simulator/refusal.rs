//! Errors in the formats of the providers.

use super::calls::Outcome;
use super::faults::FaultKind;

/// An error response, before it is written in its provider's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) retry_after_seconds: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after_seconds: None,
        }
    }

    /// SES's error for an invalid request.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequestException", message)
    }

    /// SNS's error for an invalid parameter.
    pub(super) fn invalid_parameter(reason: impl std::fmt::Display) -> Self {
        Self::new(
            400,
            "InvalidParameter",
            format!("Invalid parameter: {reason}"),
        )
    }

    /// SES's error for a fault; `None` for faults without a response.
    pub(super) fn of_ses(kind: &FaultKind, recipients: &[String]) -> Option<Self> {
        let words = Words {
            throttle: (
                429,
                "TooManyRequestsException",
                "Maximum sending rate exceeded.",
            ),
            reject: "MessageRejected",
            server_error: ("InternalFailure", UNKNOWN_ERROR),
            unavailable: ("ServiceUnavailable", UNAVAILABLE),
            status: ses_status,
            message: ses_message,
        };
        // By default the message itself is rejected: an unverified identity would be an error of the account.
        let plain = FaultKind::Reject {
            code: None,
            message: Some("The message contains what Amazon SES does not send.".to_owned()),
        };
        match kind {
            FaultKind::Reject {
                code: None,
                message: None,
            } => words.of(&plain, recipients),
            kind => words.of(kind, recipients),
        }
    }

    /// The same for SNS.
    pub(super) fn of_sns(kind: &FaultKind, recipients: &[String]) -> Option<Self> {
        let words = Words {
            throttle: (400, "Throttling", "Rate exceeded"),
            reject: "InvalidParameter",
            server_error: ("InternalError", UNKNOWN_ERROR),
            unavailable: ("ServiceUnavailable", UNAVAILABLE),
            status: sns_status,
            message: sns_message,
        };
        words.of(kind, recipients)
    }

    /// The same for End User Messaging. A code may have a reason: "ConflictException.RESOURCE_NOT_ACTIVE".
    pub(super) fn of_end_user_messaging(kind: &FaultKind, recipients: &[String]) -> Option<Self> {
        let words = Words {
            throttle: (400, "ThrottlingException", "Rate exceeded"),
            reject: "ValidationException",
            server_error: ("InternalServerException", UNKNOWN_ERROR),
            unavailable: ("ServiceUnavailable", UNAVAILABLE),
            status: end_user_messaging_status,
            message: end_user_messaging_message,
        };
        words.of(kind, recipients)
    }

    /// The same for BulkSMS.
    pub(super) fn of_bulksms(kind: &FaultKind, recipients: &[String]) -> Option<Self> {
        let words = Words {
            throttle: (429, "too-many-requests", "Too many requests"),
            reject: "bad-request",
            server_error: ("internal-server-error", "Something went wrong"),
            unavailable: ("service-unavailable", "Try again later"),
            status: bulksms_status,
            message: bulksms_message,
        };
        words.of(kind, recipients)
    }

    pub(super) fn outcome(&self) -> Outcome {
        const THROTTLES: [&str; 5] = [
            "TooManyRequestsException",
            "Throttling",
            "ThrottlingException",
            "Throttled",
            "ThrottledException",
        ];
        if self.status == 429 || THROTTLES.contains(&self.code.as_str()) {
            Outcome::Throttled
        } else if self.status >= 500 {
            Outcome::Failed
        } else {
            Outcome::Rejected
        }
    }
}

const UNKNOWN_ERROR: &str =
    "The request processing has failed because of an unknown error, exception or failure.";
const UNAVAILABLE: &str = "The request has failed due to a temporary failure of the server.";

/// A provider's error codes, messages and statuses.
pub(super) struct Words {
    /// Throttling: status, code and message.
    pub(super) throttle: (u16, &'static str, &'static str),
    /// The default code for a rejected message.
    pub(super) reject: &'static str,
    /// Any other server error: code and message.
    pub(super) server_error: (&'static str, &'static str),
    /// Status 503: code and message.
    pub(super) unavailable: (&'static str, &'static str),
    pub(super) status: fn(&str) -> u16,
    pub(super) message: fn(&str, &[String]) -> String,
}

impl Words {
    /// The provider's error for a fault; `None` for faults without a response.
    pub(super) fn of(&self, kind: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        match kind {
            FaultKind::Throttle {
                retry_after_seconds,
                status,
            } => {
                let (usual_status, code, message) = self.throttle;
                let mut refusal = Refusal::new(status.unwrap_or(usual_status), code, message);
                refusal.retry_after_seconds = *retry_after_seconds;
                Some(refusal)
            }
            FaultKind::Reject { code, message } => {
                let code = code.as_deref().unwrap_or(self.reject);
                let message = message
                    .clone()
                    .unwrap_or_else(|| (self.message)(code, recipients));
                Some(Refusal::new((self.status)(code), code, message))
            }
            FaultKind::ServerError { status } => {
                let (code, message) = match status {
                    503 => self.unavailable,
                    _ => self.server_error,
                };
                Some(Refusal::new(*status, code, message))
            }
            FaultKind::Slow { .. } | FaultKind::DropBefore | FaultKind::DropAfter => None,
        }
    }
}

fn ses_status(code: &str) -> u16 {
    match code {
        "TooManyRequestsException" => 429,
        "NotFoundException" => 404,
        "AccessDeniedException" | "InvalidClientTokenId" | "UnrecognizedClientException" => 403,
        "InternalFailure" | "InternalServiceErrorException" => 500,
        "ServiceUnavailable" => 503,
        _ => 400,
    }
}

fn ses_message(code: &str, recipients: &[String]) -> String {
    match code {
        "MessageRejected" => format!(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: {}",
            recipients.join(", ")
        ),
        "MailFromDomainNotVerifiedException" => {
            "The MX record of the MAIL FROM domain is not verified.".to_owned()
        }
        "AccountSuspendedException" => "Sending suspended for this account. For more information, please check the inbox of the email address associated with your AWS account.".to_owned(),
        "SendingPausedException" => "Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.".to_owned(),
        "TooManyRequestsException" => "Maximum sending rate exceeded.".to_owned(),
        "LimitExceededException" => "Daily message quota exceeded.".to_owned(),
        "BadRequestException" => "Missing final '@domain'".to_owned(),
        "NotFoundException" => "Configuration set does not exist.".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}

fn sns_status(code: &str) -> u16 {
    match code {
        "AuthorizationError" | "InvalidSecurity" | "InvalidClientTokenId" => 403,
        "NotFound" => 404,
        "Throttled" => 429,
        "InternalError" => 500,
        "ServiceUnavailable" => 503,
        _ => 400,
    }
}

fn sns_message(code: &str, recipients: &[String]) -> String {
    let number = recipients.first().map_or("", String::as_str);
    match code {
        "InvalidParameter" if number.starts_with("sns:") => {
            "Invalid parameter: Message Reason: the push service would not take this".to_owned()
        }
        "InvalidParameter" => {
            format!("Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to")
        }
        "ParameterValueInvalid" => "The value of a message attribute is invalid.".to_owned(),
        "OptedOut" => format!("Phone number {number} is opted out of receiving SMS messages."),
        "Throttling" | "Throttled" => "Rate exceeded".to_owned(),
        "AuthorizationError" => {
            "User is not authorized to perform: SNS:Publish on resource: *".to_owned()
        }
        "EndpointDisabled" => "Endpoint is disabled".to_owned(),
        "PlatformApplicationDisabled" => "Platform application is disabled".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}

fn end_user_messaging_status(code: &str) -> u16 {
    match code {
        "InternalServerException" => 500,
        "ServiceUnavailable" => 503,
        _ => 400,
    }
}

fn end_user_messaging_message(code: &str, recipients: &[String]) -> String {
    let number = recipients.first().map_or("", String::as_str);
    match code {
        "ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT" => {
            format!("Destination phone number {number} is opted out")
        }
        "ServiceQuotaExceededException.MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT" => {
            "The monthly spend limit for text messages is reached".to_owned()
        }
        _ => "The request was refused.".to_owned(),
    }
}

fn bulksms_status(code: &str) -> u16 {
    match code {
        "authentication-failed" => 401,
        "insufficient-credits" => 403,
        "not-found" => 404,
        _ => 400,
    }
}

fn bulksms_message(code: &str, recipients: &[String]) -> String {
    let number = recipients.first().map_or("", String::as_str);
    match code {
        "bad-request" => format!("'to' field value '{number}' is invalid"),
        "authentication-failed" => {
            "Full authentication is required to access this resource".to_owned()
        }
        "insufficient-credits" => "You do not have enough credits".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}
