//! What the person who operates a deployment runs from a shell, with credentials of their own: the program `carillon`.

mod api;
pub mod bulksms;
pub mod command;
pub mod deployment;
pub mod doctor;
pub mod error;
mod local_stack;
mod said;
