//! Who may ask an observer, and for how long: so many at once, each for so long. Whoever reaches its port can then take neither its
//! memory nor the descriptors that it measures with.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::map_response;
use axum::response::Response;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// How many connections are answered at once. Each run asks with one or two.
const CONNECTIONS: usize = 64;
/// How long a connection may take, from its first byte to the last of the answer. Who asks waits for three seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener with room for so many guests at once. Further ones wait in the system's queue.
pub struct Room {
    listener: TcpListener,
    free: Arc<Semaphore>,
    patience: Duration,
}

impl Room {
    /// With the room that an observer has.
    pub fn new(listener: TcpListener) -> Self {
        Self::of(listener, CONNECTIONS, PATIENCE)
    }

    /// With room for so many, each for so long.
    pub(super) fn of(listener: TcpListener, guests: usize, patience: Duration) -> Self {
        Self {
            listener,
            free: Arc::new(Semaphore::new(guests)),
            patience,
        }
    }
}

/// The same answers, one request a connection: none that is kept holds a place of the room, and none is closed under a second
/// request.
pub fn one_request_each<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(map_response(|mut answer: Response| async {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
        answer
    }))
}

impl Listener for Room {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        let place = Arc::clone(&self.free).acquire_owned().await;
        let place = place.expect("nobody closes the semaphore");
        let (stream, from) = Listener::accept(&mut self.listener).await;
        let guest = Guest {
            stream,
            leaves: Box::pin(sleep(self.patience)),
            _place: place,
        };
        (guest, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection. It ends with an error once its time is up, whatever it waits for: a header, or somebody who reads the answer.
pub struct Guest {
    stream: TcpStream,
    leaves: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Guest {
    /// The stream, for as long as there is time.
    fn in_time(&mut self, cx: &mut Context<'_>) -> io::Result<Pin<&mut TcpStream>> {
        match self.leaves.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(Pin::new(&mut self.stream)),
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.in_time(cx) {
            Ok(stream) => stream.poll_read(cx, into),
            Err(late) => Poll::Ready(Err(late)),
        }
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.in_time(cx) {
            Ok(stream) => stream.poll_write(cx, bytes),
            Err(late) => Poll::Ready(Err(late)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.in_time(cx) {
            Ok(stream) => stream.poll_flush(cx),
            Err(late) => Poll::Ready(Err(late)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
