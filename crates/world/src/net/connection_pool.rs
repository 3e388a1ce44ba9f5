//! The connections of one device.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::conditions::Conditions;
use super::connection_line::FlowId;
use super::options::OutageMode;
use super::tcp::Connection;
use super::transport_options::{Protocol, TransportOptions};
use crate::base::Time;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: RefCell<Connection>,
    pub(super) closed: Cell<bool>,
    /// True if the server's process died.
    pub(super) dead: Cell<bool>,
    /// Requests that use it now. A held connection has none after its handshake and upgrade.
    pub(super) users: Cell<u32>,
    /// The flow (messages in transit together) of each direction, if messages share one.
    pub(super) flow: [Cell<Option<FlowId>>; 2],
    /// Arrival of the last message, by direction: messages do not overtake each other.
    pub(super) arrived: [Cell<Time>; 2],
    /// Number of messages in transit.
    pub(super) under_way: Cell<u32>,
    /// True for a held connection: it transmits messages both ways and is not part of the pool.
    pub(super) is_held: bool,
}

/// The owner of a held connection. It is notified when one of the two ends closes.
pub(super) trait Holder {
    /// The device's operating system has closed the connection.
    fn device_lets_go(&self);
    /// The server's process died.
    fn server_died(&self);
}

#[derive(Default)]
pub(super) struct Pool {
    open: RefCell<Vec<Rc<Shared>>>,
    opening: Cell<u32>,
    /// Held connections, which carry no requests, and their owners.
    held: RefCell<Vec<Rc<Shared>>>,
    holders: RefCell<Vec<Weak<dyn Holder>>>,
}

#[derive(Debug)]
pub(super) enum Found {
    Open(Rc<Shared>),
    /// The caller may open a connection. A place is reserved for it.
    Room,
    Full,
}

impl Pool {
    pub(super) fn has_any(&self) -> bool {
        let is_open = |shared: &Rc<Shared>| !shared.closed.get();
        self.opening.get() > 0 || self.open.borrow().iter().chain(self.held.borrow().iter()).any(is_open)
    }

    /// Looks for a free connection. Drops connections that the server, an outage or a failed
    /// request closed.
    pub(super) fn find(&self, options: &TransportOptions, conditions: &dyn Conditions, now: Time) -> Found {
        let mut open = self.open.borrow_mut();
        open.retain(|shared| {
            shared.users.get() > 0 && !shared.closed.get() || lives(shared, options, conditions, now)
        });
        let shares = options.protocol == Protocol::Http2;
        // Prefer the connection used last: it has the widest window.
        let is_free = |shared: &Shared| shared.users.get() == 0 || shares && shared.state.borrow().is_open();
        let free = open.iter().filter(|shared| !shared.closed.get() && is_free(shared));
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

    pub(super) fn gives_up(&self) {
        self.opening.set(self.opening.get() - 1);
    }

    /// Puts a new connection in the place that its request reserved. A held connection has a place
    /// outside the pool.
    pub(super) fn opened(&self, connection: Connection, is_held: bool) -> Rc<Shared> {
        let row = if is_held {
            &self.held
        } else {
            self.gives_up();
            &self.open
        };
        let shared = Rc::new(Shared {
            state: RefCell::new(connection),
            closed: Cell::default(),
            dead: Cell::default(),
            users: Cell::new(1),
            flow: Default::default(),
            arrived: Default::default(),
            under_way: Cell::default(),
            is_held,
        });
        row.borrow_mut().push(shared.clone());
        shared
    }

    pub(super) fn hold(&self, holder: Weak<dyn Holder>) {
        let mut holders = self.holders.borrow_mut();
        holders.retain(|holder| holder.strong_count() > 0);
        holders.push(holder);
    }
    /// Owners of held connections, in the order in which they were opened.
    pub(super) fn holders(&self) -> Vec<Rc<dyn Holder>> {
        self.holders.borrow().iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn release(&self, shared: &Rc<Shared>) {
        shared.users.set(shared.users.get() - 1);
        if shared.closed.get() {
            self.let_go(shared);
        }
    }
    pub(super) fn let_go(&self, shared: &Rc<Shared>) {
        shared.closed.set(true);
        let row = if shared.is_held { &self.held } else { &self.open };
        row.borrow_mut().retain(|open| !Rc::ptr_eq(open, shared));
    }

    /// The server's process died: its operating system resets open connections.
    pub(super) fn cut_all(&self) {
        self.open.borrow().iter().chain(self.held.borrow().iter()).for_each(|shared| shared.dead.set(true));
        self.close_all();
    }

    /// The device's process died: its operating system closes the sockets.
    pub(super) fn close_all(&self) {
        for shared in self.open.borrow_mut().drain(..).chain(self.held.borrow_mut().drain(..)) {
            shared.closed.set(true);
        }
    }
}

fn lives(shared: &Shared, options: &TransportOptions, conditions: &dyn Conditions, now: Time) -> bool {
    let last = shared.state.borrow().last;
    let cut = conditions.outages(last).iter().take_while(|outage| outage.from <= now);
    let was_cut = cut.into_iter().any(|outage| outage.mode == OutageMode::Reset);
    !shared.closed.get() && now.since(last) < options.keep_alive && !was_cut
}
