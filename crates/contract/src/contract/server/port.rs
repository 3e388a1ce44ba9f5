//! The ports: the interfaces through which a server uses the clock, the backend and the phones.

use std::cell::RefCell;
use std::rc::Rc;

use super::error::ServerError;
use super::phones::Phones;
use super::serve::SystemOfRecord;
use crate::base::{Seed, Span};
use crate::contract::device::{Clock, CrashPoints, Database, LocalBoxFuture, Spawn};

/// A call to the backend. It runs when it arrives there.
pub type BackendCall = Box<dyn FnOnce(&mut dyn SystemOfRecord)>;

/// The backend link, for calls that belong to no phone's request.
pub trait RecordLink {
    /// Runs `call` at the backend. Waits for the work there and for the time on the link.
    ///
    /// # Errors
    /// The backend's refusal, or no response. Without a response, the call may still have run.
    fn send(&self, call: BackendCall) -> LocalBoxFuture<'static, Result<(), ServerError>>;
    /// Waits for a commit notification of the backend: see [`ServerPorts::committed`].
    fn committed(&self, seen: u64) -> LocalBoxFuture<'static, u64>;
}

/// Everything that a server gets from the world (the simulation). Each process gets its own ports.
/// Memory and tasks end with the process; the database stays.
#[derive(Clone)]
pub struct ServerPorts {
    /// The server's clocks.
    pub clock: Rc<dyn Clock>,
    /// Starts tasks in the server's process.
    pub spawn: Rc<dyn Spawn>,
    /// The places at which the world may kill the process.
    pub crash: Rc<dyn CrashPoints>,
    /// The link to the system of record.
    pub record: Rc<dyn RecordLink>,
    /// The connections to phones.
    pub phones: Rc<dyn Phones>,
    /// The database, on a disk that outlives the process. Work on it lasts 0 s.
    pub database: Database,
    /// The seed of the server's random streams, different for each process.
    pub seed: Seed,
}

impl ServerPorts {
    /// Waits for this time.
    pub async fn sleep(&self, span: Span) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }
    /// Runs a task that ends with the process.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.spawn.spawn(Box::pin(task));
    }
    /// Passes a crash point. If the world kills the process there, this never returns. While a
    /// request is served, the process dies right after the request instead.
    pub async fn crash_point(&self, point: &str) {
        if self.crash.reached(point) {
            std::future::pending::<()>().await;
        }
    }
    /// Runs `work` at the backend. Returns its result when the backend is done.
    ///
    /// # Errors
    /// As [`RecordLink::send`].
    pub async fn ask<T: 'static>(
        &self,
        work: impl FnOnce(&mut dyn SystemOfRecord) -> T + 'static,
    ) -> Result<T, ServerError> {
        let came = Rc::new(RefCell::new(None));
        let put = came.clone();
        self.record.send(Box::new(move |record| _ = put.replace(Some(work(record))))).await?;
        Ok(came.take().expect("a call that is done has left its value"))
    }
    /// Waits until more than `seen` row versions were committed and are visible to readers. Returns
    /// their number. Begin with 0, and pass the last result in each later call. The first call also
    /// counts commits before the process started. Each later call also counts commits since the
    /// last call.
    ///
    /// If a notification is lost on the backend link, the notification of the next commit replaces
    /// it.
    pub async fn committed(&self, seen: u64) -> u64 {
        self.record.committed(seen).await
    }
}
