//! Free ports on loopback.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::Error;

/// Fails if a requested port is in use.
pub(crate) fn check(asked: Option<u16>, flag: &'static str) -> Result<(), Error> {
    match asked {
        Some(port) if !is_free(port) => Err(Error::BusyPort { port, flag }),
        _ => Ok(()),
    }
}

/// The requested port, else the last one if it is free, so that addresses stay the same, else any free one.
pub(crate) fn choose(
    asked: Option<u16>,
    last: Option<u16>,
    flag: &'static str,
) -> Result<u16, Error> {
    check(asked, flag)?;
    if let Some(port) = asked {
        return Ok(port);
    }
    if let Some(port) = last.filter(|port| is_free(*port)) {
        return Ok(port);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Error::NoPort { source })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_an_error_if_requested_and_avoided_otherwise() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let busy = listener.local_addr().unwrap().port();
        let refused = choose(Some(busy), None, "--port").unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "port {busy} is in use; choose another with --port, or leave --port out to get a free one"
            )
        );
        assert_ne!(choose(None, Some(busy), "--port").unwrap(), busy);
    }
}
