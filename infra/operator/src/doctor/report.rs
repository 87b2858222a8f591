//! What the doctor says.

use std::{fmt::Write as _, process::ExitCode};

use serde::Serialize;

/// What a check is about. The order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The CloudFormation stack.
    Stack,
    /// The transports in the catalog.
    Catalog,
    /// Amazon SES.
    Ses,
    /// The DNS of domains that mail comes from.
    Dns,
    /// Amazon SNS and AWS End User Messaging.
    TextMessages,
    /// How many executions Lambda allows.
    Concurrency,
    /// CloudWatch alarms and whom they reach.
    Alarms,
    /// The DynamoDB tables.
    Tables,
    /// Dead-letter queues.
    Queues,
    /// Messages to oneself.
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

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and will not in some circumstances, or not as well as it could.
    Warning,
    /// Messages do not go out, are not delivered, or data is not safe.
    Failed,
    /// Nobody knows, because the question was not answered.
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
    /// What it is about.
    pub area: Area,
    /// What was checked.
    pub check: String,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
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

    /// The finding for a person, with the heading of its area before it if it is the first of the area.
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

/// What others have written, such as a provider's reason, must not move the cursor of a terminal.
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
    // Texts and names of variants only: it cannot fail.
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

/// 1 if anything is wrong, else 0.
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
    fn a_finding_reads_as_one_line_and_its_remedy_below() {
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
    fn only_what_is_wrong_makes_the_exit_code_one() {
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
