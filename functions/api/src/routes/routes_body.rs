//! The routes of a channel as they stand in answers.

use carillon_domain::{
    channel::Channel,
    routing::{Leg, Route, Routes},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::names::ChannelName;

/// All routes of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Routes)]
pub(super) struct RoutesBody {
    /// The channel.
    channel: ChannelName,
    /// Its routes.
    routes: Vec<RouteBody>,
}

/// Transports for some receivers: in their order, or by their weights.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub(super) struct RouteBody {
    /// What the phone numbers of these receivers begin with; `null` for everybody whom no other route is for.
    #[schema(examples("+27"))]
    prefix: Option<String>,
    /// Its transports.
    transports: Vec<LegBody>,
}

/// A transport of a route.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouteTransport)]
pub(super) struct LegBody {
    /// Its id.
    transport: String,
    /// Its part of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<u32>,
    /// What a message costs there; of a text message each of its parts.
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
            transports: route.legs.into_iter().map(LegBody::from).collect(),
        }
    }
}

impl From<Leg> for LegBody {
    fn from(leg: Leg) -> Self {
        Self {
            transport: leg.transport.to_string(),
            weight: leg.weight.map(u32::from),
            price: leg.price.map(String::from),
        }
    }
}
