//! Push services. A device that no longer exists is an unknown address.

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

use super::{CodeSource, Page};

#[rustfmt::skip]
pub(super) const PAGES: &[Page] = &[
    Page {
        vendors: &[Vendor::Fcm],
        source: CodeSource::Answers,
        address: "https://firebase.google.com/docs/cloud-messaging/error-codes",
        entries: &[
            ("UNREGISTERED", Cause::AddressUnknown, "the app was removed, or the registration expired"),
            ("NOT_FOUND", Cause::AddressUnknown, "no such registration"),
            ("INVALID_ARGUMENT", Cause::Content, "the request is invalid"),
            ("INVALID_ARGUMENT, fid", Cause::AddressUnknown, "not a registration"),
            ("INVALID_ARGUMENT, token", Cause::AddressUnknown, "not a registration"),
            ("SENDER_ID_MISMATCH", Cause::Unserved, "the registration belongs to another project"),
            ("THIRD_PARTY_AUTH_ERROR", Cause::Unserved, "the project has no key of this push service"),
            ("PERMISSION_DENIED", Cause::Account, "the service account lacks the role"),
            ("UNAUTHENTICATED", Cause::Account, "invalid token"),
            ("QUOTA_EXCEEDED", Cause::Rate, "rate limit exceeded"),
            ("RESOURCE_EXHAUSTED", Cause::Rate, "rate limit exceeded"),
            ("INTERNAL", Cause::Undetermined, "an error at FCM"),
        ],
    },
    Page {
        vendors: &[Vendor::Apns],
        source: CodeSource::Answers,
        address: "https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns",
        entries: &[
            ("Unregistered", Cause::AddressUnknown, "the app was removed"),
            ("ExpiredToken", Cause::AddressUnknown, "the device token expired"),
            ("BadDeviceToken", Cause::Unserved, "not a device token of this environment"),
            ("DeviceTokenNotForTopic", Cause::Unserved, "the device token belongs to another app"),
            ("BadTopic", Cause::Account, "no such app"),
            ("MissingTopic", Cause::Account, "no app given"),
            ("TopicDisallowed", Cause::Account, "the key is not valid for the app"),
            ("BadCertificate", Cause::Account, "invalid certificate"),
            ("BadCertificateEnvironment", Cause::Account, "the certificate is for another environment"),
            ("ExpiredProviderToken", Cause::Account, "the token expired"),
            ("Forbidden", Cause::Account, "not allowed"),
            ("InvalidProviderToken", Cause::Account, "invalid token"),
            ("MissingProviderToken", Cause::Account, "missing token"),
            ("TooManyProviderTokenUpdates", Cause::Rate, "too many new tokens"),
            ("TooManyRequests", Cause::Transient, "too many notifications to this device"),
            ("IdleTimeout", Cause::Transient, "the connection was about to close"),
            ("PayloadTooLarge", Cause::Content, "too large"),
            ("PayloadEmpty", Cause::Content, "empty"),
            ("InternalServerError", Cause::Undetermined, "an error at Apple"),
            ("ServiceUnavailable", Cause::Rate, "temporarily unavailable"),
            ("Shutdown", Cause::Rate, "temporarily unavailable"),
        ],
    },
    Page {
        vendors: &[Vendor::WebPush],
        source: CodeSource::Answers,
        address: "https://www.rfc-editor.org/rfc/rfc8030#section-7.3",
        entries: &[
            ("http_404", Cause::AddressUnknown, "the subscription has ended or never existed"),
            ("http_410", Cause::AddressUnknown, "the subscription has ended"),
            ("http_406", Cause::Rate, "rate limit exceeded (Microsoft)"),
            ("http_413", Cause::Content, "too large"),
            ("http_429", Cause::Rate, "rate limit exceeded"),
            ("another key", Cause::Unserved, "subscribed with another key pair"),
        ],
    },
    Page {
        vendors: &[Vendor::SnsPush],
        source: CodeSource::Answers,
        address: "https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
        entries: &[
            ("EndpointDisabled", Cause::AddressUnknown, "the push service no longer knows the device"),
            ("NotFound", Cause::AddressUnknown, "no such endpoint"),
            ("InvalidParameter", Cause::Content, "the request is invalid"),
            ("InvalidParameter, no endpoint", Cause::AddressUnknown, "no such endpoint"),
            ("PlatformApplicationDisabled", Cause::Account, "the application's credentials"),
            ("AuthorizationError", Cause::Account, "the role may not publish"),
            ("Throttled", Cause::Rate, "rate limit exceeded"),
        ],
    },
];
