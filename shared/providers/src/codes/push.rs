//! Push services. A device that is gone is an unknown address.

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

use super::{Page, SaidIn};

#[rustfmt::skip]
pub(super) const PAGES: &[Page] = &[
    Page {
        vendors: &[Vendor::Fcm],
        said_in: SaidIn::Answers,
        address: "https://firebase.google.com/docs/cloud-messaging/error-codes",
        entries: &[
            ("UNREGISTERED", Cause::AddressUnknown, "the app was removed, or the registration ran out"),
            ("NOT_FOUND", Cause::AddressUnknown, "no such registration"),
            ("INVALID_ARGUMENT", Cause::Content, "the request is invalid"),
            ("INVALID_ARGUMENT, fid", Cause::AddressUnknown, "no registration at all"),
            ("INVALID_ARGUMENT, token", Cause::AddressUnknown, "no registration at all"),
            ("SENDER_ID_MISMATCH", Cause::Unserved, "a registration of another project"),
            ("THIRD_PARTY_AUTH_ERROR", Cause::Unserved, "the project has no key of this push service"),
            ("PERMISSION_DENIED", Cause::Account, "the role of the service account"),
            ("UNAUTHENTICATED", Cause::Account, "the token"),
            ("QUOTA_EXCEEDED", Cause::Rate, "too many at once"),
            ("RESOURCE_EXHAUSTED", Cause::Rate, "too many at once"),
            ("INTERNAL", Cause::Undetermined, "a fault of FCM's"),
        ],
    },
    Page {
        vendors: &[Vendor::Apns],
        said_in: SaidIn::Answers,
        address: "https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns",
        entries: &[
            ("Unregistered", Cause::AddressUnknown, "the app was removed"),
            ("ExpiredToken", Cause::AddressUnknown, "the device token ran out"),
            ("BadDeviceToken", Cause::Unserved, "not a device token of this environment"),
            ("DeviceTokenNotForTopic", Cause::Unserved, "a device token of another app"),
            ("BadTopic", Cause::Account, "no such app"),
            ("MissingTopic", Cause::Account, "no app"),
            ("TopicDisallowed", Cause::Account, "the app is not the key's"),
            ("BadCertificate", Cause::Account, "the certificate"),
            ("BadCertificateEnvironment", Cause::Account, "the certificate is of another environment"),
            ("ExpiredProviderToken", Cause::Account, "the token ran out"),
            ("Forbidden", Cause::Account, "may not do this"),
            ("InvalidProviderToken", Cause::Account, "the token"),
            ("MissingProviderToken", Cause::Account, "no token"),
            ("TooManyProviderTokenUpdates", Cause::Rate, "too many new tokens"),
            ("TooManyRequests", Cause::Transient, "too many to this device"),
            ("IdleTimeout", Cause::Transient, "the connection was about to close"),
            ("PayloadTooLarge", Cause::Content, "too large"),
            ("PayloadEmpty", Cause::Content, "empty"),
            ("InternalServerError", Cause::Undetermined, "a fault of Apple's"),
            ("ServiceUnavailable", Cause::Rate, "takes nothing right now"),
            ("Shutdown", Cause::Rate, "takes nothing right now"),
        ],
    },
    Page {
        vendors: &[Vendor::WebPush],
        said_in: SaidIn::Answers,
        address: "https://www.rfc-editor.org/rfc/rfc8030#section-7.3",
        entries: &[
            ("http_404", Cause::AddressUnknown, "the subscription has ended, or never was"),
            ("http_410", Cause::AddressUnknown, "the subscription has ended"),
            ("http_406", Cause::Rate, "too many (Microsoft)"),
            ("http_413", Cause::Content, "too large"),
            ("http_429", Cause::Rate, "too many"),
            ("another key", Cause::Unserved, "subscribed with another pair of keys"),
        ],
    },
    Page {
        vendors: &[Vendor::SnsPush],
        said_in: SaidIn::Answers,
        address: "https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
        entries: &[
            ("EndpointDisabled", Cause::AddressUnknown, "the push service knows the device no more"),
            ("NotFound", Cause::AddressUnknown, "no such endpoint"),
            ("InvalidParameter", Cause::Content, "the request is invalid"),
            ("InvalidParameter, no endpoint", Cause::AddressUnknown, "no such endpoint"),
            ("PlatformApplicationDisabled", Cause::Account, "what the application signs in with"),
            ("AuthorizationError", Cause::Account, "the role may not publish"),
            ("Throttled", Cause::Rate, "too many at once"),
        ],
    },
];
