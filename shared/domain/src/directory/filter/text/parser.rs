//! Reads the text of a filter: recursive descent over the grammar of [`filter`](crate::directory::filter).

mod operators;

use super::{
    TEXT_BYTES,
    lexer::{Token, split},
};
use crate::{
    channel::Channel,
    directory::{
        Kind, RelationKind,
        filter::{
            problem::{Problem, Source, Spot},
            tree::Direction,
            written::{At, Literal, Reference, Referent, Written, WrittenCondition, WrittenStay},
        },
    },
};

/// The most parentheses and `not` in one another. It bounds the stack; a filter of the most levels has fewer.
const NESTING: usize = 32;

type Parsed<T> = Result<T, Box<Problem>>;
/// An end of some days, counted from today.
type End = Option<At<f64>>;

/// Reads a text. An empty one is everything.
pub(in super::super) fn parse(source: &Source, text: &str) -> Parsed<At<Written>> {
    if text.len() > TEXT_BYTES {
        let reason = format!("at most {TEXT_BYTES} bytes; this has {}", text.len());
        return Err(Box::new(source.problem(Spot::NONE, "too_long", reason)));
    }
    let mut parser = Parser {
        source,
        tokens: split(source, text)?,
        place: 0,
        nesting: 0,
    };
    if *parser.peek() == Token::End {
        let spot = parser.spot();
        return Ok(At::new(spot, Written::All(Vec::new())));
    }
    let written = parser.any()?;
    match parser.peek() {
        Token::End => Ok(written),
        Token::Sign(")") => {
            Err(parser.problem("unexpected", "this parenthesis closes nothing; take it out"))
        }
        _ => Err(parser.problem("unexpected", "and or or before the next condition")),
    }
}

