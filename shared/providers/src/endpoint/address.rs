//! Where an endpoint may be: at a public host, over TLS.
//!
//! Names are checked again when they are resolved (`http.rs`), which is what keeps calls from going elsewhere. The
//! check here rejects an address early, when the transport is set up, with an explanation.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{Uri, uri::Scheme};

use crate::http::{is_literal_elsewhere, is_public_name};

const MAXIMUM_CHARACTERS: usize = 2048;

/// The URL of an endpoint; `None` if it may not be called.
pub(super) fn read(text: &str) -> Option<Uri> {
    // A fragment would be dropped silently, and some parsers treat a backslash as a slash.
    let is_plain = text.len() <= MAXIMUM_CHARACTERS
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains(['#', '\\']);
    let uri: Uri = text.parse().ok().filter(|_| is_plain)?;
    let authority = uri.authority()?;
    // User information would precede the host.
    let port = authority.as_str().strip_prefix(authority.host())?;
    let is_right =
        uri.scheme() == Some(&Scheme::HTTPS) && is_port(port) && is_public(authority.host());
    is_right.then_some(uri)
}

/// Whether this may follow a host: nothing, or a port.
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
