//! The content coding of a response (RFC 9110, 12.5.3).

use http::{HeaderMap, header};

/// A content coding that files are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Coding {
    /// Uncompressed.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932, the smallest.
    Brotli,
}

impl Coding {
    /// All of them, the one to prefer first.
    pub(crate) const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// The value of `Content-Encoding`, if it has one.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The extension of a file in this coding.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// Whether a member of `Accept-Encoding` names this coding.
    fn is_named(self, member: &str) -> bool {
        let names: &[&str] = match self {
            Self::Brotli => &["br"],
            // "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"" (RFC 9110, 8.4.1.3).
            Self::Gzip => &["gzip", "x-gzip"],
            Self::Identity => &["identity"],
        };
        names.iter().any(|name| name.eq_ignore_ascii_case(member))
    }
}

/// The best of the present codings for a request. If it accepts none, uncompressed: a response is more use than an error.
pub(crate) fn choose(headers: &HeaderMap, present: impl Fn(Coding) -> bool) -> Coding {
    let members: Vec<(&str, u16)> = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(member)
        .collect();
    let mut best = (0, Coding::Identity);
    for coding in Coding::ALL {
        let weight = weight(&members, coding);
        if present(coding) && weight > best.0 {
            best = (weight, coding);
        }
    }
    best.1
}

/// The weight of a coding, in thousandths; 0 if it is not acceptable.
fn weight(members: &[(&str, u16)], coding: Coding) -> u16 {
    let named = members.iter().find(|(name, _)| coding.is_named(name));
    let any = members.iter().find(|(name, _)| *name == "*");
    match named.or(any) {
        Some((_, weight)) => *weight,
        // Uncompressed is acceptable unless excluded, and less wanted than whatever was named.
        None if coding == Coding::Identity => 1,
        None => 0,
    }
}

/// A member of the list with its weight; `None` if it is malformed.
fn member(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = match parts.next() {
        None => 1_000,
        Some(parameter) => {
            let (key, value) = parameter.split_once('=')?;
            if !key.trim().eq_ignore_ascii_case("q") {
                return None;
            }
            thousandths(value.trim())?
        }
    };
    parts.next().is_none().then_some((name, weight))
}

/// A weight as RFC 9110, 12.4.2 writes it: 0 or 1 with up to three digits behind the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = rest.len() <= 3 && rest.bytes().all(|digit| digit.is_ascii_digit());
    let rest: u16 = format!("{rest:0<3}").parse().ok().filter(|_| is_valid)?;
    match whole {
        "0" => Some(rest),
        "1" if rest == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn chosen(accepted: &[&str]) -> Coding {
        let mut headers = HeaderMap::new();
        for value in accepted {
            headers.append(
                header::ACCEPT_ENCODING,
                HeaderValue::from_str(value).unwrap(),
            );
        }
        choose(&headers, |_| true)
    }

    #[test]
    fn the_smallest_acceptable_coding_is_chosen() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, expected) in [
            (&[][..], Identity),
            (&[""], Identity),
            (&["gzip, deflate, br, zstd"], Brotli),
            (&["gzip, deflate"], Gzip),
            (&["X-GZIP"], Gzip),
            (&["gzip", "br"], Brotli),
            (&["br;q=0.5, gzip;q=0.8"], Gzip),
            (&["br;q=0, *"], Gzip),
            (&["*"], Brotli),
            (&["*;q=0.1, identity"], Identity),
            (&["br ; q=0.001"], Brotli),
            (&["deflate"], Identity),
            (&["br;q=0"], Identity),
            // Nothing is acceptable.
            (&["identity;q=0"], Identity),
            (&["*;q=0"], Identity),
            // Malformed members are ignored.
            (&["br;q=2, gzip"], Gzip),
            (&["br;q=1.001, gzip;q=.5, deflate;level=1"], Identity),
            (&["br;q=0.1234"], Identity),
        ] {
            assert_eq!(chosen(accepted), expected, "{accepted:?}");
        }
    }

    #[test]
    fn only_what_is_present_is_chosen() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("br, gzip"),
        );
        let coding = choose(&headers, |coding| coding == Coding::Gzip);
        assert_eq!(coding, Coding::Gzip);
        assert_eq!(choose(&headers, |_| false), Coding::Identity);
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_an_excluded_coding_is_not_chosen(others in "[ -~]{0,40}", weight in "0(\\.0{0,3})?") {
            // A comma ends whatever the text is.
            let excluded = format!("br;q={weight}, {others}");
            prop_assert_ne!(chosen(&[&excluded]), Coding::Brotli);
        }
    }
}
