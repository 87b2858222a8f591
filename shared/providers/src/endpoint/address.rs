//! Where an endpoint may be: at a public host, over TLS.
//!
//! Names are looked at once more when they are resolved (`http.rs`), which is what keeps calls from going elsewhere.
//! What is refused here is refused when the transport is set up, with words.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{Uri, uri::Scheme};

use crate::http::{is_literal_elsewhere, is_public_name};

const MAXIMUM_CHARACTERS: usize = 2048;

/// The address of an endpoint; none if it is not one that may be called.
pub(super) fn read(text: &str) -> Option<Uri> {
    // A fragment would be dropped without a word, and some take a backslash for a slash.
    let is_plain = text.len() <= MAXIMUM_CHARACTERS
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains(['#', '\\']);
    let uri: Uri = text.parse().ok().filter(|_| is_plain)?;
    let authority = uri.authority()?;
    // A user would stand before the host.
    let port = authority.as_str().strip_prefix(authority.host())?;
    let is_right =
        uri.scheme() == Some(&Scheme::HTTPS) && is_port(port) && is_public(authority.host());
    is_right.then_some(uri)
}

/// Whether this is what follows a host: nothing, or a port.
fn is_port(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(':') else {
        return text.is_empty();
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && digits.parse::<u16>().is_ok_and(|port| port != 0)
}

fn is_public(host: &str) -> bool {
    let is_address = match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok(),
    };
    if is_address {
        !is_literal_elsewhere(host)
    } else {
        is_public_name(host)
    }
}

#[cfg(test)]
mod tests;
