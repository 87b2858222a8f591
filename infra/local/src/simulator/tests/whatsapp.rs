//! WhatsApp: free text only within the reply window, templates to everybody.

use http::StatusCode;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{only_call, start};
use crate::simulator::{
    INFOBIP_API_KEY, Inbound, Kind, META_ACCESS_TOKEN, Provider, Simulator, TWILIO_AUTH_TOKEN,
};

const PERSON: &str = "+447700900123";
const SENDER: &str = "+15005550006";
const NUMBER_ID: &str = "106540352242922";
const TWILIO_ACCOUNT: &str = "AC00000000000000000000000000000001";

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn twilio(simulator: &Simulator, fields: &[(&str, &str)]) -> RequestBuilder {
    let url = format!(
        "{}/api.twilio.com/2010-04-01/Accounts/{TWILIO_ACCOUNT}/Messages.json",
        simulator.url()
    );
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("To", &format!("whatsapp:{PERSON}"))
        .append_pair("From", &format!("whatsapp:{SENDER}"))
        .extend_pairs(fields)
        .finish();
    client()
        .post(url)
        .basic_auth(TWILIO_ACCOUNT, Some(TWILIO_AUTH_TOKEN))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
}

fn infobip(simulator: &Simulator, kind: &str, body: &Value) -> RequestBuilder {
    let url = format!(
        "{}/abc123.api.infobip.com/whatsapp/1/message/{kind}",
        simulator.url()
    );
    client()
        .post(url)
        .header("authorization", format!("App {INFOBIP_API_KEY}"))
        .header("content-type", "application/json")
        .body(body.to_string())
}

fn meta(simulator: &Simulator, content: &Value) -> RequestBuilder {
    let url = format!(
        "{}/graph.facebook.com/v23.0/{NUMBER_ID}/messages",
        simulator.url()
    );
    let mut body = json!({ "messaging_product": "whatsapp", "to": PERSON });
    let content = content.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(content);
    client()
        .post(url)
        .header("authorization", format!("Bearer {META_ACCESS_TOKEN}"))
        .header("content-type", "application/json")
        .body(body.to_string())
}

async fn answered(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

/// Simulates an inbound message to a sender, without a listener.
async fn write(simulator: &Simulator, provider: Provider, to: &str) {
    let inbound = Inbound {
        provider,
        from: PERSON.to_owned(),
        to: to.to_owned(),
        text: "Hello".to_owned(),
        url: format!("{}/nowhere", simulator.url()),
    };
    assert_eq!(simulator.write_to(&inbound).await.unwrap().status, 404);
}

#[tokio::test]
async fn twilio_accepts_free_text_within_the_reply_window() {
    let simulator = start().await;
    let text = || twilio(&simulator, &[("Body", "Hello")]);
    let (status, answer) = answered(text()).await;
    assert_eq!((status.as_u16(), &answer["code"]), (400, &json!(63016)));
    let call = only_call(&simulator);
    assert_eq!(call.provider, Provider::TwilioWhatsApp);
    assert_eq!(call.provider.kind(), Kind::WhatsApp);
    assert!(call.is_for(PERSON) && !call.accepted);

    for elsewhere in [
        (Provider::TwilioWhatsApp, "+15005550007"),
        (Provider::Twilio, SENDER),
    ] {
        write(&simulator, elsewhere.0, elsewhere.1).await;
        assert_eq!(answered(text()).await.0, StatusCode::BAD_REQUEST);
    }
    write(&simulator, Provider::TwilioWhatsApp, SENDER).await;
    assert_eq!(answered(text()).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn twilio_accepts_plausible_templates() {
    let simulator = start().await;
    let sid = "HXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    for (fields, code) in [
        (vec![("ContentSid", sid)], None),
        (
            vec![("ContentSid", sid), ("ContentVariables", r#"{"1": "a"}"#)],
            None,
        ),
        (vec![("ContentSid", "timetable")], Some(21655)),
        (
            vec![("ContentSid", sid), ("ContentVariables", r#"["a"]"#)],
            Some(21656),
        ),
        (vec![], Some(21619)),
    ] {
        let (status, answer) = answered(twilio(&simulator, &fields)).await;
        let expected = if code.is_some() { 400 } else { 201 };
        assert_eq!(status.as_u16(), expected, "{answer}");
        assert_eq!(answer["code"].as_u64(), code, "{answer}");
    }
}

#[tokio::test]
async fn infobip_accepts_free_text_within_the_reply_window() {
    let simulator = start().await;
    let body = json!({ "from": &SENDER[1..], "to": &PERSON[1..], "content": { "text": "Hello" } });
    let (status, answer) = answered(infobip(&simulator, "text", &body)).await;
    assert_eq!(
        (status, &answer["status"]["groupId"]),
        (StatusCode::OK, &json!(5))
    );
    write(&simulator, Provider::InfobipWhatsApp, SENDER).await;
    let (_, answer) = answered(infobip(&simulator, "text", &body)).await;
    assert_eq!(answer["status"]["groupId"], 1, "{answer}");

    for (name, expected) in [("timetable_2", 200), ("Timetable", 400)] {
        let data = json!({ "body": { "placeholders": ["a"] } });
        let content = json!({ "templateName": name, "templateData": data, "language": "en" });
        let message = json!({ "from": &SENDER[1..], "to": "447700900124", "content": content });
        let body = json!({ "messages": [message] });
        let (status, answer) = answered(infobip(&simulator, "template", &body)).await;
        assert_eq!(status.as_u16(), expected, "{answer}");
    }
}

#[tokio::test]
async fn meta_accepts_free_text_within_the_reply_window() {
    let simulator = start().await;
    let text = json!({ "type": "text", "text": { "body": "Hello" } });
    let (status, answer) = answered(meta(&simulator, &text)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"]["code"], 131_047, "{answer}");
    write(&simulator, Provider::Meta, NUMBER_ID).await;
    let (status, answer) = answered(meta(&simulator, &text)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer["messages"][0]["id"].is_string(), "{answer}");

    for (name, expected) in [("timetable_2", 200), ("Timetable", 404)] {
        let template = json!({ "name": name, "language": { "code": "en_US" } });
        let content = json!({ "type": "template", "template": template });
        let (status, answer) = answered(meta(&simulator, &content)).await;
        assert_eq!(status.as_u16(), expected, "{answer}");
    }
}
