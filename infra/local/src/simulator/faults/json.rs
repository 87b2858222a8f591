//! The JSON form of a fault: flat, and closed to unknown fields.

use serde::{Deserialize, Serialize};

use super::{Fault, FaultKind, InvalidFault};
use crate::simulator::calls::Provider;

/// The fields of all kinds of faults; which ones belong to a kind is checked afterwards.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultFields {
    kind: KindName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address_suffix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindName {
    Throttle,
    Reject,
    ServerError,
    Slow,
    DropBefore,
    DropAfter,
}

impl KindName {
    /// The name and the specific fields of this kind.
    fn describe(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Throttle => ("throttle", &["retry_after_seconds", "status"]),
            Self::Reject => ("reject", &["code", "message"]),
            Self::ServerError => ("server_error", &["status"]),
            Self::Slow => ("slow", &["milliseconds"]),
            Self::DropBefore => ("drop_before", &[]),
            Self::DropAfter => ("drop_after", &[]),
        }
    }
}

impl TryFrom<FaultFields> for Fault {
    type Error = InvalidFault;

    fn try_from(fields: FaultFields) -> Result<Self, InvalidFault> {
        let (kind, allowed) = fields.kind.describe();
        let given = [
            ("retry_after_seconds", fields.retry_after_seconds.is_some()),
            ("status", fields.status.is_some()),
            ("code", fields.code.is_some()),
            ("message", fields.message.is_some()),
            ("milliseconds", fields.milliseconds.is_some()),
        ];
        for (field, is_given) in given {
            if is_given && !allowed.contains(&field) {
                return Err(InvalidFault::Field { field, kind });
            }
        }
        let fault = Self {
            kind: match fields.kind {
                KindName::Throttle => FaultKind::Throttle {
                    retry_after_seconds: fields.retry_after_seconds,
                    status: fields.status,
                },
                KindName::Reject => FaultKind::Reject {
                    code: fields.code,
                    message: fields.message,
                },
                KindName::ServerError => FaultKind::ServerError {
                    status: fields.status.unwrap_or(500),
                },
                KindName::Slow => FaultKind::Slow {
                    milliseconds: fields.milliseconds.ok_or(InvalidFault::Missing {
                        field: "milliseconds",
                        kind,
                    })?,
                },
                KindName::DropBefore => FaultKind::DropBefore,
                KindName::DropAfter => FaultKind::DropAfter,
            },
            provider: fields.provider,
            account: fields.account,
            address: fields.address,
            address_suffix: fields.address_suffix,
            share: fields.share,
            seed: fields.seed.unwrap_or_default(),
            times: fields.times,
        };
        fault.check()?;
        Ok(fault)
    }
}

impl From<Fault> for FaultFields {
    fn from(fault: Fault) -> Self {
        let mut fields = Self {
            kind: KindName::DropBefore,
            provider: fault.provider,
            account: fault.account,
            address: fault.address,
            address_suffix: fault.address_suffix,
            share: fault.share,
            seed: (fault.seed != 0).then_some(fault.seed),
            times: fault.times,
            retry_after_seconds: None,
            status: None,
            code: None,
            message: None,
            milliseconds: None,
        };
        match fault.kind {
            FaultKind::Throttle {
                retry_after_seconds,
                status,
            } => {
                fields.kind = KindName::Throttle;
                fields.retry_after_seconds = retry_after_seconds;
                fields.status = status;
            }
            FaultKind::Reject { code, message } => {
                fields.kind = KindName::Reject;
                fields.code = code;
                fields.message = message;
            }
            FaultKind::ServerError { status } => {
                fields.kind = KindName::ServerError;
                fields.status = Some(status);
            }
            FaultKind::Slow { milliseconds } => {
                fields.kind = KindName::Slow;
                fields.milliseconds = Some(milliseconds);
            }
            FaultKind::DropBefore => {}
            FaultKind::DropAfter => fields.kind = KindName::DropAfter,
        }
        fields
    }
}
