//! A socket that closes if its peer reads nothing for too long. If the peer only closed its sending
//! side, as `nc -N` does, it still gets its response.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A connection that ends if no byte can be written for `patience`.
pub(super) struct Patient {
    stream: TcpStream,
    patience: Duration,
    waits: Option<Pin<Box<Sleep>>>,
    under_way: UnderWay,
    probe: Option<Probe>,
}

/// True while a request has no written response byte.
#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<AtomicBool>);

/// Marks a request as active until this value is dropped.
pub(super) struct Begun(UnderWay);

impl UnderWay {
    /// Starts a request. Before HTTP/1.1, nothing can be sent before the response.
    pub(super) fn begins(&self, version: Version) -> Begun {
        self.0.store(version == Version::HTTP_11, Ordering::Relaxed);
        Begun(self.clone())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

/// Checks if a peer that stopped sending is gone, or waits for its response. It writes an interim
/// response: a peer that is gone resets the connection, and a waiting peer ignores it.
struct Probe {
    is_written: bool,
    pause: Duration,
    looks: Pin<Box<Sleep>>,
}

const PROBE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// The delay before the first check for a reset, and the maximum delay between later checks.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(500)];

impl Patient {
    pub(super) fn new(stream: TcpStream, patience: Duration, under_way: UnderWay) -> Patient {
        Patient { stream, patience, waits: None, under_way, probe: None }
    }
    /// Called when the peer stops sending while its request is active. Fails when the peer is gone.
    fn probes(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_free = self.waits.is_none();
        let first = || Probe { is_written: false, pause: LOOKS[0], looks: Box::pin(sleep(LOOKS[0])) };
        let probe = self.probe.get_or_insert_with(first);
        if is_free && !probe.is_written {
            probe.is_written = true;
            match self.stream.try_write(PROBE) {
                Ok(written) if written < PROBE.len() => {
                    return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
                }
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
                _ => {}
            }
        }
        while probe.looks.as_mut().poll(context).is_ready() {
            if let Some(error) = self.stream.take_error()? {
                return Poll::Ready(Err(error));
            }
            probe.pause = (probe.pause * 2).min(LOOKS[1]);
            probe.looks = Box::pin(sleep(probe.pause));
        }
        Poll::Pending
    }
    fn watch<T>(&mut self, context: &mut Context<'_>, came: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if came.is_ready() {
            self.waits = None;
            return came;
        }
        let patience = self.patience;
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(patience)));
        waits.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = (into.filled().len(), into.remaining());
        let came = Pin::new(&mut self.stream).poll_read(context, into);
        let is_end = matches!(came, Poll::Ready(Ok(()))) && into.filled().len() == before.0 && before.1 > 0;
        if is_end && self.under_way.0.load(Ordering::Relaxed) { self.probes(context) } else { came }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, came)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(context, came)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
