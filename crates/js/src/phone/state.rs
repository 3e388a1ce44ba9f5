//! The state of a phone in one process.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use serde_json::{Value as Json, json};

use super::about::About;
use super::journal::Waiting;
use super::thread::Thread;
use crate::contract::{
    Connection, DeviceSetup, EntityId, Ports, Queue, RowVersion, Schema, Span, SyncUnit, UnitId,
};
use crate::runtime::Fault;

pub(super) struct Phone {
    pub(super) setup: Rc<DeviceSetup>,
    pub(super) ports: Ports,
    pub(super) thread: Rc<Thread>,
    pub(super) about: About,
    pub(super) keeps_stamps: bool,
    pub(super) timeout: Span,
    /// True if the server's functions come from the bundle (the app's code). Such a server
    /// identifies edits only by names and values; a published protocol has its own
    /// acknowledgements.
    pub(super) is_answered_by_functions: bool,
    pub(super) me: Weak<Phone>,
    pub(super) queue: Queue,
    /// The number of the call of `open`, by which the phone waits for its end.
    pub(super) opening: Cell<Option<u32>>,
    pub(super) opened: OnceCell<()>,
    pub(super) requests: Cell<u64>,
    pub(super) holds: RefCell<BTreeMap<u32, Rc<Hold>>>,
    pub(super) lines: RefCell<BTreeMap<u32, Rc<Line>>>,
    /// True if the app is in the foreground. The periods of units count only this time.
    pub(super) is_looked_at: Cell<bool>,
    pub(super) unit: Cell<Option<UnitId>>,
    /// Units for which a retry is scheduled.
    pub(super) again: RefCell<BTreeSet<UnitId>>,
    pub(super) sent: RefCell<BTreeSet<u32>>,
    pub(super) logged: RefCell<BTreeSet<u32>>,
    /// Received versions that are not reported as applied yet.
    pub(super) brought: RefCell<Vec<RowVersion>>,
    /// Removed rows that the app still showed when the response's other rows were applied.
    pub(super) late: RefCell<Vec<RowVersion>>,
    /// True if versions are stored on disk until they can be reported.
    pub(super) held: Cell<bool>,
    /// True if the adapter (the app's sync code) itself reports which rows are applied.
    pub(super) says_applied: Cell<bool>,
    /// Saves edits one at a time.
    pub(super) saving: Gate,
    pub(super) last_error: RefCell<Option<String>>,
}

/// A long-lived connection.
pub(super) struct Line {
    pub(super) connection: Rc<dyn Connection>,
    /// True if it delivers texts, false for bytes; `None` before the first message.
    pub(super) is_text: Cell<Option<bool>>,
}

/// A request that can be cancelled.
#[derive(Default)]
pub(super) struct Hold {
    pub(super) given_up: Cell<bool>,
    pub(super) waker: Cell<Option<Waker>>,
}

impl Hold {
    pub(super) fn give_up(&self) {
        self.given_up.set(true);
        self.waker.take().into_iter().for_each(Waker::wake);
    }
}

/// Lets one task through at a time, in the order of arrival.
#[derive(Default)]
pub(super) struct Gate {
    given: Cell<u64>,
    serving: Cell<u64>,
    wakers: RefCell<Vec<Waker>>,
}

impl Gate {
    pub(super) async fn enter(&self) {
        let own = self.given.replace(self.given.get() + 1);
        poll_fn(|context| {
            if self.serving.get() == own {
                return Poll::Ready(());
            }
            self.wakers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
    pub(super) fn leave(&self) {
        self.serving.set(self.serving.get() + 1);
        self.wakers.take().into_iter().for_each(Waker::wake);
    }
}

/// Converts a sync unit for an adapter.
pub(super) fn unit_to_js(schema: &Schema, unit: &SyncUnit) -> Json {
    let name = |id: &EntityId| schema.entity(*id).name.as_str();
    let names = |of: &[EntityId]| of.iter().map(name).collect::<Json>();
    json!({ "name": unit.name, "pull": names(&unit.pull), "push": names(&unit.push) })
}

impl Phone {
    pub(super) fn count_request(&self) -> u64 {
        self.requests.replace(self.requests.get() + 1)
    }
    /// Asks the adapter for the rows that wait to be sent; `None` if it has no `pending`.
    pub(super) fn waiting(&self) -> Waiting {
        if !self.about.has("pending") {
            return None;
        }
        let wrong = |why: String| -> ! { self.thread.end_cell(&Fault::new(format!("pending(): {why}"))) };
        let found = self.thread.look("pending", &json!([])).unwrap_or_else(|why| wrong(why));
        let Some(list) = found.as_array() else { wrong(format!("it must return a list, not {found}")) };
        let mut rows = BTreeSet::new();
        for pair in list {
            let entity = pair[0].as_str().and_then(|name| self.setup.schema.find(name));
            match (entity, pair[1].as_str()) {
                (Some(entity), Some(key)) => _ = rows.insert((entity, key.to_owned())),
                _ => wrong(format!("{pair} is not a pair of an entity and an id")),
            }
        }
        Some(rows)
    }
}
