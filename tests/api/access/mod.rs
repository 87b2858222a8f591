//! Keys, tenants, and what a tenant may ask for at once.

mod keys;
mod shares;
mod tenants;
