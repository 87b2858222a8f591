//! The doctor's report.

use std::{fmt::Write as _, process::ExitCode};

use serde::Serialize;

/// The area of a check, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The CloudFormation stack.
    Stack,
    /// The transports in the catalog.
    Catalog,
    /// Amazon SES.
    Ses,
    /// The DNS of sending domains.
    Dns,
    /// Amazon SNS and AWS End User Messaging.
    TextMessages,
    /// The limit of concurrent executions.
    Concurrency,
    /// CloudWatch alarms and their subscribers.
    Alarms,
    /// The DynamoDB tables.
    Tables,
    /// Dead-letter queues.
    Queues,
    /// Test messages.
    Transports,
}

impl Area {
    fn heading(self) -> &'static str {
        match self {
            Area::Stack => "Stack",
            Area::Catalog => "Transports in the catalog",
            Area::Ses => "Amazon SES",
            Area::Dns => "DNS",
            Area::TextMessages => "Text messages",
            Area::Concurrency => "Lambda concurrency",
            Area::Alarms => "Alarms",
            Area::Tables => "Tables",
            Area::Queues => "Dead-letter queues",
            Area::Transports => "Test messages",
        }
    }
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No problem.
    Ok,
    /// It works, but not in all circumstances, or not as well as it could.
    Warning,
    /// Messages are not sent or not delivered, or data is not safe.
    Failed,
    /// The result is not known, because a call failed.
    NotChecked,
}

impl Status {
    fn mark(self) -> char {
        match self {
            Status::Ok => '✓',
            Status::Warning => '!',
            Status::Failed => '✗',
            Status::NotChecked => '?',
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its area.
    pub area: Area,
    /// What was checked.
    pub check: String,
    /// Its result.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do, if anything.
    pub remedy: Option<String>,
}

impl Finding {
    fn new(
        area: Area,
        check: impl Into<String>,
        status: Status,
        found: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            area,
            check: check.into(),
            status,
            found: found.into(),
            remedy,
        }
    }

    pub(super) fn ok(area: Area, check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(area, check, Status::Ok, found, None)
    }

    pub(super) fn warning(
        area: Area,
        check: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(area, check, Status::Warning, found, Some(remedy.into()))
    }

    pub(super) fn failed(
        area: Area,
        check: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(area, check, Status::Failed, found, Some(remedy.into()))
    }

    pub(super) fn not_checked(
        area: Area,
        check: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(area, check, Status::NotChecked, found, Some(remedy.into()))
    }

    /// The finding as text, with a heading if it is the first of its area.
    #[must_use]
    pub fn lines(&self, with_heading: bool) -> String {
        let mut lines = String::new();
        if with_heading {
            let _ = writeln!(lines, "\n{}", self.area.heading());
        }
        let _ = write!(
            lines,
            "  {} {}: {}",
            self.status.mark(),
            printable(&self.check),
            printable(&self.found)
        );
        if let Some(remedy) = &self.remedy {
            for (number, line) in remedy.lines().enumerate() {
                let lead = if number == 0 { "→" } else { " " };
                let _ = write!(lines, "\n      {lead} {}", printable(line));
            }
        }
        lines
    }
}

/// Replaces control characters: text from elsewhere, such as a provider's reason, must not control the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// All findings as one JSON array.
#[must_use]
pub fn json(findings: &[Finding]) -> String {
    // Only strings and variant names: it cannot fail.
    serde_json::to_string_pretty(findings).unwrap_or_default()
}

/// The last line of the report.
#[must_use]
pub fn summary(findings: &[Finding]) -> String {
    let count = |status| {
        findings
            .iter()
            .filter(|finding| finding.status == status)
            .count()
    };
    format!(
        "\n{} ✓ ok, {} ! warnings, {} ✗ failed, {} ? not checked",
        count(Status::Ok),
        count(Status::Warning),
        count(Status::Failed),
        count(Status::NotChecked)
    )
}

/// 1 if anything failed, else 0.
#[must_use]
pub fn exit_code(findings: &[Finding]) -> ExitCode {
    match findings
        .iter()
        .any(|finding| finding.status == Status::Failed)
    {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn all() -> [Finding; 4] {
        [
            Finding::ok(Area::Stack, "status", "CREATE_COMPLETE"),
            Finding::warning(Area::Dns, "DMARC", "p=none", "Raise it."),
            Finding::failed(Area::Ses, "sandbox", "in it", "Ask.\nThen wait."),
            Finding::not_checked(Area::Ses, "account", "denied", "Allow it."),
        ]
    }

    #[test]
    fn a_finding_is_one_line_with_its_remedy_below() {
        let [ok, _, failed, _] = all();
        assert_eq!(ok.lines(true), "\nStack\n  ✓ status: CREATE_COMPLETE");
        assert_eq!(
            failed.lines(false),
            "  ✗ sandbox: in it\n      → Ask.\n        Then wait."
        );
        let hostile = Finding::ok(Area::Stack, "status", "a\u{1b}[2Jb");
        assert_eq!(hostile.lines(false), "  ✓ status: a [2Jb");
    }

    #[test]
    fn json_has_the_documented_fields() {
        let read: Value = serde_json::from_str(&json(&all())).unwrap();
        assert_eq!(
            read[2],
            json!({ "area": "ses", "check": "sandbox", "status": "failed", "found": "in it", "remedy": "Ask.\nThen wait." })
        );
        assert_eq!(
            (&read[0]["remedy"], &read[3]["status"]),
            (&Value::Null, &json!("not_checked"))
        );
    }

    #[test]
    fn only_failures_set_the_exit_code() {
        let [ok, warning, failed, not_checked] = all();
        let code = |findings: &[Finding]| format!("{:?}", exit_code(findings));
        assert_eq!(
            code(&[ok, warning, not_checked]),
            format!("{:?}", ExitCode::SUCCESS)
        );
        assert_eq!(code(&[failed]), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(
            summary(&all()),
            "\n1 ✓ ok, 1 ! warnings, 1 ✗ failed, 1 ? not checked"
        );
    }
}
