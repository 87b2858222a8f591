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
    ("api", "receivers/add-receivers", NOT_FOUND),
    ("api", "receivers/add-receivers-from-import", NOT_FOUND),
    ("api", "suppressions/add-suppression", Status(200)),
    ("api", "delivery/assume-sent-deliveries", NOT_FOUND),
    ("api", "delivery/assume-sent-delivery", NOT_FOUND),
    ("api", "campaigns/cancel-campaign", NOT_FOUND),
    ("api", "campaigns/change-campaign", NOT_FOUND),
    ("api", "access/change-tenant", Status(200)),
    ("api", "transports/change-transport", Status(200)),
    ("api", "suppressions/check-suppression", Status(200)),
    ("api", "delivery/count-reasons", NOT_FOUND),
    ("api", "campaigns/create-campaign", Status(201)),
    (
        "api",
        "campaigns/create-campaign-invalid",
        Problem(422, "invalid-field"),
    ),
    (
        "api",
        "campaigns/create-campaign-malformed",
        Problem(400, "malformed-json"),
    ),
    ("api", "campaigns/create-campaign-once", Status(201)),
    ("api", "receivers/create-import", Status(201)),
    ("api", "campaigns/delete-campaign", NOT_FOUND),
    ("api", "transports/delete-routes", Status(204)),
    ("api", "transports/delete-transport", NOT_FOUND),
    ("api", "docs", Status(200)),
    ("api", "campaigns/duplicate-campaign", NOT_FOUND),
    ("api", "suppressions/import-suppressions", Status(200)),
    ("api", "campaigns/list-campaigns", Status(200)),
    ("api", "campaigns/list-campaigns-odd-query", Status(200)),
    (
        "api",
        "campaigns/list-campaigns-unreadable",
        Problem(400, "malformed-request"),
    ),
    ("api", "operations/cancel-job", NOT_FOUND),
    ("api", "operations/list-jobs", Status(200)),
    ("api", "operations/retry-job", NOT_FOUND),
    ("api", "operations/show-job", NOT_FOUND),
    ("api", "operations/list-dead-letters", Status(200)),
    ("api", "delivery/list-deliveries", NOT_FOUND),
    ("api", "receivers/list-receivers", NOT_FOUND),
    ("api", "transports/list-routes", Status(200)),
    ("api", "suppressions/list-suppressions", Status(200)),
    ("api", "transports/list-transports", Status(200)),
    ("api", "transports/list-vendors", Status(200)),
    ("api", "openapi", Status(200)),
    ("api", "campaigns/pause-campaign", NOT_FOUND),
    ("api", "campaigns/publish-campaign", NOT_FOUND),
    ("api", "campaigns/reconcile-campaign", NOT_FOUND),
    ("api", "operations/redrive-dead-letters", Status(200)),
    ("api", "receivers/remove-receiver", NOT_FOUND),
    ("api", "suppressions/remove-suppression", Status(200)),
    ("api", "delivery/resend-deliveries", NOT_FOUND),
    ("api", "delivery/resend-delivery", NOT_FOUND),
    ("api", "campaigns/resume-campaign", NOT_FOUND),
    ("api", "campaigns/schedule-campaign", NOT_FOUND),
    ("api", "transports/set-routes", Status(200)),
    ("api", "transports/set-transport", Status(200)),
    (
        "api",
        "transports/set-transport-invalid",
        Problem(422, "invalid-field"),
    ),
    ("api", "campaigns/show-campaign", NOT_FOUND),
    ("api", "receivers/show-import", NOT_FOUND),
    ("api", "delivery/show-message", NOT_FOUND),
    ("api", "transports/show-routes", NOT_FOUND),
    ("api", "access/show-tenant", Status(200)),
    ("api", "transports/show-transport", Status(200)),
    ("api", "receivers/change-receiver", NOT_FOUND),
    ("api", "receivers/switch-receivers", NOT_FOUND),
    ("api", "transports/test-transport", NOT_FOUND),
    ("api", "campaigns/unschedule-campaign", NOT_FOUND),
    ("api", "access/without-key", Problem(401, "unauthorized")),
    ("api", "content/change-preset", NOT_FOUND),
    ("api", "content/change-template", NOT_FOUND),
    ("api", "content/change-wrapper", NOT_FOUND),
    ("api", "campaigns/create-campaign-from-library", Status(201)),
    ("api", "content/create-preset", Status(201)),
    ("api", "content/create-template", Status(201)),
    ("api", "content/create-wrapper", Status(201)),
    ("api", "content/delete-preset", NOT_FOUND),
    ("api", "content/delete-template", NOT_FOUND),
    ("api", "content/delete-wrapper", NOT_FOUND),
    ("api", "content/list-library", Status(200)),
    ("api", "content/list-presets", Status(200)),
    ("api", "content/list-template-versions", NOT_FOUND),
    ("api", "content/list-templates", Status(200)),
    ("api", "content/list-wrapper-versions", NOT_FOUND),
    ("api", "content/list-wrappers", Status(200)),
    ("api", "campaigns/preview-campaign", NOT_FOUND),
    ("api", "content/preview-template", NOT_FOUND),
    ("api", "content/preview-wrapper", NOT_FOUND),
    ("api", "content/restore-template-version", NOT_FOUND),
    ("api", "content/restore-wrapper-version", NOT_FOUND),
    ("api", "content/show-library-template", Status(200)),
    ("api", "campaigns/show-preflight", NOT_FOUND),
    ("api", "content/show-preset", NOT_FOUND),
    ("api", "content/show-template", NOT_FOUND),
    ("api", "content/show-template-version", NOT_FOUND),
    ("api", "content/show-wrapper", NOT_FOUND),
    ("api", "content/show-wrapper-version", NOT_FOUND),
    ("api", "campaigns/test-campaign", NOT_FOUND),
    ("api", "directory/add-attribute", Status(201)),
    ("api", "directory/change-attribute", NOT_FOUND),
    ("api", "directory/change-entity", NOT_FOUND),
    ("api", "directory/connect-entities", NOT_FOUND),
    ("api", "directory/create-entity", Status(201)),
    ("api", "directory/list-attributes", Status(200)),
    ("api", "directory/list-entities", Status(200)),
    ("api", "directory/list-relations", NOT_FOUND),
    ("api", "directory/part-entities", NOT_FOUND),
    ("api", "directory/remove-attribute", NOT_FOUND),
    ("api", "directory/remove-entity", NOT_FOUND),
    ("api", "directory/search-directory", Status(200)),
    ("api", "directory/show-entity", NOT_FOUND),
    ("callbacks", "nowhere", Status(404)),
    ("callbacks", "wrong-token", Status(404)),
    ("console", "missing-file", Status(404)),
    ("console", "page", Status(200)),
    ("console", "page-below", Status(200)),
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
    ("jobs", "remove-entity", NONE),
    ("jobs", "switch", NONE),
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
