//! Walks the whole table: each line is passed to its vendor's adapter as a response and as a callback, in that vendor's
//! format and with its signature.

use std::collections::BTreeMap;

use aws_lc_rs::{
    encoding::AsDer as _,
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    delivery::{Outcome, cause::Verdict, receipt::StatusUpdate},
    id::{CampaignId, ReceiverId, TenantId},
    suppressions::SuppressionSource,
    transports::{EmailSender, sender::SenderId},
};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::{
    EventSubject, Reference, channels,
    email::{self, Email, ses_events::SesEvent},
    sms::{self, Sms, end_user_messaging_events::TextEvent},
    vendor::{Account, Callback, ProviderEvent},
    whatsapp::{self, Body, WhatsApp},
};

const DELIVERY: &str = "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef";
const URL: &str = "https://example.org/callbacks/demo/main/t0ken";
const NOW: i64 = 1_795_252_200;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// Everything an adapter needs.
struct Known {
    tenant: TenantId,
    campaign: CampaignId,
    receiver: ReceiverId,
    number: PhoneNumber,
    address: EmailAddress,
    from: EmailSender,
    sender_id: SenderId,
    /// SendGrid's signing key.
    key: EcdsaKeyPair,
}

fn known() -> Known {
    Known {
        tenant: "demo".parse().unwrap(),
        campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
        receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        number: PhoneNumber::parse("+41791234567", None).unwrap(),
        address: EmailAddress::parse("ann@example.org").unwrap(),
        from: EmailSender {
            address: EmailAddress::parse("news@example.org").unwrap(),
            name: None,
        },
        sender_id: "+41790000000".parse().unwrap(),
        key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
    }
}

impl Known {
    fn reference(&self, channel: Channel) -> Reference<'_> {
        Reference {
            tenant: &self.tenant,
            campaign: &self.campaign,
            receiver: &self.receiver,
            channel,
            resend: 0,
            number: Some(1),
        }
    }

    fn secret(&self, vendor: Vendor) -> String {
        let public_key = self.key.public_key().as_der().unwrap();
        let secret = match vendor {
            Vendor::SendGrid => json!({
                "api_key": "k", "webhook_public_key": STANDARD.encode(public_key.as_ref()),
            }),
            Vendor::Mailgun => json!({ "api_key": "k", "webhook_signing_key": "k" }),
            Vendor::Google => {
                json!({ "client_id": "c", "client_secret": "s", "refresh_token": "r" })
            }
            Vendor::Microsoft => json!({ "client_id": "c", "client_secret": "s" }),
            Vendor::HttpEmail | Vendor::HttpSms => {
                json!({ "signing_key": format!("whsec_{}", STANDARD.encode([7; 32])) })
            }
            Vendor::BulkSms => json!({ "token_id": "t", "token_secret": "s" }),
            Vendor::Twilio | Vendor::TwilioWhatsApp => {
                json!({ "account_sid": format!("AC{}", "a".repeat(32)), "auth_token": "k" })
            }
            Vendor::Infobip | Vendor::InfobipWhatsApp | Vendor::Clickatell => {
                json!({ "api_key": "k" })
            }
            Vendor::SmsPortal => json!({ "client_id": "c", "client_secret": "s" }),
            Vendor::Meta => json!({ "access_token": "t", "app_secret": "k", "verify_token": "v" }),
            _ => Value::Null,
        };
        secret.to_string()
    }
}

