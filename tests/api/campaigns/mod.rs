//! Campaigns: drafting, publishing, scheduling, stopping.

mod drafts;
mod publishing;
mod running;
mod schedules;
mod values;
mod versions;
