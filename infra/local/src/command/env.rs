//! `cargo local env`.

use crate::command::{running, say};
use crate::error::Error;
use crate::stack;

pub(crate) fn run() -> Result<(), Error> {
    let state = running()?;
    for (name, value) in state.details.environment(Some(&state.tenant)) {
        say(&format!("export {name}={}", quoted(&value)));
    }
    // cargo-lambda is one of the pinned packages.
    let programs = stack::python_directory().join("bin");
    say(&format!(
        "export PATH={}:\"$PATH\"",
        quoted(&programs.to_string_lossy())
    ));
    Ok(())
}

/// A word that a shell takes as it stands. The path of the API has a dollar sign in it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let value = "it's $default and \"more\" \\ `x`";
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", quoted(value))])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
    }
}
