//! Whether a person looks at the app, and how long a person waits after a login until they are let
//! in (can use the app). They wait for the blocking units that the login starts, or for all units
//! that it starts if none blocks. A dropped unit counts as done when other units have pulled its
//! entities. If the phone becomes empty later, by a reinstallation or a restore, the person waits
//! again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::{EntityId, Span, Time, UnitId};
use crate::contract::{
    AppEvent, EngineEvent, Event, Hook, Occasion, PhoneEvent, SyncUnit, Trigger, UnitEvent,
};
use crate::setup::Hooks;

#[derive(Default)]
pub(crate) struct Attention {
    units: Vec<SyncUnit>,
    hooks: Arc<Hooks>,
    pub(crate) looks: Cell<bool>,
    begun: Cell<bool>,
    is_out: Cell<bool>,
    /// The login time of a person who waits. The flag is true if only the app restarted, and the
    /// person was let in before.
    logged_in: Cell<Option<(Time, bool)>>,
    wait: RefCell<Wait>,
    /// The times at which the phone got all data that a login waits for (true) or lost it (false),
    /// in alternation.
    turns: RefCell<Vec<(Time, bool)>>,
    resets: bool,
    /// Units whose last run left pages, so that the app cannot be used yet.
    incomplete: RefCell<BTreeSet<UnitId>>,
}

/// The units for which a person still waits in this process, and the entities that have arrived.
#[derive(Debug, Default)]
struct Wait {
    units: Vec<UnitId>,
    came: BTreeSet<EntityId>,
}

impl Attention {
    /// `holds` is true if the phone has data of an earlier sync. `resets` is true if an upgrade of
    /// the app deletes the data.
    pub(crate) fn new(units: &[SyncUnit], hooks: Arc<Hooks>, holds: bool, resets: bool) -> Attention {
        let turns = RefCell::new(vec![(Time::ZERO, holds)]);
        Attention { units: units.to_vec(), hooks, turns, resets, ..Attention::default() }
    }
    pub(crate) fn on(&self, event: AppEvent, now: Time) {
        match event {
            AppEvent::Login => {
                self.is_out.set(false);
                self.logs_in(now, false);
            }
            AppEvent::Resume => self.looks.set(true),
            AppEvent::Pause => self.looks.set(false),
            AppEvent::Online | AppEvent::Offline | AppEvent::Background => {}
        }
    }

    /// Handles an event of the phone that its app did not cause.
    pub(crate) fn on_phone(&self, event: &Event<'_>, now: Time) {
        match event {
            Event::Restored { to, .. } => self.turns(now, self.held_at(*to)),
            Event::Phone(PhoneEvent::Upgraded) if self.resets => self.turns(now, false),
            Event::Phone(PhoneEvent::LoggedOut) => {
                // The waiting person has left.
                self.logged_in.set(None);
                self.is_out.set(true);
            }
            _ => {}
        }
    }
    /// Notes whether the phone has all data that a login waits for.
    pub(crate) fn turns(&self, now: Time, holds: bool) {
        if self.held_at(now) != holds {
            self.turns.borrow_mut().push((now, holds));
        }
    }
    /// True if the phone had all data that a login waits for at the time `at`.
    pub(crate) fn held_at(&self, at: Time) -> bool {
        self.turns.borrow().iter().rfind(|(since, _)| *since <= at).is_some_and(|(_, holds)| *holds)
    }

    /// A person logs in, or a restarted app repeats its login (`again`). After a restart, a person
    /// who was let in does not wait, unless the phone has lost its data since.
    pub(crate) fn logs_in(&self, now: Time, again: bool) {
        self.looks.set(true);
        let again = again && (self.is_out.get() || self.held_at(now));
        self.begun.set(true);
        let units = self.awaited();
        if !units.is_empty() {
            // A new process of the app continues the old wait.
            let before = self.logged_in.get().filter(|(_, restarted)| again || !restarted);
            self.logged_in.set(before.or(Some((now, again))));
        }
        *self.wait.borrow_mut() = Wait { units, came: BTreeSet::new() };
    }

