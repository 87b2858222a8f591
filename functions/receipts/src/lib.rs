//! Receives provider events about accepted messages and applies them to the ledger as receipts.
//!
//! Events are repeated, late and unordered; the store ensures that they only add to what is known. An event that comes
//! before our own record of the call is looked at again later.

use std::{sync::Arc, time::Duration};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    access::{Actor, Context},
    campaigns::Campaign,
    delivery::{
        Delivery,
        failover::{fail_over, send_again},
        rate_limiter::BreakerState,
        receipt::{Receipt, StatusUpdate},
        task::DeliveryTask,
    },
    id::TenantId,
    reason::Reason,
    suppressions::{Suppression, SuppressionSource},
    transports::routing::Setup,
};
use carillon_providers::{
    EventSubject, email::ses_events::SesEvent, sms::end_user_messaging_events::TextEvent,
};
use carillon_queue::{Batch, ChannelQueues, DeadLetterQueue, Message, Visibility};
use carillon_store::{
    Error as StoreError, MissingVariable, ReceiptOutcome, Recent, Store, Suppressed, TaskRows,
    environment::variable,
};
use carillon_telemetry::{Line, Outcome};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;

/// Minimum and maximum delay before a receipt that came too early is looked at again.
const SOON: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_mins(15);
/// Delay before the sweep checks a campaign one of whose messages failed over.
const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// The function's dependencies.
pub struct Receipts {
    store: Store,
    visibility: Visibility,
    dead: DeadLetterQueue,
    channels: ChannelQueues,
    setups: Recent<TenantId, Arc<Setup>>,
}

/// The body of a message: an event from SES or End User Messaging, or a receipt enqueued by `callbacks`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum InboundEvent {
    Ses(SesEvent),
    Text(TextEvent),
    Receipt(Receipt),
}

impl InboundEvent {
    fn read(self) -> EventSubject {
        match self {
            InboundEvent::Ses(event) => event.read(),
            InboundEvent::Text(event) => event.read(),
            InboundEvent::Receipt(receipt) => EventSubject::Receipt(receipt),
        }
    }
}

/// A batch in progress.
struct Work {
    batch: Batch<InboundEvent>,
    /// Messages that stay in the queue, by receipt handle, with the time until they are looked at again.
    hidden: Vec<(String, Duration)>,
}

impl Work {
    fn leave(&mut self, message: &Message<InboundEvent>, pause: Duration) {
        self.batch.fail(&message.id);
        self.hidden.push((message.receipt_handle.clone(), pause));
    }
}

/// Processes one batch. Messages in the response stay in the queue.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(
    receipts: &Receipts,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let line = Line::begin("receipts", &context);
    Ok(Box::pin(receipts.events(payload, line)).await)
}

