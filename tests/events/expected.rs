//! The expected response to each event.

use serde_json::{Value, json};

/// The shape of a response.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// An HTTP response with this status.
    Status(u16),
    /// The same, and the end of the problem's `type`.
    Problem(u16, &'static str),
    /// A batch response in which these messages failed.
    Left(&'static [&'static str]),
    /// Counts of released and swept work, any numbers.
    Report,
    /// Nothing.
    Null,
}

use Expected::{Left, Null, Problem, Report, Status};

const NOT_FOUND: Expected = Problem(404, "not-found");
/// The second message of a batch, whose body cannot be read.
const SECOND: Expected = Left(&["059f36b4-87a3-44ab-83d2-661975830002"]);
const NONE: Expected = Left(&[]);

/// By function and event. The events are about a campaign and an import that do not exist, unless they make one.
pub(super) const TABLE: &[(&str, &str, Expected)] = &[
    ("api", "add-receivers", NOT_FOUND),
    ("api", "add-receivers-from-import", NOT_FOUND),
    ("api", "add-suppression", Status(200)),
    ("api", "assume-sent-deliveries", NOT_FOUND),
    ("api", "assume-sent-delivery", NOT_FOUND),
    ("api", "cancel-campaign", NOT_FOUND),
    ("api", "cancel-job", NOT_FOUND),
    ("api", "change-campaign", NOT_FOUND),
    ("api", "change-tenant", Status(200)),
    ("api", "change-transport", Status(200)),
    ("api", "check-suppression", Status(200)),
    ("api", "count-reasons", NOT_FOUND),
    ("api", "create-campaign", Status(201)),
    (
        "api",
        "create-campaign-invalid",
        Problem(422, "invalid-field"),
    ),
    (
        "api",
        "create-campaign-malformed",
        Problem(400, "malformed-json"),
    ),
    ("api", "create-campaign-once", Status(201)),
    ("api", "create-import", Status(201)),
    ("api", "delete-campaign", NOT_FOUND),
    ("api", "delete-routes", Status(204)),
    ("api", "delete-transport", NOT_FOUND),
    ("api", "docs", Status(200)),
    ("api", "duplicate-campaign", NOT_FOUND),
    ("api", "import-suppressions", Status(200)),
    ("api", "list-campaigns", Status(200)),
    ("api", "list-campaigns-odd-query", Status(200)),
    (
        "api",
        "list-campaigns-unreadable",
        Problem(400, "malformed-request"),
    ),
    ("api", "list-dead-letters", Status(200)),
    ("api", "list-deliveries", NOT_FOUND),
    ("api", "list-receivers", NOT_FOUND),
    ("api", "list-routes", Status(200)),
    ("api", "list-suppressions", Status(200)),
    ("api", "list-transports", Status(200)),
    ("api", "openapi", Status(200)),
    ("api", "pause-campaign", NOT_FOUND),
    ("api", "publish-campaign", NOT_FOUND),
    ("api", "reconcile-campaign", NOT_FOUND),
    ("api", "redrive-dead-letters", Status(200)),
    ("api", "remove-receiver", NOT_FOUND),
    ("api", "remove-suppression", Status(200)),
    ("api", "resend-deliveries", NOT_FOUND),
    ("api", "resend-delivery", NOT_FOUND),
    ("api", "resume-campaign", NOT_FOUND),
    ("api", "schedule-campaign", NOT_FOUND),
    ("api", "set-routes", Status(200)),
    ("api", "set-transport", Status(200)),
    (
        "api",
        "set-transport-invalid",
        Problem(422, "invalid-field"),
    ),
    ("api", "show-campaign", NOT_FOUND),
    ("api", "show-import", NOT_FOUND),
    ("api", "show-message", NOT_FOUND),
    ("api", "show-routes", NOT_FOUND),
    ("api", "show-tenant", Status(200)),
    ("api", "show-transport", Status(200)),
    ("api", "change-receiver", NOT_FOUND),
    ("api", "test-transport", NOT_FOUND),
    ("api", "unschedule-campaign", NOT_FOUND),
    ("api", "without-key", Problem(401, "unauthorized")),
    ("api", "change-preset", NOT_FOUND),
    ("api", "change-template", NOT_FOUND),
    ("api", "change-wrapper", NOT_FOUND),
    ("api", "create-campaign-from-library", Status(201)),
    ("api", "create-preset", Status(201)),
    ("api", "create-template", Status(201)),
    ("api", "create-wrapper", Status(201)),
    ("api", "delete-preset", NOT_FOUND),
    ("api", "delete-template", NOT_FOUND),
    ("api", "delete-wrapper", NOT_FOUND),
    ("api", "list-jobs", Status(200)),
    ("api", "list-library", Status(200)),
    ("api", "list-presets", Status(200)),
    ("api", "list-template-versions", NOT_FOUND),
    ("api", "list-templates", Status(200)),
    ("api", "list-wrapper-versions", NOT_FOUND),
    ("api", "list-wrappers", Status(200)),
    ("api", "preview-campaign", NOT_FOUND),
    ("api", "preview-template", NOT_FOUND),
    ("api", "preview-wrapper", NOT_FOUND),
    ("api", "restore-template-version", NOT_FOUND),
    ("api", "restore-wrapper-version", NOT_FOUND),
    ("api", "retry-job", NOT_FOUND),
    ("api", "show-job", NOT_FOUND),
    ("api", "show-library-template", Status(200)),
    ("api", "show-preflight", NOT_FOUND),
    ("api", "show-preset", NOT_FOUND),
    ("api", "show-template", NOT_FOUND),
    ("api", "show-template-version", NOT_FOUND),
    ("api", "show-wrapper", NOT_FOUND),
    ("api", "show-wrapper-version", NOT_FOUND),
    ("api", "test-campaign", NOT_FOUND),
    ("callbacks", "nowhere", Status(404)),
    ("callbacks", "wrong-token", Status(404)),
    ("dead_letters", "batch-with-unreadable", NONE),
    ("dead_letters", "delivery", NONE),
    ("dead_letters", "fanout", NONE),
    ("dead_letters", "import", NONE),
    ("dead_letters", "receipt", NONE),
    ("dead_letters", "uploaded", NONE),
    ("email", "batch-with-undecodable", SECOND),
    ("email", "bulk-delivery", NONE),
    ("email", "delivery", NONE),
    ("email", "delivery-again", NONE),
    ("email", "undecodable-again", NONE),
    ("email", "urgent-delivery", NONE),
    ("fanout", "batch-with-undecodable", SECOND),
    ("fanout", "shard", NONE),
    ("jobs", "batch-with-undecodable", SECOND),
    ("jobs", "import", NONE),
    ("jobs", "preflight", NONE),
    ("jobs", "purge", NONE),
    ("jobs", "recount", NONE),
    ("jobs", "upload-test", NONE),
    ("jobs", "uploaded", NONE),
    ("jobs", "uploaded-elsewhere", NONE),
    ("push", "batch-with-undecodable", SECOND),
    ("push", "bulk-delivery", NONE),
    ("push", "delivery", NONE),
    ("push", "delivery-again", NONE),
    ("push", "urgent-delivery", NONE),
    ("receipts", "batch-with-undecodable", SECOND),
    ("receipts", "bounced", NONE),
    ("receipts", "delivered", NONE),
    ("receipts", "from-callback", NONE),
    ("receipts", "of-another-system", NONE),
    ("receipts", "repeated-and-shuffled", NONE),
    ("receipts", "text-delivered", NONE),
    ("release", "release", Report),
    ("release", "sweep", Report),
    ("sms", "batch-with-undecodable", SECOND),
    ("sms", "bulk-delivery", NONE),
    ("sms", "delivery", NONE),
    ("sms", "delivery-again", NONE),
    ("sms", "urgent-delivery", NONE),
    ("tally", "batch", Null),
    ("tally", "batch-with-unknown-row", Null),
    ("tally", "expiry", Null),
    ("tally", "receiver-removed", Null),
    ("unsubscribe", "ask", Status(404)),
    ("unsubscribe", "forged", Status(404)),
    ("whatsapp", "batch-with-undecodable", SECOND),
    ("whatsapp", "bulk-delivery", NONE),
    ("whatsapp", "delivery", NONE),
    ("whatsapp", "delivery-again", NONE),
    ("whatsapp", "urgent-delivery", NONE),
];

