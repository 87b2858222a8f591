//! Listing what transports can be set up with.

use axum::Json;
use carillon_domain::{access::permission::require, transports::Vendor};
use carillon_http::{authentication::Allowed, names::ChannelName};
use carillon_providers::{
    setup::{Callbacks, Choice, Combination, Field, Input, Setup, Values},
    usable,
};
use serde::Serialize;
use utoipa::ToSchema;

/// How a value is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = VendorFieldInput)]
#[serde(rename_all = "snake_case")]
enum FieldInput {
    /// On one line.
    Line,
    /// On several lines.
    Lines,
    /// One of `choices`.
    Choice,
    /// As any number of entries, whose names begin with `name`.
    Named,
}

/// A valid value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorFieldChoice)]
struct ChoiceBody {
    /// The value.
    #[schema(examples("eu"))]
    value: &'static str,
    /// The name of the value.
    label: &'static str,
}

/// A field of a transport.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorField)]
struct FieldBody {
    /// The name in the body of `PUT /v1/transports/{transport}`; `header_` stands for all names that begin with it.
    #[schema(examples("account_sid"))]
    name: &'static str,
    /// What the vendor calls it.
    #[schema(examples("Account SID"))]
    label: &'static str,
    /// Where to find it, or what it does.
    help: &'static str,
    /// A description of valid values.
    expected: &'static str,
    /// An example.
    #[schema(examples("AC0123456789abcdef0123456789abcdef"))]
    example: &'static str,
    /// Whether it is required by itself; `combinations` may require it too.
    required: bool,
    /// Whether nobody else should see it.
    secret: bool,
    /// How it is entered.
    input: FieldInput,
    /// The valid values, if there are only a few.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    choices: Vec<ChoiceBody>,
}

impl From<&Field> for FieldBody {
    fn from(field: &Field) -> Self {
        let choices = match field.values {
            Values::Text(_) => &[][..],
            Values::Choice(choices) => choices,
        };
        Self {
            name: field.name,
            label: field.label,
            help: field.help,
            expected: field.expected,
            example: field.example,
            required: field.is_required,
            secret: match field.input {
                Input::Line | Input::Lines => false,
                Input::Secret | Input::SecretLines | Input::Named => true,
            },
            input: match field.input {
                Input::Line | Input::Secret if !choices.is_empty() => FieldInput::Choice,
                Input::Line | Input::Secret => FieldInput::Line,
                Input::Lines | Input::SecretLines => FieldInput::Lines,
                Input::Named => FieldInput::Named,
            },
            choices: choices
                .iter()
                .map(|Choice { value, label }| ChoiceBody { value, label })
                .collect(),
        }
    }
}

/// Groups of fields. Whoever fills in one field of a group has to fill in all of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorFieldCombination)]
struct CombinationBody {
    /// Whether at least one group has to be filled in.
    required: bool,
    /// Whether only one may be.
    exclusive: bool,
    /// The groups: the place of each field in the body of `PUT /v1/transports/{transport}`.
    #[schema(examples(json!([["sender_id"], ["settings.messaging_service"]])))]
    groups: &'static [&'static [&'static str]],
}

impl From<&Combination> for CombinationBody {
    fn from(combination: &Combination) -> Self {
        Self {
            required: combination.is_required,
            exclusive: combination.is_exclusive,
            groups: combination.groups,
        }
    }
}

/// How a vendor reports to the callback address of a transport.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorCallbacks)]
struct CallbacksBody {
    /// What has to be done at the vendor with the `callback_url` of the transport.
    setup: &'static str,
    /// The setting without which there is no `callback_url`, because the vendor reports in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<&'static str>,
}

/// To whom an account belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = VendorAccount)]
#[serde(rename_all = "snake_case")]
enum AccountOwner {
    /// To the platform. What a tenant sends as has to be granted to it (`identities` of the tenant).
    Platform,
    /// To the tenant.
    Tenant,
}

/// What a transport of a vendor needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vendor)]
struct VendorBody {
    /// The id, as in `PUT /v1/transports/{transport}`.
    #[schema(examples("twilio"))]
    id: &'static str,
    /// The name.
    #[schema(examples("Twilio"))]
    name: &'static str,
    /// The channel.
    channel: ChannelName,
    /// To whom the account belongs.
    account: AccountOwner,
    /// The fields of the sender, which are in the body itself: `from` and `from_name`, `sender_id`, or none.
    sender: Vec<FieldBody>,
    /// The fields of `settings`.
    settings: Vec<FieldBody>,
    /// The fields of `credentials`; none for an account of the platform.
    credentials: Vec<FieldBody>,
    /// Which fields belong together, or replace each other.
    combinations: Vec<CombinationBody>,
    /// How the vendor reports deliveries and replies, if it calls us.
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<CallbacksBody>,
}

impl VendorBody {
    fn new(vendor: Vendor, setup: &'static Setup) -> Self {
        let fields = |fields: &[Field]| fields.iter().map(FieldBody::from).collect();
        Self {
            id: vendor.as_str(),
            name: setup.name,
            channel: vendor.channel().into(),
            account: match vendor.wants_credentials() {
                true => AccountOwner::Tenant,
                false => AccountOwner::Platform,
            },
            sender: fields(setup.sender),
            settings: fields(setup.settings),
            credentials: fields(setup.credentials),
            combinations: setup
                .combinations
                .iter()
                .map(CombinationBody::from)
                .collect(),
            callbacks: match setup.callbacks {
                Callbacks::None => None,
                Callbacks::Always(setup) => Some(CallbacksBody {
                    setup,
                    setting: None,
                }),
                Callbacks::With { setting, setup } => Some(CallbacksBody {
                    setup,
                    setting: Some(setting),
                }),
            },
        }
    }
}

/// The vendors.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VendorList {
    /// The vendors, by channel.
    vendors: Vec<VendorBody>,
}

/// List vendors
///
/// The vendors that a transport can be set up with, and what each needs. `PUT /v1/transports/{transport}` checks its
/// body against the same description.
#[utoipa::path(
    get,
    path = "/v1/vendors",
    operation_id = "list_vendors",
    tag = "transports",
    responses((status = OK, description = "The vendors.", body = VendorList)),
)]
pub(crate) async fn list(_: Allowed<require::ReadChannels>) -> Json<VendorList> {
    let vendors = Vendor::ALL.iter();
    Json(VendorList {
        vendors: vendors
            .map(|vendor| VendorBody::new(*vendor, usable::setup(*vendor)))
            .collect(),
    })
}
