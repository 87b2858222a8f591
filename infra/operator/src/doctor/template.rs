//! What the template of this version declares. A deployment may be of an older one.

/// The names of outputs and alarms, one in a line, as the template has them when its loops are expanded. A test of the template
/// (`tests/template`) holds the file to it.
const DECLARED: &str = include_str!("declared.txt");

/// The outputs that every deployment of this version has; those with a condition are left out.
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
