//! Reads what is asked of a value, and whether it fits what the values are.

use unicode_segmentation::UnicodeSegmentation;

use super::{Known, Reader};
use crate::directory::filter::{
    problem::Spot,
    tree::{Bound, Constant, DAYS, Days, Range, Test, VALUES},
    vocabulary::Values,
    written::{At, Literal, WrittenBound, WrittenTest},
};

impl Reader<'_> {
    /// Reads a test.
    pub(super) fn test(&mut self, known: &Known<'_>, written: &At<WrittenTest>) -> Option<Test> {
        use Values::{
            Channels, Choice, Day, Email, Instant, Language, List, Mobile, Number, Scope, Text,
            YesNo, Zone,
        };
        let values = known.values;
        let fits = match (&written.value, values) {
            (WrittenTest::Exists, _)
            | (WrittenTest::Contains(_), List | Channels)
            | (WrittenTest::StartsWith(_), Text | Email | Mobile | Language | Zone)
            | (WrittenTest::ContainsWord(_), Text | Email | Mobile | Zone)
            | (WrittenTest::Range { .. }, Text | Email | Mobile | Number | Day | Instant)
            | (WrittenTest::Days { .. }, Day | Instant) => true,
            (WrittenTest::Equals(_), values) => !matches!(values, List | Channels),
            (WrittenTest::OneOf(_), values) => !matches!(values, List | Channels | YesNo),
            (
                WrittenTest::Contains(_)
                | WrittenTest::StartsWith(_)
                | WrittenTest::ContainsWord(_)
                | WrittenTest::Range { .. }
                | WrittenTest::Days { .. },
                Choice(_) | Scope | Text | Email | Mobile | Language | Zone | Number | Day
                | Instant | YesNo | List | Channels,
            ) => false,
        };
        if !fits {
            let hint = match (&written.value, values) {
                (WrittenTest::Contains(_), Text) => "; did you mean contains word?",
                (WrittenTest::Equals(_), List | Channels) => "; did you mean contains?",
                _ => "",
            };
            let reason = format!(
                "{} is {}: ask with {}{hint}",
                known.name,
                values.described(),
                values.tests()
            );
            self.problem(written.spot, "wrong_operator", reason);
            return None;
        }
        match &written.value {
            WrittenTest::Exists => Some(Test::Exists),
            WrittenTest::Equals(value) => Some(Test::Equals(self.constant(known, value)?)),
            WrittenTest::OneOf(values) => self.one_of(known, written.spot, values),
            WrittenTest::StartsWith(value) => {
                let mut text = self.text(known, value)?.trim_start().to_owned();
                if values == Mobile {
                    // People write numbers in groups.
                    text.retain(|character| character.is_alphanumeric() || character == '+');
                }
                Some(Test::StartsWith(text))
            }
            WrittenTest::ContainsWord(value) => {
                let text = self.text(known, value)?.trim().to_owned();
                if text.unicode_words().next().is_none() {
                    self.problem(value.spot, "no_word", "a word with a letter or digit");
                    return None;
                }
                Some(Test::ContainsWord(text))
            }
            WrittenTest::Contains(value) => {
                let text = self.text(known, value)?.trim().to_owned();
                let text = self.option(known, value.spot, text)?;
                Some(Test::Contains(text))
            }
            WrittenTest::Range { from, to } => {
                self.range(known, written.spot, from.as_ref(), to.as_ref())
            }
            WrittenTest::Days {
                from,
                to,
                in_any_year,
                zone,
            } => {
                let (from, to) = (self.days(from.as_ref()), self.days(to.as_ref()));
                let zone = match zone {
                    Some(zone) => Some(self.zone(zone.spot, &zone.value)?),
                    None => None,
                };
                let days = Days {
                    from: from?,
                    to: to?,
                    in_any_year: *in_any_year,
                    zone,
                };
                self.check_days(written.spot, &days)?;
                Some(Test::Days(days))
            }
        }
    }

    fn one_of(&mut self, known: &Known<'_>, spot: Spot, values: &[At<Literal>]) -> Option<Test> {
        if values.is_empty() {
            self.problem(spot, "empty", "at least one value");
            return None;
        }
        if values.len() > VALUES {
            let reason = format!(
                "at most {VALUES} values; this has {}; put many values into a list",
                values.len()
            );
            self.problem(spot, "too_many_values", reason);
            return None;
        }
        let constants = values.iter().map(|value| self.constant(known, value));
        let constants: Vec<Option<Constant>> = constants.collect();
        let constants: Option<Vec<Constant>> = constants.into_iter().collect();
        constants.map(Test::OneOf)
    }

    fn range(
        &mut self,
        known: &Known<'_>,
        spot: Spot,
        from: Option<&WrittenBound>,
        to: Option<&WrittenBound>,
    ) -> Option<Test> {
        let mut bound = |written: Option<&WrittenBound>| match written {
            None => Some(None),
            Some(written) => {
                let value = self.constant(known, &written.value)?;
                let is_inclusive = written.is_inclusive;
                Some(Some(Bound {
                    value,
                    is_inclusive,
                }))
            }
        };
        let (from, to) = (bound(from), bound(to));
        let range = Range {
            from: from?,
            to: to?,
        };
        if range.from.is_none() && range.to.is_none() {
            self.problem(spot, "empty", "a lower or an upper end");
            return None;
        }
        if range.is_empty() {
            let reason = "nothing lies between these; put the lower end first";
            self.problem(spot, "empty_range", reason);
            return None;
        }
        Some(Test::Range(range))
    }

    /// The outer `None` is a problem.
    fn days(&mut self, written: Option<&At<f64>>) -> Option<Option<i32>> {
        let Some(written) = written else {
            return Some(None);
        };
        let found = whole(written.value).filter(|days| days.abs() <= DAYS);
        if found.is_none() {
            let reason = format!("a whole number of days, at most {DAYS} either way");
            self.problem(written.spot, "invalid_days", reason);
        }
        found.map(Some)
    }

    fn check_days(&mut self, spot: Spot, days: &Days) -> Option<()> {
        let reason = match (days.from, days.to) {
            (None, None) => "a first or a last day, counted from today",
            (Some(from), Some(to)) if from > to => "the first day before the last",
            (Some(from), Some(to)) if days.in_any_year && to - from >= 365 => {
                "less than a year, if the year does not count"
            }
            (None, _) | (_, None) if days.in_any_year => {
                "a first and a last day, if the year does not count"
            }
            _ => return Some(()),
        };
        self.problem(spot, "invalid_days", reason);
        None
    }
}

impl Range {
    /// Whether nothing lies in it. A day and an instant cannot be compared without a zone.
    fn is_empty(&self) -> bool {
        let (Some(from), Some(to)) = (&self.from, &self.to) else {
            return false;
        };
        let order = match (&from.value, &to.value) {
            (Constant::Number(from), Constant::Number(to)) => from.partial_cmp(to),
            (Constant::Day(from), Constant::Day(to)) => Some(from.cmp(to)),
            (Constant::Instant(from), Constant::Instant(to)) => Some(from.cmp(to)),
            _ => None,
        };
        match order {
            Some(std::cmp::Ordering::Greater) => true,
            Some(std::cmp::Ordering::Equal) => !(from.is_inclusive && to.is_inclusive),
            _ => false,
        }
    }
}

/// A whole number within reason.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the number is whole and within the range of i32"
)]
fn whole(number: f64) -> Option<i32> {
    let is_whole = number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
    is_whole.then_some(number as i32)
}
