//! The table of problems.

use http::StatusCode;

use super::{Kind, Problem};

const fn kind(
    problem: Problem,
    slug: &'static str,
    status: StatusCode,
    title: &'static str,
    meaning: &'static str,
) -> Kind {
    Kind {
        problem,
        slug,
        status,
        title,
        meaning,
    }
}

/// Every kind of problem, in the order of [`Problem`].
pub const KINDS: [Kind; 26] = [
    kind(
        Problem::MalformedJson,
        "malformed-json",
        StatusCode::BAD_REQUEST,
        "The body is not JSON",
        "The members line and column say where reading ended.",
    ),
    kind(
        Problem::Unauthorized,
        "unauthorized",
        StatusCode::UNAUTHORIZED,
        "A valid API key is needed",
        "Send Authorization: Bearer carillon_…; the key may be mistyped or revoked.",
    ),
    kind(
        Problem::NotFound,
        "not-found",
        StatusCode::NOT_FOUND,
        "There is no such thing",
        "The route does not exist, or nothing with this id belongs to the tenant of the key.",
    ),
    kind(
        Problem::MethodNotAllowed,
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "The route does not take this method",
        "The header Allow lists the methods that it takes.",
    ),
    kind(
        Problem::NotADraft,
        "not-a-draft",
        StatusCode::CONFLICT,
        "The campaign is no draft",
        "Only drafts can be changed, deleted, published or scheduled; campaign_status says what it is. Take a schedule back with unschedule first.",
    ),
    kind(
        Problem::NotScheduled,
        "not-scheduled",
        StatusCode::CONFLICT,
        "The campaign is not scheduled",
        "There is no schedule to take back; campaign_status says what the campaign is.",
    ),
    kind(
        Problem::Loading,
        "loading",
        StatusCode::CONFLICT,
        "Receivers are still being added",
        "Wait until the import is completed or the other request is answered, then try again.",
    ),
    kind(
        Problem::ImportUsed,
        "import-used",
        StatusCode::CONFLICT,
        "The import has been used",
        "An import goes into one campaign, once. Make another import.",
    ),
    kind(
        Problem::DuplicateAddress,
        "duplicate-address",
        StatusCode::CONFLICT,
        "Another receiver has the same address",
        "The channel stays off, because the other receiver of the campaign gets the message at this address.",
    ),
    kind(
        Problem::IdempotencyKeyReused,
        "idempotency-key-reused",
        StatusCode::CONFLICT,
        "The idempotency key was used for another request",
        "Use a new key for every request that is not a repetition.",
    ),
    kind(
        Problem::RequestInProgress,
        "request-in-progress",
        StatusCode::CONFLICT,
        "The same request is being answered",
        "A request with this idempotency key is still under way. Repeat it after a moment to get its answer.",
    ),
    kind(
        Problem::ChangedMeanwhile,
        "changed-meanwhile",
        StatusCode::CONFLICT,
        "The campaign kept changing",
        "Others changed the campaign at the same time, again and again. Nothing was done; try again.",
    ),
    kind(
        Problem::StaleVersion,
        "stale-version",
        StatusCode::PRECONDITION_FAILED,
        "The campaign has changed since it was read",
        "If-Match names an older version than current_version. Read the campaign again.",
    ),
    kind(
        Problem::TooLarge,
        "too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large",
        "A body may have 1 MiB. Add receivers in several requests, or import a file.",
    ),
    kind(
        Problem::UnsupportedMediaType,
        "unsupported-media-type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body has to be JSON",
        "Send Content-Type: application/json.",
    ),
    kind(
        Problem::InvalidField,
        "invalid-field",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A field is not right",
        "The member errors lists every field at fault with what would be right. Nothing was changed.",
    ),
    kind(
        Problem::InvalidHeader,
        "invalid-header",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A header is not right",
        "The member field names the header.",
    ),
    kind(
        Problem::InvalidSchedule,
        "invalid-schedule",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The campaign cannot be scheduled for this time",
        "The member code is one of too_soon, too_far, unknown_zone, skipped_time.",
    ),
    kind(
        Problem::UnknownImport,
        "unknown-import",
        StatusCode::UNPROCESSABLE_ENTITY,
        "There is no such import",
        "No import with this id belongs to the tenant of the key.",
    ),
    kind(
        Problem::NoChannels,
        "no-channels",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The campaign uses no channel",
        "Set channels to at least one of email, sms.",
    ),
    kind(
        Problem::NoContent,
        "no-content",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A channel has no content",
        "Write content for the channels listed in channels, or leave them out.",
    ),
    kind(
        Problem::NoTransport,
        "no-transport",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A channel has no transport",
        "Nothing is set up through which the channels listed in channels could be sent.",
    ),
    kind(
        Problem::NoReceivers,
        "no-receivers",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The campaign has no receivers",
        "Add receivers by hand or from a file first.",
    ),
    kind(
        Problem::NotRenderable,
        "not-renderable",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The message cannot be made for this receiver",
        "The member code says why; a placeholder without a value is missing_value.",
    ),
    kind(
        Problem::PreconditionRequired,
        "precondition-required",
        StatusCode::PRECONDITION_REQUIRED,
        "If-Match is needed",
        "Send If-Match with the ETag of the campaign as you read it, so that no change of somebody else is lost.",
    ),
    kind(
        Problem::Internal,
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong on our side",
        "Repeating the request, with the same Idempotency-Key if it is a POST, is safe. Quote request_id when you report it.",
    ),
];