/// The expected response to an event.
pub(super) fn of(function: &str, name: &str) -> Expected {
    TABLE
        .iter()
        .find(|(of, event, _)| (*of, *event) == (function, name))
        .map_or_else(
            || panic!("add the expected response to events/{function}/{name}.json to expected.rs"),
            |(_, _, expected)| *expected,
        )
}

impl Expected {
    /// Asserts that a response has the shape.
    pub(super) fn assert(self, answer: &Value, event: &str) {
        match self {
            Status(status) => assert_eq!(answer["statusCode"], status, "{event}: {answer}"),
            Problem(status, slug) => {
                assert_eq!(answer["statusCode"], status, "{event}: {answer}");
                let content_type = &answer["headers"]["content-type"];
                assert_eq!(content_type, "application/problem+json", "{event}");
                let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                let uri = body["type"].as_str().unwrap();
                assert_eq!(uri.rsplit('/').next(), Some(slug), "{event}: {body}");
            }
            Left(messages) => {
                let failures: Vec<Value> = messages
                    .iter()
                    .map(|id| json!({ "itemIdentifier": id }))
                    .collect();
                assert_eq!(answer, &json!({ "batchItemFailures": failures }), "{event}");
            }
            Report => {
                for count in ["released", "pushed", "settled"] {
                    assert!(answer[count].is_u64(), "{event}: {answer}");
                }
            }
            Null => assert_eq!(answer, &Value::Null, "{event}"),
        }
    }
}
