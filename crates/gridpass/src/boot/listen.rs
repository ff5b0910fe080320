//! Answers requests on one listener, within bounds: of connections, of the time in which a
//! request's head must arrive, and of the time a TLS handshake may take.
//!
//! A client that sends a head byte by byte costs a connection for as long as the bound and
//! no more. Bodies and handlers have bounds of their own, in `http`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

use super::tls::Tls;

/// Bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections open at once; more wait in the system's queue.
    pub connections_max: usize,
    /// How long a request's head may take to arrive, and how long a connection may be idle.
    pub head_timeout: Duration,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
}

impl Default for Bounds {
    /// 10,000 connections, 60 s for a head, 10 s for a handshake.
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            head_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
        }
    }
}

/// Pause after the system refused a connection, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection of a listener needs.
#[derive(Clone)]
struct Shared {
    router: Router,
    tls: Option<Arc<Tls>>,
    bounds: Bounds,
    stopped: watch::Receiver<bool>,
}

/// Answers requests until told to stop, then finishes those under way.
///
/// # Errors
/// None at present; the listener outlives refused connections.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    (tls, bounds): (Option<Arc<Tls>>, Bounds),
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let free = Arc::new(Semaphore::new(bounds.connections_max));
    let shared = Shared {
        router,
        tls,
        bounds,
        stopped: stopped.clone(),
    };
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let permit = free.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            Some(_ended) = connections.join_next() => {}
            (permit, accepted) = accepted => match (permit, accepted) {
                (Ok(permit), Ok((stream, address))) => {
                    connections.spawn(connection(shared.clone(), stream, address, permit));
                }
                (_, Err(error)) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                (Err(_closed), _) => break,
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

pub(super) async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // A sender that is gone means stop, too.
    let _gone = stopped.wait_for(|stop| *stop).await;
}

async fn connection(
    shared: Shared,
    stream: TcpStream,
    address: std::net::SocketAddr,
    _permit: OwnedSemaphorePermit,
) {
    // Answers are small and latency counts; waiting to fill a packet does not pay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection kept its delay");
    }
    let Some(tls) = &shared.tls else {
        return speak(shared, stream, address).await;
    };
    let handshake = tls.acceptor().accept(stream);
    match tokio::time::timeout(shared.bounds.handshake_timeout, handshake).await {
        Ok(Ok(stream)) => speak(shared, stream, address).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_elapsed) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak<S>(shared: Shared, stream: S, address: std::net::SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared {
        router,
        bounds,
        mut stopped,
        ..
    } = shared;
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}
