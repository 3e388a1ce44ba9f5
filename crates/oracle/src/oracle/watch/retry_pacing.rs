//! Checks that a device waits before a retry.
//!
//! The wait after a failure is drawn at random below a bound. The bound doubles with each
//! consecutive failure, up to a longest bound. Each retry adds its bound to a debt. Time in which
//! the device could send one more request pays 3 times its length. A debt above 20 longest bounds
//! is a violation: uniform draws exceed this with a probability of 10^-13 per retry.

use std::collections::BTreeMap;

use crate::base::words::thousands;
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{
    EngineEvent, Event, RequestKind, ServerError, SyncError, SyncUnit, TransportError, Trigger,
};
use crate::oracle::watch::{Patience, Waits};
use crate::oracle::words::Labels;

const PAYS: u64 = 3;
const LUCK: u64 = 20;
/// The most starts of a unit that may still follow: 1 queued, 1 held back, 1 planned.
const TO_COME: u32 = 3;

/// The bound below which the wait after this many consecutive failures is drawn.
fn bound(waits: &Waits, failures: u32) -> Span {
    match waits.least {
        Some(least) => least * PAYS,
        None => {
            let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
            Span(waits.first.0.saturating_mul(doubled)).min(waits.cap)
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Debt {
    /// When the debt began, and the total idle time (one more request was possible) until then.
    since: (Time, Span),
    bounds: Span,
    longest: Span,
    tries: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct EarlyRetry {
    debt: Debt,
    at: Time,
    waited: Span,
}

impl Debt {
    fn least(&self) -> Span {
        Span(self.bounds.0.saturating_sub(LUCK.saturating_mul(self.longest.0)) / PAYS)
    }

    /// Records another retry, which needs a wait below `bound`. Returns the retry if it is too
    /// early.
    fn owe(&mut self, at: Time, idle: Span, bound: Span) -> Option<EarlyRetry> {
        if self.bounds.0 <= self.waited(idle).0.saturating_mul(PAYS) {
            *self = Debt { since: (at, idle), ..Debt::default() };
        }
        self.bounds = Span(self.bounds.0.saturating_add(bound.0));
        self.longest = self.longest.max(bound);
        self.tries += 1;
        let waited = self.waited(idle);
        (waited < self.least()).then_some(EarlyRetry { debt: *self, at, waited })
    }

    fn waited(&self, idle: Span) -> Span {
        idle.saturating_sub(self.since.1)
    }
}

#[derive(Clone, Debug, Default)]
struct Unit {
    open: bool,
    failed: u32,
    /// How many consecutive push responses postponed edits and settled none; true if the last
    /// response did.
    put_off: (u32, bool),
    tries: u32,
    asked: u32,
    due: u64,
    /// The number of requests under way. `full`: since when this is the highest number allowed.
    /// `busy`: the earlier total time at that number.
    sent: u32,
    full: Option<Time>,
    busy: Span,
    debt: Debt,
}

#[derive(Debug, Default)]
pub(crate) struct RetryPacing {
    units: Vec<Unit>,
    sent: BTreeMap<u64, Place>,
    /// True if the engine has no runs. Its requests belong to no unit and are counted in an extra
    /// place.
    pub(crate) without_runs: bool,
    pub(crate) too_soon: Option<(Place, EarlyRetry)>,
}

/// The index of a unit. The index after the last unit is for engines without runs.
type Place = usize;

impl RetryPacing {
    pub(crate) fn new(units: usize) -> RetryPacing {
        let units = vec![Unit::default(); units + 1];
        RetryPacing { units, sent: BTreeMap::new(), without_runs: false, too_soon: None }
    }
    pub(crate) fn asked(&mut self) {
        for unit in &mut self.units {
            unit.asked = (unit.asked + 1).min(TO_COME);
            if !unit.open {
                (unit.failed, unit.put_off) = (0, (0, false));
            }
        }
    }
    pub(crate) fn put_off(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.put_off.1 = true);
    }
    pub(crate) fn settled(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.put_off.0 = 0);
    }

    pub(crate) fn on(&mut self, at: Time, event: &Event<'_>, units: &[SyncUnit], waits: &Waits) {
        match *event {
            Event::ProcessStarted { .. } | Event::ProcessKilled { .. } => {
                self.sent.clear();
                for unit in &mut self.units {
                    unit.came(at, unit.sent);
                    *unit = Unit { debt: unit.debt, due: unit.due, busy: unit.busy, ..Unit::default() };
                }
            }
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => {
                let period = period(&units[usize::from(unit.0)]);
                let asked = self.units[usize::from(unit.0)].starts(at, period);
                let tries = self.units[usize::from(unit.0)].tries;
                if !asked && tries > 0 {
                    self.owe(at, usize::from(unit.0), bound(waits, tries), waits);
                }
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) => {
                self.left_under_way(at, unit);
                let unit = &mut self.units[usize::from(unit.0)];
                (unit.open, unit.tries) = (false, 0);
            }
            Event::Engine(EngineEvent::SyncError { unit, error, .. }) => {
                self.left_under_way(at, unit);
                let unit = &mut self.units[usize::from(unit.0)];
                // An error about a run of an earlier process is no reason for a retry.
                if *error != SyncError::Interrupted {
                    let failed = unit.failed.div_ceil(waits.streams.max(1));
                    unit.tries = unit.tries.saturating_add(1).max(failed);
                }
                // Later requests outside of runs count their failures from zero.
                (unit.open, unit.failed) = (false, 0);
            }
            Event::Engine(EngineEvent::RequestSent { request, unit, kind, .. }) => {
                let Some(place) = self.place(unit) else { return };
                self.tries(at, place, kind, waits);
                self.sent.insert(request, place);
                self.units[place].goes(at, waits.streams);
            }
            Event::Engine(EngineEvent::ResponseReceived { request, unit, .. }) => {
                let Some(place) = self.place(unit) else { return };
                self.ended(at, request, false);
                self.units[place].failed = 0;
            }
            Event::Engine(EngineEvent::RequestFailed { request, error, .. }) => {
                self.ended(at, request, error != TransportError::Cancelled);
            }
            Event::Engine(EngineEvent::RequestRefused { request, error, .. }) => {
                let is_failure = !matches!(error, ServerError::Accepted(_) | ServerError::ClockOff(_));
                self.ended(at, request, is_failure);
            }
            // The refusal that led to this reset was not a failure.
            Event::Engine(EngineEvent::CursorReset { unit, .. }) => {
                self.units[usize::from(unit.0)].failed = 0
            }
            _ => {}
        }
    }

    fn place(&self, unit: Option<UnitId>) -> Option<Place> {
        let last = self.units.len() - 1;
        unit.map_or(self.without_runs.then_some(last), |unit| Some(usize::from(unit.0)))
    }

    /// When a run ends, it does not wait for its open requests, such as those for pages asked for
    /// ahead.
    fn left_under_way(&mut self, at: Time, unit: UnitId) {
        let place = usize::from(unit.0);
        self.sent.retain(|_, of| *of != place);
        let unit = &mut self.units[place];
        unit.came(at, unit.sent);
    }

    fn ended(&mut self, at: Time, request: u64, failed: bool) {
        if let Some(place) = self.sent.remove(&request) {
            let unit = &mut self.units[place];
            unit.failed += u32::from(failed);
            unit.came(at, 1);
        }
    }

    /// A unit sends a request. This is a retry if the unit failed or its edits were postponed.
    fn tries(&mut self, at: Time, place: Place, kind: RequestKind, waits: &Waits) {
        let of = &mut self.units[place];
        let failures = if kind.pushes() && std::mem::take(&mut of.put_off.1) {
            of.put_off.0 += 1;
            of.put_off.0
        } else {
            of.failed.div_ceil(waits.streams.max(1))
        };
        if failures > 0 {
            let bound = bound(waits, failures);
            self.owe(at, place, Span(bound.0 / u64::from(waits.streams.max(1))), waits);
        }
    }

    fn owe(&mut self, at: Time, place: Place, bound: Span, waits: &Waits) {
        let of = &mut self.units[place];
        let idle = if waits.late_is_a_wait { Span(at.0) } else { of.idle(at) };
        let too_soon = of.debt.owe(at, idle, bound);
        if self.too_soon.is_none() {
            self.too_soon = too_soon.map(|too_soon| (place, too_soon));
        }
    }
}

pub(crate) fn period(unit: &SyncUnit) -> Option<Span> {
    let period = |trigger: &Trigger| match trigger {
        Trigger::Every(period) => Some(*period),
        _ => None,
    };
    unit.on.iter().filter_map(period).min()
}

impl Unit {
    /// The total time until `at` in which one more request could have been under way.
    fn idle(&self, at: Time) -> Span {
        let full = self.full.map_or(Span::ZERO, |since| at.since(since));
        Span(at.0).saturating_sub(self.busy + full)
    }
    fn goes(&mut self, at: Time, most: u32) {
        self.sent += 1;
        if self.sent >= most {
            self.full.get_or_insert(at);
        }
    }
    fn came(&mut self, at: Time, requests: u32) {
        self.sent = self.sent.saturating_sub(requests);
        if let Some(since) = self.full.take_if(|_| requests > 0) {
            self.busy += at.since(since);
        }
    }

    /// A run starts. Returns whether somebody requested it or its period was over.
    fn starts(&mut self, at: Time, period: Option<Span>) -> bool {
        (self.open, self.failed, self.put_off) = (true, 0, (0, false));
        let asked = self.asked > 0;
        self.asked = self.asked.saturating_sub(1);
        let times = period.map_or(0, |period| at.0 / period.0.max(1) + 1);
        let due = !asked && self.due < times;
        if due {
            self.due = (self.due + 1).max(times - 1);
        }
        asked || due
    }
}

impl EarlyRetry {
    pub(crate) fn told(&self, device: DeviceId, place: Place, patience: &Patience, names: &Labels) -> String {
        let (waits, whose) = (&patience.retries(), patience.whose_waits());
        let EarlyRetry { debt, at, waited } = self;
        let (since, until) = (names.time(debt.since.0), names.time(*at));
        let of = names.units.get(place).map_or_else(String::new, |unit| format!(" of {}", unit.name));
        let before = if waits.late_is_a_wait {
            format!("and only {waited} passed between the first of these tries and the last")
        } else {
            format!("and waited {waited} in all before these tries")
        };
        let (tries, least, Waits { first, cap, .. }) = (thousands(debt.tries), debt.least(), waits);
        let told = match waits.least {
            _ if waits.late_is_a_wait => {
                let each = Span(first.0 / PAYS);
                format!("{each} for each try except {LUCK}, including those that ended late by themselves")
            }
            Some(least) => format!("no wait is shorter than retry.base = {least}"),
            None => format!(
                "a wait is drawn between 0 and a bound that doubles from retry.base = {first} to \
                 retry.cap = {cap}; the bounds of these come to {}, and a third of that must pass, \
                 except for {LUCK} of the longest ({}) that may be drawn short",
                debt.bounds, debt.longest
            ),
        };
        format!(
            "{device} repeated failed requests{of} {tries} times from {since} to {until}, {before}; \
             {whose} {least} or more: {told}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBLES: Waits = Waits { cap: Span::secs(8), ..Waits::USUAL };

    #[test]
    fn tries_are_told_that_come_sooner_than_waits_are_drawn() {
        let decorrelated = Waits { least: Some(Span::secs(1)), ..DOUBLES };
        let day = Span::secs(86_400);
        for (waits, before, apart, told) in [
            // Each wait is half of the longest wait.
            (DOUBLES, Span::ZERO, Span::secs(4), None),
            // The bound does not grow, so these waits pay all debt.
            (decorrelated, Span::ZERO, Span::secs(1), None),
            (decorrelated, Span::ZERO, Span::millis(300), Some(29)),
            // Long idle time before the first retry does not pay for later retries.
            (DOUBLES, day, Span(1), Some(23)),
        ] {
            let mut debt = Debt::default();
            let is_told = |n: &u32| {
                let now = before.0 + apart.0 * u64::from(*n);
                debt.owe(Time(now), Span(now), bound(&waits, *n)).is_some()
            };
            assert_eq!((1..=10_000).find(is_told), told, "{waits:?} {apart}");
        }
        assert_eq!([4, 64, u32::MAX].map(|n| bound(&DOUBLES, n)), [Span::secs(8); 3]);
    }

    #[test]
    fn a_unit_is_due_once_a_period_and_may_be_late() {
        let mut unit = Unit::default();
        let period = Some(Span(10));
        let starts = [0, 1, 11, 12, 100, 101, 102].map(|at| unit.starts(Time(at), period));
        assert_eq!(starts, [true, false, true, false, true, true, false]);
    }
}
