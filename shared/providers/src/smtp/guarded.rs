//! What a relay says, before lettre reads it.
//!
//! Whoever sets a transport up names the relay, so what it says may be made to do harm. lettre 0.11.23 ends the process when a line
//! of the answer to EHLO is nothing but blanks (`ServerInfo::from_response`), and keeps a line in memory however long it is
//! (`AsyncSmtpConnection::read_response`). So lines are cut off and begin with something, and a relay cannot talk for ever.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The rest of a line is left out. A reply line has no more than 512 bytes (RFC 5321, 4.5.3.1.5).
const LINE_BYTES: usize = 512;
/// A relay that says more on one connection is not listened to. A reply has about 50 bytes, a mail takes four.
const TOTAL_BYTES: usize = 512 * 1024;
/// Where the words of a reply begin: behind the code and what follows it.
const WORDS: usize = 4;

/// A stream whose replies are fit for lettre.
pub(super) struct Guarded<S> {
    stream: S,
    peer: SocketAddr,
    /// What can be read, of which so much has been.
    ready: Vec<u8>,
    given: usize,
    /// How much of the line there is so far.
    length: usize,
    /// How much more the relay may say.
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

    /// A stream over which the relay has greeted already, before it was encrypted. lettre waits for a greeting.
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
                // A reply may be a code alone (RFC 5321, 4.2), which lettre does not read.
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
                return Poll::Ready(Err(io::Error::other("the relay says too much")));
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
        // What passes through has passwords and addresses in it.
        formatter.write_str("Guarded(…)")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What lettre reads when a relay says this and hangs up.
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
    async fn replies_come_through_and_what_could_do_harm_does_not() {
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
    async fn one_that_has_greeted_greets_once() {
        let (mut relay, ours) = tokio::io::duplex(64);
        relay.write_all(b"250 ok\r\n").await.unwrap();
        drop(relay);
        let mut guarded = Guarded::greeted(ours, SocketAddr::from(([192, 0, 2, 1], 25)));
        let mut read = String::new();
        guarded.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "220 \r\n250 ok\r\n");
    }
}
