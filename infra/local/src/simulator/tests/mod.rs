//! Tests of the simulator with the real SDK clients and its JSON API.

mod bulksms;
mod control;
mod end_user_messaging;
mod events;
mod faults;
mod journal;
mod push;
mod ses;
mod ses_refusals;
mod smtp;
mod sns;
mod whatsapp;

use aws_credential_types::Credentials;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Body, Content, Destination, EmailContent, Message, MessageHeader, RawMessage,
};
use tokio::net::TcpListener;

use super::{Call, CallFilter, Simulator};

/// The access key of most tests.
const ACCOUNT: &str = "111122223333";

async fn start() -> Simulator {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Simulator::start(listener)
}

fn all_calls(simulator: &Simulator) -> Vec<Call> {
    simulator.calls(&CallFilter::default())
}

fn only_call(simulator: &Simulator) -> Call {
    let mut calls = all_calls(simulator);
    assert_eq!(calls.len(), 1, "exactly one call is kept");
    calls.remove(0)
}

fn credentials(account: &str) -> Credentials {
    Credentials::new(account, "secret", None, None, "simulator tests")
}

fn ses(simulator: &Simulator) -> aws_sdk_sesv2::Client {
    ses_as(simulator, ACCOUNT)
}

fn ses_as(simulator: &Simulator, account: &str) -> aws_sdk_sesv2::Client {
    use aws_sdk_sesv2::config::{BehaviorVersion, Config, Region, retry::RetryConfig};
    aws_sdk_sesv2::Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials(account))
            .endpoint_url(simulator.url())
            .region(Region::new("us-east-1"))
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

fn sns(simulator: &Simulator) -> aws_sdk_sns::Client {
    use aws_sdk_sns::config::{BehaviorVersion, Config, Region, retry::RetryConfig};
    aws_sdk_sns::Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials(ACCOUNT))
            .endpoint_url(simulator.url())
            .region(Region::new("us-east-1"))
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

fn utf8(text: &str) -> Content {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .unwrap()
}

fn simple(subject: &str, text: &str) -> EmailContent {
    let body = Body::builder().text(utf8(text)).build();
    let message = Message::builder().subject(utf8(subject)).body(body).build();
    EmailContent::builder().simple(message).build()
}

fn to(address: &str) -> Destination {
    Destination::builder().to_addresses(address).build()
}

/// Sends a small email from the usual sender.
fn small_email(
    client: &aws_sdk_sesv2::Client,
    address: &str,
) -> aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder {
    client
        .send_email()
        .from_email_address("sender@example.com")
        .destination(to(address))
        .content(simple("Hello", "Good morning"))
}

fn raw(mime: &str) -> EmailContent {
    let message = RawMessage::builder().data(Blob::new(mime)).build().unwrap();
    EmailContent::builder().raw(message).build()
}

fn header(name: &str, value: &str) -> MessageHeader {
    MessageHeader::builder()
        .name(name)
        .value(value)
        .build()
        .unwrap()
}
