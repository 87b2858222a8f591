//! Requests to the deployed API as a client makes them: rejected ones write nothing, and repeated ones take effect once.

mod answers;
mod bodies;
mod dead_letters;
mod deliveries;
mod description;
mod drafts;
mod fields;
mod files;
mod idempotency;
mod imports;
mod jobs;
mod keys;
mod lists;
mod publishing;
mod receivers;
mod running;
mod schedules;
mod settle;
mod shares;
mod suppressions;
mod templates;
mod tenants;
mod transports;
mod values;
mod versions;
