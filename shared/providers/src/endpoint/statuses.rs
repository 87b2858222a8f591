//! The meaning of an endpoint's HTTP statuses.

use std::ops::RangeInclusive;

const FINAL: RangeInclusive<u16> = 200..=599;
const SUCCESS: RangeInclusive<u16> = 200..=299;

/// A list of statuses, as in `200-299,409`.
#[derive(Debug, Clone)]
pub(super) struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let ranges = text.split(',').map(range).collect::<Option<_>>()?;
        Some(Self(ranges))
    }

    fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }

    fn meets(&self, other: &Self) -> bool {
        let meet = |one: &RangeInclusive<u16>, another: &RangeInclusive<u16>| {
            one.start() <= another.end() && another.start() <= one.end()
        };
        self.0
            .iter()
            .any(|one| other.0.iter().any(|another| meet(one, another)))
    }
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (status(first.trim())?, status(last.trim())?);
    (first <= last).then_some(first..=last)
}

fn status(text: &str) -> Option<u16> {
    let is_number = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let status: u16 = text.parse().ok().filter(|_| is_number)?;
    FINAL.contains(&status).then_some(status)
}

/// What a status means for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The endpoint accepted it.
    Accepted,
    /// It did not and never will.
    Rejected,
    /// It did not, but may later.
    Retry,
    /// The default meaning.
    AsUsual,
}

/// The transport's lists of statuses.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    accepted: Option<Statuses>,
    rejected: Option<Statuses>,
    retry: Option<Statuses>,
}

impl Answers {
    /// `None` if a status is in two of the lists.
    pub(super) fn new(
        accepted: Option<Statuses>,
        rejected: Option<Statuses>,
        retry: Option<Statuses>,
    ) -> Option<Self> {
        let meet = |one: &Option<Statuses>, another: &Option<Statuses>| {
            one.as_ref()
                .zip(another.as_ref())
                .is_some_and(|(one, another)| one.meets(another))
        };
        let is_contradiction =
            meet(&accepted, &rejected) || meet(&accepted, &retry) || meet(&rejected, &retry);
        (!is_contradiction).then_some(Self {
            accepted,
            rejected,
            retry,
        })
    }

    /// The lists take precedence. If accepted statuses are listed, no others mean acceptance.
    pub(super) fn meaning(&self, status: u16) -> Meaning {
        let stands_in =
            |list: &Option<Statuses>| list.as_ref().is_some_and(|it| it.contains(status));
        if stands_in(&self.rejected) {
            Meaning::Rejected
        } else if stands_in(&self.retry) {
            Meaning::Retry
        } else if stands_in(&self.accepted)
            || (self.accepted.is_none() && SUCCESS.contains(&status))
        {
            Meaning::Accepted
        } else {
            Meaning::AsUsual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_contains_statuses_and_ranges() {
        for good in ["200", "200-299", "200-299,409", " 202 , 500 - 599", "599"] {
            assert!(Statuses::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            ",",
            "200,",
            "2xx",
            "20",
            "2000",
            "199",
            "600",
            "299-200",
            "200-",
            "-299",
            "+20",
            "200--299",
            "200 299",
            "200-299-300",
            "０２０",
        ] {
            assert!(Statuses::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_status_is_in_one_list_only() {
        let list = Statuses::parse;
        for (accepted, rejected, retry, is_right) in [
            ("200-299", "400-428", "429,500-599", true),
            ("200-299", "299", "429", false),
            ("202", "400", "200-204", false),
            ("202", "400-499", "429", false),
            ("200-299", "250-260", "429", false),
            ("250", "200-299", "429", false),
        ] {
            let answers = Answers::new(list(accepted), list(rejected), list(retry));
            assert_eq!(answers.is_some(), is_right, "{accepted} {rejected} {retry}");
        }
    }
}
