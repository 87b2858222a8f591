//! Setting the routes of a channel.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    channel::Channel,
    id::TransportId,
    transports::routing::{Prefix, ROUTE_TARGETS, ROUTES, Route, RouteTarget, Routes, Setup},
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::routes_body::RoutesBody;
use crate::{path::RoutesPath, state::AppState};

/// The highest weight.
const MOST_WEIGHT: i64 = 1_000;

/// All routes of a channel. They replace the existing ones.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRoutes {
    /// 1 to 250 routes, each with a different prefix. If several match a number, the route with the longest prefix is
    /// used.
    routes: Vec<SetRoute>,
}

/// The transports for some receivers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRoute {
    /// The prefix of the phone numbers of these receivers, with the country code. One route may have no prefix: it
    /// covers everyone not covered by another route. Email can have only that one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("+27"))]
    prefix: Option<String>,
    /// 1 to 10 transports. The first one that works is used; with weights, each gets its share of the messages.
    transports: Vec<SetLeg>,
}

/// A transport of a route.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetLeg {
    /// The transport id.
    #[schema(examples("sms-south-africa"))]
    transport: String,
    /// The share of the messages, 1 to 1,000. Either all transports of a route have a weight, or none do. The
    /// effective weight decreases while calls to the account fail, and recovers.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 1_000)]
    weight: Option<i64>,
    /// The price of a message, or of each part of a text message, in your own currency: up to 999,999 with up to six
    /// decimals.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("0.0125"))]
    price: Option<String>,
}

/// Set the routes of a channel
///
/// Defines which transports serve which receivers, and in what order or proportions. A transport that is not working,
/// or has used up its daily calls, is skipped while another transport of the route works. A message that a provider
/// refused goes to the next transport only if the campaign allows it in `failover`; if it is unknown whether
/// a provider accepted a message, it goes to no other transport. Consumers cache routes for a minute.
#[utoipa::path(
    put,
    path = "/v1/routes/{channel}",
    operation_id = "set_routes",
    tag = "transports",
    params(RoutesPath),
    request_body = SetRoutes,
    responses((status = OK, description = "The routes.", body = RoutesBody)),
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteChannels>,
    RoutesPath { channel }: RoutesPath,
    body::Json(body): body::Json<SetRoutes>,
) -> Result<Json<RoutesBody>, Failure> {
    let setup = state.store.setup_now(&context).await?;
    let routes = body.read(channel, &setup)?;
    let set = state.store.set_routes(&context, channel, Some(&routes));
    set.await?;
    Ok(Json(RoutesBody::new(channel, routes)))
}

impl SetRoutes {
    fn read(self, channel: Channel, setup: &Setup) -> Result<Routes, Failure> {
        let mut findings = Findings::default();
        if !(1..=ROUTES).contains(&self.routes.len()) {
            findings.add("routes", "out_of_range", format!("1 to {ROUTES} routes"));
            return Err(findings.into());
        }
        let mut prefixes = BTreeSet::new();
        let mut routes = Vec::new();
        for (place, route) in self.routes.into_iter().enumerate() {
            let field = format!("routes[{place}]");
            let route = route.read(channel, &field, setup, &mut findings);
            if !prefixes.insert(route.prefix.clone()) {
                let detail = "another route has this prefix; put the transports into one route";
                findings.add(format!("{field}.prefix"), "duplicate_prefix", detail);
            }
            routes.push(route);
        }
        findings.finish()?;
        Ok(Routes { routes })
    }
}

impl SetRoute {
    fn read(self, channel: Channel, field: &str, setup: &Setup, findings: &mut Findings) -> Route {
        let has_prefixes = channel.properties().routes_by_prefix;
        let prefix = self.prefix.and_then(|text| {
            let field = format!("{field}.prefix");
            if !has_prefixes {
                findings.add(field, "wrong_channel", "only phone numbers have prefixes");
                return None;
            }
            findings.keep::<Prefix, _>(&field, "invalid_prefix", text.parse())
        });
        let list = format!("{field}.transports");
        if !(1..=ROUTE_TARGETS).contains(&self.transports.len()) {
            findings.add(
                &list,
                "out_of_range",
                format!("1 to {ROUTE_TARGETS} transports"),
            );
        }
        let weights = self
            .transports
            .iter()
            .filter(|target| target.weight.is_some());
        if ![0, self.transports.len()].contains(&weights.count()) {
            let detail = "either all transports of a route have a weight, or none has";
            findings.add(&list, "mixed_weights", detail);
        }
        let mut ids = BTreeSet::new();
        let mut targets = Vec::new();
        for (place, target) in self.transports.into_iter().take(ROUTE_TARGETS).enumerate() {
            let field = format!("{list}[{place}]");
            if let Some(target) = target.read(channel, &field, setup, findings) {
                if !ids.insert(target.transport.clone()) {
                    let detail = "the route already has this transport";
                    findings.add(format!("{field}.transport"), "duplicate_transport", detail);
                }
                targets.push(target);
            }
        }
        Route { prefix, targets }
    }
}

