use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, Body, BulkEmailContent, BulkEmailEntry, BulkEmailStatus, Content, Destination,
    EmailContent, EmailTemplateContent, Message, MessageTag, ReplacementEmailContent,
    ReplacementTemplate, Template,
};

use super::{ACCOUNT, all_calls, header, only_call, raw, ses, start, to, utf8};
use crate::simulator::{Fault, FaultKind, Outcome, Provider};

#[tokio::test]
async fn a_simple_message_is_recorded_as_its_receiver_would_see_it() {
    let simulator = start().await;
    let message = Message::builder()
        .subject(utf8("Καλημέρα Δήμητρα"))
        .body(
            Body::builder()
                .text(utf8("Γειά σου"))
                .html(utf8("<p>Γειά <b>σου</b></p>"))
                .build(),
        )
        .headers(header("List-Unsubscribe", "<https://example.com/u/1>"))
        .headers(header(
            "List-Unsubscribe-Post",
            "List-Unsubscribe=One-Click",
        ))
        .attachments(
            Attachment::builder()
                .file_name("notes.txt")
                .content_type("text/plain")
                .raw_content(Blob::new("three"))
                .build()
                .unwrap(),
        )
        .build();
    let answer = ses(&simulator)
        .send_email()
        .from_email_address("=?UTF-8?B?zpHOvc69zrE=?= <sender@example.com>")
        .destination(
            Destination::builder()
                .to_addresses("Dimitra <dimitra@example.com>")
                .cc_addresses("second@example.com")
                .bcc_addresses("blind@example.com")
                .build(),
        )
        .reply_to_addresses("answers@example.com")
        .content(EmailContent::builder().simple(message).build())
        .email_tags(
            MessageTag::builder()
                .name("campaign")
                .value("c1")
                .build()
                .unwrap(),
        )
        .configuration_set_name("default-set")
        .send()
        .await
        .unwrap();

    let call = only_call(&simulator);
    assert_eq!(call.provider, Provider::Ses);
    assert_eq!(call.operation, "SendEmail");
    assert_eq!(call.account, ACCOUNT);
    assert!(call.accepted);
    assert_eq!(call.outcome, Outcome::Accepted);
    assert_eq!(call.status, Some(200));
    assert_eq!(call.message_id.as_deref(), answer.message_id());
    assert_eq!(
        call.recipients,
        [
            "dimitra@example.com",
            "second@example.com",
            "blind@example.com"
        ]
    );
    let email = call.email().unwrap();
    assert_eq!(email.from, "Αννα <sender@example.com>");
    assert_eq!(email.to, ["Dimitra <dimitra@example.com>"]);
    assert_eq!(email.cc, ["second@example.com"]);
    assert_eq!(email.bcc, ["blind@example.com"]);
    assert_eq!(email.reply_to, ["answers@example.com"]);
    assert_eq!(email.subject, "Καλημέρα Δήμητρα");
    assert_eq!(email.text.as_deref().map(str::trim), Some("Γειά σου"));
    assert_eq!(
        email.html.as_deref().map(str::trim),
        Some("<p>Γειά <b>σου</b></p>")
    );
    assert_eq!(
        email.header("list-unsubscribe"),
        Some("<https://example.com/u/1>")
    );
    assert_eq!(email.header("Bcc"), None, "a blind copy is in no header");
    assert_eq!(
        email.header("Message-ID").unwrap(),
        format!("<{}@email.amazonses.com>", answer.message_id().unwrap())
    );
    assert_eq!(email.attachments[0].file_name.as_deref(), Some("notes.txt"));
    assert_eq!(email.attachments[0].content_type, "text/plain");
    assert_eq!(email.attachments[0].size, 5);
    assert_eq!(email.tags["campaign"], "c1");
    assert_eq!(email.configuration_set.as_deref(), Some("default-set"));
    let mime = simulator.raw(call.id).unwrap();
    assert_eq!(mime.len(), call.raw_size);
    assert!(mime.starts_with(b"From: "));
}

#[tokio::test]
async fn html_alone_is_not_shown_as_text() {
    let simulator = start().await;
    let message = Message::builder()
        .subject(utf8("Hello"))
        .body(Body::builder().html(utf8("<p>Good morning</p>")).build())
        .build();
    ses(&simulator)
        .send_email()
        .from_email_address("sender@example.com")
        .destination(to("a@example.com"))
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await
        .unwrap();
    let call = only_call(&simulator);
    assert_eq!(call.email().unwrap().text, None);
    assert!(call.email().unwrap().html.is_some());
}

#[tokio::test]
async fn text_without_a_charset_loses_non_ascii_characters() {
    let simulator = start().await;
    let bare = |text: &str| Content::builder().data(text).build().unwrap();
    let message = Message::builder()
        .subject(bare("Γειά"))
        .body(Body::builder().text(bare("naïve")).build())
        .build();
    ses(&simulator)
        .send_email()
        .from_email_address("sender@example.com")
        .destination(to("a@example.com"))
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await
        .unwrap();
    let call = only_call(&simulator);
    assert_eq!(call.email().unwrap().subject, "????");
    assert_eq!(
        call.email().unwrap().text.as_deref().map(str::trim),
        Some("na?ve")
    );
}

