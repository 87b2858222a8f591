//! Looking names up.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use domain::{
    base::{Message, Name, Rtype, iana::Rcode, name::FromStrError, wire::ParseError},
    dep::octseq::Octets,
    rdata::{Cname, Txt},
    resolv::{
        StubResolver,
        stub::conf::{ResolvConf, ServerConf, Transport},
    },
};

/// How long a lookup may take, with a second try.
const PATIENCE: Duration = Duration::from_secs(10);
/// The port of DNS servers (RFC 1035, 4.2).
const PORT: u16 = 53;

/// A DNS server to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsServer(SocketAddr);

/// A text that is no address of a DNS server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address with or without a port, as in 1.1.1.1 or 127.0.0.1:5353")]
pub struct InvalidDnsServer;

impl FromStr for DnsServer {
    type Err = InvalidDnsServer;

    fn from_str(text: &str) -> Result<Self, InvalidDnsServer> {
        let with_port = text.parse::<SocketAddr>().ok();
        let without = || Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, PORT));
        with_port.or_else(without).map(Self).ok_or(InvalidDnsServer)
    }
}

impl From<SocketAddr> for DnsServer {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

/// A name that could not be looked up. That it does not exist is an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error("{name} is no name that DNS knows")]
    Name {
        name: String,
        #[source]
        source: FromStrError,
    },
    #[error("DNS did not answer for {name} within {} seconds", PATIENCE.as_secs())]
    TooLong { name: String },
    #[error("DNS did not answer for {name}")]
    Lost {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("DNS answered {code} for {name}")]
    Refused { name: String, code: Rcode },
    #[error("the answer of DNS for {name} cannot be read")]
    Unreadable {
        name: String,
        #[source]
        source: ParseError,
    },
}

/// Looks names up as a stub does: another server does the work.
#[derive(Debug)]
pub(crate) struct Resolver(StubResolver);

impl Resolver {
    /// One that asks this server, or those of this machine.
    pub(crate) fn new(server: Option<DnsServer>) -> Self {
        let settings = match server {
            Some(DnsServer(address)) => {
                let mut settings = ResolvConf::new();
                settings
                    .servers
                    .push(ServerConf::new(address, Transport::UdpTcp));
                settings.finalize();
                settings
            }
            None => ResolvConf::default(),
        };
        Self(StubResolver::from_conf(settings))
    }

    /// The TXT records of a name, each put together from its parts (RFC 7208, 3.3).
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, Unresolved> {
        let message = self.ask(name, Rtype::TXT).await?;
        read_texts(&message).map_err(|source| unreadable(name, source))
    }

    /// Where the CNAME record of a name leads.
    pub(crate) async fn alias(&self, name: &str) -> Result<Option<String>, Unresolved> {
        let message = self.ask(name, Rtype::CNAME).await?;
        read_alias(&message).map_err(|source| unreadable(name, source))
    }

    async fn ask(&self, name: &str, kind: Rtype) -> Result<Message<impl Octets>, Unresolved> {
        let name = name.to_owned();
        let question = match Name::<Vec<u8>>::from_str(&name) {
            Ok(parsed) => (parsed, kind),
            Err(source) => return Err(Unresolved::Name { name, source }),
        };
        let answer = match tokio::time::timeout(PATIENCE, self.0.query(question)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(source)) => return Err(Unresolved::Lost { name, source }),
            Err(_) => return Err(Unresolved::TooLong { name }),
        };
        match answer.header().rcode() {
            Rcode::NOERROR | Rcode::NXDOMAIN => Ok(answer.into_message()),
            code => Err(Unresolved::Refused { name, code }),
        }
    }
}

fn unreadable(name: &str, source: ParseError) -> Unresolved {
    Unresolved::Unreadable {
        name: name.to_owned(),
        source,
    }
}

fn read_texts(message: &Message<impl Octets>) -> Result<Vec<String>, ParseError> {
    let mut texts = Vec::new();
    for record in message.answer()?.limit_to::<Txt<_>>() {
        let bytes: Vec<u8> = record?.data().text();
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(texts)
}

fn read_alias(message: &Message<impl Octets>) -> Result<Option<String>, ParseError> {
    let first = message
        .answer()?
        .limit_to::<Cname<_>>()
        .next()
        .transpose()?;
    Ok(first.map(|record| {
        record
            .data()
            .cname()
            .to_string()
            .trim_end_matches('.')
            .to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dns_server_has_a_port_or_takes_the_usual_one() {
        for (text, address) in [
            ("1.1.1.1", "1.1.1.1:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ] {
            assert_eq!(text.parse(), Ok(DnsServer(address.parse().unwrap())));
        }
        assert_eq!(
            "dns.example.org".parse::<DnsServer>(),
            Err(InvalidDnsServer)
        );
    }
}
