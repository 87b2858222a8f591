//! Setting up a transport.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::{
    access::{Context, permission::require},
    address::EmailAddress,
    channel::Channel,
    id::{SecretName, TransportId},
    transports::{
        CallbackToken, EmailSender, Transport, Vendor, identity::Identities, routing::TRANSPORTS,
    },
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    problem::Problem,
};
use carillon_providers::{
    email::smtp,
    setup::{Given, Setup},
    usable,
    vendor::{Account, Unusable},
};
use carillon_secrets::Secret;
use carillon_store::TransportSet;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::transport::{TransportBody, present};
use crate::{path::TransportPath, state::AppState};

/// The settings that determine where messages are sent, where the vendor does not.
const PLACE: [&str; 3] = ["url", smtp::HOST, smtp::PORT];
/// Maximum size of credentials as JSON, in bytes; a private key has some 2,000.
const CREDENTIALS_BYTES: usize = 16 * 1024;

/// A provider account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetTransport {
    /// The vendor of the account. Email: `ses`, `smtp`, `sendgrid`, `mailgun`, `google`, `microsoft` or `http_email`.
    /// Text messages: `sns`, `end_user_messaging`, `bulksms`, `twilio`, `infobip`, `clickatell`, `smsportal` or
    /// `http_sms`. WhatsApp: `twilio_whatsapp`, `infobip_whatsapp` or `meta`. Push: `fcm`, `apns`, `web_push` or
    /// `sns_push`.
    #[schema(examples("twilio"))]
    vendor: String,
    /// The sender address of emails, which must be verified with the vendor. Required for email. Through the accounts
    /// of the platform (`ses`, `sns`, `end_user_messaging` and `sns_push`), a tenant can use only the identities that
    /// the platform operator has granted to it (`identities` of the tenant).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    from: Option<String>,
    /// The sender name of emails: up to 100 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, max_length = 100)]
    from_name: Option<String>,
    /// The sender shown on phones for text messages: a name of up to 11 letters and digits, a phone number with its
    /// country code, or a short code.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    sender_id: Option<String>,
    /// Other settings for the vendor, by name; `GET /v1/vendors` lists them.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// The credentials of the account, by name; `GET /v1/vendors` lists them. They are stored in AWS Secrets Manager and never
    /// returned. If absent, the existing credentials for the same vendor and server address are kept.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    credentials: Option<BTreeMap<String, String>>,
}

/// Set up a transport
///
/// A provider account. You choose the id. An existing transport with this id is replaced, but keeps its limits. The
/// first transport of a channel is used for sending; with several, the oldest one is used, unless routes are set.
/// Consumers cache transports for a minute, so some messages may be sent through the previous one during that time.
#[utoipa::path(
    put,
    path = "/v1/transports/{transport}",
    operation_id = "set_transport",
    tag = "transports",
    params(TransportPath),
    request_body = SetTransport,
    responses(
        (status = OK, description = "The transport, which replaced another with the same id.", body = TransportBody),
        (status = CREATED, description = "The new transport.", body = TransportBody),
    ),
    extensions(("x-problems" = json!(["changed-meanwhile", "too-many-transports"]))),
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteChannels>,
    TransportPath { transport: id }: TransportPath,
    body::Json(body): body::Json<SetTransport>,
) -> Result<Response, Failure> {
    let tenant = &context.tenant;
    let (before, setup) = tokio::try_join!(
        state.store.transport_now(&context, &id),
        state.store.setup_now(&context)
    )?;
    if before.is_none() && setup.transports.len() >= TRANSPORTS {
        let detail = format!("at most {TRANSPORTS} transports");
        return Err(Failure::new(Problem::TooManyTransports, detail));
    }
    let kept = kept_credentials(&state, &context, before.as_ref()).await;
    let made = Made {
        id,
        now: state.clock.now(),
        before: before.as_ref(),
        identities: &setup.identities,
    };
    let (mut transport, credentials) = body.read(made, kept.as_deref())?;
    if let Some(credentials) = &credentials {
        let name = new_secret_name(transport.channel())?;
        let written = state.secrets.create(tenant, &name, credentials).await;
        written.map_err(Failure::internal)?;
        transport.credentials = Some(name);
    }
    let set = state
        .store
        .set_transport(&context, before.as_ref(), &transport);
    match set.await? {
        TransportSet::Done => {
            let credentials = before.as_ref().and_then(|it| it.credentials.as_ref());
            let unused = credentials.filter(|name| transport.credentials.as_ref() != Some(*name));
            forget(&state, &context, unused).await;
        }
        TransportSet::ChangedMeanwhile => {
            let unused = transport.credentials.as_ref();
            forget(&state, &context, unused.filter(|_| credentials.is_some())).await;
            return Err(Failure::changed_meanwhile());
        }
    }
    let status = match before {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    };
    let body = present(&state, &context, &transport).await?;
    Ok((status, Json(body)).into_response())
}

