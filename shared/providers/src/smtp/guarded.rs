//! Filters a relay's replies before lettre parses them.
//!
//! A tenant chooses the relay, so its replies may be malicious. lettre 0.11.23 panics when a line of the EHLO reply is
//! blank (`ServerInfo::from_response`), and buffers a line of any length (`AsyncSmtpConnection::read_response`). So
//! lines are truncated and never start blank, and the total is limited.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The rest of a line is dropped. A reply line has at most 512 bytes (RFC 5321, 4.5.3.1.5).
const LINE_BYTES: usize = 512;
/// The limit on what a relay may send on one connection. A reply has about 50 bytes, and a mail takes four.
const TOTAL_BYTES: usize = 512 * 1024;
/// Where the text of a reply line begins: after the code and the separator.
const WORDS: usize = 4;

/// A stream whose replies are safe for lettre.
pub(super) struct Guarded<S> {
    stream: S,
    peer: SocketAddr,
    /// Bytes ready to be read, and how many have been.
    ready: Vec<u8>,
    given: usize,
    /// The length of the current line so far.
    length: usize,
    /// How much more the relay may send.
    left: usize,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, peer: SocketAddr) -> Self {
        Self {
            stream,
            peer,
            ready: Vec::new(),
            given: 0,
            length: 0,
            left: TOTAL_BYTES,
        }
    }

    /// A stream whose greeting was received before it was encrypted. lettre expects a greeting.
    pub(super) fn greeted(stream: S, peer: SocketAddr) -> Self {
        Self {
            ready: b"220 \r\n".to_vec(),
            ..Self::new(stream, peer)
        }
    }

    fn hear(&mut self, byte: u8) {
        match byte {
            b'\r' => {}
            b'\n' => {
                // A reply may be a code alone (RFC 5321, 4.2), which lettre cannot parse.
                if self.length == WORDS - 1 {
                    self.ready.push(b' ');
                }
                self.ready.extend_from_slice(b"\r\n");
                self.length = 0;
            }
            _ if self.length >= LINE_BYTES => {}
            b' ' | b'\t' if self.length == WORDS => {}
            _ => {
                let is_plain = byte == b' ' || byte.is_ascii_graphic();
                self.ready.push(if is_plain { byte } else { b'?' });
                self.length += 1;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.given >= this.ready.len() {
            this.ready.clear();
            this.given = 0;
            let mut chunk = [0; 1024];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            let said = read.filled();
            if said.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let Some(left) = this.left.checked_sub(said.len()) else {
                return Poll::Ready(Err(io::Error::other("the relay sent too much data")));
            };
            this.left = left;
            for byte in said {
                this.hear(*byte);
            }
        }
        let rest = this.ready.get(this.given..).unwrap_or_default();
        let part = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(part);
        this.given += part.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Guarded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S> fmt::Debug for Guarded<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The stream carries passwords and addresses.
        formatter.write_str("Guarded(…)")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What lettre reads when a relay sends this and hangs up.
    async fn read(said: &[u8]) -> io::Result<String> {
        let (mut relay, ours) = tokio::io::duplex(1 << 20);
        relay.write_all(said).await?;
        drop(relay);
        let mut guarded = Guarded::new(ours, SocketAddr::from(([192, 0, 2, 1], 25)));
        let mut read = String::new();
        guarded.read_to_string(&mut read).await?;
        Ok(read)
    }

    #[tokio::test]
    async fn valid_replies_pass_and_malicious_ones_are_sanitized() {
        for (said, expected) in [
            ("220 relay ready\r\n", "220 relay ready\r\n"),
            (
                "250-relay\r\n250 SIZE 10\r\n",
                "250-relay\r\n250 SIZE 10\r\n",
            ),
            ("250- \t \r\n250 \r\n", "250-\r\n250 \r\n"),
            ("250-\u{a0}\u{2003}\r\n", "250-?????\r\n"),
            ("250\r\n", "250 \r\n"),
            ("250 ok\n", "250 ok\r\n"),
            ("250-\r \r\n", "250-\r\n"),
            ("250-AUTH\tPLAIN\u{0}\r\n", "250-AUTH?PLAIN?\r\n"),
            ("25", "25"),
        ] {
            assert_eq!(read(said.as_bytes()).await.unwrap(), expected, "{said:?}");
        }
        let endless = read(&[b"250 ".to_vec(), vec![b'x'; 60_000]].concat()).await;
        assert_eq!(endless.unwrap().len(), LINE_BYTES);
        assert!(read(&[b'x'; 600_000]).await.is_err());
    }

    #[tokio::test]
    async fn a_greeting_is_inserted_once() {
        let (mut relay, ours) = tokio::io::duplex(64);
        relay.write_all(b"250 ok\r\n").await.unwrap();
        drop(relay);
        let mut guarded = Guarded::greeted(ours, SocketAddr::from(([192, 0, 2, 1], 25)));
        let mut read = String::new();
        guarded.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "220 \r\n250 ok\r\n");
    }
}