#[tokio::test]
async fn a_raw_message_is_recorded_byte_for_byte() {
    let simulator = start().await;
    let mime = "From: Sender <sender@example.com>\r\nTo: a@example.com\r\nCc: b@example.com\r\n\
                Subject: =?utf-8?Q?Caf=C3=A9?=\r\nX-Folded: one\r\n two\r\n\r\nHello\r\n";
    ses(&simulator)
        .send_email()
        .content(raw(mime))
        .send()
        .await
        .unwrap();
    let call = only_call(&simulator);
    assert_eq!(simulator.raw(call.id).unwrap(), mime);
    assert_eq!(call.recipients, ["a@example.com", "b@example.com"]);
    assert_eq!(call.email().unwrap().subject, "Café");
    assert_eq!(call.email().unwrap().header("x-folded"), Some("one two"));
    assert_eq!(call.email().unwrap().html, None);
}

#[tokio::test]
async fn the_destination_of_a_raw_message_wins_over_its_headers() {
    let simulator = start().await;
    let mime = "From: sender@example.com\r\nTo: list@example.com\r\n\r\nHello\r\n";
    ses(&simulator)
        .send_email()
        .destination(to("real@example.com"))
        .content(raw(mime))
        .send()
        .await
        .unwrap();
    assert_eq!(only_call(&simulator).recipients, ["real@example.com"]);
}

#[tokio::test]
async fn a_template_is_rendered_without_escaping() {
    let simulator = start().await;
    let template = |data: &str| {
        let content = EmailTemplateContent::builder()
            .subject("Hello {{name}}")
            .html("<p>{{name}}</p>")
            .build();
        let template = Template::builder()
            .template_content(content)
            .template_data(data)
            .build();
        EmailContent::builder().template(template).build()
    };
    for data in [r#"{"name":"A & B"}"#, "{}"] {
        ses(&simulator)
            .send_email()
            .from_email_address("sender@example.com")
            .destination(to("a@example.com"))
            .content(template(data))
            .send()
            .await
            .unwrap();
    }
    let calls = all_calls(&simulator);
    let email = calls[0].email().unwrap();
    assert_eq!(email.subject, "Hello A & B");
    assert_eq!(email.html.as_deref().map(str::trim), Some("<p>A & B</p>"));
    assert_eq!(email.rendering_failure, None);
    assert!(
        calls[1].accepted,
        "SES tells of a missing value only by an event"
    );
    assert!(calls[1].email().unwrap().rendering_failure.is_some());
}

#[tokio::test]
async fn a_bulk_call_has_a_status_for_each_entry() {
    let simulator = start().await;
    let reject = FaultKind::Reject {
        code: None,
        message: None,
    };
    simulator
        .add_fault(Fault::new(reject).address("blocked@example.com"))
        .unwrap();
    let throttle = FaultKind::Throttle {
        retry_after_seconds: None,
        status: None,
    };
    simulator
        .add_fault(Fault::new(throttle).address_suffix("@slow.example.com"))
        .unwrap();
    let content = EmailTemplateContent::builder()
        .subject("Hello {{name}}")
        .text("Dear {{name}} of {{city}}")
        .build();
    let template = Template::builder()
        .template_content(content)
        .template_data(r#"{"name":"friend","city":"Athens"}"#)
        .build();
    let mut call = ses(&simulator)
        .send_bulk_email()
        .from_email_address("sender@example.com")
        .default_content(BulkEmailContent::builder().template(template).build());
    for address in [
        "ann@example.com",
        "blocked@example.com",
        "x@slow.example.com",
        "no address",
    ] {
        let replacement = ReplacementTemplate::builder()
            .replacement_template_data(r#"{"name":"Ann"}"#)
            .build();
        call = call.bulk_email_entries(
            BulkEmailEntry::builder()
                .destination(to(address))
                .replacement_email_content(
                    ReplacementEmailContent::builder()
                        .replacement_template(replacement)
                        .build(),
                )
                .build(),
        );
    }
    let answer = call.send().await.unwrap();
    let statuses: Vec<_> = answer
        .bulk_email_entry_results()
        .iter()
        .map(|result| result.status().unwrap().clone())
        .collect();
    assert_eq!(
        statuses,
        [
            BulkEmailStatus::Success,
            BulkEmailStatus::MessageRejected,
            BulkEmailStatus::AccountThrottled,
            BulkEmailStatus::InvalidParameter,
        ]
    );
    let calls = all_calls(&simulator);
    let outcomes: Vec<_> = calls.iter().map(|call| call.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Accepted,
            Outcome::Rejected,
            Outcome::Throttled,
            Outcome::Rejected
        ]
    );
    let email = calls[0].email().unwrap();
    assert_eq!(
        email.text.as_deref().map(str::trim),
        Some("Dear Ann of Athens")
    );
    assert_eq!(
        calls[0].message_id.as_deref(),
        answer.bulk_email_entry_results()[0].message_id()
    );

    let drop = Fault::new(FaultKind::DropAfter).address("ann@example.com");
    simulator.clear();
    simulator.clear_faults();
    simulator.add_fault(drop).unwrap();
    let entry = BulkEmailEntry::builder()
        .destination(to("ann@example.com"))
        .build();
    let template = Template::builder()
        .template_content(
            EmailTemplateContent::builder()
                .subject("A")
                .text("B")
                .build(),
        )
        .build();
    let lost = ses(&simulator)
        .send_bulk_email()
        .from_email_address("sender@example.com")
        .default_content(BulkEmailContent::builder().template(template).build())
        .bulk_email_entries(entry)
        .send()
        .await;
    assert!(lost.unwrap_err().as_service_error().is_none());
    assert!(only_call(&simulator).accepted);
}
