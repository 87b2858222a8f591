//! Receives what an Amazon SNS topic posts, and confirms its subscription requests.

use std::sync::Arc;

use carillon_domain::delivery::Outcome;
use carillon_providers::{
    EventSubject,
    topic_messages::{Posted, TopicMessage},
    vendor::BadCallback,
};
use carillon_telemetry::Line;
use http::StatusCode;
use jiff::Timestamp;
use lambda_http::Request;

use super::{Callbacks, Place, Refused};

impl Callbacks {
    /// Processes one message posted for a transport's topic.
    pub(crate) async fn hear_topic(
        &self,
        place: &Place,
        topic: &str,
        request: &Request,
        line: &mut Line,
    ) -> Result<String, Refused> {
        let message = TopicMessage::read(request.body().as_ref(), topic)?;
        let certificate = self.certificate(&message).await?;
        let vendor = place.transport.vendor;
        match message.verify(&certificate, vendor, Timestamp::now())? {
            // A topic may carry other tenants' messages, and this one may not speak for them.
            Posted::Event(EventSubject::Receipt(receipt)) if receipt.tenant == place.tenant => {
                self.enqueue_receipts(&[receipt], line).await?;
            }
            Posted::Event(_) => line.note("irrelevant", 1),
            Posted::Confirm(request) => {
                self.ask(request).await?;
                line.note("confirmed", 1);
            }
            Posted::Farewell => line.note("unsubscribed", 1),
        }
        Ok(String::new())
    }

    async fn certificate(&self, message: &TopicMessage) -> Result<Arc<[u8]>, Refused> {
        let url = message.certificate_url().to_owned();
        let read = async || self.ask(message.certificate_request()?).await;
        self.certificates.get_or_read(url, read).await
    }

    /// Sends a request to SNS.
    async fn ask(&self, request: http::Request<Vec<u8>>) -> Result<Arc<[u8]>, Refused> {
        let answer = self.http.call(request).await.map_err(|outcome| {
            let reason = match outcome {
                Outcome::Transient(reason) | Outcome::Unknown(reason) => reason.code,
                _ => "forbidden_address".to_owned(),
            };
            Refused::Topic(reason)
        })?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body().into()),
            // The certificate or subscription does not exist, and retrying will not change
            // that.
            status if status.is_client_error() => Err(BadCallback::Forged.into()),
            status => Err(Refused::Topic(status.to_string())),
        }
    }
}
