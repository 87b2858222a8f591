//! The trace that work belongs to: one id from the request or schedule that began it to the provider.
//!
//! Its form is X-Ray's (X-Ray Developer Guide, "Tracing header"), because Lambda, SQS and the SDK
//! speak it. Between functions it travels in the system attribute `AWSTraceHeader` of a message,
//! never in the body.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A tracing header: the id of the trace, and what X-Ray needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    header: String,
}

/// `Root=` and an id.
const ROOT: std::ops::Range<usize> = 5..40;

impl Trace {
    /// A trace that begins here, because whoever called gave none.
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

    /// Reads a tracing header. What is not well-formed is left out, because SQS refuses a message
    /// for it; without a well-formed id there is no trace.
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

    /// The trace of what is being done right now, if it has one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The whole header, for the next one.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The id, by which X-Ray and the log name the trace.
    pub fn root(&self) -> &str {
        &self.header[ROOT]
    }
}

/// Does something as a part of a trace: messages that are sent meanwhile carry it.
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
    fn what_begins_here_has_the_form_of_x_ray() {
        let trace = Trace::begin();
        assert_eq!(Trace::parse(trace.header()), Some(trace.clone()));
        assert_ne!(trace, Trace::begin());
        assert_eq!(trace.root().len(), 35);
    }

    #[test]
    fn a_header_is_taken_apart_and_only_what_is_well_formed_goes_on() {
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
    async fn it_is_known_to_what_is_done_as_a_part_of_it() {
        assert_eq!(Trace::current(), None);
        let trace = Trace::begin();
        let seen = carry(trace.clone(), async { Trace::current() }).await;
        assert_eq!(seen, Some(trace));
        assert_eq!(Trace::current(), None);
    }
}
