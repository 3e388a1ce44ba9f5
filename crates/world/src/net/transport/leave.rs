//! How a message leaves through the bottleneck of a link.

use super::super::conditions::{Conditions as _, Direction};
use super::super::connection_line::MessageId;
use super::super::connection_pool::Shared;
use super::super::tcp::{GIVE_UP, arrival};
use super::super::transport_options::{HalfOpen, Protocol};
use super::{Exchange, Gone, Left, Way};
use crate::base::{Span, Time};

impl Way {
    pub(in crate::net) async fn leave(
        &self,
        exchange: &Exchange,
        direction: Direction,
        bytes: u64,
    ) -> Result<Left, Gone> {
        self.wait_for_radio(exchange, direction, bytes).await?;
        let (way, shared) = (direction as usize, &exchange.shared);
        let message = self.join(shared, direction, bytes);
        // Count from the time when the radio is awake: the energy model itself adds the wake-up.
        let began = self.handle.now();
        exchange.message.set(Some((direction, message)));
        self.air.borrow_mut().push((direction, message, began));
        let mut arrives = Time::FAR;
        let dies = self.link.borrow().conditions().session_ends(began);
        let ends = loop {
            let (ends, alone) = {
                let line = self.lines[way].borrow();
                (line.ends(message), line.is_alone())
            };
            let sent = ends.is_ok_and(|left| direction == Direction::Down && left <= self.handle.now());
            if shared.dead.get() && !sent {
                self.cut_off(exchange, direction, message, Span::ZERO);
                return Err(Gone::Broken(self.told_of_death()));
            }
            let until = match ends {
                Ok(left) => {
                    arrives = self.arrival(shared, direction, left);
                    // If the message is alone on the line and on its connection, no task waits for
                    // its leaving. Then one timer, for its arrival, is enough.
                    let is_last = self.options.protocol == Protocol::Http1 && !shared.is_held;
                    if alone && is_last { arrives } else { left }
                }
                Err(broken) => broken.at,
            };
            if self.handle.timeout(until.min(dies), self.changed[way].notified()).await.is_err() {
                if dies < until {
                    self.cut_off(exchange, direction, message, self.tries_for(exchange, direction));
                    return Err(Gone::Vanished);
                }
                break ends;
            }
        };
        exchange.message.set(None);
        let (whole, sent) = self.quit(shared, direction, message);
        let now = self.handle.now();
        self.last_packet.set(Some(now));
        let bytes = if whole && ends.is_ok() { bytes } else { sent };
        let times = match (direction, ends) {
            // For a download the radio works until the last byte has arrived.
            (Direction::Down, Ok(at)) => {
                (began.max(Time(arrives.0.saturating_sub(at.since(began).0))), arrives)
            }
            (_, ends) => (began, ends.unwrap_or(now)),
        };
        self.charge_radio((direction, message), bytes, times);
        match ends {
            Ok(at) if whole => Ok(Left { at, arrives }),
            Err(broken) => {
                shared.closed.set(true);
                Err(Gone::Broken(self.told(broken)))
            }
            _ => Err(Gone::Vanished),
        }
    }

    /// Waits until the radio is awake. Fails if the message cannot start to leave.
    async fn wait_for_radio(
        &self,
        exchange: &Exchange,
        direction: Direction,
        bytes: u64,
    ) -> Result<(), Gone> {
        if exchange.unwanted.get() {
            return Err(Gone::Vanished);
        }
        let wait = self.wake_up();
        if wait > Span::ZERO {
            self.handle.sleep(wait).await;
            if exchange.unwanted.get() {
                return Err(Gone::Vanished);
            }
        }
        if exchange.shared.dead.get() {
            return Err(Gone::Broken(self.told_of_death()));
        }
        if self.is_half_open(&exchange.shared) {
            self.unheard(exchange, direction, bytes);
            return Err(match self.options.half_open {
                HalfOpen::Silent => Gone::Vanished,
                HalfOpen::Reset => Gone::Broken(self.conditions(|conditions, now| now + conditions.rtt(now))),
            });
        }
        Ok(())
    }

