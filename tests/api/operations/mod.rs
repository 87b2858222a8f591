//! Dead letters and jobs.

mod dead_letters;
mod jobs;
