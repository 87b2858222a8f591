//! Requests as a client makes them, to the deployed API: what is refused, and that nothing is half-written; what is
//! repeated, and that it happens once.

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
