//! Shows progress: a spinner on a terminal, a line otherwise, nothing in quiet tests.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How progress is shown. Everything goes to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A spinner for the current step and a line for each finished one.
    Terminal,
    /// A line for each finished step.
    Plain,
    /// Nothing.
    Silent,
}

impl Progress {
    /// The mode that suits this process's standard error.
    #[must_use]
    pub fn detect() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Terminal
        } else {
            Self::Plain
        }
    }

    /// Begins a step, which lasts until `done` is called or it is dropped.
    #[must_use]
    pub fn step(self, what: impl Into<String>) -> Step {
        let what = what.into();
        let bar = match self {
            Self::Terminal => {
                let bar = ProgressBar::new_spinner().with_message(what.clone());
                if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed:.dim}")
                {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            Self::Plain => {
                self.note(&format!("{what} …"));
                None
            }
            Self::Silent => None,
        };
        Step {
            progress: self,
            started: Instant::now(),
            what,
            bar,
        }
    }

    /// Prints a line.
    pub fn note(self, line: &str) {
        if self != Self::Silent {
            // A closed standard error is no reason to stop.
            let _ = writeln!(std::io::stderr(), "  {line}");
        }
    }
}

/// The current step.
#[derive(Debug)]
pub struct Step {
    progress: Progress,
    started: Instant,
    what: String,
    bar: Option<ProgressBar>,
}

impl Step {
    /// Ends the step and prints how long it took.
    pub fn done(mut self, result: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let result = if result.is_empty() {
            String::new()
        } else {
            format!(": {result}")
        };
        self.progress
            .note(&format!("✓ {}{result} ({seconds:.1} s)", self.what));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
