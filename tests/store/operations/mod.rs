//! Dead letters.

mod dead_letters;