impl Receipts {
    /// The function configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let queue_urls = vec![variable("RECEIPTS_QUEUE_URL")?];
        let sqs = carillon_queue::Sqs::new(config);
        Ok(Self {
            store: Store::from_environment(config)?,
            visibility: Visibility::new(sqs.clone(), queue_urls),
            channels: ChannelQueues::new(&sqs, variable)?,
            setups: Recent::default(),
            dead: DeadLetterQueue::new(sqs, variable("RECEIPTS_DEAD_QUEUE_URL")?),
        })
    }

    async fn events(&self, event: SqsEvent, mut line: Line) -> SqsBatchResponse {
        let mut undecodable = 0_usize;
        let mut batch: Batch<InboundEvent> = Batch::read(event, |message| {
            undecodable += 1;
            tracing::error!(message_id = message.id, error = %message.error, "a message is not a provider event");
        });
        let messages = std::mem::take(&mut batch.messages);
        line.set("messages", messages.len() + undecodable);
        line.count("undecodable", undecodable);
        let mut work = Work {
            batch,
            hidden: Vec::new(),
        };
        let result = self.apply(&messages, &mut work, &mut line).await;
        if let Err(error) = &result {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "could not apply a batch of receipts"
            );
            for message in &messages {
                work.leave(message, SOON);
            }
        }
        self.visibility.hide(&work.batch.queue, &work.hidden).await;
        line.end(match result {
            Ok(()) => Outcome::of_batch(messages.len() + undecodable, undecodable),
            Err(_) => Outcome::Failed,
        });
        self.dead.take_undecodable(&mut work.batch).await;
        work.batch.response()
    }

    async fn apply(
        &self,
        messages: &[Message<InboundEvent>],
        work: &mut Work,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let mut told = Vec::new();
        let mut receipts = Vec::new();
        for message in messages {
            match message.task.clone().read() {
                EventSubject::Receipt(receipt) => {
                    told.push(message);
                    receipts.push(receipt);
                }
                EventSubject::Foreign => line.note("foreign", 1),
                EventSubject::Irrelevant => line.note("irrelevant", 1),
            }
        }
        if receipts.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now();
        let heard = self.store.apply_receipts(&receipts, now).await?;
        for ((message, receipt), heard) in told.into_iter().zip(&receipts).zip(heard) {
            if matches!(heard, ReceiptOutcome::Applied | ReceiptOutcome::NothingNew) {
                // No transport is tried for an address that is now suppressed.
                if let Some(source) = receipt.news.suppression() {
                    self.suppress(receipt, source, line).await?;
                } else if let StatusUpdate::Postponed { reason, by_account } = &receipt.news {
                    if *by_account {
                        self.trip(receipt, reason, now, line).await?;
                    }
                    self.send_again(receipt, now, line).await?;
                } else if receipt.news.is_undelivered() {
                    self.pass_on(receipt, now, line).await?;
                }
            }
            let name = match heard {
                ReceiptOutcome::Applied => "applied",
                ReceiptOutcome::NothingNew => "nothing_new",
                ReceiptOutcome::NotOurs => "not_ours",
                ReceiptOutcome::TooEarly => {
                    work.leave(message, pause(receipt, now));
                    "too_early"
                }
            };
            line.note(name, 1);
        }
        Ok(())
    }

    /// Suppresses the address of a delivery. An existing suppression is left as it is.
    async fn suppress(
        &self,
        receipt: &Receipt,
        source: SuppressionSource,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let address = self.store.address_of(receipt).await?;
        let Some(address) = address else {
            return Ok(());
        };
        let suppression = Suppression {
            address,
            source,
            at: receipt.at,
        };
        let context = Context::new(receipt.tenant.clone(), Actor::Provider, Timestamp::now());
        if self.store.suppress(&context, &suppression).await? == Suppressed::Now {
            line.note("suppressed", 1);
        }
        Ok(())
    }

    /// Opens the breaker of an account that reports afterwards that it does not work, so that its messages wait and the
    /// operator sees why. An account that is already waiting is left as it is.
    async fn trip(
        &self,
        receipt: &Receipt,
        reason: &Reason,
        now: Timestamp,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let Some(transport) = &receipt.transport else {
            return Ok(());
        };
        let known = self.store.rate_limiter(&receipt.tenant, transport).await?;
        let opened = self
            .store
            .change_rate_limiter(&receipt.tenant, transport, &known, |rate_limiter| {
                let is_open = matches!(rate_limiter.breaker.state(now), BreakerState::Open { .. });
                if !is_open {
                    rate_limiter.breaker.trip(None, reason, now);
                }
                !is_open
            })
            .await?;
        line.note("breaker_opened", usize::from(opened));
        Ok(())
    }

    /// Resends a message that its provider abandoned for a transient reason. If we crash between the ledger and the
    /// queue, the sweep enqueues it.
    async fn send_again(
        &self,
        receipt: &Receipt,
        now: Timestamp,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let Some((task, loaded)) = self.store.undelivered(receipt).await? else {
            return Ok(());
        };
        let (Some(campaign), Some(before)) = (&loaded.campaign, &loaded.delivery) else {
            return Ok(());
        };
        if receipt.is_of_another_transport(before) {
            return Ok(());
        }
        let Some(after) = send_again(campaign, before, fastrand::f64(), now) else {
            return Ok(());
        };
        self.hand_over(&task, &loaded, campaign, &after, "sent_again", now, line)
            .await
    }

    /// Fails a message over to another transport if its provider could not deliver it and its campaign allows that. If
    /// we crash between the ledger and the queue, the sweep enqueues it.
    async fn pass_on(
        &self,
        receipt: &Receipt,
        now: Timestamp,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let Some((task, loaded)) = self.store.undelivered(receipt).await? else {
            return Ok(());
        };
        let (Some(campaign), Some(receiver), Some(before)) =
            (&loaded.campaign, &loaded.receiver, &loaded.delivery)
        else {
            return Ok(());
        };
        if campaign.failover.is_none() || receipt.is_of_another_transport(before) {
            return Ok(());
        }
        let tenant = &campaign.tenant;
        let Some(address) = receiver.address(receipt.channel) else {
            return Ok(());
        };
        let context = Context::new(tenant.clone(), Actor::Provider, now);
        if self.store.suppression(&context, &address).await?.is_some() {
            return Ok(());
        }
        let read = async || self.store.setup(&context).await.map(Arc::new);
        let setup = self.setups.get_or_read(tenant.clone(), read).await?;
        let Some(after) = fail_over(campaign, receiver, before, &setup, now) else {
            return Ok(());
        };
        self.hand_over(&task, &loaded, campaign, &after, "passed_on", now, line)
            .await
    }

    /// Writes the row of a delivery to be resent and enqueues it.
    #[expect(
        clippy::too_many_arguments,
        reason = "a delivery, its place, and its new row"
    )]
    async fn hand_over(
        &self,
        task: &DeliveryTask,
        loaded: &TaskRows,
        campaign: &Campaign,
        after: &Delivery,
        name: &'static str,
        now: Timestamp,
        line: &mut Line,
    ) -> Result<(), StoreError> {
        let look_at = now + LOOK_AFTER;
        self.store
            .watch_campaign(&campaign.tenant, &campaign.id, look_at)
            .await?;
        let passed = self.store.fail_over_delivery(task, loaded, after).await?;
        let Some(task) = passed else {
            return Ok(());
        };
        line.note(name, 1);
        let queue_priority = self.store.queue_priority(campaign, 0, 1, now).await?;
        let sent = self
            .channels
            .send(task.channel, queue_priority, &[task])
            .await;
        if let Err(error) = sent {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                campaign = %campaign.id,
                "could not enqueue a resend; the sweep will"
            );
        }
        Ok(())
    }
}

