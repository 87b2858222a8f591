//! The provider simulator: simulates SES, SNS, End User Messaging, BulkSMS and others, records every call, and fails on request.
//!
//! It implements the SES v2 API and SNS `Publish` as called by the AWS SDKs, the APIs of other
//! providers under their host (`/api.bulksms.com/v1/messages`), and SMTP on separate ports. It has a JSON API under
//! `/_simulator/` and a page at `/`. A message is accepted or not before the response is written, so a
//! caller that loses the response is as uncertain as with the real provider.

mod bulksms;
mod calls;
mod control;
mod end_user_messaging;
mod events;
mod faults;
mod journal;
mod mime;
mod page;
mod refusal;
mod repetitions;
mod server;
mod ses;
mod signature;
mod smtp;
mod sns;
mod state;
#[cfg(test)]
mod tests;
mod topic;
mod vendors;
mod windows;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use axum::Router;
pub use bulksms::BULKSMS_TOKEN_SECRET;
use bytes::Bytes;
pub use calls::{
    Attachment, Call, CallError, CallFilter, CallPage, EmailMessage, Header, Kind, Message, Order,
    Outcome, Provider, PushMessage, Selection, SmsMessage,
};
pub use control::{Cleared, FaultList};
pub use events::{EmitError, EmitRequest, Emitted, EventBus, EventKind};
pub use faults::{Fault, FaultKind, InvalidFault, PlacedFault};
pub use journal::{MAXIMUM_BYTES, MAXIMUM_CALLS, Repeat, Summary};
use smtp::Encryption;
pub use smtp::{SMTP_CERTIFICATE, SMTP_PASSWORD};
use state::{SharedState, State};
use tokio::{net::TcpListener, task::JoinHandle};
pub use topic::{SNS_TOPIC, Subscribe, Subscribed};
use vendors::calling;
pub use vendors::{
    apns::APNS_PRIVATE_KEY,
    calling::{CallBack, CallBackError, CalledBack, Inbound},
    clickatell::CLICKATELL_API_KEY,
    endpoint::ENDPOINT_SIGNING_KEY,
    fcm::FCM_PRIVATE_KEY,
    google::{GOOGLE_CLIENT_SECRET, GOOGLE_REFRESH_TOKEN},
    infobip::INFOBIP_API_KEY,
    mailgun::{MAILGUN_API_KEY, MAILGUN_SIGNING_KEY},
    meta::{META_ACCESS_TOKEN, META_APP_SECRET, META_VERIFY_TOKEN},
    microsoft::MICROSOFT_CLIENT_SECRET,
    sendgrid::{SENDGRID_API_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY},
    smsportal::{
        SMSPORTAL_CLIENT_SECRET, SMSPORTAL_SIGNATURE_HEADER, SMSPORTAL_SIGNATURE_KEY,
        SMSPORTAL_TIMESTAMP_HEADER,
    },
    twilio::{TWILIO_API_KEY_SECRET, TWILIO_AUTH_TOKEN},
    web_push::{WEB_PUSH_PRIVATE_KEY, WEB_PUSH_PUBLIC_KEY, web_push_address},
};

/// A running simulator; it stops when it is dropped.
pub struct Simulator {
    state: SharedState,
    url: String,
    server: JoinHandle<()>,
    emission: JoinHandle<()>,
    smtp: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Serves on the listener, on the runtime that this is called on.
    #[must_use = "the simulator stops when it is dropped"]
    pub fn start(listener: TcpListener) -> Self {
        #[expect(clippy::expect_used, reason = "a bound socket always has an address")]
        let mut address = listener
            .local_addr()
            .expect("a bound listener has an address");
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let state: SharedState = Arc::new(State::default());
        let server = tokio::spawn(server::serve(listener, router(Arc::clone(&state))));
        let telling = Arc::clone(&state);
        let emission = tokio::spawn(async move { telling.events.run().await });
        Self {
            state,
            url: format!("http://{address}"),
            server,
            emission,
            smtp: Vec::new(),
        }
    }