impl SetLeg {
    fn read(
        self,
        channel: Channel,
        field: &str,
        setup: &Setup,
        findings: &mut Findings,
    ) -> Option<RouteTarget> {
        let weight = self.weight.and_then(|given| {
            let number = Some(given).filter(|given| (1..=MOST_WEIGHT).contains(given));
            let number = number.and_then(|number| u32::try_from(number).ok());
            if number.is_none() {
                let detail = format!("a number from 1 to {MOST_WEIGHT}");
                findings.add(format!("{field}.weight"), "out_of_range", detail);
            }
            number.and_then(|number| number.try_into().ok())
        });
        let price = self.price.and_then(|text| {
            findings.keep(&format!("{field}.price"), "invalid_price", text.parse())
        });
        let field = format!("{field}.transport");
        let id: Option<TransportId> = self.transport.parse().ok();
        let known = id.as_ref().and_then(|id| setup.transports.get(id));
        let Some(transport) = known else {
            findings.add(field, "unknown_transport", "the id of a transport");
            return None;
        };
        if transport.channel() != channel {
            let detail = format!("{} sends {}", transport.id, transport.channel());
            findings.add(field, "wrong_channel", detail);
            return None;
        }
        Some(RouteTarget {
            transport: transport.id.clone(),
            weight,
            price,
        })
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::transports::{Transport, Vendor};

    use super::*;

    fn read(channel: Channel, json: &str) -> Result<Routes, String> {
        let transports = [
            ("a", Vendor::Twilio),
            ("b", Vendor::BulkSms),
            ("mail", Vendor::SendGrid),
        ];
        let transports = transports.map(|(name, vendor)| {
            let id: TransportId = name.parse().unwrap();
            let transport = Transport {
                id: id.clone(),
                ..Transport::new(vendor)
            };
            (id, transport)
        });
        let setup = Setup {
            transports: transports.into(),
            ..Setup::default()
        };
        let body: SetRoutes = serde_json::from_str(json).unwrap();
        body.read(channel, &setup).map_err(|failure| {
            let codes = failure.members().errors.iter();
            let codes = codes.map(|error| format!("{} {}", error.field, error.code));
            codes.collect::<Vec<_>>().join(", ")
        })
    }

    #[test]
    fn routes_are_parsed_and_errors_named() {
        let good = r#"{"routes":[
            {"prefix":"+27","transports":[{"transport":"a","weight":3,"price":"0.0125"},{"transport":"b","weight":1}]},
            {"transports":[{"transport":"b"}]}
        ]}"#;
        let routes = read(Channel::Sms, good).unwrap();
        assert_eq!(routes.routes.len(), 2);
        for (json, expected) in [
            (r#"{"routes":[]}"#, "routes out_of_range"),
            (
                r#"{"routes":[{"transports":[]}]}"#,
                "routes[0].transports out_of_range",
            ),
            (
                r#"{"routes":[{"prefix":"27","transports":[{"transport":"a"}]}]}"#,
                "routes[0].prefix invalid_prefix",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"a","weight":1},{"transport":"b"}]}]}"#,
                "routes[0].transports mixed_weights",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"a","weight":0}]}]}"#,
                "routes[0].transports[0].weight out_of_range",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"a","price":"1,5"}]}]}"#,
                "routes[0].transports[0].price invalid_price",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"c"},{"transport":"mail"}]}]}"#,
                "routes[0].transports[0].transport unknown_transport, routes[0].transports[1].transport wrong_channel",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"a"},{"transport":"a"}]}]}"#,
                "routes[0].transports[1].transport duplicate_transport",
            ),
            (
                r#"{"routes":[{"transports":[{"transport":"a"}]},{"transports":[{"transport":"b"}]}]}"#,
                "routes[1].prefix duplicate_prefix",
            ),
        ] {
            assert_eq!(read(Channel::Sms, json), Err(expected.to_owned()), "{json}");
        }
        assert_eq!(
            read(
                Channel::Email,
                r#"{"routes":[{"prefix":"+27","transports":[{"transport":"mail"}]}]}"#
            ),
            Err("routes[0].prefix wrong_channel".to_owned())
        );
    }
}