    /// How long TCP retransmits: until a reset, the device's deadline, or the server's TCP gives
    /// up.
    fn tries_for(&self, exchange: &Exchange, direction: Direction) -> Span {
        match (self.options.half_open, direction) {
            (HalfOpen::Reset, _) => Span::ZERO,
            (HalfOpen::Silent, Direction::Up) => exchange.deadline.since(self.handle.now()).min(GIVE_UP),
            (HalfOpen::Silent, Direction::Down) => GIVE_UP,
        }
    }

    fn unheard(&self, exchange: &Exchange, direction: Direction, bytes: u64) {
        let lasts = self.tries_for(exchange, direction);
        let mut state = exchange.shared.state.borrow_mut();
        let (now, mtu) = self.conditions(|conditions, now| (now, conditions.mtu()));
        let transfer = state.message(direction, now, bytes, mtu);
        let traffic = transfer.unheard(&mut state.senders[direction as usize], lasts);
        self.sent(direction, traffic, exchange.shared.is_held);
    }

    /// Removes a message whose connection is gone. For the last message of a flow: counts its sent
    /// bytes, and the retransmissions that get no response.
    fn cut_off(&self, exchange: &Exchange, direction: Direction, message: MessageId, tries: Span) {
        exchange.message.set(None);
        let now = self.handle.now();
        let (gone, shared) = (
            self.with_line(direction, |line, now, conditions| line.cut_off(message, now, conditions)),
            &exchange.shared,
        );
        shared.under_way.set(shared.under_way.get() - 1);
        let mut bytes = 0;
        if let Some(flow) = gone.last_of {
            let mut stage = flow.stage_at(now);
            bytes = stage.transfer.traffic.bytes;
            self.sent(direction, stage.transfer.traffic, shared.is_held);
            if !exchange.unwanted.get() && tries > Span::ZERO {
                self.sent(direction, stage.transfer.unheard(&mut stage.sender, tries), shared.is_held);
            }
            let flow = &shared.flow[direction as usize];
            flow.set(flow.get().filter(|flow| *flow != gone.flow));
        }
        self.charge_radio((direction, message), bytes, (now, now));
    }

    /// Charges the radio for this message, and for all other messages in transit up to now. So the
    /// radio gets times in order, and overlapping times only once.
    fn charge_radio(&self, message: (Direction, MessageId), bytes: u64, (from, until): (Time, Time)) {
        let now = self.handle.now();
        let mut air = self.air.borrow_mut();
        let at = air.iter().position(|(way, id, _)| (*way, *id) == message).expect("it was on the air");
        let (direction, _, told) = air.swap_remove(at);
        let mut times = (from.max(told), until.max(told));
        for (.., since) in air.iter_mut() {
            times = (times.0.min(*since), times.1.max(now));
            *since = now;
        }
        self.link.borrow_mut().note_transfer(now, direction, bytes, times);
    }

    /// The time when a message arrives. Messages of a connection do not overtake each other.
    fn arrival(&self, shared: &Shared, direction: Direction, left: Time) -> Time {
        let arrives = self.conditions(|conditions, _| arrival(conditions, direction, left));
        arrives.max(shared.arrived[direction as usize].get())
    }

    /// True if the path has forgotten the connection, and neither end knows it. Reasons: its IP
    /// session is gone, it was idle for too long, or a captive portal blocks it.
    fn is_half_open(&self, shared: &Shared) -> bool {
        let (now, link) = (self.handle.now(), self.link.borrow());
        let (conditions, state) = (link.conditions(), shared.state.borrow());
        let is_forgotten = |after: Span| shared.under_way.get() == 0 && now.since(state.last) >= after;
        conditions.at(now).session(now) != state.session
            || conditions.profile(now).idle_cut.is_some_and(is_forgotten)
            || shared.is_held && shared.users.get() == 0 && link.is_shut(now)
    }
}
