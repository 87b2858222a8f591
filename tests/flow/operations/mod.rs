//! What an operator sees and does: logs, dead letters, `carillon`, permissions, load.

mod dead_letters;
mod doctor;
mod logs;
mod operator;
mod permissions;
mod pressure;
