//! Blocking syncs that hold a device's screen, and people who wait for the screen.
//!
//! A sync unit is a group of entities that sync together. The app accepts no edit while a blocking
//! unit is queued, runs, waits for the app's own hooks, or is called directly. A person who wants
//! to edit meanwhile waits, and gives up after a minute.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};

use crate::base::{EditId, Key, Span, Time, UnitId};
use crate::contract::{AppEvent, EngineEvent, Event, Hook, LocalEdit, SyncUnit};
use crate::workload::Aimed;

/// How long a person waits for the screen.
const PATIENCE: Span = Span::secs(60);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    /// An edit of a row that the script names.
    Edit(LocalEdit),
    /// An edit whose row is chosen at the time of the edit.
    Aimed(EditId, Box<Aimed>),
}

impl Wish {
    /// The edit. The row and values of an aimed edit are not known yet, so they are empty.
    pub(crate) fn edit(&self) -> LocalEdit {
        match self {
            Wish::Edit(edit) => edit.clone(),
            Wish::Aimed(id, aimed) => {
                let (id, entity, kind) = (*id, aimed.entity, aimed.kind);
                LocalEdit { id, entity, key: Key("".into()), kind, values: Vec::new() }
            }
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    Make(Wish),
    /// The person gives up after this wait.
    GiveUp(Wish, Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    Queued(UnitId),
    /// A unit whose run is in progress. If the end of this run is never reported, the end of its
    /// next run counts.
    Running(UnitId),
    /// The app's hook for the run with this number.
    Hook(u64, Hook),
    /// The nth direct call of a unit, without queue and events.
    Call(u64),
}

#[derive(Debug, Default)]
pub(crate) struct Screen {
    blocking: Vec<bool>,
    holders: RefCell<BTreeSet<Holder>>,
    calls: Cell<u64>,
    watched: Cell<bool>,
    /// The start of the present time in which a person looks at the screen and cannot edit.
    /// `blocked` is the total of all earlier such times.
    blocked_since: Cell<Option<Time>>,
    pub(crate) blocked: Cell<Span>,
    came: Cell<Option<Time>>,
    /// How often a person opened the app or a record while a sync held the screen.
    pub(crate) found_taken: Cell<u64>,
    /// Edits in the order in which people wanted to make them, with the start of each wait.
    waiting: RefCell<VecDeque<(Wish, Time)>>,
    closed: Cell<bool>,
}

impl Screen {
    pub(crate) fn new(units: &[SyncUnit]) -> Screen {
        Screen { blocking: units.iter().map(|unit| unit.blocking).collect(), ..Screen::default() }
    }
    pub(crate) fn on(&self, now: Time, event: &Event<'_>) {
        match event {
            Event::Engine(EngineEvent::UnitQueued { unit, .. }) if self.is_blocking(*unit) => {
                self.hold(Holder::Queued(*unit))
            }
            Event::Engine(EngineEvent::UnitDiscarded { unit }) => self.let_go(Holder::Queued(*unit)),
            Event::Engine(EngineEvent::SyncStart { unit, .. }) if self.is_blocking(*unit) => {
                self.let_go(Holder::Queued(*unit));
                self.hold(Holder::Running(*unit));
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. } | EngineEvent::SyncError { unit, .. }) => {
                self.let_go(Holder::Running(*unit));
            }
            Event::Engine(EngineEvent::HookStarted { hook, run: Some((unit, run)) })
                if self.is_blocking(*unit) =>
            {
                self.hold(Holder::Hook(*run, *hook));
            }
            Event::Engine(EngineEvent::HookEnded { hook, run: Some((_, run)), .. }) => {
                self.let_go(Holder::Hook(*run, *hook))
            }
            Event::App(AppEvent::Login | AppEvent::Resume) => {
                // A person who already looks at the app does not count as a new arrival.
                if !self.watched.replace(true) {
                    self.came.set(Some(now));
                }
            }
            Event::App(AppEvent::Pause) => self.watched.set(false),
            Event::ProcessKilled { .. } => {
                self.holders.borrow_mut().clear();
                self.watched.set(false);
            }
            _ => return,
        }
        self.count(now);
    }

    /// Holds the screen for a direct call of a unit, if the unit is a blocking one.
    pub(crate) fn call(&self, now: Time, unit: UnitId) -> Option<Holder> {
        if !self.is_blocking(unit) {
            return None;
        }
        self.calls.set(self.calls.get() + 1);
        let call = Holder::Call(self.calls.get());
        self.hold(call);
        self.count(now);
        Some(call)
    }
    pub(crate) fn came_back(&self, now: Time, call: Holder) {
        self.let_go(call);
        self.count(now);
    }
    /// True if an edit can be made at once: no sync holds the screen, and no edit waits for it.
    pub(crate) fn is_free(&self) -> bool {
        self.holders.borrow().is_empty() && !self.has_waiting()
    }
    pub(crate) fn belongs_to(&self, unit: UnitId) -> bool {
        let holders = self.holders.borrow();
        holders.contains(&Holder::Queued(unit)) || holders.contains(&Holder::Running(unit))
    }
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }
    pub(crate) fn wait(&self, now: Time, wish: Wish) {
        self.waiting.borrow_mut().push_back((wish, now));
    }
    /// The first waiting edit, if the person can make it now or gives it up. `runs` is true if the
    /// app runs.
    pub(crate) fn next(&self, now: Time, runs: bool) -> Option<Turn> {
        let is_taken = !runs || !self.holders.borrow().is_empty();
        let mut waiting = self.waiting.borrow_mut();
        let waited = now - waiting.front()?.1;
        if is_taken && waited < PATIENCE {
            return None;
        }
        let (wish, _) = waiting.pop_front()?;
        Some(if is_taken { Turn::GiveUp(wish, waited) } else { Turn::Make(wish) })
    }
    /// Ends all waits. Returns the edits that still wait, with their waiting times.
    pub(crate) fn close(&self, now: Time) -> Vec<(Wish, Span)> {
        self.closed.set(true);
        self.count(now);
        self.waiting.take().into_iter().map(|(wish, since)| (wish, now - since)).collect()
    }
    pub(crate) fn opens(&self) {
        if !self.closed.get() && !self.holders.borrow().is_empty() {
            self.found_taken.set(self.found_taken.get() + 1);
        }
    }
    fn is_blocking(&self, unit: UnitId) -> bool {
        self.blocking.get(usize::from(unit.0)) == Some(&true)
    }
    fn hold(&self, holder: Holder) {
        self.holders.borrow_mut().insert(holder);
    }
    fn let_go(&self, holder: Holder) {
        self.holders.borrow_mut().remove(&holder);
    }
    fn count(&self, now: Time) {
        let blocks = self.watched.get() && !self.closed.get() && !self.holders.borrow().is_empty();
        match (blocks, self.blocked_since.get()) {
            (true, None) => {
                self.blocked_since.set(Some(now));
                // An arrival counts once, even if the screen is blocked again later.
                if self.came.take() == Some(now) {
                    self.found_taken.set(self.found_taken.get() + 1);
                }
            }
            (false, Some(since)) => {
                self.blocked.set(self.blocked.get() + (now - since));
                self.blocked_since.set(None);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;
    use crate::base::{DeviceId, EntityId};
    use crate::contract::{EditKind, KillReason, SyncError};

    const BLOCKING: UnitId = UnitId(1);

    fn screen() -> Screen {
        let unit = |blocking| SyncUnit { name: "u".to_owned(), blocking, ..SyncUnit::default() };
        Screen::new(&[unit(false), unit(true)])
    }

    fn wish(number: u32) -> Wish {
        Wish::Edit(LocalEdit {
            id: EditId { device: DeviceId(0), number },
            entity: EntityId(0),
            key: Key::new("k"),
            kind: EditKind::Delete,
            values: Vec::new(),
        })
    }

    fn queued(unit: UnitId) -> Event<'static> {
        Event::Engine(EngineEvent::UnitQueued { unit, depth: 1 })
    }

    fn start(unit: UnitId, run: u64) -> Event<'static> {
        Event::Engine(EngineEvent::SyncStart { unit, run, waited: Span::ZERO })
    }

    fn complete(unit: UnitId, run: u64) -> Event<'static> {
        Event::Engine(EngineEvent::SyncComplete { unit, run, took: Span::ZERO, blocking: unit == BLOCKING })
    }

    const KILLED: Event<'static> = Event::ProcessKilled { reason: KillReason::Killed };

    #[track_caller]
    fn frees(screen: &Screen, steps: &[(Event<'_>, bool)]) {
        for (event, is_free) in steps {
            screen.on(at(0), event);
            assert_eq!(screen.is_free(), *is_free, "after {event:?}");
        }
    }

    #[test]
    fn a_blocking_run_has_the_screen_from_the_wish_to_its_end() {
        let unit = UnitId(0);
        frees(&screen(), &[(queued(unit), true), (start(unit, 1), true), (complete(unit, 1), true)]);
        frees(
            &screen(),
            &[
                (queued(BLOCKING), false),
                (start(BLOCKING, 2), false),
                (queued(BLOCKING), false),
                (
                    Event::Engine(EngineEvent::SyncError {
                        unit: BLOCKING,
                        run: 2,
                        error: &SyncError::StorageFull,
                    }),
                    false,
                ),
                (start(BLOCKING, 3), false),
                (complete(UnitId(0), 1), false),
                (complete(BLOCKING, 3), true),
            ],
        );
        frees(
            &screen(),
            &[
                (queued(BLOCKING), false),
                (Event::Engine(EngineEvent::UnitDiscarded { unit: BLOCKING }), true),
            ],
        );
        let untold =
            [(start(BLOCKING, 4), false), (start(BLOCKING, 5), false), (complete(BLOCKING, 5), true)];
        frees(&screen(), &untold);
        frees(&screen(), &[(start(BLOCKING, 4), false), (KILLED, true), (start(BLOCKING, 5), false)]);
    }

    #[test]
    fn edits_wait_in_order_and_for_no_longer_than_a_minute() {
        let screen = screen();
        screen.on(at(0), &start(BLOCKING, 1));
        screen.wait(at(0), wish(0));
        screen.wait(at(30), wish(1));
        screen.wait(at(31), wish(2));
        assert_eq!(screen.next(at(59), true), None);
        assert_eq!(screen.next(at(60), true), Some(Turn::GiveUp(wish(0), Span::secs(60))));
        assert_eq!(screen.next(at(60), true), None, "the next one has time");
        screen.on(at(61), &complete(BLOCKING, 1));
        assert!(!screen.is_free(), "others come first");
        assert_eq!(screen.next(at(61), false), None, "the app does not run");
        assert_eq!(screen.next(at(62), true), Some(Turn::Make(wish(1))));
        assert_eq!(screen.close(at(63)), [(wish(2), Span::secs(32))]);
        assert!(screen.is_free());
    }

    #[test]
    fn who_comes_to_a_taken_screen_is_counted_and_who_has_it_taken_is_not() {
        let (screen, login) = (screen(), Event::App(AppEvent::Login));
        screen.on(at(10), &login);
        screen.opens();
        assert_eq!(screen.found_taken.get(), 0, "nothing has it");
        screen.on(at(12), &queued(BLOCKING));
        assert_eq!(screen.found_taken.get(), 0, "they were there before");
        screen.opens();
        screen.on(at(13), &Event::App(AppEvent::Pause));
        screen.on(at(14), &Event::App(AppEvent::Resume));
        assert_eq!(screen.found_taken.get(), 2, "a record, and the app");
        screen.on(at(15), &start(BLOCKING, 1));
        screen.on(at(16), &complete(BLOCKING, 1));
        screen.on(at(20), &KILLED);
        screen.on(at(21), &login);
        screen.on(at(21), &queued(BLOCKING));
        assert_eq!(screen.found_taken.get(), 3, "it is taken as they come");
        screen.close(at(22));
        screen.opens();
        assert_eq!(screen.found_taken.get(), 3, "nobody works any more");
    }

    #[test]
    fn it_is_blocked_while_somebody_looks_at_a_blocking_run() {
        let screen = screen();
        let login = Event::App(AppEvent::Login);
        screen.on(at(10), &queued(BLOCKING));
        screen.on(at(12), &login);
        screen.on(at(15), &start(BLOCKING, 1));
        screen.on(at(20), &KILLED);
        assert_eq!(screen.blocked.get(), Span::secs(8));
        screen.on(at(30), &login);
        screen.on(at(30), &queued(BLOCKING));
        screen.on(at(34), &Event::App(AppEvent::Pause));
        assert_eq!(screen.blocked.get(), Span::secs(12), "nobody looks at a dead app");
        screen.on(at(40), &Event::App(AppEvent::Resume));
        screen.close(at(41));
        screen.on(at(50), &complete(BLOCKING, 1));
        assert_eq!(screen.blocked.get(), Span::secs(13), "nor at any when work is over");
    }
}
