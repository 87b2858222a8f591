//! Filters: which entities of a kind are meant.
//!
//! A [`Filter`] is a tree. Its row has ids, so that renaming breaks nothing; people and the API write it with names, as text or as JSON:
//!
//! - [`Filter::from_text`], [`Filter::from_json`] read one against a [`Vocabulary`] and check it: every [`Problem`] has its place. Where
//!   names have to be loaded first, a [`Draft`] says which.
//! - [`Filter::to_text`], [`Filter::to_json`] write one in its canonical form, which reads back as the same tree.
//! - [`Filter::check`] checks a stored one again.
//! - [`Filter::needs`] says what has to be loaded, [`Filter::prepare`] does once what is the same for all entities, and
//!   [`Prepared::matches`] decides for one entity; [`Prepared::explain`] says why.
//!
//! # Text
//!
//! ```text
//! filter     = [ any ] ;                              an empty text is everything
//! any        = all { "or" all } ;
//! all        = not { "and" not } ;
//! not        = "not" not | "(" any ")" | "all" | condition ;
//! condition  = name test
//!            | "structure" "under" reference
//!            | "in" ( "group" | "list" | "segment" ) reference
//!            | "has" channel
//!            | "consent" "(" channel ")" "=" ( "given" | "refused" | "not_said" )
//!            | "opted_out" "(" channel ")"
//!            | relation kind related                  the relation starts from the entity
//!            | "has" kind relation related ;          the relation leads to it
//! related    = [ "(" any ")" ] [ "in" "management" ] [ "now" | "during" text "to" text ] ;
//! reference  = text | "id" text ;
//! test       = ( "=" | "!=" | ">=" | ">" | "<=" | "<" | "is" ) value
//!            | [ "not" ] "in" "(" value { "," value } ")"
//!            | "from" [ "above" ] value "to" [ "below" ] value
//!            | ( "before" | "after" ) text
//!            | "starts" "with" text | "contains" [ "word" ] text | "exists"
//!            | days [ "in" "any" "year" ] [ "in" text ] ;
//! days       = ( "is" | "before" | "after" ) "today"
//!            | "within" ( "next" | "last" ) count | "older" "than" count | "more" "than" count "ahead"
//!            | "within" "days" ( number "to" number | "from" number | "to" number ) ;
//! count      = number ( "day" | "days" ) ;
//! value      = text | number | "true" | "false" | "yes" | "no" ;
//! text       = '"' { any character, with \" and \\ for " and \ } '"' ;
//! name       = the name of an attribute, in backticks if a condition can begin with it ;
//! ```
//!
//! Words are in any case. `!=` and `not in` are read as `not` before the condition, so they are fulfilled by entities without a value.
//!
//! # Conditions in both forms
//!
//! | Text | JSON |
//! | --- | --- |
//! | `all` | `{"all": []}` |
//! | `a and b`, `a or b`, `not a` | `{"all": [a, b]}`, `{"any": [a, b]}`, `{"not": a}` |
//! | `status = "active"` | `{"attribute": "status", "equals": "active"}` |
//! | `tier in ("gold", "silver")` | `{"attribute": "tier", "one_of": ["gold", "silver"]}` |
//! | `given_name starts with "An"` | `{"attribute": "given_name", "starts_with": "An"}` |
//! | `note contains word "golf"` | `{"attribute": "note", "contains_word": "golf"}` |
//! | `interests contains "golf"` | `{"attribute": "interests", "contains": "golf"}` |
//! | `points >= 100`, `points > 100` | `{"attribute": "points", "at_least": 100}`, `"above"` |
//! | `points <= 100`, `points < 100` | `{"attribute": "points", "at_most": 100}`, `"below"` |
//! | `points from 1 to below 5` | `{"attribute": "points", "at_least": 1, "below": 5}` |
//! | `email exists` | `{"attribute": "email", "exists": true}` |
//! | `birthday within next 7 days in any year in "Europe/Berlin"` | `{"attribute": "birthday", "days": {"from": 0, "to": 7}, "in_any_year": true, "zone": "Europe/Berlin"}` |
//! | `created_at older than 30 days` | `{"attribute": "created_at", "days": {"to": -31}}` |
//! | `joined before today`, `joined is today` | `"days": {"to": -1}`, `"days": {"from": 0, "to": 0}` |
//! | `structure under "Campus North"` | `{"structure_under": "Campus North"}` or `{"structure_under": {"id": "…"}}` |
//! | `in group "Pilots"`, `in list "News"`, `in segment "VIP"` | `{"group": …}`, `{"list": …}`, `{"segment": …}`, alike |
//! | `has sms` | `{"has": "sms"}` |
//! | `consent(email) = given` | `{"consent": "email", "answer": "given"}` |
//! | `opted_out(sms)` | `{"opted_out": "sms"}` |
//! | `holder_of account (status = "gold")` | `{"relation": "holder_of", "to": "account", "where": {…}}` |
//! | `has member holder_of (status = "gold")` | `{"relation": "holder_of", "from": "member", "where": {…}}` |
//! | `contact_of location (name = "HQ") in management` | `{…, "in_management": true}` |
//! | `traveller_at location now` | `{…, "stay": "now"}` |
//! | `traveller_at location during "2026-12-01" to "2026-12-05"` | `{…, "stay": {"from": "2026-12-01", "to": "2026-12-05"}}` |
//!
//! # What they mean
//!
//! - A missing value fulfils no test; `not email exists` finds it.
//! - Texts are compared without regard to case and Unicode composition, and ordered by code points.
//! - Days begin at midnight in the zone of the condition, else of the tenant. `within next 7 days` is today and the seven days after it,
//!   `within last 7 days` the seven before and today, `older than 7 days` what comes before those.
//! - `created_at` and `updated_at` are instants. A day such as `"2026-11-30"` stands for all of it in the tenant's zone: `created_at <=
//!   "2026-11-30"` includes that evening.
//! - A structure is under itself. Circles in the data do no harm.
//!
//! A new condition needs a variant of [`Condition`]; the compiler then asks for its reading, writing, needs, evaluation and explanation.

mod days;
mod draft;
mod evaluate;
mod explain;
mod fold;
mod json;
mod nearest;
mod needs;
mod prepare;
mod problem;
mod read;
mod segments;
mod structures;
mod text;
mod tree;
mod values;
mod vocabulary;
mod write;
mod written;

#[cfg(test)]
mod tests;

pub use draft::{Draft, Mention};
pub use evaluate::World;
pub use explain::{Explained, Explanation};
pub use needs::Needs;
pub use prepare::{Prepared, Setting};
pub use problem::{Place, Problem};
pub use segments::{EXPANDED_CONDITIONS, INCLUSIONS, NotEvaluable, Segments};
pub use structures::Structures;
pub use text::TEXT_BYTES;
pub use tree::{
    AttributeRef, Bound, CONDITIONS, Condition, ConsentAnswer, Constant, DAYS, DEPTH, Days,
    Direction, Field, Filter, Moment, Node, OwnField, Range, Related, Stay, Test, UnknownField,
    VALUE_BYTES, VALUES,
};
pub use vocabulary::{Names, Saved, Schemas, Vocabulary};
pub use written::Referent;
