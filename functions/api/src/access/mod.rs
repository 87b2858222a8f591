//! Who may do what.

mod tenant;

pub(crate) use tenant::routes;
