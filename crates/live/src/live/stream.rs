//! A streamed response body of the user's own server. Pieces wait until their lengths have crossed
//! the simulated link.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::arrival::Arrival;
use super::stage::Step;
use super::tunnel::PIECE;
use super::upstream::Rest;

/// The maximum number of bytes in transit.
const WINDOW: usize = 1 << 20;

struct Inner {
    waiting: Mutex<VecDeque<Bytes>>,
    room: Semaphore,
}

/// The pieces that the app has not received yet. If this value is dropped, reading stops.
pub(super) struct Stream {
    inner: Arc<Inner>,
    reader: AbortHandle,
}

impl Stream {
    /// Starts to read the rest of response `n` while there is room for more bytes.
    pub(super) fn of(rest: Rest, n: u64, arrivals: Sender<Arrival>) -> Stream {
        let inner = Arc::new(Inner { waiting: Mutex::default(), room: Semaphore::new(WINDOW) });
        let reader = tokio::spawn(reads(rest, n, inner.clone(), arrivals)).abort_handle();
        Stream { inner, reader }
    }
    /// Returns the next piece, which has crossed the link.
    pub(super) fn next(&self) -> Bytes {
        let piece = self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let piece = piece.unwrap_or_default();
        self.inner.room.add_permits(piece.len());
        piece
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn reads(mut rest: Rest, n: u64, inner: Arc<Inner>, arrivals: Sender<Arrival>) {
    // The session may be over.
    let step = |step| _ = arrivals.send(Arrival::Step(step));
    loop {
        let mut piece = match rest.next().await {
            Ok(piece) if piece.is_empty() => return step(Step::Piece { n, bytes: 0 }),
            Ok(piece) => piece,
            Err(_) => return step(Step::Broke { n }),
        };
        while !piece.is_empty() {
            let part = piece.split_to(piece.len().min(PIECE as usize));
            let Ok(room) = inner.room.acquire_many(part.len() as u32).await else { return };
            room.forget();
            let bytes = part.len() as u64;
            inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(part);
            step(Step::Piece { n, bytes });
        }
    }
}
