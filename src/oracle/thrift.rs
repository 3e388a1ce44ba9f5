//! How many requests a device needs: what asks it for a sync, what comes of them, and how often
//! its retry settings let it try again.
//!
//! Everything that may ask for a sync starts all units, each of which sends a push and asks for
//! each of its entities; whatever an answer brings makes another request worth it; whatever fails
//! is tried so many times, after waits that grow from one bound to another, and then go on at that.
//! Where they need not grow, none is shorter than the least. What is sent beyond all of that nobody
//! asked for.

use super::check::Check;
use super::findings::Findings;
use super::flow::Names;
use crate::base::words::thousands;
use crate::base::{DeviceId, Span, Time};
use crate::contract::{Event, RequestKind, SyncUnit, Trigger};

/// How a stack tries again.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// The first wait is no longer than this.
    pub base: Span,
    /// No wait is longer than this.
    pub cap: Span,
    /// Failures in a row after which a run ends.
    pub attempts: u32,
    /// Waits are drawn from this upwards and need not grow; else below a bound that doubles.
    pub least: Option<Span>,
}

/// Waits are drawn below their bound: so many come in the time of the longest, with room.
const WAITS: u64 = 8;

impl Retries {
    /// Of a stack that says nothing of it.
    pub const UNKNOWN: Retries =
        Retries { base: Span::millis(100), cap: Span::secs(60), attempts: 10, least: None };

    /// Waits that double from the first to the longest.
    fn steps(self) -> u64 {
        let ratio = self.cap.0 / self.base.0.max(1);
        u64::from(u64::BITS - ratio.leading_zeros()) + 1
    }

    /// Waits that may have passed by `at`, where as often as `times` they began with the first.
    fn waits(self, at: Time, times: u64) -> u64 {
        match self.least {
            Some(least) => at.0 / least.0.max(1) + times + 1,
            // Of the longest in that time besides.
            None => self.steps() * (times + 1) + WAITS.saturating_mul(at.0) / self.cap.0.max(1),
        }
    }
}

/// What a device was asked for and did.
#[derive(Clone, Debug, Default)]
struct Account {
    /// Things that may ask for a sync.
    asked: u64,
    /// Answers that brought something, and edits that were settled.
    brought: u64,
    sent: u64,
    /// When more was sent than that asks for, with how many that is.
    beyond: Option<(Time, u64)>,
}

/// Follows what every device sends.
#[derive(Debug)]
pub(super) struct Thrift {
    retries: Retries,
    /// Requests of a sync of all units that finds nothing.
    parts: u64,
    periods: Vec<Span>,
    accounts: Vec<Account>,
}

impl Thrift {
    pub(super) fn new(devices: usize, units: &[SyncUnit], retries: Retries) -> Thrift {
        let period = |trigger: &Trigger| match trigger {
            Trigger::Every(period) => Some(*period),
            _ => None,
        };
        Thrift {
            retries,
            parts: units.iter().map(|unit| 1 + unit.pull.len() as u64).sum(),
            periods: units.iter().flat_map(|unit| unit.on.iter().filter_map(period)).collect(),
            accounts: vec![Account::default(); devices],
        }
    }

    /// Somebody asks the device for a sync, or opens a record.
    pub(super) fn asked(&mut self, device: DeviceId) {
        self.accounts[device.0 as usize].asked += 1;
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        let account = &mut self.accounts[device.0 as usize];
        match event {
            Event::App(_)
            | Event::ProcessStarted { .. }
            | Event::EditMade { .. }
            | Event::EditMissed { .. }
            | Event::HookTriggered { .. } => account.asked += 1,
            Event::ResponseReceived { rows, kind, .. } if *kind != RequestKind::Push => {
                account.brought += u64::from(*rows > 0);
            }
            Event::EditAcknowledged { .. }
            | Event::ConflictDecided { .. }
            | Event::EditLogged { .. }
            | Event::CursorSaved { .. }
            | Event::CursorReset { .. } => account.brought += 1,
            Event::RequestSent { .. } => {
                account.sent += 1;
                if account.beyond.is_none() {
                    let most = self.most(at, device);
                    let account = &mut self.accounts[device.0 as usize];
                    account.beyond = (account.sent > most).then_some((at, most));
                }
            }
            _ => {}
        }
    }

    /// How often units were due by then.
    fn due(&self, at: Time) -> u64 {
        self.periods.iter().map(|period| at.0 / period.0.max(1) + 1).sum()
    }

    /// Requests that the device may have sent by then.
    fn most(&self, at: Time, device: DeviceId) -> u64 {
        let Account { asked, brought, .. } = self.accounts[device.0 as usize];
        let times = asked + self.due(at);
        let tries = self.parts * times + brought + self.retries.waits(at, times);
        tries.saturating_mul(u64::from(self.retries.attempts.max(1)))
    }

    /// The end.
    pub(super) fn finish(&self, names: Names<'_>, findings: &mut Findings) {
        for (number, account) in self.accounts.iter().enumerate() {
            let Some((at, most)) = account.beyond else { continue };
            let device = DeviceId(number as u32);
            findings.add(Check::Storm, (Some(device), None), || self.told(device, at, most, names));
        }
    }

    fn told(&self, device: DeviceId, at: Time, most: u64, names: Names<'_>) -> String {
        let Retries { attempts, cap, least, .. } = self.retries;
        let (sent, at_most) = (thousands(self.accounts[device.0 as usize].sent), thousands(most));
        let (parts, steps, when) = (self.parts, self.retries.steps(), names.time(at));
        let (waits, with) = match least {
            Some(least) => ("syncs + 1 + time / retry.base".to_owned(), format!("a base of {least}")),
            None => (
                format!("steps of the wait × (those + 1) + {WAITS} × time / retry.cap"),
                format!("{steps} steps and a cap of {cap}"),
            ),
        };
        format!(
            "{device} sent {sent} requests, and by {when} no more than {at_most} were asked for: \
             retry.attempts × (requests of a sync × syncs asked for or due + answers that brought \
             something + {waits}), with {attempts} attempts, {parts} requests a sync, {with}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBLES: Retries =
        Retries { base: Span::millis(10), cap: Span::secs(300), attempts: 1, least: None };

    #[test]
    fn waits_that_need_not_grow_are_as_many_as_the_least_allows() {
        let decorrelated = Retries { least: Some(Span::millis(10)), ..DOUBLES };
        assert_eq!(decorrelated.waits(Time::ZERO + Span::secs(60), 3), 6_000 + 3 + 1);
    }

    #[test]
    fn waits_that_double_are_few() {
        assert_eq!(DOUBLES.waits(Time::ZERO + Span::secs(300), 3), 16 * 4 + 8);
    }
}
