//! What a server may ask of the world.

use std::cell::RefCell;
use std::rc::Rc;

use super::error::ServerError;
use super::phones::Phones;
use super::serve::SystemOfRecord;
use crate::base::{Seed, Span};
use crate::contract::device::{Clock, CrashPoints, Database, LocalBoxFuture, Spawn};

/// What is to be done at the backend, when it comes there.
pub type BackendCall = Box<dyn FnOnce(&mut dyn SystemOfRecord)>;

/// The way from the server to the backend, beside requests of phones.
pub trait RecordLink {
    /// Does `call` at the backend, and waits for as long as that takes there and on the way.
    ///
    /// # Errors
    /// What the backend says no to, or that nothing came back: it may have been done all the same.
    fn send(&self, call: BackendCall) -> LocalBoxFuture<'static, Result<(), ServerError>>;
    /// Waits for a notice of the backend; see [`ServerPorts::committed`].
    fn committed(&self, seen: u64) -> LocalBoxFuture<'static, u64>;
}

/// Everything that a server gets of the world. Each process gets its own: what it has in memory and
/// its tasks end with it, and its database stays.
#[derive(Clone)]
pub struct ServerPorts {
    pub clock: Rc<dyn Clock>,
    pub spawn: Rc<dyn Spawn>,
    pub crash: Rc<dyn CrashPoints>,
    pub record: Rc<dyn RecordLink>,
    pub phones: Rc<dyn Phones>,
    /// Lies on a disk that outlives the process; work on it is free.
    pub database: Database,
    /// Where the server's random streams come from: this process.
    pub seed: Seed,
}

impl ServerPorts {
    pub async fn sleep(&self, span: Span) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }
    /// Runs a task that ends with the process.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.spawn.spawn(Box::pin(task));
    }
    /// Passes a crash point; where the world kills the process there, this never comes back. While
    /// a request is served the process dies right after it.
    pub async fn crash_point(&self, point: &str) {
        if self.crash.reached(point) {
            std::future::pending::<()>().await;
        }
    }
    /// Does `work` at the backend, and gives what it came to when the backend is done with it.
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
    /// Waits until more than `seen` versions of rows were committed that a reader can see, by
    /// whomever; gives how many. Begin with 0, and go on with what it gave: commits that come
    /// meanwhile are told with the next call, those before the process began with the first.
    ///
    /// A notice takes the way from the backend; one that is lost there comes with the next commit.
    pub async fn committed(&self, seen: u64) -> u64 {
        self.record.committed(seen).await
    }
}
