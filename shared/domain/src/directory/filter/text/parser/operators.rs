//! Reads what is asked of a field.

use super::{End, Parsed, Parser, negated};
use crate::directory::filter::{
    nearest::suggestion,
    text::lexer::Token,
    written::{At, Literal, Written, WrittenBound, WrittenCondition, WrittenTest},
};

impl Parser<'_> {
    pub(super) fn field(&mut self, field: At<String>) -> Parsed<At<Written>> {
        let start = field.spot;
        let test_start = self.spot();
        let (test, is_negated) = self.test(&field.value)?;
        let test = At::new(test_start.to(self.last()), test);
        let spot = start.to(self.last());
        let condition = WrittenCondition::Field { field, test };
        let condition = At::new(spot, Written::Condition(condition));
        Ok(match is_negated {
            true => negated(spot, condition),
            false => condition,
        })
    }

    /// A test, and whether the opposite is asked.
    fn test(&mut self, field: &str) -> Parsed<(WrittenTest, bool)> {
        let token = self.peek().clone();
        if let Token::Sign(sign @ ("=" | "!=" | ">=" | ">" | "<=" | "<")) = token {
            self.place += 1;
            let value = self.literal()?;
            return Ok(match sign {
                "=" => (WrittenTest::Equals(value), false),
                "!=" => (WrittenTest::Equals(value), true),
                sign => {
                    let is_lower = sign.starts_with('>');
                    (bounded(value, is_lower, sign.len() == 2), false)
                }
            });
        }
        let Token::Word(word) = token else {
            return Err(self.expected(&format!("an operator after {field}, as in =")));
        };
        let test = match word.as_str() {
            "in" => {
                self.place += 1;
                WrittenTest::OneOf(self.values()?)
            }
            "not" => {
                self.place += 1;
                self.word("in", "in after not, as in not in (\"gold\", \"silver\"); for the opposite of another test put not before the condition")?;
                return Ok((WrittenTest::OneOf(self.values()?), true));
            }
            "starts" => {
                self.place += 1;
                self.word("with", "with after starts, as in starts with \"An\"")?;
                WrittenTest::StartsWith(self.literal()?)
            }
            "contains" => {
                self.place += 1;
                match self.takes_word("word") {
                    true => WrittenTest::ContainsWord(self.literal()?),
                    false => WrittenTest::Contains(self.literal()?),
                }
            }
            "exists" => {
                self.place += 1;
                WrittenTest::Exists
            }
            "from" => self.range()?,
            "is" if !self.is_word_at(1, "today") => {
                self.place += 1;
                WrittenTest::Equals(self.literal()?)
            }
            "before" | "after" if matches!(self.peek_at(1), Token::Text(_)) => {
                self.place += 1;
                bounded(self.literal()?, word == "after", false)
            }
            "is" | "before" | "after" | "within" | "older" | "more" => self.days(&word)?,
            _ => {
                const OPERATORS: [&str; 10] = [
                    "in", "starts", "contains", "exists", "from", "is", "before", "after",
                    "within", "older",
                ];
                let hint = suggestion(&word, OPERATORS).unwrap_or_default();
                let reason = format!("an operator after {field}, as in = or starts with{hint}");
                return Err(self.problem("unknown_operator", reason));
            }
        };
        Ok((test, false))
    }

    fn values(&mut self) -> Parsed<Vec<At<Literal>>> {
        let what = "values in parentheses, as in (\"gold\", \"silver\")";
        self.sign("(", what)?;
        let mut values = vec![self.literal()?];
        while self.takes_sign(",") {
            values.push(self.literal()?);
        }
        self.sign(")", "a comma and another value, or a closing parenthesis")?;
        Ok(values)
    }

    fn range(&mut self) -> Parsed<WrittenTest> {
        self.place += 1;
        let is_above = self.takes_word("above");
        let from = self.literal()?;
        self.word("to", "to and the upper end, as in from 1 to 5")?;
        let is_below = self.takes_word("below");
        let to = self.literal()?;
        Ok(WrittenTest::Range {
            from: Some(WrittenBound {
                value: from,
                is_inclusive: !is_above,
            }),
            to: Some(WrittenBound {
                value: to,
                is_inclusive: !is_below,
            }),
        })
    }

    fn days(&mut self, word: &str) -> Parsed<WrittenTest> {
        let start = self.spot();
        self.place += 1;
        let at = |days: f64| Some(At::new(start, days));
        let (from, to) = match word {
            "is" => {
                self.word("today", "today")?;
                (at(0.0), at(0.0))
            }
            "before" => {
                self.word("today", "today, or a date in double quotes")?;
                (None, at(-1.0))
            }
            "after" => {
                self.word("today", "today, or a date in double quotes")?;
                (at(1.0), None)
            }
            "older" => {
                self.word("than", "than after older, as in older than 30 days")?;
                let days = self.count()?;
                (None, Some(At::new(days.spot, -days.value - 1.0)))
            }
            "more" => {
                self.word("than", "than after more, as in more than 30 days ahead")?;
                let days = self.count()?;
                self.word("ahead", "ahead, as in more than 30 days ahead")?;
                (Some(At::new(days.spot, days.value + 1.0)), None)
            }
            _ if self.takes_word("next") => {
                let days = self.count()?;
                (at(0.0), Some(days))
            }
            _ if self.takes_word("last") => {
                let days = self.count()?;
                (Some(At::new(days.spot, -days.value)), at(0.0))
            }
            _ => {
                let what = "next, last or days after within, as in within next 7 days";
                self.word("days", what)?;
                self.numbered_days()?
            }
        };
        let in_any_year = self.is_word("in") && self.is_word_at(1, "any");
        if in_any_year {
            self.place += 2;
            self.word("year", "year after in any")?;
        }
        let mut zone = None;
        if self.is_word("in") && matches!(self.peek_at(1), Token::Text(_)) {
            self.place += 1;
            zone = Some(self.text("a time zone")?);
        }
        Ok(WrittenTest::Days {
            from,
            to,
            in_any_year,
            zone,
        })
    }

    /// As in `7 days`.
    fn count(&mut self) -> Parsed<At<f64>> {
        let number = self.number("a number of days, as in 7 days")?;
        if number.value < 0.0 {
            let reason = "a number of days from 0 on";
            return Err(Box::new(self.source.problem(
                number.spot,
                "invalid_days",
                reason,
            )));
        }
        if !self.takes_word("day") {
            self.word("days", "days after the number")?;
        }
        Ok(number)
    }

    /// As in `-3 to 5`, `from -3` or `to 5`.
    fn numbered_days(&mut self) -> Parsed<(End, End)> {
        let what = "days from today, as in within days -3 to 5";
        if self.takes_word("from") {
            return Ok((Some(self.number(what)?), None));
        }
        if self.takes_word("to") {
            return Ok((None, Some(self.number(what)?)));
        }
        let from = self.number(what)?;
        self.word("to", what)?;
        Ok((Some(from), Some(self.number(what)?)))
    }
}

fn bounded(value: At<Literal>, is_lower: bool, is_inclusive: bool) -> WrittenTest {
    let bound = Some(WrittenBound {
        value,
        is_inclusive,
    });
    match is_lower {
        true => WrittenTest::Range {
            from: bound,
            to: None,
        },
        false => WrittenTest::Range {
            from: None,
            to: bound,
        },
    }
}