fn settings(vendor: Vendor) -> BTreeMap<String, String> {
    let settings: &[(&str, &str)] = match vendor {
        Vendor::Mailgun => &[("domain", "example.org")],
        Vendor::Microsoft => &[("directory", "example.org")],
        Vendor::HttpEmail | Vendor::HttpSms => &[("url", "https://example.org/messages")],
        Vendor::Infobip => &[("base_url", "x.api.infobip.com")],
        Vendor::InfobipWhatsApp => &[
            ("base_url", "x.api.infobip.com"),
            ("sender", "+41790000000"),
        ],
        Vendor::TwilioWhatsApp => &[("sender", "+41790000000")],
        Vendor::Meta => &[("phone_number_id", "106540352242922")],
        _ => &[],
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    settings.iter().map(owned).collect()
}

/// The outcome that a vendor's adapter derives from a response.
fn outcome(known: &Known, vendor: Vendor, answer: &Response<Vec<u8>>) -> Outcome {
    let (settings, secret) = (settings(vendor), known.secret(vendor));
    let account = account(known, &settings, &secret);
    let reference = known.reference(vendor.channel());
    match vendor.channel() {
        Channel::Email => {
            let message = Email {
                to: &known.address,
                to_name: None,
                subject: "s",
                html: "<p>h</p>",
                text: "t",
                unsubscribe_url: None,
                reply_to: None,
                reference,
            };
            let adapter = email::adapter(vendor, &account).unwrap().unwrap();
            adapter.outcome(&message, answer)
        }
        Channel::Sms => {
            let message = Sms {
                to: &known.number,
                text: "t",
                reference,
            };
            let adapter = sms::adapter(vendor, &account).unwrap().unwrap();
            adapter.outcome(&message, answer)
        }
        Channel::WhatsApp => {
            let message = WhatsApp {
                to: &known.number,
                body: Body::Text("t"),
                reference,
            };
            let adapter = whatsapp::adapter(vendor, &account).unwrap().unwrap();
            adapter.outcome(&message, answer)
        }
        Channel::Push => unreachable!("push services are tested next to their adapters"),
    }
}

fn account<'a>(
    known: &'a Known,
    settings: &'a BTreeMap<String, String>,
    secret: &'a str,
) -> Account<'a> {
    Account {
        from: Some(&known.from),
        sender_id: Some(&known.sender_id),
        settings,
        secret,
        access_token: Some("token"),
        callback_url: Some(URL),
        now: now(),
    }
}

