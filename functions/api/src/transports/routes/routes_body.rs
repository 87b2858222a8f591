//! The routes of a channel in responses.

use carillon_domain::{
    channel::Channel,
    transports::routing::{Route, RouteTarget, Routes},
};
use carillon_http::names::ChannelName;
use serde::Serialize;
use utoipa::ToSchema;

/// All routes of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Routes)]
pub(super) struct RoutesBody {
    /// The channel.
    channel: ChannelName,
    /// The routes of the channel.
    routes: Vec<RouteBody>,
}

/// The transports for some receivers: in order of preference, or by weight.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub(super) struct RouteBody {
    /// The prefix of the phone numbers of these receivers; `null` for everyone not covered by another route.
    #[schema(examples("+27"))]
    prefix: Option<String>,
    /// The transports of the route.
    transports: Vec<LegBody>,
}

/// A transport of a route.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouteTransport)]
pub(super) struct LegBody {
    /// The transport id.
    transport: String,
    /// The weight: its share of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<u32>,
    /// The price of a message; for text messages, of each part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("0.0125"))]
    price: Option<String>,
}

impl RoutesBody {
    /// The routes of a channel.
    pub(super) fn new(channel: Channel, routes: Routes) -> Self {
        Self {
            channel: channel.into(),
            routes: routes.routes.into_iter().map(RouteBody::from).collect(),
        }
    }
}

impl From<Route> for RouteBody {
    fn from(route: Route) -> Self {
        Self {
            prefix: route.prefix.map(String::from),
            transports: route.targets.into_iter().map(LegBody::from).collect(),
        }
    }
}

impl From<RouteTarget> for LegBody {
    fn from(target: RouteTarget) -> Self {
        Self {
            transport: target.transport.to_string(),
            weight: target.weight.map(u32::from),
            price: target.price.map(String::from),
        }
    }
}