struct Parser<'a> {
    source: &'a Source,
    tokens: Vec<(Token, Spot)>,
    place: usize,
    nesting: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    fn peek_at(&self, further: usize) -> &Token {
        let token = self.tokens.get(self.place + further);
        token.map_or(&Token::End, |(token, _)| token)
    }

    /// The place of the next token.
    fn spot(&self) -> Spot {
        let last = self.tokens.last();
        let token = self.tokens.get(self.place).or(last);
        token.map_or(Spot::NONE, |(_, spot)| *spot)
    }

    /// The place of the token before.
    fn last(&self) -> Spot {
        let before = self.place.checked_sub(1);
        let token = before.and_then(|place| self.tokens.get(place));
        token.map_or(Spot::NONE, |(_, spot)| *spot)
    }

    fn problem(&self, code: &'static str, reason: impl Into<String>) -> Box<Problem> {
        Box::new(self.source.problem(self.spot(), code, reason))
    }

    fn expected(&self, what: &str) -> Box<Problem> {
        match self.peek() {
            Token::End => self.problem("unfinished", format!("the text ends too early: {what}")),
            _ => self.problem("unexpected", what),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(own) if own == word)
    }

    fn is_word_at(&self, further: usize, word: &str) -> bool {
        matches!(self.peek_at(further), Token::Word(own) if own == word)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        self.place += usize::from(is_next);
        is_next
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Sign(own) if *own == sign);
        self.place += usize::from(is_next);
        is_next
    }

    fn word(&mut self, word: &str, what: &str) -> Parsed<()> {
        match self.takes_word(word) {
            true => Ok(()),
            false => Err(self.expected(what)),
        }
    }

    fn sign(&mut self, sign: &str, what: &str) -> Parsed<()> {
        match self.takes_sign(sign) {
            true => Ok(()),
            false => Err(self.expected(what)),
        }
    }

    /// Any word.
    fn some_word(&mut self, what: &str) -> Parsed<At<String>> {
        match self.peek() {
            Token::Word(word) => {
                let word = At::new(self.spot(), word.clone());
                self.place += 1;
                Ok(word)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn text(&mut self, what: &str) -> Parsed<At<String>> {
        match self.peek() {
            Token::Text(text) => {
                let text = At::new(self.spot(), text.clone());
                self.place += 1;
                Ok(text)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn number(&mut self, what: &str) -> Parsed<At<f64>> {
        match self.peek() {
            Token::Number(number) => {
                let number = At::new(self.spot(), *number);
                self.place += 1;
                Ok(number)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn literal(&mut self) -> Parsed<At<Literal>> {
        let literal = match self.peek() {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Number(number) => Literal::Number(*number),
            Token::Word(word) if matches!(word.as_str(), "true" | "yes") => Literal::YesNo(true),
            Token::Word(word) if matches!(word.as_str(), "false" | "no") => Literal::YesNo(false),
            _ => {
                let what = "a value: a text in double quotes, a number, true or false";
                return Err(self.expected(what));
            }
        };
        let literal = At::new(self.spot(), literal);
        self.place += 1;
        Ok(literal)
    }

    /// Goes one level deeper while `read` reads.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= NESTING {
            let reason = format!("at most {NESTING} parentheses in one another; use fewer");
            return Err(self.problem("too_deep", reason));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    fn any(&mut self) -> Parsed<At<Written>> {
        self.joined("or", Self::all, Written::Any)
    }

    fn all(&mut self) -> Parsed<At<Written>> {
        self.joined("and", Self::not, Written::All)
    }

    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Parsed<At<Written>>,
        join: fn(Vec<At<Written>>) -> Written,
    ) -> Parsed<At<Written>> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let start = first.spot;
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        Ok(At::new(start.to(self.last()), join(parts)))
    }

    fn not(&mut self) -> Parsed<At<Written>> {
        let start = self.spot();
        if !self.is_word("not") {
            return self.primary();
        }
        let part = self.nested(|parser| {
            parser.place += 1;
            parser.not()
        })?;
        Ok(negated(start.to(self.last()), part))
    }

    fn primary(&mut self) -> Parsed<At<Written>> {
        if let Token::Sign("(") = self.peek() {
            return self.parenthesis();
        }
        let start = self.spot();
        if self.takes_word("all") {
            return Ok(At::new(start, Written::All(Vec::new())));
        }
        self.condition()
    }

    /// What is in parentheses.
    fn parenthesis(&mut self) -> Parsed<At<Written>> {
        let open = self.spot();
        self.nested(|parser| {
            parser.sign("(", "an opening parenthesis")?;
            let inner = parser.any()?;
            if !parser.takes_sign(")") {
                let reason = match parser.peek() {
                    Token::End => {
                        let reason = "this parenthesis is not closed; put ) at its end";
                        return Err(Box::new(parser.source.problem(open, "unfinished", reason)));
                    }
                    _ => "and, or, or a closing parenthesis",
                };
                return Err(parser.expected(reason));
            }
            Ok(inner)
        })
    }

    fn condition(&mut self) -> Parsed<At<Written>> {
        let start = self.spot();
        let word = match self.peek() {
            Token::Word(word) => word.clone(),
            Token::Name(name) => {
                let name = At::new(start, name.clone());
                self.place += 1;
                return self.field(name);
            }
            _ => {
                let what = "a condition, as in status = \"active\"";
                return Err(self.expected(what));
            }
        };
        let condition = match word.as_str() {
            "structure" => {
                self.place += 1;
                self.word(
                    "under",
                    "under after structure, as in structure under \"North\"",
                )?;
                self.refers(Referent::Structure)?
            }
            "in" => {
                self.place += 1;
                let referents = [Referent::Group, Referent::List, Referent::Segment];
                let referent = referents.into_iter().find(|it| self.is_word(it.as_str()));
                let Some(referent) = referent else {
                    return Err(self.expected("group, list or segment after in"));
                };
                self.place += 1;
                self.refers(referent)?
            }
            "has" => self.has()?,
            "consent" => {
                self.place += 1;
                let channel = self.channel()?;
                self.sign("=", "= after consent(…), as in consent(email) = given")?;
                let answer = self.some_word("given, refused or not_said")?;
                WrittenCondition::Consent { channel, answer }
            }
            "opted_out" => {
                self.place += 1;
                WrittenCondition::OptedOut(self.channel()?)
            }
            "and" | "or" | "not" | "any" => {
                let what = format!("a condition instead of {word}");
                return Err(self.expected(&what));
            }
            word if word.parse::<RelationKind>().is_ok() => {
                let relation = self.some_word("a relation")?;
                let other = self.some_word(&kind_after(&relation.value))?;
                self.related(relation, Direction::Outgoing, other)?
            }
            _ => {
                let field = self.some_word("an attribute")?;
                return self.field(field);
            }
        };
        let spot = start.to(self.last());
        Ok(At::new(spot, Written::Condition(condition)))
    }

    fn refers(&mut self, to: Referent) -> Parsed<WrittenCondition> {
        let start = self.spot();
        let is_id = self.takes_word("id");
        let what = format!(
            "the name of a {} in double quotes, or id and its id",
            to.as_str()
        );
        let text = self.text(&what)?.value;
        let reference = match is_id {
            true => Reference {
                id: Some(text),
                name: None,
            },
            false => Reference {
                id: None,
                name: Some(text),
            },
        };
        let reference = At::new(start.to(self.last()), reference);
        Ok(WrittenCondition::Refers { to, reference })
    }

    /// A channel in parentheses.
    fn channel(&mut self) -> Parsed<At<String>> {
        let what = "a channel in parentheses, as in (email)";
        self.sign("(", what)?;
        let channel = self.some_word(&format!("one of {}", Channel::NAMES))?;
        self.sign(")", "a closing parenthesis after the channel")?;
        Ok(channel)
    }

    /// An address, as in `has sms`, or a relation that leads here, as in `has member holder_of`.
    fn has(&mut self) -> Parsed<WrittenCondition> {
        self.place += 1;
        let what = format!(
            "a channel ({}), or a kind of entity and a relation, as in has member holder_of",
            Channel::NAMES
        );
        let first = self.some_word(&what)?;
        if first.value.parse::<Kind>().is_err() {
            return Ok(WrittenCondition::Has(first));
        }
        let what = format!("a relation after {}, as in holder_of", first.value);
        let relation = self.some_word(&what)?;
        self.related(relation, Direction::Incoming, first)
    }

    fn related(
        &mut self,
        relation: At<String>,
        direction: Direction,
        other: At<String>,
    ) -> Parsed<WrittenCondition> {
        let with = match self.peek() {
            Token::Sign("(") => Some(Box::new(self.parenthesis()?)),
            _ => None,
        };
        let mut in_management = None;
        if self.is_word("in") && self.is_word_at(1, "management") {
            in_management = Some(self.spot().to(self.spot_at(1)));
            self.place += 2;
        }
        let start = self.spot();
        let stay = if self.takes_word("now") {
            Some(At::new(start, WrittenStay::Now))
        } else if self.takes_word("during") {
            let what =
                "a day or a time in double quotes, as in during \"2026-12-01\" to \"2026-12-05\"";
            let from = self.text(what)?;
            self.word("to", what)?;
            let to = self.text(what)?;
            let stay = WrittenStay::During { from, to };
            Some(At::new(start.to(self.last()), stay))
        } else {
            None
        };
        Ok(WrittenCondition::Related {
            relation,
            direction,
            other,
            in_management,
            stay,
            with,
        })
    }

    fn spot_at(&self, further: usize) -> Spot {
        let token = self.tokens.get(self.place + further);
        token.map_or_else(|| self.spot(), |(_, spot)| *spot)
    }
}

fn negated(spot: Spot, part: At<Written>) -> At<Written> {
    At::new(spot, Written::Not(Box::new(part)))
}

/// What may follow a relation.
fn kind_after(relation: &str) -> String {
    let relation: Option<RelationKind> = relation.parse().ok();
    let ends = relation.map(RelationKind::ends).unwrap_or_default();
    let mut kinds: Vec<&str> = ends.iter().map(|(_, to)| to.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    format!(
        "a kind of entity after the relation: {}",
        kinds.join(" or ")
    )
}
