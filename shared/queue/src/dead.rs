//! What nobody can read goes to the dead-letter queue soon.

use crate::{Batch, Producer, Sqs};

/// The dead-letter queue of a function.
///
/// SQS itself moves a message there when it was handed out too often, and a message that is put off
/// for days may be handed out a thousand times. What cannot be read need not wait that long, nor take
/// the place of others in a thousand batches.
#[derive(Debug, Clone)]
pub struct DeadLetterQueue {
    producer: Producer,
}

/// A message that cannot be read is received this often before it is given up: a function that is
/// newer may be on its way and know what it says.
const TRIES: u32 = 3;

impl DeadLetterQueue {
    /// The queue with this URL.
    pub fn new(sqs: Sqs, queue_url: impl Into<String>) -> Self {
        Self {
            producer: Producer::new(sqs, queue_url),
        }
    }

    /// Hands over what could not be read of a batch again and again, and lets it go from its own queue.
    ///
    /// This is an optimisation: where it fails, the queue's redrive policy does it later, so a
    /// failure is logged and nothing else. A message that is handed over twice, because we ended
    /// before its own queue heard of it, is known by the id that it had there.
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
                "messages that nobody can read stay in their queue"
            ),
        }
    }
}