/// The credentials of the previous transport, if they can be read.
async fn kept_credentials(
    state: &AppState,
    context: &Context,
    before: Option<&Transport>,
) -> Option<Arc<Secret>> {
    let name = before?.credentials.as_ref()?;
    state.secrets.prepare(&context.tenant, name).await;
    state.secrets.get(&context.tenant, name).ok()
}

/// Deletes a secret that nothing names. What is left behind by a failure does no harm, so it is logged and no more.
pub(super) async fn forget(state: &AppState, context: &Context, unused: Option<&SecretName>) {
    let Some(name) = unused else {
        return;
    };
    if let Err(error) = state.secrets.delete(&context.tenant, name).await {
        tracing::warn!(error = &error as &dyn std::error::Error, secret = %name, "an unused secret is left");
    }
}

/// New credentials get a new secret, so that a row never names those of another account.
fn new_secret_name(channel: Channel) -> Result<SecretName, Failure> {
    let random = Uuid::new_v4().simple().to_string();
    let name = format!("{channel}-{}", random.get(..16).unwrap_or(&random));
    name.parse().map_err(Failure::internal)
}

/// The transport to be set up, its time, and the one it replaces.
struct Made<'a> {
    id: TransportId,
    now: Timestamp,
    before: Option<&'a Transport>,
    identities: &'a Identities,
}

impl Made<'_> {
    /// The required channel. A transport named after a channel belongs to it, and a transport with messages in the
    /// ledger keeps its channel.
    fn channel(&self) -> Option<Channel> {
        let before = self.before.map(Transport::channel);
        before.or_else(|| self.id.as_str().parse().ok())
    }
}

