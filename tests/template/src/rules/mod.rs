//! Rules that hold for the template as it is.

mod permissions;
