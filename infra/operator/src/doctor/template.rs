//! The outputs and alarms that this version's template declares. A deployment may be older.

/// The names of outputs and alarms, one per line, as in the expanded template. A test (`tests/template`) keeps the file up to
/// date.
const DECLARED: &str = include_str!("declared.txt");

/// The outputs that every deployment of this version has, without conditional ones.
pub(super) fn outputs() -> Vec<&'static str> {
    names("output ")
}

/// The logical ids of the alarms.
pub(super) fn alarms() -> Vec<&'static str> {
    names("alarm ")
}

fn names(kind: &str) -> Vec<&'static str> {
    let lines = DECLARED.lines();
    lines.filter_map(|line| line.strip_prefix(kind)).collect()
}
