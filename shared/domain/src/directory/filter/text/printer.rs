//! Writes a filter as text.

use super::begins_condition;
use crate::directory::filter::{
    tree::Direction,
    written::{
        At, Literal, Reference, Referent, Written, WrittenBound, WrittenCondition, WrittenStay,
        WrittenTest,
    },
};

/// The text of a filter.
pub(in super::super) fn print(written: &Written) -> String {
    let mut printer = Printer(String::new());
    printer.node(written);
    printer.0
}

/// The text of a condition.
pub(in super::super) fn print_condition(condition: &WrittenCondition) -> String {
    let mut printer = Printer(String::new());
    printer.condition(condition);
    printer.0
}

struct Printer(String);

impl Printer {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn node(&mut self, written: &Written) {
        match written {
            Written::All(parts) if parts.is_empty() => self.push("all"),
            Written::All(parts) => self.joined(parts, " and "),
            Written::Any(parts) => self.joined(parts, " or "),
            Written::Not(part) => {
                self.push("not ");
                self.part(&part.value);
            }
            Written::Condition(condition) => self.condition(condition),
        }
    }

    fn joined(&mut self, parts: &[At<Written>], separator: &str) {
        for (place, part) in parts.iter().enumerate() {
            self.push(if place == 0 { "" } else { separator });
            self.part(&part.value);
        }
    }

    /// A node within another, in parentheses if it has several parts.
    fn part(&mut self, written: &Written) {
        match written {
            Written::All(parts) | Written::Any(parts) if !parts.is_empty() => {
                self.push("(");
                self.node(written);
                self.push(")");
            }
            _ => self.node(written),
        }
    }

    fn condition(&mut self, condition: &WrittenCondition) {
        match condition {
            WrittenCondition::Field { field, test } => {
                let name = &field.value;
                match begins_condition(name) {
                    true => self.push(&format!("`{name}` ")),
                    false => self.push(&format!("{name} ")),
                }
                self.test(&test.value);
            }
            WrittenCondition::Related {
                relation,
                direction,
                other,
                in_management,
                stay,
                with,
            } => {
                let (relation, other) = (&relation.value, &other.value);
                match direction {
                    Direction::Outgoing => self.push(&format!("{relation} {other}")),
                    Direction::Incoming => self.push(&format!("has {other} {relation}")),
                }
                if let Some(with) = with {
                    self.push(" (");
                    self.node(&with.value);
                    self.push(")");
                }
                if in_management.is_some() {
                    self.push(" in management");
                }
                match stay.as_ref().map(|stay| &stay.value) {
                    None => {}
                    Some(WrittenStay::Now) => self.push(" now"),
                    Some(WrittenStay::During { from, to }) => {
                        self.push(" during ");
                        self.text(&from.value);
                        self.push(" to ");
                        self.text(&to.value);
                    }
                }
            }
            WrittenCondition::Refers { to, reference } => self.refers(*to, &reference.value),
            WrittenCondition::Has(channel) => self.push(&format!("has {}", channel.value)),
            WrittenCondition::Consent { channel, answer } => {
                self.push(&format!("consent({}) = {}", channel.value, answer.value));
            }
            WrittenCondition::OptedOut(channel) => {
                self.push(&format!("opted_out({})", channel.value));
            }
        }
    }

    fn refers(&mut self, to: Referent, reference: &Reference) {
        self.push(match to {
            Referent::Structure => "structure under ",
            Referent::Group => "in group ",
            Referent::List => "in list ",
            Referent::Segment => "in segment ",
        });
        match (&reference.name, &reference.id) {
            (Some(name), _) => self.text(name),
            (None, id) => {
                self.push("id ");
                self.text(id.as_deref().unwrap_or_default());
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.push("\"");
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                self.push("\\");
            }
            self.0.push(character);
        }
        self.push("\"");
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Text(text) => self.text(text),
            Literal::Number(number) => self.push(&number.to_string()),
            Literal::YesNo(answer) => self.push(&answer.to_string()),
        }
    }

    fn test(&mut self, test: &WrittenTest) {
        match test {
            WrittenTest::Exists => self.push("exists"),
            WrittenTest::Equals(value) => self.operator("= ", &value.value),
            WrittenTest::OneOf(values) => {
                self.push("in (");
                for (place, value) in values.iter().enumerate() {
                    self.push(if place == 0 { "" } else { ", " });
                    self.literal(&value.value);
                }
                self.push(")");
            }
            WrittenTest::StartsWith(value) => self.operator("starts with ", &value.value),
            WrittenTest::ContainsWord(value) => self.operator("contains word ", &value.value),
            WrittenTest::Contains(value) => self.operator("contains ", &value.value),
            WrittenTest::Range { from, to } => self.range(from.as_ref(), to.as_ref()),
            WrittenTest::Days {
                from,
                to,
                in_any_year,
                zone,
            } => {
                let days = |end: &Option<At<f64>>| end.as_ref().map(|end| end.value);
                self.push(&days_in_words(days(from), days(to)));
                if *in_any_year {
                    self.push(" in any year");
                }
                if let Some(zone) = zone {
                    self.push(" in ");
                    self.text(&zone.value);
                }
            }
        }
    }

    fn operator(&mut self, operator: &str, value: &Literal) {
        self.push(operator);
        self.literal(value);
    }

    fn range(&mut self, from: Option<&WrittenBound>, to: Option<&WrittenBound>) {
        match (from, to) {
            (Some(from), Some(to)) => {
                self.push(if from.is_inclusive {
                    "from "
                } else {
                    "from above "
                });
                self.literal(&from.value.value);
                self.push(if to.is_inclusive {
                    " to "
                } else {
                    " to below "
                });
                self.literal(&to.value.value);
            }
            (Some(from), None) => {
                let operator = if from.is_inclusive { ">= " } else { "> " };
                self.operator(operator, &from.value.value);
            }
            (None, Some(to)) => {
                let operator = if to.is_inclusive { "<= " } else { "< " };
                self.operator(operator, &to.value.value);
            }
            (None, None) => self.push("exists"),
        }
    }
}

/// Days from today in the words that people use, as far as there are such.
fn days_in_words(from: Option<f64>, to: Option<f64>) -> String {
    match (from, to) {
        (Some(0.0), Some(0.0)) => "is today".to_owned(),
        (Some(0.0), Some(to)) if to > 0.0 => format!("within next {}", counted(to)),
        (Some(from), Some(0.0)) if from < 0.0 => format!("within last {}", counted(-from)),
        (Some(from), Some(to)) => format!("within days {from} to {to}"),
        (Some(1.0), None) => "after today".to_owned(),
        (Some(from), None) if from > 1.0 => format!("more than {} ahead", counted(from - 1.0)),
        (Some(from), None) => format!("within days from {from}"),
        (None, Some(-1.0)) => "before today".to_owned(),
        (None, Some(to)) if to < -1.0 => format!("older than {}", counted(-to - 1.0)),
        (None, Some(to)) => format!("within days to {to}"),
        (None, None) => "exists".to_owned(),
    }
}

fn counted(days: f64) -> String {
    match days {
        1.0 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
