//! What keeps the system going: long-running jobs, and the tasks of all queues.

pub mod job;
pub mod task;
