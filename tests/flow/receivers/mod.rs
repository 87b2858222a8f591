//! Receivers who are corrected before and after sending.

mod corrections;