fn answered(status: u16, body: &Value) -> Response<Vec<u8>> {
    let mut answer = Response::new(body.to_string().into_bytes());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

/// A code as a number that matches the line.
fn number(code: &str) -> u32 {
    code.replace('?', "0").parse().unwrap()
}

/// A line as a response.
fn answer(vendor: Vendor, code: &str) -> Response<Vec<u8>> {
    let in_status = || {
        code.get(5..8)
            .and_then(|digits| digits.parse().ok())
            .unwrap()
    };
    match vendor {
        Vendor::SendGrid => answered(in_status(), &json!({ "errors": [{ "message": "Words." }] })),
        Vendor::Mailgun => {
            let message = match code.contains("not allowed") {
                true => "Domain example.org is not allowed to send: Words.",
                false => "Words.",
            };
            answered(in_status(), &json!({ "message": message }))
        }
        Vendor::Google => {
            let error = json!({ "message": "Words.", "errors": [{ "reason": code }] });
            answered(400, &json!({ "error": error }))
        }
        Vendor::Microsoft => answered(
            400,
            &json!({ "error": { "code": code, "message": "Words." } }),
        ),
        Vendor::HttpEmail | Vendor::HttpSms => {
            answered(400, &json!({ "reason": { "code": code } }))
        }
        Vendor::BulkSms if code.starts_with("FAILED") => answered(
            201,
            &json!([{ "id": "1", "status": { "id": code, "type": "FAILED" } }]),
        ),
        Vendor::BulkSms => {
            let kind = format!("https://www.bulksms.com/developer/json/v1/errors#{code}");
            answered(400, &json!({ "type": kind, "title": "Words" }))
        }
        Vendor::Twilio | Vendor::TwilioWhatsApp => {
            answered(400, &json!({ "code": number(code), "message": "Words." }))
        }
        Vendor::Infobip | Vendor::InfobipWhatsApp => {
            let (_, id) = code.split_once(' ').unwrap();
            let status = json!({ "groupId": 5, "id": number(id), "name": "REJECTED" });
            answered(
                200,
                &json!({ "messages": [{ "messageId": "m", "status": status }] }),
            )
        }
        Vendor::Clickatell => answered(
            400,
            &json!({ "error": { "code": number(code), "description": "Words." } }),
        ),
        Vendor::SmsPortal if code.starts_with(char::is_lowercase) => answered(
            200,
            &json!({ "sendResponse": { "messages": 0, "errorReport": { code: 1 } } }),
        ),
        Vendor::SmsPortal => answered(
            400,
            &json!({ "errors": [{ "errorCode": code, "errorMessage": "Words." }] }),
        ),
        Vendor::Meta => {
            let (code, subcode) = match code.split_once('/') {
                Some((code, subcode)) => (code, Some(number(subcode))),
                None => (code, None),
            };
            let error = json!({
                "code": number(code), "error_subcode": subcode, "message": "Words.",
            });
            answered(400, &json!({ "error": error }))
        }
        _ => unreachable!("{vendor} has no HTTP API"),
    }
}

/// A line as a callback: the body, and the headers with its signature.
fn callback(known: &Known, vendor: Vendor, code: &str) -> (Vec<u8>, Vec<(&'static str, String)>) {
    let mac = |key: &[u8], text: &[u8]| {
        hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text))
    };
    let is_enhanced = code.starts_with("5.");
    let precise = code.replace('?', "1");
    let json = |body: Value| (body.to_string().into_bytes(), Vec::new());
    match vendor {
        Vendor::SendGrid => {
            let mut event = json!({
                "event": code, "delivery": DELIVERY, "timestamp": NOW, "sg_message_id": "m.1", "reason": "Words.",
            });
            if is_enhanced {
                event["event"] = json!("bounce");
                event["status"] = json!(precise);
            }
            match code.split_once(", ") {
                Some(("bounce", class)) => {
                    event["event"] = json!("bounce");
                    event["bounce_classification"] = json!(class);
                }
                Some((name, reason)) => {
                    event["event"] = json!(name);
                    event["reason"] = json!(reason);
                }
                None if code == "blocked" => {
                    event["event"] = json!("bounce");
                    event["type"] = json!("blocked");
                }
                None => {}
            }
            let body = json!([event]).to_string().into_bytes();
            let signed = [NOW.to_string().as_bytes(), &body].concat();
            let signature = known.key.sign(&SystemRandom::new(), &signed).unwrap();
            let headers = vec![
                (
                    "x-twilio-email-event-webhook-signature",
                    STANDARD.encode(signature),
                ),
                ("x-twilio-email-event-webhook-timestamp", NOW.to_string()),
            ];
            (body, headers)
        }
        Vendor::Mailgun => {
            let mut event = json!({
                "event": code, "timestamp": 1.0,
                "user-variables": { "delivery": DELIVERY },
                "message": { "headers": { "message-id": "m@example.org" } },
            });
            match code.split_once(", ") {
                _ if is_enhanced => {
                    event["event"] = json!("failed");
                    event["severity"] = json!("permanent");
                    event["reason"] = json!("generic");
                    event["delivery-status"] = json!({ "code": 550, "enhanced-code": precise });
                }
                Some(("rejected", _)) => {
                    event["event"] = json!("rejected");
                    event["reject"] =
                        json!({ "reason": "Sandbox subdomains are for test purposes only." });
                }
                Some((name, reason)) => {
                    event["event"] = json!(name);
                    event["severity"] = json!("permanent");
                    event["reason"] = json!(reason);
                }
                None => {}
            }
            let signature = json!({
                "timestamp": NOW.to_string(), "token": "t",
                "signature": mac(b"k", format!("{NOW}t").as_bytes()),
            });
            json(json!({ "signature": signature, "event-data": event }))
        }
        Vendor::HttpEmail | Vendor::HttpSms => {
            let body = json!({ "delivery": DELIVERY, "provider_id": "m", "status": code });
            let body = body.to_string().into_bytes();
            let content = [b"w.", NOW.to_string().as_bytes(), b".", &body].concat();
            let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
            let signature = format!("v1,{}", STANDARD.encode(hmac::sign(&key, &content)));
            let headers = vec![
                ("webhook-id", "w".to_owned()),
                ("webhook-timestamp", NOW.to_string()),
                ("webhook-signature", signature),
            ];
            (body, headers)
        }
        Vendor::BulkSms => {
            let (_, subtype) = code.split_once('.').unwrap();
            json(json!([{
                "id": "m", "type": "SENT", "to": "41791234567", "userSuppliedId": "n",
                "status": { "type": "FAILED", "subtype": subtype },
            }]))
        }
        Vendor::Twilio | Vendor::TwilioWhatsApp => {
            let body = format!("ErrorCode={code}&MessageSid=m&MessageStatus=failed");
            let signed =
                format!("{URL}?delivery={DELIVERY}ErrorCode{code}MessageSidmMessageStatusfailed");
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"k");
            let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
            (body.into_bytes(), vec![("x-twilio-signature", signature)])
        }
        Vendor::Infobip | Vendor::InfobipWhatsApp => {
            let (kind, id) = code.split_once(' ').unwrap();
            let said = json!({ "groupId": 5, "id": number(id), "name": "NAME" });
            let mut result = json!({ "messageId": "m", "callbackData": DELIVERY });
            match kind {
                "status" => result["status"] = said,
                _ => {
                    result["status"] = json!({ "groupId": 2, "id": 9, "name": "NAME" });
                    result["error"] = said;
                }
            }
            json(json!({ "results": [result] }))
        }
        Vendor::Clickatell => json(json!({ "event": { "messageStatusUpdate": [{
            "messageId": "m", "clientMessageId": DELIVERY, "timestamp": 1, "status": code,
        }] } })),
        Vendor::SmsPortal => {
            json(json!({ "customerId": DELIVERY, "eventId": "m", "status": code }))
        }
        Vendor::Meta => {
            let (code, subcode) = match code.split_once('/') {
                Some((code, subcode)) => (code, Some(number(subcode))),
                None => (code, None),
            };
            let error = json!({ "code": number(code), "error_subcode": subcode, "title": "Words" });
            let status = json!({
                "id": "m", "status": "failed", "timestamp": NOW.to_string(), "errors": [error],
            });
            let value = json!({ "metadata": { "phone_number_id": "106540352242922" }, "statuses": [status] });
            let body = json!({ "entry": [{ "changes": [{ "value": value }] }] });
            let body = body.to_string().into_bytes();
            let signature = format!("sha256={}", mac(b"k", &body));
            (body, vec![("x-hub-signature-256", signature)])
        }
        _ => unreachable!("{vendor} does not call back"),
    }
}

