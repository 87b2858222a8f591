//! Deliveries: claims, receipts, totals, rate limiters.

mod deliveries;
mod numbers;
mod queue_priorities;
mod rate_limiters;
mod receipts;
mod recount;
mod totals;