/// Waits as long again as the receipt is old, so that late ones are not looked at all the time.
fn pause(receipt: &Receipt, now: Timestamp) -> Duration {
    let age = now.duration_since(receipt.at);
    Duration::try_from(age).unwrap_or(SOON).clamp(SOON, LATE)
}

#[cfg(test)]
mod tests {
    use carillon_domain::{channel::Channel, delivery::receipt::StatusUpdate};

    use super::*;

    #[test]
    fn early_receipts_wait_longer_each_time() {
        let at: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let receipt = Receipt {
            tenant: "demo".parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            channel: Channel::Email,
            transport: None,
            provider_id: "m-1".to_owned(),
            at,
            news: StatusUpdate::Accepted,
        };
        let after =
            |seconds| pause(&receipt, at + jiff::SignedDuration::from_secs(seconds)).as_secs();
        assert_eq!(
            [after(-60), after(0), after(20), after(86_400)],
            [5, 5, 20, 900]
        );
    }

    #[test]
    fn a_receipt_becomes_a_dead_letter_after_a_day() {
        // The maximum receive count is set in infra/template.yaml.
        let (mut age, mut received) = (Duration::ZERO, 0);
        while age < Duration::from_hours(24) {
            age += age.clamp(SOON, LATE);
            received += 1;
        }
        assert!(received < 120, "{received}");
    }
}