    /// The time since which a person waits to be let in; `None` if no person waits.
    pub(crate) fn waits_since(&self) -> Option<Time> {
        self.logged_in.get().filter(|(_, again)| !again).map(|(since, _)| since)
    }
    /// True if the next process of the app begins with a login. This is so if a person still waits,
    /// if the phone has lost its data, or if no unit blocks the screen.
    pub(crate) fn logs_in_again(&self, now: Time) -> bool {
        let is_emptied = !self.is_out.get() && !self.held_at(now);
        let never_blocks = self.units.iter().all(|unit| !unit.blocking);
        self.logged_in.get().is_some() || self.begun.get() && (is_emptied || never_blocks)
    }
    /// Handles an event. `has_screen` says whether a unit holds the screen. If the event lets the
    /// person in, returns how long they waited, over all processes, and whether they were in
    /// before.
    pub(crate) fn let_in(
        &self,
        now: Time,
        event: &Event<'_>,
        has_screen: impl Fn(UnitId) -> bool,
    ) -> Option<(Span, bool)> {
        self.note_pages_left(event);
        let (since, again) = self.logged_in.get()?;
        match event {
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) if self.is_incomplete(*unit) => {
                return None;
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) if !self.is_hooked(*unit, *run) => {
                self.came(*unit)
            }
            Event::Engine(EngineEvent::HookEnded {
                hook: Hook::SyncComplete, run: Some((unit, _)), ..
            }) => self.came(*unit),
            Event::Engine(EngineEvent::UnitDiscarded { .. }) => {}
            _ => return None,
        }
        let mut wait = self.wait.borrow_mut();
        let Wait { units, came } = &mut *wait;
        units.retain(|unit| {
            let pull = &self.units[usize::from(unit.0)].pull;
            has_screen(*unit) || pull.is_empty() || !pull.iter().all(|entity| came.contains(entity))
        });
        units.is_empty().then(|| {
            self.logged_in.set(None);
            self.turns(now, true);
            (now.since(since), again)
        })
    }

    fn note_pages_left(&self, event: &Event<'_>) {
        let mut incomplete = self.incomplete.borrow_mut();
        match event {
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => _ = incomplete.remove(unit),
            Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { unit, ready: false })) => {
                incomplete.insert(*unit);
            }
            _ => {}
        }
    }
    fn is_incomplete(&self, unit: UnitId) -> bool {
        self.incomplete.borrow().contains(&unit)
    }

    fn came(&self, unit: UnitId) {
        if self.is_incomplete(unit) {
            return;
        }
        let mut wait = self.wait.borrow_mut();
        wait.units.retain(|awaited| *awaited != unit);
        wait.came.extend(self.units.get(usize::from(unit.0)).iter().flat_map(|unit| &unit.pull));
    }
    /// True if a hook of the app belongs to this run and must end before the run counts as
    /// complete.
    fn is_hooked(&self, unit: UnitId, run: u64) -> bool {
        let plan = self.hooks.get(&Hook::SyncComplete);
        plan.is_some_and(|plan| plan.is_for(&Occasion::SyncComplete(unit, run)))
    }
    fn awaited(&self) -> Vec<UnitId> {
        let of = |wanted: &dyn Fn(&SyncUnit) -> bool| -> Vec<UnitId> {
            let units = self.units.iter().enumerate().filter(|(_, unit)| wanted(unit));
            units.map(|(at, _)| UnitId(at as u16)).collect()
        };
        let by_login = |unit: &SyncUnit| unit.on.contains(&Trigger::Login);
        let blocking = of(&|unit| by_login(unit) && unit.blocking);
        if blocking.is_empty() { of(&by_login) } else { blocking }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;

    const LOGIN: UnitId = UnitId(0);
    const ALL: UnitId = UnitId(1);
    const PART: UnitId = UnitId(2);

    fn attention(blocking: bool) -> Attention {
        let unit = |on: &[Trigger], pull: &[u16], blocking| SyncUnit {
            name: "u".to_owned(),
            on: on.to_vec(),
            pull: pull.iter().copied().map(EntityId).collect(),
            blocking,
            ..SyncUnit::default()
        };
        let units = [
            unit(&[Trigger::Login], &[0, 1], blocking),
            unit(&[Trigger::Online], &[0, 1, 2], false),
            unit(&[Trigger::Online], &[1], false),
        ];
        let attention = Attention::new(&units, Arc::default(), false, true);
        attention.on(AppEvent::Login, at(10));
        attention
    }

    fn complete(unit: UnitId) -> Event<'static> {
        Event::Engine(EngineEvent::SyncComplete { unit, run: 1, took: Span::ZERO, blocking: unit == LOGIN })
    }

    #[test]
    fn a_login_ends_with_its_unit_be_it_blocking_or_not() {
        for blocking in [true, false] {
            let attention = attention(blocking);
            assert_eq!(attention.let_in(at(12), &complete(PART), |_| false), None);
            assert_eq!(attention.let_in(at(15), &complete(LOGIN), |_| false), Some((Span::secs(5), false)));
            assert_eq!(attention.let_in(at(16), &complete(LOGIN), |_| false), None, "once");
            assert_eq!(attention.logs_in_again(at(16)), !blocking);
        }
    }

    #[test]
    fn a_discarded_login_ends_when_others_brought_it() {
        let attention = attention(true);
        let discarded = Event::Engine(EngineEvent::UnitDiscarded { unit: LOGIN });
        assert_eq!(attention.let_in(at(11), &discarded, |_| false), None);
        assert_eq!(attention.let_in(at(14), &complete(PART), |_| false), None);
        assert!(attention.logs_in_again(at(14)));
        assert_eq!(attention.let_in(at(18), &complete(ALL), |_| false), Some((Span::secs(8), false)));
    }

    #[test]
    fn nobody_is_let_in_while_the_login_has_the_screen() {
        let attention = attention(true);
        assert_eq!(attention.let_in(at(12), &complete(ALL), |unit| unit == LOGIN), None);
        let discarded = Event::Engine(EngineEvent::UnitDiscarded { unit: LOGIN });
        assert_eq!(attention.let_in(at(13), &discarded, |_| false), Some((Span::secs(3), false)));
    }

    #[test]
    fn nobody_is_let_in_by_a_run_that_left_pages() {
        for (ready, let_in) in [(true, Some((Span::secs(5), false))), (false, None)] {
            let attention = attention(false);
            let left = Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { unit: LOGIN, ready }));
            assert_eq!(attention.let_in(at(15), &left, |_| false), None);
            assert_eq!(attention.let_in(at(15), &complete(LOGIN), |_| false), let_in);
        }
        let attention = attention(false);
        let left = Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { unit: LOGIN, ready: false }));
        attention.let_in(at(15), &left, |_| false);
        let begins = EngineEvent::SyncStart { unit: LOGIN, run: 2, waited: Span::ZERO };
        attention.let_in(at(16), &Event::Engine(begins), |_| false);
        let let_in = attention.let_in(at(18), &complete(LOGIN), |_| false);
        assert_eq!(let_in, Some((Span::secs(8), false)), "the next run left none");
    }

    #[test]
    fn another_process_has_to_bring_all_of_it_again() {
        let attention = attention(true);
        attention.on(AppEvent::Login, at(20));
        assert_eq!(attention.let_in(at(22), &complete(PART), |_| false), None);
        assert_eq!(attention.let_in(at(25), &complete(LOGIN), |_| false), Some((Span::secs(15), false)));
    }

    #[test]
    fn who_has_an_empty_phone_waits_again_and_who_logs_out_does_not() {
        let attention = attention(true);
        let back = |to| Event::Restored { to: at(to), life: 0 };
        assert_eq!(attention.let_in(at(15), &complete(LOGIN), |_| false), Some((Span::secs(5), false)));
        for (secs, event, waits) in [
            (20, back(16), false),
            (30, back(14), true),
            (40, Event::Phone(PhoneEvent::Upgraded), true),
            (50, back(42), true),
            (60, back(46), false),
            (70, Event::Phone(PhoneEvent::TokenRenewed { took: Span(1) }), false),
        ] {
            attention.on_phone(&event, at(secs));
            assert_eq!(attention.logs_in_again(at(secs + 1)), waits, "at {secs}");
            if waits {
                attention.logs_in(at(secs + 1), true);
            }
            let let_in = attention.let_in(at(secs + 5), &complete(LOGIN), |_| false);
            assert_eq!(let_in, waits.then_some((Span::secs(4), false)), "at {secs}");
        }
        attention.on(AppEvent::Login, at(90));
        attention.on_phone(&Event::Phone(PhoneEvent::LoggedOut), at(91));
        attention.turns(at(91), false);
        assert!(!attention.logs_in_again(at(92)));
        attention.on(AppEvent::Login, at(93));
        attention.let_in(at(94), &complete(LOGIN), |_| false);
        attention.turns(at(95), false);
        attention.logs_in(at(96), true);
        assert_eq!(attention.waits_since(), Some(at(96)));
    }

    #[test]
    fn a_restart_after_who_waited_was_let_in_is_no_login() {
        let attention = attention(false);
        attention.let_in(at(15), &complete(LOGIN), |_| false);
        attention.logs_in(at(20), true);
        assert_eq!(attention.waits_since(), None);
        assert_eq!(attention.let_in(at(90), &complete(LOGIN), |_| false), Some((Span::secs(70), true)));
        attention.logs_in(at(100), true);
        attention.on(AppEvent::Login, at(130));
        attention.logs_in(at(131), true);
        assert_eq!(attention.waits_since(), Some(at(130)), "they had logged out");
        assert_eq!(attention.let_in(at(132), &complete(LOGIN), |_| false), Some((Span::secs(2), false)));
    }
}