impl SetTransport {
    /// The transport, and its credentials as stored, if they are new.
    fn read(
        self,
        made: Made<'_>,
        kept_secret: Option<&Secret>,
    ) -> Result<(Transport, Option<String>), Failure> {
        let mut findings = Findings::default();
        let vendor = findings.keep("vendor", "unknown_vendor", self.vendor.parse::<Vendor>());
        let Some(vendor) = vendor else {
            return Err(findings.into());
        };
        if let Some(channel) = made
            .channel()
            .filter(|channel| *channel != vendor.channel())
        {
            let detail =
                format!("{vendor} does not send {channel}, which is the channel of this transport");
            findings.add("vendor", "wrong_channel", detail);
            return Err(findings.into());
        }
        let (setup, before) = (usable::setup(vendor), made.before);
        let same = before.filter(|before| before.vendor == vendor);
        // Stored credentials must not be sent to a host of the caller's choosing.
        let leads_there = |same: &&Transport| {
            let is_same = |name: &str| same.settings.get(name) == self.settings.get(name);
            PLACE.into_iter().all(is_same)
        };
        let kept = same.filter(leads_there);
        let kept = kept.and_then(|same| same.credentials.clone());
        let credentials = self.read_credentials(vendor, kept.is_some(), &mut findings);
        let kept_secret = kept_secret.filter(|_| kept.is_some()).map(Secret::expose);
        self.check(setup, kept_secret, &mut findings);
        let from = self
            .from
            .as_deref()
            .and_then(|it| EmailAddress::parse(it).ok());
        let transport = Transport {
            id: made.id,
            enabled: before.is_none_or(|before| before.enabled),
            created_at: before.map_or(made.now, |before| before.created_at),
            vendor,
            from: from.map(|address| EmailSender {
                address,
                name: self.from_name,
            }),
            sender_id: self.sender_id.and_then(|it| it.parse().ok()),
            credentials: kept,
            callback_token: setup
                .calls_back(&self.settings)
                .then(|| same.and_then(|same| same.callback_token.clone()))
                .map(|token| token.unwrap_or_else(|| CallbackToken::new(Uuid::new_v4().as_u128()))),
            settings: self.settings,
            limits: before.map(|before| before.limits).unwrap_or_default(),
        };
        for lacking in made.identities.lacking(&transport) {
            let detail = format!(
                "the platform operator has not granted {} to this tenant",
                lacking.identity
            );
            findings.add(lacking.field, "not_granted", detail);
        }
        let secret = match &credentials {
            Some(new) => Some(new.as_str()),
            None => kept_secret,
        };
        // An invalid part would be reported as missing here.
        if let Some(secret) = secret.filter(|_| findings.is_empty()) {
            check_account(&transport, secret, &mut findings);
        }
        findings.finish()?;
        Ok((transport, credentials))
    }

    /// Reports what is not as the vendor needs it.
    fn check(&self, setup: &Setup, kept_secret: Option<&str>, findings: &mut Findings) {
        let kept = kept_secret.and_then(|text| serde_json::from_str(text).ok());
        let credentials = self.credentials.as_ref().or(kept.as_ref());
        let given = Given {
            sender: &[
                ("from", self.from.as_deref()),
                ("from_name", self.from_name.as_deref()),
                ("sender_id", self.sender_id.as_deref()),
            ],
            settings: &self.settings,
            // What the platform's own accounts do not take is reported as a whole.
            credentials: credentials.filter(|_| !setup.credentials.is_empty()),
        };
        for finding in setup.check(&given) {
            findings.add(finding.field, finding.code, finding.detail);
        }
    }

    fn read_credentials(
        &self,
        vendor: Vendor,
        are_kept: bool,
        findings: &mut Findings,
    ) -> Option<String> {
        match (&self.credentials, vendor.wants_credentials()) {
            (None, true) if !are_kept => {
                let detail = format!("the credentials of the {vendor} account");
                findings.add("credentials", "missing", detail);
                None
            }
            (Some(_), false) => {
                let detail = format!("{vendor} uses the credentials of the function");
                findings.add("credentials", "not_wanted", detail);
                None
            }
            (Some(credentials), true) => {
                let text = serde_json::to_string(credentials).unwrap_or_default();
                if text.len() > CREDENTIALS_BYTES {
                    let detail = format!("at most {CREDENTIALS_BYTES} bytes");
                    findings.add("credentials", "too_long", detail);
                }
                Some(text)
            }
            (None, _) => None,
        }
    }
}

/// Reports what the vendor's adapter would reject, so that it does not surface with the first message: keys that do not
/// match, or settings that contradict each other.
fn check_account(transport: &Transport, secret: &str, findings: &mut Findings) {
    let account = Account::of(transport, secret, Timestamp::UNIX_EPOCH);
    match usable::check(transport.vendor, &account) {
        Ok(()) => {}
        Err(error @ Unusable::Secret { .. }) => {
            findings.add("credentials", "invalid_credentials", error.to_string());
        }
        Err(error @ Unusable::Setting { .. }) => {
            findings.add("settings", "invalid_settings", error.to_string());
        }
    }
}
