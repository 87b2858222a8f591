//! The kinds of entities.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $plural:literal);* $(;)?) => {
        /// What an entity of the directory is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$name,)*];

            /// Its name in rows, filters and responses.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$name => $text,)*
                }
            }

            /// Its name in routes.
            pub const fn plural(self) -> &'static str {
                match self {
                    $(Kind::$name => $plural,)*
                }
            }
        }
    };
}

kinds! {
    /// A person: a traveller, an app user, an employee.
    Member = "member", "members";
    /// A customer's contract or bank account.
    Account = "account", "accounts";
    /// A facility: a building, a shop, a campus.
    Location = "location", "locations";
    /// An order, a booking, a payment.
    Transaction = "transaction", "transactions";
    /// A unit of the organisation. Units form a tree in which one may have several parents.
    Structure = "structure", "structures";
    /// Members who belong together.
    Group = "group", "groups";
}

/// Not a kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of member, account, location, transaction, structure and group")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let kind = Self::ALL.iter().find(|kind| kind.as_str() == text);
        kind.copied().ok_or(UnknownKind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_its_own_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("Members".parse::<Kind>(), Err(UnknownKind));
    }
}
