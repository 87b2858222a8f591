//! Lists, page by page: what is requested, and the body of the response.

use std::str::FromStr;

use carillon_store::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{failure::Failure, findings::Findings};

/// Page size and cursor.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    pub limit: Option<String>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The requested page.
    ///
    /// # Errors
    /// If a parameter is invalid.
    pub fn read(&self, sizes: PageSizes) -> Result<PageRequest, Failure> {
        let mut findings = Findings::default();
        let page = sizes.read(&mut findings, self.limit.as_deref(), self.cursor.as_deref());
        findings.finish()?;
        Ok(page)
    }
}

/// The numbers of entries that a page of a list may have.
#[derive(Debug, Clone, Copy)]
pub struct PageSizes {
    /// If none is requested.
    pub usual: u16,
    /// The maximum.
    pub most: u16,
}

impl PageSizes {
    /// Those of most lists.
    pub const DEFAULT: Self = Self {
        usual: 50,
        most: 200,
    };

    /// Parses the two parameters of a page and records errors.
    pub fn read(
        self,
        findings: &mut Findings,
        limit: Option<&str>,
        cursor: Option<&str>,
    ) -> PageRequest {
        let Self { usual, most } = self;
        let limit = match limit.map(u16::from_str) {
            None => usual,
            Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
            Some(_) => {
                findings.add(
                    "limit",
                    "out_of_range",
                    format!("a number from 1 to {most}"),
                );
                usual
            }
        };
        let after = cursor.and_then(|text| findings.keep("cursor", "invalid_cursor", text.parse()));
        PageRequest { after, limit }
    }
}

/// Defines the body of a list: the entries of a page under the name of the list, and the cursor of the next page. It is
/// made from a [`Page`](carillon_store::Page) of its entries.
///
/// A macro and not a generic type, because the name of the entries differs from list to list.
#[macro_export]
macro_rules! list_body {
    (
        $(#[$about:meta])*
        $visibility:vis struct $List:ident {
            $(#[$about_entries:meta])*
            $entries:ident: Vec<$Entry:ty>,
        }
    ) => {
        $(#[$about])*
        #[derive(::serde::Serialize, ::utoipa::ToSchema)]
        $visibility struct $List {
            $(#[$about_entries])*
            $entries: Vec<$Entry>,
            /// The cursor of the next page; `null` on the last page.
            next_cursor: Option<String>,
        }

        impl From<::carillon_store::Page<$Entry>> for $List {
            fn from(page: ::carillon_store::Page<$Entry>) -> Self {
                Self {
                    $entries: page.items,
                    next_cursor: page.next.map(|cursor| cursor.to_string()),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use carillon_store::Page;
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_and_cursors_are_checked() {
        let read = |limit: Option<&str>, cursor: Option<&str>| {
            let query = PageQuery {
                limit: limit.map(str::to_owned),
                cursor: cursor.map(str::to_owned),
            };
            query.read(PageSizes::DEFAULT).map_err(|_| ())
        };
        assert_eq!(read(None, None), Ok(PageRequest::first(50)));
        let second = PageRequest {
            after: Some("302e".parse().unwrap()),
            limit: 200,
        };
        assert_eq!(read(Some("200"), Some("302e")), Ok(second));
        for bad in ["0", "201", "-1", "ten", ""] {
            assert_eq!(read(Some(bad), None), Err(()), "{bad}");
        }
        assert_eq!(read(None, Some("what")), Err(()));
    }

    list_body! {
        /// Numbers.
        struct NumberList {
            /// The numbers.
            numbers: Vec<u8>,
        }
    }

    #[test]
    fn a_body_names_its_entries_and_the_next_page() {
        let body = |next: Option<&str>| {
            let page = Page {
                items: vec![1, 2],
                next: next.map(|cursor| cursor.parse().unwrap()),
            };
            serde_json::to_value(NumberList::from(page)).unwrap()
        };
        assert_eq!(
            body(Some("302e")),
            json!({ "numbers": [1, 2], "next_cursor": "302e" })
        );
        assert_eq!(
            body(None),
            json!({ "numbers": [1, 2], "next_cursor": null })
        );
    }
}
