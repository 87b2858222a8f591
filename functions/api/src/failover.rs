//! Failover limits in requests and responses.

use carillon_domain::transports::routing::{FAILOVER_ATTEMPTS, FAILOVER_MINUTES, Failover};
use carillon_http::findings::Findings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Limits for trying other transports of a route when the previous transport is known not to have delivered the message:
/// its provider refused the message, or later reported that it could not be delivered. Every call is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Failover)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailoverBody {
    /// The maximum number of provider calls for one receiver: 1 to 50.
    #[schema(value_type = u32, minimum = 1, maximum = 50, examples(5))]
    attempts: i64,
    /// How long after the first call another call may begin, in minutes: 1 to 1,440.
    #[schema(value_type = u32, minimum = 1, maximum = 1_440, examples(60))]
    minutes: i64,
    /// The maximum total cost of all calls for one receiver, based on the prices in the routes; `null` for no limit.
    #[serde(default)]
    #[schema(examples("0.25"))]
    cost: Option<String>,
}

impl FailoverBody {
    /// Validates it and records findings.
    pub(crate) fn read(self, findings: &mut Findings) -> Option<Failover> {
        let mut within = |field: &str, given: i64, most: u32| {
            let number = u32::try_from(given).ok();
            let number = number.filter(|number| (1..=most).contains(number));
            if number.is_none() {
                let detail = format!("a number from 1 to {most}");
                findings.add(field, "out_of_range", detail);
            }
            number
        };
        let attempts = within("failover.attempts", self.attempts, FAILOVER_ATTEMPTS);
        let minutes = within("failover.minutes", self.minutes, FAILOVER_MINUTES);
        let cost = self
            .cost
            .and_then(|text| findings.keep("failover.cost", "invalid_price", text.parse()));
        Some(Failover {
            attempts: attempts?,
            minutes: minutes?,
            cost,
        })
    }
}

impl From<Failover> for FailoverBody {
    fn from(failover: Failover) -> Self {
        Self {
            attempts: failover.attempts.into(),
            minutes: failover.minutes.into(),
            cost: failover.cost.map(String::from),
        }
    }
}
