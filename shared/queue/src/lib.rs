//! Both ends of SQS: sending tasks, and splitting received batches.
//!
//! A queue message is only a hint: it may be lost, duplicated or late. The ledger is the source of truth.

mod consumer;
mod dead;
mod deadline;
mod jobs;
mod producer;
mod sqs;

pub use consumer::{Batch, BodyError, DeadBody, Message, Undecodable, Visibility};
pub use dead::DeadLetterQueue;
pub use deadline::deadline;
pub use jobs::{JobQueues, JobsMessage};
pub use producer::{
    ChannelQueues, FanoutQueues, Producer, SendError, concurrency_variable, dead_queue_variable,
    queue_variable,
};
pub use sqs::Sqs;