/// The event that a vendor's adapter derives from a callback.
fn news(known: &Known, vendor: Vendor, code: &str) -> StatusUpdate {
    match vendor {
        Vendor::Ses => return of_event(SesEvent::of_topic(&ses_event(code)).unwrap().read()),
        Vendor::EndUserMessaging => {
            let event = json!({
                "eventType": code, "eventTimestamp": NOW * 1000, "isFinal": true, "messageId": "m", "context": tags(),
            });
            let event: TextEvent = serde_json::from_value(event).unwrap();
            return of_event(event.read());
        }
        _ => {}
    }
    let (settings, secret) = (settings(vendor), known.secret(vendor));
    let account = account(known, &settings, &secret);
    let heard = channels::callbacks(vendor, &account);
    let heard = heard.unwrap().unwrap();
    let (body, signed) = callback(known, vendor, code);
    let mut headers = HeaderMap::new();
    for (name, value) in signed {
        headers.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let url = format!("{URL}?delivery={DELIVERY}");
    let told = heard.events(&Callback {
        method: &Method::POST,
        url: match vendor {
            Vendor::SmsPortal => URL,
            _ => &url,
        },
        headers: &headers,
        body: &body,
        now: now(),
    });
    match told.unwrap().pop() {
        Some(
            ProviderEvent::Receipt { news, .. }
            | ProviderEvent::ReceiptOfNamed { news, .. }
            | ProviderEvent::ReceiptOfMessage { news, .. },
        ) => news,
        told => panic!("{vendor} {code}: {told:?}"),
    }
}

fn of_event(heard: EventSubject) -> StatusUpdate {
    match heard {
        EventSubject::Receipt(receipt) => receipt.news,
        heard => panic!("{heard:?}"),
    }
}

fn tags() -> Value {
    json!({
        "tenant": "demo",
        "campaign": "019a0000-0000-7000-8000-000000000000",
        "receiver": "0123456789abcdef0123456789abcdef",
    })
}

fn ses_event(code: &str) -> String {
    let at = now().to_string();
    let tags = tags();
    let mut event = json!({ "eventType": code, "mail": { "messageId": "m", "timestamp": at, "tags": {
        "tenant": [tags["tenant"]], "campaign": [tags["campaign"]], "receiver": [tags["receiver"]],
    } } });
    let bounce = |kind: &str, subkind: &str, status: Option<String>| {
        json!({
            "bounceType": kind, "bounceSubType": subkind, "timestamp": at,
            "bouncedRecipients": [{ "action": "failed", "status": status }],
        })
    };
    match code.split_once(' ') {
        _ if code.starts_with("5.") => {
            event["eventType"] = json!("Bounce");
            event["bounce"] = bounce("Permanent", "General", Some(code.replace('?', "1")));
        }
        Some(("bounce", kind)) => {
            let (kind, subkind) = kind.split_once('/').unwrap_or((kind, "Unheard"));
            event["eventType"] = json!("Bounce");
            event["bounce"] = bounce(kind, subkind, None);
        }
        _ if code.starts_with("complaint") => {
            event["eventType"] = json!("Complaint");
            let subtype = code.split_once(' ').map(|(_, subtype)| subtype);
            event["complaint"] = json!({ "complaintSubType": subtype, "timestamp": at });
        }
        _ if code == "Reject" => event["reject"] = json!({ "reason": "Bad content" }),
        _ if code == "RenderingFailure" => {
            event["eventType"] = json!("Rendering Failure");
            event["failure"] = json!({ "errorMessage": "Words." });
        }
        _ => {
            event["eventType"] = json!("Subscription");
            event["subscription"] =
                json!({ "timestamp": at, "newTopicPreferences": { "unsubscribeAll": true } });
        }
    }
    event.to_string()
}

/// Vendors with an HTTP API, which are tested here. The others are tested next to their adapters.
fn answers_over_http(vendor: Vendor) -> bool {
    !matches!(
        vendor,
        Vendor::Ses | Vendor::Sns | Vendor::EndUserMessaging | Vendor::Smtp
    ) && vendor.channel() != Channel::Push
}

#[test]
fn every_line_has_the_outcome_of_its_cause_in_a_response() {
    let known = known();
    let mut walked = 0;
    for line in table() {
        if line.source == CodeSource::Callbacks || !answers_over_http(line.vendor) {
            continue;
        }
        let outcome = outcome(&known, line.vendor, &answer(line.vendor, line.code));
        let reason = outcome.reason().unwrap().clone();
        assert!(
            is_alike(&outcome, &line.cause.outcome(None, reason)),
            "{} {}: {} became {outcome:?}",
            line.vendor,
            line.code,
            line.cause
        );
        walked += 1;
    }
    assert!(walked > 200, "{walked}");
}

/// Whether two outcomes lead to the same result, whatever their texts and pauses.
fn is_alike(outcome: &Outcome, expected: &Outcome) -> bool {
    match (outcome, expected) {
        (Outcome::Unreachable { source, .. }, Outcome::Unreachable { source: other, .. }) => {
            source == other
        }
        _ => std::mem::discriminant(outcome) == std::mem::discriminant(expected),
    }
}

#[test]
fn every_line_has_the_outcome_of_its_cause_in_a_callback() {
    let known = known();
    let mut walked = 0;
    for line in table() {
        if line.source == CodeSource::Answers {
            continue;
        }
        let news = news(&known, line.vendor, line.code);
        let told = format!(
            "{} {}: {} became {news:?}",
            line.vendor, line.code, line.cause
        );
        let verdict = line.cause.verdict();
        assert_eq!(news.suppression(), verdict.suppresses(), "{told}");
        match verdict {
            Verdict::Suppress(_) => assert!(!news.is_undelivered(), "{told}"),
            Verdict::Fail => assert!(news.is_undelivered(), "{told}"),
            Verdict::Wait => assert!(
                matches!(
                    news,
                    StatusUpdate::Postponed {
                        by_account: true,
                        ..
                    }
                ),
                "{told}"
            ),
            Verdict::Retry => assert!(
                matches!(
                    news,
                    StatusUpdate::Postponed {
                        by_account: false,
                        ..
                    }
                ),
                "{told}"
            ),
            // It accompanies a failed message.
            Verdict::Unknown => assert!(matches!(news, StatusUpdate::Refused(_)), "{told}"),
        }
        walked += 1;
    }
    assert!(walked > 200, "{walked}");
}

#[test]
fn every_vendor_that_knows_opt_outs_reports_them() {
    let opted_out: Vec<Vendor> = table()
        .into_iter()
        .filter(|line| line.cause.verdict() == Verdict::Suppress(SuppressionSource::Unsubscribed))
        .map(|line| line.vendor)
        .collect();
    for vendor in Vendor::ALL {
        // Mailboxes and relays know no opt-outs, and a user who wants no notifications removes the app.
        let has_no_list = matches!(vendor, Vendor::Google | Vendor::Microsoft | Vendor::Smtp)
            || vendor.channel() == Channel::Push;
        assert_eq!(opted_out.contains(vendor), !has_no_list, "{vendor}");
    }
}

#[test]
fn an_opt_out_reported_by_a_carrier_suppresses_too() {
    let known = known();
    let secret = known.secret(Vendor::Twilio);
    let settings = settings(Vendor::Twilio);
    let account = account(&known, &settings, &secret);
    let heard = sms::callbacks(Vendor::Twilio, &account).unwrap().unwrap();
    let url = format!("{URL}?delivery={DELIVERY}");
    let signed = format!("{url}ErrorCode21610MessageSidmMessageStatusundelivered");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"k");
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert("x-twilio-signature", signature.parse().unwrap());
    let told = heard
        .events(&Callback {
            method: &Method::POST,
            url: &url,
            headers: &headers,
            body: b"ErrorCode=21610&MessageSid=m&MessageStatus=undelivered",
            now: now(),
        })
        .unwrap();
    let [ProviderEvent::Receipt { news, .. }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(news.suppression(), Some(SuppressionSource::Unsubscribed));
    assert!(!news.is_undelivered());
}
