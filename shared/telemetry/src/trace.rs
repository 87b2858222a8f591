//! The trace of a piece of work: one id from the request or schedule that started it to the provider.
//!
//! It has X-Ray's format (X-Ray Developer Guide, "Tracing header"), because Lambda, SQS and the SDK use it. Between
//! functions it travels in a message's system attribute `AWSTraceHeader`, never in the body.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A tracing header: the trace id, and what X-Ray needs to continue the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    header: String,
}

/// `Root=` and an id.
const ROOT: std::ops::Range<usize> = 5..40;

impl Trace {
    /// A new trace, for a caller that sent none.
    pub fn begin() -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let unique = fastrand::u128(..) >> 32;
        Self {
            header: format!("Root=1-{:08x}-{unique:024x}", seconds & 0xffff_ffff),
        }
    }

    /// Parses a tracing header. Malformed parts are dropped, because SQS rejects a message with them; without a
    /// well-formed id there is no trace.
    pub fn parse(header: &str) -> Option<Self> {
        let part = |name: &str| {
            header
                .split(';')
                .filter_map(|part| part.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let root = part("Root").filter(|root| is_root(root))?;
        let mut header = format!("Root={root}");
        if let Some(parent) = part("Parent").filter(|parent| is_hex(parent, 16)) {
            header.push_str(";Parent=");
            header.push_str(parent);
        }
        if let Some(sampled) = part("Sampled").filter(|sampled| matches!(*sampled, "0" | "1")) {
            header.push_str(";Sampled=");
            header.push_str(sampled);
        }
        Some(Self { header })
    }

    /// The trace of the current task, if any.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The whole header, to pass downstream.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The trace id, as X-Ray and the log show it.
    pub fn root(&self) -> &str {
        &self.header[ROOT]
    }
}

/// Runs a future within a trace: messages sent meanwhile carry it.
pub fn carry<F: Future>(trace: Trace, work: F) -> TaskLocalFuture<Trace, F> {
    CURRENT.scope(trace, work)
}

fn is_root(root: &str) -> bool {
    let mut parts = root.split('-');
    parts.next() == Some("1")
        && parts.next().is_some_and(|seconds| is_hex(seconds, 8))
        && parts.next().is_some_and(|unique| is_hex(unique, 24))
        && parts.next().is_none()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMBDA: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:ab12cd34:0";

    #[test]
    fn a_new_trace_has_the_x_ray_format() {
        let trace = Trace::begin();
        assert_eq!(Trace::parse(trace.header()), Some(trace.clone()));
        assert_ne!(trace, Trace::begin());
        assert_eq!(trace.root().len(), 35);
    }

    #[test]
    fn only_well_formed_parts_of_a_header_are_passed_on() {
        let trace = Trace::parse(LAMBDA).unwrap();
        assert_eq!(trace.root(), "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(
            trace.header(),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
        );
        let odd = "Self=x; Root=1-5759e988-bd862e3fe1be46a994272793;Parent=no;Sampled=?";
        assert_eq!(
            Trace::parse(odd).unwrap().header(),
            "Root=1-5759e988-bd862e3fe1be46a994272793"
        );
        for none in [
            "",
            "Root=",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279é",
            "Root=1-5759e988-bd862e3fe1be46a994272793-0",
        ] {
            assert_eq!(Trace::parse(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn the_current_trace_is_known_within_its_scope() {
        assert_eq!(Trace::current(), None);
        let trace = Trace::begin();
        let seen = carry(trace.clone(), async { Trace::current() }).await;
        assert_eq!(seen, Some(trace));
        assert_eq!(Trace::current(), None);
    }
}
