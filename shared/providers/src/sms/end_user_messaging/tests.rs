use aws_sdk_pinpointsmsvoicev2::{
    error::ErrorMetadata,
    types::error::{
        AccessDeniedException, ConflictException, InternalServerException,
        ResourceNotFoundException, ServiceQuotaExceededException, ThrottlingException,
        ValidationException,
    },
};

use super::*;
use crate::codes::CodeSource;

fn metadata(code: &str) -> ErrorMetadata {
    let metadata = ErrorMetadata::builder().code(code);
    metadata.message("That is not possible").build()
}

fn conflict(reason: &str) -> SendTextMessageError {
    let error = ConflictException::builder()
        .reason(ConflictExceptionReason::from(reason))
        .meta(metadata("ConflictException"))
        .build();
    SendTextMessageError::ConflictException(error)
}

fn validation(reason: &str) -> SendTextMessageError {
    let error = ValidationException::builder()
        .reason(ValidationExceptionReason::from(reason))
        .meta(metadata("ValidationException"))
        .build();
    SendTextMessageError::ValidationException(error)
}

fn reason(code: &str) -> Reason {
    Reason::new(code, "That is not possible")
}

#[test]
fn an_opt_out_is_recognized() {
    assert_eq!(
        judge(&conflict("DESTINATION_PHONE_NUMBER_OPTED_OUT")),
        Some((Cause::OptOut, reason("DESTINATION_PHONE_NUMBER_OPTED_OUT")))
    );
}

#[test]
fn errors_of_the_receiver_or_the_message_reject_it() {
    for code in [
        "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
        "NO_ORIGINATION_IDENTITIES_FOUND",
    ] {
        assert_eq!(judge(&conflict(code)), Some((Cause::Policy, reason(code))));
    }
    for code in [
        "PRICE_OVER_THRESHOLD",
        "DESTINATION_COUNTRY_BLOCKED",
        "SENDER_ID_NOT_SUPPORTED",
        "INVALID_PARAMETER",
        "THOUGHT_OF_LATER",
    ] {
        let (cause, why) = judge(&validation(code)).unwrap();
        assert_eq!(cause.outcome(None, why), Outcome::Rejected(reason(code)));
    }
    let without_reason = ValidationException::builder();
    let without_reason = without_reason.meta(metadata("ValidationException")).build();
    assert_eq!(
        judge(&SendTextMessageError::ValidationException(without_reason)),
        Some((Cause::Content, reason("ValidationException")))
    );
}

#[test]
fn account_errors_wait() {
    let quota = ServiceQuotaExceededException::builder()
        .reason(ServiceQuotaExceededExceptionReason::MonthlySpendLimitReachedForText)
        .meta(metadata("ServiceQuotaExceededException"))
        .build();
    let denied = AccessDeniedException::builder()
        .reason(AccessDeniedExceptionReason::AccountDisabled)
        .meta(metadata("AccessDeniedException"))
        .build();
    let missing = ResourceNotFoundException::builder()
        .meta(metadata("ResourceNotFoundException"))
        .build();
    for (error, code) in [
        (
            SendTextMessageError::ServiceQuotaExceededException(quota),
            "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
        ),
        (
            SendTextMessageError::AccessDeniedException(denied),
            "ACCOUNT_DISABLED",
        ),
        (
            SendTextMessageError::ResourceNotFoundException(missing),
            "ResourceNotFoundException",
        ),
        // In the SMS sandbox, this concerns all but a few numbers.
        (
            conflict("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
            "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
        ),
        (conflict("RESOURCE_NOT_ACTIVE"), "RESOURCE_NOT_ACTIVE"),
        (conflict("THOUGHT_OF_LATER"), "THOUGHT_OF_LATER"),
        (validation("CHANNEL_NOT_ENABLED"), "CHANNEL_NOT_ENABLED"),
    ] {
        assert_eq!(judge(&error), Some((Cause::Account, reason(code))));
    }
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_response() {
    for line in codes::of(Vendor::EndUserMessaging, CodeSource::Answers) {
        let errors = match line.code {
            name if name.ends_with("Exception") => {
                vec![SendTextMessageError::generic(metadata(name))]
            }
            reason => vec![conflict(reason), validation(reason)],
        };
        for error in errors {
            let (cause, _) = judge(&error).unwrap();
            assert_eq!(cause, line.cause, "{}", line.code);
        }
    }
}

#[test]
fn common_aws_errors_are_classified() {
    let throttled = ThrottlingException::builder()
        .meta(metadata("ThrottlingException"))
        .build();
    assert_eq!(
        judge(&SendTextMessageError::ThrottlingException(throttled)),
        Some((Cause::Rate, reason("ThrottlingException")))
    );
    let failed = InternalServerException::builder()
        .meta(metadata("InternalServerException"))
        .build();
    assert_eq!(
        judge(&SendTextMessageError::InternalServerException(failed)),
        None
    );
}

#[test]
fn settings_match_the_services_limits() {
    for (name, good, bad) in [
        (
            ORIGINATION_IDENTITY,
            vec![
                "+442079460000",
                "Carillon",
                "pool-0123456789abcdef0123456789abcdef",
                "arn:aws:sms-voice:eu-west-1:123456789012:sender-id/Carillon/GB",
            ],
            vec!["", "two words", "Καμπάνα"],
        ),
        (
            MESSAGE_TYPE,
            vec!["TRANSACTIONAL", "PROMOTIONAL"],
            vec!["", "promotional", "MARKETING"],
        ),
        (
            CONFIGURATION_SET,
            vec!["carillon", "news_2"],
            vec!["", "two words", "+"],
        ),
        (
            MAX_PRICE,
            vec!["0.05", ".1", "12.34567"],
            vec!["", "1", "0.", "100.0", "0.000001", "-0.1", "0.1.2", "0,1"],
        ),
        (
            TIME_TO_LIVE,
            vec!["5", "259200"],
            vec!["", "4", "259201", "1h", "-5"],
        ),
    ] {
        let setting = SETUP.settings.iter().find(|setting| setting.name == name);
        let setting = setting.unwrap();
        for text in good {
            assert!(setting.accepts(text), "{name} {text}");
        }
        for text in bad {
            assert!(!setting.accepts(text), "{name} {text}");
        }
    }
}
