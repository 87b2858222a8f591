//! Deliveries: reading, counting and settling them.

mod deliveries;
mod settle;
