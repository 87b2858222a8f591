//! Both ends of SQS: sending tasks, and taking a batch apart on the other side.
//!
//! A queue message is a hint and never the truth: it may be lost, repeated or late.

mod consumer;
mod dead;
mod deadline;
mod intake;
mod producer;
mod sqs;

pub use consumer::{Batch, BodyError, DeadBody, Message, Undecodable, Visibility};
pub use dead::DeadLetterQueue;
pub use deadline::deadline;
pub use intake::IntakeMessage;
pub use producer::{
    ChannelQueues, FanoutQueues, Producer, SendError, dead_queue_variable, queue_variable,
};
pub use sqs::Sqs;