    /// Also serves SMTP: one listener with STARTTLS, the other with implicit TLS.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn serve_smtp(&mut self, when_asked: TcpListener, always: TcpListener) -> io::Result<()> {
        let acceptor = smtp::acceptor()?;
        for (listener, encryption) in [
            (when_asked, Encryption::WhenAsked),
            (always, Encryption::Always),
        ] {
            let state = Arc::clone(&self.state);
            let serving = smtp::serve(listener, encryption, acceptor.clone(), state);
            self.smtp.push(tokio::spawn(serving));
        }
        Ok(())
    }

    /// The base URL without a trailing slash: the endpoint for SDKs, and the page for people.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops serving, closes every connection, and waits until the port is free.
    pub async fn shutdown(mut self) {
        self.server.abort();
        // The task was aborted, so the result only shows that it has ended.
        let _aborted = (&mut self.server).await;
    }

    /// Sets the event bus for SES's events.
    pub fn send_events_to(&self, bus: EventBus) {
        self.state.events.direct_to(bus);
    }

    /// Sends these SES events for an email, in order, and waits until the event bus has accepted them.
    /// Repetitions are allowed.
    ///
    /// # Errors
    ///
    /// If the call sent no email, or the event bus rejects the events.
    pub async fn emit(&self, call: u64, kinds: &[EventKind]) -> Result<usize, EmitError> {
        let kept = self.state.journal().call(call);
        let call = kept.ok_or(EmitError::NoMail(call))?;
        self.state.events.emit(&call, kinds).await
    }

    /// Makes an HTTP vendor call back with this status of a message, and waits for the response. The
    /// URL is required if the message itself names none.
    ///
    /// # Errors
    ///
    /// If the call is not recorded, the vendor has no such callback, or nobody answers.
    pub async fn call_back(
        &self,
        call: u64,
        kind: EventKind,
        url: Option<&str>,
    ) -> Result<CalledBack, CallBackError> {
        let kept = self.state.journal().call(call);
        let kept = kept.ok_or(CallBackError::NoCall(call))?;
        calling::send(calling::callback(&kept, kind, url.map(str::to_owned))?).await
    }

    /// Makes a vendor deliver an inbound message, and waits for the response.
    ///
    /// # Errors
    ///
    /// If the vendor has no inbound messages, or nobody answers.
    pub async fn write_to(&self, inbound: &Inbound) -> Result<CalledBack, CallBackError> {
        calling::send(calling::inbound(&self.state.windows, inbound)?).await
    }

    /// Makes an Amazon SNS topic request a subscription from a URL, and waits for the result.
    ///
    /// # Errors
    ///
    /// If nobody answers.
    pub async fn subscribe(&self, url: &str) -> Result<Subscribed, CallBackError> {
        topic::subscribe(&self.state, url).await
    }

    /// The matching recorded calls, unlimited unless the filter has a limit.
    #[must_use]
    pub fn calls(&self, filter: &CallFilter) -> Vec<Call> {
        self.state.snapshot().list(filter).calls
    }

    /// One recorded call.
    #[must_use]
    pub fn call(&self, id: u64) -> Option<Call> {
        let call = self.state.journal().call(id)?;
        Some(Call::clone(&call))
    }

    /// The MIME of an email or the form of a text message, as received.
    #[must_use]
    pub fn raw(&self, id: u64) -> Option<Bytes> {
        let (_, raw) = self.state.journal().raw(id)?;
        Some(raw)
    }

    /// Removes all calls and returns their number; faults stay.
    pub fn clear(&self) -> usize {
        self.clear_selected(&Selection::default())
    }

    /// Removes the selected calls and returns their number.
    pub fn clear_selected(&self, selection: &Selection) -> usize {
        self.state.journal().clear(selection)
    }

    /// A summary of the selected calls, with repeats.
    #[must_use]
    pub fn summary(&self, selection: &Selection) -> Summary {
        self.state.snapshot().summary(selection)
    }

    /// Sets a fault. The first matching fault decides.
    ///
    /// # Errors
    ///
    /// If a value is out of range.
    pub fn add_fault(&self, fault: Fault) -> Result<PlacedFault, InvalidFault> {
        self.state.faults().add(fault)
    }

    /// The faults in the order they were set, including used-up ones.
    #[must_use]
    pub fn faults(&self) -> Vec<PlacedFault> {
        self.state.faults().list()
    }

    /// Removes a fault and returns whether it existed.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.state.faults().remove(id)
    }

    /// Removes all faults and returns their number.
    pub fn clear_faults(&self) -> usize {
        self.state.faults().clear()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
        self.emission.abort();
        for server in &self.smtp {
            server.abort();
        }
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Calls contain addresses and messages, which must not be logged.
        formatter
            .debug_struct("Simulator")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

fn router(state: SharedState) -> Router {
    Router::new()
        .merge(ses::routes())
        .merge(page::routes())
        .merge(sns::routes())
        .merge(topic::routes())
        .merge(bulksms::routes())
        .merge(vendors::routes())
        .merge(control::routes())
        .fallback(control::nothing_here)
        .with_state(state)
}
