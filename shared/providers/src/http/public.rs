//! Which addresses are public. A name that resolves to any other address is not called, so that nobody who controls a
//! name can make us call private neighbours or the metadata service.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// The maximum lengths of a name and of its labels (RFC 1035, 2.3.4).
const NAME_CHARACTERS: usize = 253;
const LABEL_CHARACTERS: usize = 63;

/// Suffixes that are not used on the Internet (RFC 6761, 6762 and 8375, and ICANN's for private use).
const PRIVATE: [&str; 4] = ["localhost", "local", "internal", "home.arpa"];

/// Resolves names like the system. The connection goes to one of the addresses that were checked, so a name that
/// resolves differently a moment later changes nothing.
#[derive(Clone)]
pub(super) struct Resolver {
    /// Whether addresses that are not public are filtered out.
    pub(super) only_public: bool,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let only_public = self.only_public;
        Box::pin(async move {
            let addresses = resolve(name.as_str(), 0, only_public).await?;
            Ok(addresses.into_iter())
        })
    }
}

/// The addresses that the system resolves a name to.
///
/// # Errors
/// If there are none; [`io::ErrorKind::AddrNotAvailable`] if none of them is public.
pub(crate) async fn resolve(
    name: &str,
    port: u16,
    only_public: bool,
) -> io::Result<Vec<SocketAddr>> {
    let all = tokio::net::lookup_host((name, port)).await?;
    let addresses: Vec<SocketAddr> = all
        .filter(|address| !only_public || is_public(address.ip()))
        .collect();
    if addresses.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            "the name has no public address",
        ));
    }
    Ok(addresses)
}

/// Whether a host is a literal address that is not public.
pub(crate) fn is_literal_elsewhere(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().is_ok_and(|address| !is_public(address))
}

/// Whether this is a host name on the Internet. Its addresses are checked when it is resolved. Other spellings of
/// addresses that resolvers accept, such as `2130706433` and `0x7f.1`, are excluded: the last label begins with a
/// letter.
pub(crate) fn is_public_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_private = PRIVATE.iter().any(|name| {
        let rest = host.strip_suffix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let Some((_, last)) = host.rsplit_once('.') else {
        return false;
    };
    !is_private
        && host.len() <= NAME_CHARACTERS
        && host.split('.').all(is_label)
        && last.starts_with(|first: char| first.is_ascii_lowercase())
}

fn is_label(text: &str) -> bool {
    (1..=LABEL_CHARACTERS).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether an address is globally reachable (IANA IPv4 and IPv6 Special-Purpose Address Registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        // "This network", 0.0.0.0/8.
        || a == 0
        // Carrier-grade NAT, 100.64.0.0/10.
        || (a == 100 && b & 0b1100_0000 == 64)
        // Protocol assignments, 192.0.0.0/24, and 6to4 anycast, 192.88.99.0/24.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks, 198.18.0.0/15.
        || (a == 198 && b & 0b1111_1110 == 18)
        // Reserved, and broadcast.
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = inside(address) {
        return is_public_v4(inside);
    }
    let [a, b, ..] = address.segments();
    // Global unicast, 2000::/3, …
    a & 0xe000 == 0x2000
        // … except protocol assignments including Teredo, 2001::/23, …
        && !(a == 0x2001 && b < 0x0200)
        // … documentation, 2001:db8::/32 and 3fff::/20, …
        && !(a == 0x2001 && b == 0x0db8)
        && !(a == 0x3fff && b < 0x1000)
        // … and 6to4, 2002::/16.
        && a != 0x2002
}

/// The IPv4 address embedded in an IPv6 address: mapped, or translated (RFC 6052).
fn inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    address.to_ipv4_mapped().or_else(|| {
        let [0x64, 0xff9b, 0, 0, 0, 0, _, _] = address.segments() else {
            return None;
        };
        let [.., a, b, c, d] = address.octets();
        Some(Ipv4Addr::new(a, b, c, d))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_globally_reachable_addresses_are_public() {
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2a00::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
            assert!(!is_literal_elsewhere(public), "{public}");
        }
        for other in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:0a00:0001::1",
            "3fff:fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
            assert!(is_literal_elsewhere(other), "{other}");
        }
        assert!(is_literal_elsewhere("[::1]"));
        assert!(!is_literal_elsewhere("api.bulksms.com"));
    }

    #[tokio::test]
    async fn a_name_with_a_private_address_is_not_resolved() {
        for (only_public, is_resolved) in [(true, false), (false, true)] {
            let name: Name = "localhost".parse().unwrap();
            let answer = Resolver { only_public }.call(name).await;
            assert_eq!(answer.is_ok(), is_resolved);
        }
    }
}
