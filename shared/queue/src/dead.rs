//! Moves unreadable messages to the dead-letter queue early.

use crate::{Batch, Producer, Sqs};

/// The dead-letter queue of a function.
///
/// SQS moves a message there itself after too many receives, but that limit must be high: a message that is postponed
/// for days may be received a thousand times. An unreadable message need not wait that long, nor take up space in a
/// thousand batches.
#[derive(Debug, Clone)]
pub struct DeadLetterQueue {
    producer: Producer,
}

/// Receives before an unreadable message is moved to the dead-letter queue. Until then a newer version of the function,
/// which may understand it, can still be deployed.
const TRIES: u32 = 3;

impl DeadLetterQueue {
    /// The queue with this URL.
    pub fn new(sqs: Sqs, queue_url: impl Into<String>) -> Self {
        Self {
            producer: Producer::new(sqs, queue_url),
        }
    }

    /// Moves messages of a batch that remained unreadable to the dead-letter queue and deletes them from their own.
    ///
    /// This is an optimisation: if it fails, the queue's redrive policy moves them later, so a failure is only logged.
    /// If we stop before the original is deleted, the message is moved twice; its original id identifies the duplicate.
    pub async fn take_undecodable<T>(&self, batch: &mut Batch<T>) {
        let mut undecodable = std::mem::take(&mut batch.undecodable);
        undecodable.retain(|message| message.received >= TRIES);
        if undecodable.is_empty() {
            return;
        }
        match self.producer.send_dead(&undecodable).await {
            Ok(()) => {
                for message in &undecodable {
                    batch.let_go(&message.id);
                }
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not move unreadable messages to the dead-letter queue; they stay in their queue"
            ),
        }
    }
}
