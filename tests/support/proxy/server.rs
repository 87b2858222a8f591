//! Serves connections itself, because a fault may have to close one without a response.

use std::sync::Arc;

use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{Shared, Side};

/// Makes hyper close the connection instead of writing a response.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is to be closed")
    }
}

impl std::error::Error for Dropped {}

/// Listens on a free port and returns its address.
pub(super) async fn serve(
    shared: Arc<Shared>,
    side: Side,
    upstream: &str,
) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream: Arc<str> = upstream.into();
    let server = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted.unwrap();
                    connections.spawn(connection(Arc::clone(&shared), side, Arc::clone(&upstream), stream));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    });
    (url, server)
}

async fn connection(shared: Arc<Shared>, side: Side, upstream: Arc<str>, stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let service = service_fn(move |request| {
        let (shared, upstream) = (Arc::clone(&shared), Arc::clone(&upstream));
        async move {
            let answer = shared.pass_on(side, &upstream, request).await?;
            Ok::<_, Dropped>(answer.map(Full::new))
        }
    });
    // Connections that end early are expected here.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
