//! Deliveries: one receiver on one channel.

mod assume_sent;
mod enqueue;
mod list;
mod message;
mod reasons;
mod resend;
mod settle;
mod table;

use carillon_domain::{channel::Channel, receivers::Receiver};
pub(crate) use enqueue::enqueue;
pub(crate) use list::{DeliveryBody, ReasonBody};
pub(crate) use settle::{Enqueuer, not_settleable};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of deliveries.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(reasons::reasons))
        .routes(routes!(message::show))
        .routes(routes!(resend::one))
        .routes(routes!(resend::many))
        .routes(routes!(assume_sent::one))
        .routes(routes!(assume_sent::many))
}

/// The address of a receiver on a channel.
fn address(receiver: &Receiver, channel: Channel) -> Option<String> {
    let address = receiver.address(channel)?;
    Some(address.expose().to_owned())
}
