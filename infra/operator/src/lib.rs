//! What the person who operates a deployment runs from a shell, with credentials of their own: the program `carillon`.

pub mod command;
pub mod doctor;
pub mod tenants;
