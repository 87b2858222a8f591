//! Every event in `events/` through the real binary.
