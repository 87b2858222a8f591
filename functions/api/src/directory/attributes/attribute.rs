//! An attribute in requests and responses.

use carillon_domain::{
    access::Context,
    directory::{Attribute, AttributeName, AttributeType, Schema, attribute::InvalidSchema},
};
use carillon_http::{failure::Failure, findings::Findings};
use carillon_store::SchemaWritten;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::AppState;

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttributeType)]
pub(super) enum TypeName {
    /// A text of at most 500 characters.
    Text,
    /// A number.
    Number,
    /// A day, as in `2026-11-30`.
    Date,
    /// Yes or no.
    YesNo,
    /// One of `options`.
    Choice,
    /// At most 50 texts.
    List,
}

impl TypeName {
    /// The type, with the options of a choice.
    pub(super) fn with(self, options: Option<Vec<String>>) -> AttributeType {
        match self {
            Self::Text => AttributeType::Text,
            Self::Number => AttributeType::Number,
            Self::Date => AttributeType::Date,
            Self::YesNo => AttributeType::YesNo,
            Self::Choice => AttributeType::Choice {
                options: options.unwrap_or_default(),
            },
            Self::List => AttributeType::List,
        }
    }
}

/// An attribute of a kind of entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attribute)]
pub(super) struct AttributeBody {
    /// The name in requests, files and placeholders.
    name: String,
    /// The name for people.
    label: String,
    /// What the values are.
    #[serde(rename = "type")]
    kind: TypeName,
    /// The texts of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<String>>,
}

impl From<&Attribute> for AttributeBody {
    fn from(attribute: &Attribute) -> Self {
        let (kind, options) = match &attribute.values {
            AttributeType::Text => (TypeName::Text, None),
            AttributeType::Number => (TypeName::Number, None),
            AttributeType::Date => (TypeName::Date, None),
            AttributeType::YesNo => (TypeName::YesNo, None),
            AttributeType::Choice { options } => (TypeName::Choice, Some(options.clone())),
            AttributeType::List => (TypeName::List, None),
        };
        Self {
            name: attribute.name.to_string(),
            label: attribute.label.clone(),
            kind,
            options,
        }
    }
}

/// The name of a new or renamed attribute.
pub(super) fn name(findings: &mut Findings, text: &str) -> Option<AttributeName> {
    findings.keep("name", "invalid_name", text.parse())
}

/// A schema cannot be changed as requested.
pub(super) fn refused(error: &InvalidSchema) -> Failure {
    let field = match error {
        InvalidSchema::Duplicate(_) | InvalidSchema::TooMany => "name",
        InvalidSchema::TypeChanged => "type",
        InvalidSchema::Options => "options",
        InvalidSchema::Label => "label",
    };
    let mut findings = Findings::default();
    findings.add(field, error.code(), error.to_string());
    findings.into()
}

/// Saves changed attributes.
pub(super) async fn save(
    state: &AppState,
    context: &Context,
    schema: &Schema,
) -> Result<Schema, Failure> {
    match state.store.save_schema(context, schema).await? {
        SchemaWritten::Done(schema) => Ok(schema),
        SchemaWritten::Stale => Err(Failure::changed_meanwhile()),
    }
}
