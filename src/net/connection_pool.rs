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

#[cfg(test)]
mod tests {
    use super::super::options::Outage;
    use super::super::tcp::Steady;
    use super::*;
    use crate::base::{BitRate, Span};

    fn at(ms: u64) -> Time {
        Time::ZERO + Span::millis(ms)
    }

    fn link() -> Steady {
        Steady::new(Span::millis(50), BitRate(8_000_000), BitRate(8_000_000))
    }

    fn opened(pool: &Pool, options: &TransportOptions) -> Rc<Shared> {
        assert!(matches!(pool.find(options, &link(), at(0)), Found::Room));
        let opening = Connection::open(&options.handshake, &link(), at(0), Time::FAR);
        let (connection, _) = opening.opened.expect("it opens");
        pool.opened(connection)
    }

    fn found(pool: &Pool, options: &TransportOptions, now: Time) -> Option<Rc<Shared>> {
        match pool.find(options, &link(), now) {
            Found::Open(shared) => Some(shared),
            _ => None,
        }
    }

    #[test]
    fn a_connection_is_kept_until_the_far_end_closes_it() {
        let (pool, options) = (Pool::default(), TransportOptions::default());
        let first = opened(&pool, &options);
        assert!(found(&pool, &options, at(300)).is_none(), "it is in use");
        pool.gives_up();
        pool.release(&first);
        let again = found(&pool, &options, at(60_000)).expect("it is kept");
        assert!(Rc::ptr_eq(&first, &again));
        pool.release(&again);
        assert!(found(&pool, &options, at(76_000)).is_none(), "75 s without traffic");
    }

    #[test]
    fn http_1_opens_as_many_as_allowed_and_http_2_one() {
        for (protocol, most) in [(Protocol::Http1, 3), (Protocol::Http2, 1)] {
            let options = TransportOptions { protocol, connections: 3, ..TransportOptions::default() };
            let pool = Pool::default();
            for _ in 0..most {
                assert!(matches!(pool.find(&options, &link(), at(0)), Found::Room), "{protocol:?}");
            }
            assert!(matches!(pool.find(&options, &link(), at(0)), Found::Full), "{protocol:?}");
        }
        let options = TransportOptions { protocol: Protocol::Http2, ..TransportOptions::default() };
        let pool = Pool::default();
        let one = opened(&pool, &options);
        let other = found(&pool, &options, at(300)).expect("all share it");
        assert!(Rc::ptr_eq(&one, &other));
    }

    #[test]
    fn a_reset_while_it_was_idle_closes_a_connection() {
        let (pool, options) = (Pool::default(), TransportOptions::default());
        let first = opened(&pool, &options);
        pool.release(&first);
        let mut cut = link();
        cut.outages =
            vec![Outage { from: at(5_000), until: at(6_000), mode: OutageMode::Reset, noticed: false }];
        assert!(matches!(pool.find(&options, &cut, at(4_000)), Found::Open(_)));
        pool.release(&first);
        assert!(matches!(pool.find(&options, &cut, at(9_000)), Found::Room));
    }

    #[test]
    fn a_closed_connection_is_not_given_out_again() {
        let (pool, options) = (Pool::default(), TransportOptions::default());
        let first = opened(&pool, &options);
        first.close();
        pool.release(&first);
        assert!(found(&pool, &options, at(1_000)).is_none());
        pool.gives_up();
        let second = opened(&pool, &options);
        pool.close_all();
        pool.release(&second);
        assert!(second.is_closed() && found(&pool, &options, at(1_000)).is_none());
    }
}
