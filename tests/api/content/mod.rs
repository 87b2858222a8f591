//! Templates, wrappers and presets.

mod templates;
