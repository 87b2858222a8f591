//! Vendors, routes between transports, and the identities a tenant may send as.

mod identities;
mod routes;
mod vendors;
