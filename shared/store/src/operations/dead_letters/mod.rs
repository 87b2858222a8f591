//! Dead letters: messages that a queue moved to its dead-letter queue, recorded so that nobody
//! has to look into a queue to see what was not done, and why.

mod read;
mod write;

use carillon_domain::{
    id::{DeadLetterId, TenantId},
    operations::task::Task,
    reason::Reason,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::write::Kept;
use crate::keys::{self, Key};

/// How long a dead letter is kept.
const KEPT_DAYS: u32 = 90;

/// What is left to do about a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterStatus {
    /// It can be redriven.
    Waiting,
    /// Its task was redriven.
    Redriven,
    /// Nothing to redrive: its work was completed or dropped in another way.
    Closed,
}

/// A dead letter whose task can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its id, derived from the message's, so that recording it twice makes one row.
    pub id: DeadLetterId,
    /// The dead-letter queue.
    pub queue: String,
    /// The task: identifiers only.
    pub task: Task,
    /// Why it failed.
    pub reason: Reason,
    /// How many times the message was received.
    pub received: u32,
    /// What is left to do about it.
    pub status: DeadLetterStatus,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When it was redriven or closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

impl DeadLetter {
    fn tenant(&self) -> &TenantId {
        self.task.tenant()
    }

    /// Its key, and the key it would have with the other status.
    fn keys(&self) -> [Key; 2] {
        let waiting = keys::waiting_dead_letter(self.tenant(), &self.id);
        let settled = keys::settled_dead_letter(self.tenant(), &self.id);
        match self.status {
            DeadLetterStatus::Waiting => [waiting, settled],
            DeadLetterStatus::Redriven | DeadLetterStatus::Closed => [settled, waiting],
        }
    }
}

/// A dead letter whose body is not a task. The body may hold anything, so it is not stored, only
/// identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableDeadLetter {
    /// Its id, derived from the message's.
    pub id: DeadLetterId,
    /// The dead-letter queue.
    pub queue: String,
    /// SHA-256 of the body, in hexadecimal.
    pub digest: String,
    /// The length of the body.
    pub bytes: u64,
    /// What is wrong with it.
    pub reason: Reason,
    /// How many times the message was received.
    pub received: u32,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}
