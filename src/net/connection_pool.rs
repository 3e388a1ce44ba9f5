//! The connections of one device.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::conditions::Conditions;
use super::connection_line::FlowId;
use super::options::OutageMode;
use super::tcp::Connection;
use super::transport_options::{Protocol, TransportOptions};
use crate::base::Time;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: RefCell<Connection>,
    closed: Cell<bool>,
    /// The far end's process died.
    dead: Cell<bool>,
    /// Requests that have it now.
    users: Cell<u32>,
    /// What is under way, by direction, if messages share it.
    pub(super) flow: [Cell<Option<FlowId>>; 2],
    /// When the last message arrived, by direction: they do not overtake each other.
    pub(super) arrived: [Cell<Time>; 2],
}

impl Shared {
    fn new(state: Connection) -> Shared {
        Shared {
            state: RefCell::new(state),
            closed: Cell::new(false),
            dead: Cell::new(false),
            users: Cell::new(0),
            flow: Default::default(),
            arrived: Default::default(),
        }
    }

    pub(super) fn close(&self) {
        self.closed.set(true);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// It has passed its handshake.
    pub(super) fn opens_at(&self, now: Time) {
        self.state.borrow_mut().opens_at(now);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.get()
    }
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    open: RefCell<Vec<Rc<Shared>>>,
    opening: Cell<u32>,
}

#[derive(Debug)]
pub(super) enum Found {
    /// Take this one.
    Open(Rc<Shared>),
    /// Open one; a place is kept for it.
    Room,
    Full,
}

impl Pool {
    /// Whether a connection is open, as far as the device knows, or being opened.
    pub(super) fn has_any(&self) -> bool {
        self.opening.get() > 0 || self.open.borrow().iter().any(|shared| !shared.is_closed())
    }

    /// Looks for a connection at `now`. Those that the far end, an outage or a user has closed are
    /// let go.
    pub(super) fn find(&self, options: &TransportOptions, conditions: &dyn Conditions, now: Time) -> Found {
        let mut open = self.open.borrow_mut();
        open.retain(|shared| {
            shared.users.get() > 0 && !shared.is_closed() || lives(shared, options, conditions, now)
        });
        let shares = options.protocol == Protocol::Http2;
        // The one used last has the widest window.
        let is_free = |shared: &Shared| shared.users.get() == 0 || shares && shared.state.borrow().is_open();
        let free = open.iter().filter(|shared| !shared.is_closed() && is_free(shared));
        if let Some(shared) = free.max_by_key(|shared| shared.state.borrow().last) {
            shared.users.set(shared.users.get() + 1);
            return Found::Open(shared.clone());
        }
        let most = if shares { 1 } else { options.connections.max(1) };
        if open.len() as u32 + self.opening.get() < most {
            self.opening.set(self.opening.get() + 1);
            Found::Room
        } else {
            Found::Full
        }
    }

    /// The kept place is not needed any more.
    pub(super) fn gives_up(&self) {
        self.opening.set(self.opening.get() - 1);
    }

    /// A connection has the kept place, and so has the request that asked for it.
    pub(super) fn opened(&self, connection: Connection) -> Rc<Shared> {
        self.gives_up();
        let shared = Rc::new(Shared::new(connection));
        shared.users.set(1);
        self.open.borrow_mut().push(shared.clone());
        shared
    }

    /// A request is done with a connection.
    pub(super) fn release(&self, shared: &Rc<Shared>) {
        shared.users.set(shared.users.get() - 1);
        if shared.is_closed() {
            self.open.borrow_mut().retain(|open| !Rc::ptr_eq(open, shared));
        }
    }

    /// The process at the far end died: its operating system resets what is open.
    pub(super) fn cut_all(&self) {
        self.open.borrow().iter().for_each(|shared| shared.dead.set(true));
        self.close_all();
    }

    /// The process died: the operating system closes its sockets.
    pub(super) fn close_all(&self) {
        for shared in self.open.borrow_mut().drain(..) {
            shared.close();
        }
    }
}

/// Whether an idle connection is still one, as far as its device can know.
fn lives(shared: &Shared, options: &TransportOptions, conditions: &dyn Conditions, now: Time) -> bool {
    let last = shared.state.borrow().last;
    let cut = conditions.outages(last).iter().take_while(|outage| outage.from <= now);
    let was_cut = cut.into_iter().any(|outage| outage.mode == OutageMode::Reset);
    !shared.is_closed() && now.since(last) < options.keep_alive && !was_cut
}
