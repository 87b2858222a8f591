//! Both ends of SQS: sending tasks, and taking a batch apart on the other side.
//!
//! A queue message is a hint and never the truth: it may be lost, repeated or late.

mod consumer;
mod deadline;
mod intake;
mod producer;

pub use consumer::{Batch, Message, Undecodable, Visibility};
pub use deadline::deadline;
pub use intake::IntakeMessage;
pub use producer::{ChannelQueues, FanoutQueues, Producer, SendError, queue_variable};
