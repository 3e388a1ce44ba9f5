use super::*;
use crate::base::{EntityId, Key, Stamp};
use crate::contract::{AppliedChange, Capabilities, EditKind, LocalEdit, RequestKind};
use crate::oracle::clock::Clock;
use crate::oracle::patience::Waits;

const PHONE: DeviceId = DeviceId(0);
const UNIT: UnitId = UnitId(0);

/// One phone whose app has started.
struct Rig {
    statuses: Statuses,
    findings: Findings,
    now: Time,
}

impl Rig {
    fn new() -> Rig {
        let waits = Waits {
            request: Span::secs(30),
            first: Span::secs(1),
            growth: 2,
            cap: Span::secs(60),
            debounce: Span::ZERO,
            attempts: 2,
            slowness: 1,
            keeps_queue: false,
            holds_rows: false,
        };
        let statuses = Statuses::new(1, Patience::Computed(waits));
        let mut rig = Rig { statuses, findings: Findings::new(Capabilities::ALL), now: Time::ZERO };
        rig.on(Event::ProcessStarted { incarnation: 0 });
        rig.shows(Shown::Idle, 0);
        rig
    }

    fn on(&mut self, event: Event<'_>) {
        let names = Names(&[], Clock::default());
        self.statuses.on(self.now, PHONE, &event, names, &mut self.findings);
    }

    fn shows(&mut self, state: Shown, pending: u32) {
        self.on(Event::Status(Status { state, pending }));
    }

    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let n = |at: usize| words.get(at).map_or(0, |word| word.parse::<u64>().unwrap());
        let (edit, key) = (EditId { device: PHONE, number: 0 }, Key::new("k"));
        let (unit, entity, took) = (UNIT, EntityId(0), Span::ZERO);
        match words[0] {
            "later" => self.now += Span::secs(n(1)),
            "moment" => self.now += Span::millis(900),
            "idle" => self.shows(Shown::Idle, n(1) as u32),
            "offline" => self.shows(Shown::Offline, 0),
            "conflict" => self.shows(Shown::Conflict, 0),
            "failed" => self.shows(Shown::Failed { retryable: true }, 0),
            "syncs" => self.shows(Shown::Syncing(Progress { percent: n(1) as u8, rows: n(2) as u32 }), 0),
            "edits" => {
                let (id, kind, values) = (edit, EditKind::Delete, Vec::new());
                let edit = LocalEdit { id, entity, key, kind, values };
                self.on(Event::EditMade { edit: &edit, made_at: Stamp(1) });
            }
            "sends" => self.on(Event::EditSent { edit, entity, key: &key, request: 1 }),
            "opens" => self.on(Event::Page(PageEvent::Open { edit, entity, key: &key })),
            "dies" => self.on(Event::ProcessKilled { reason: KillReason::Killed }),
            "starts" => self.on(Event::ProcessStarted { incarnation: 1 }),
            "down" => self.on(Event::LinkDown),
            "begins" => self.on(Event::SyncStart { unit, run: n(1), waited: took }),
            "ends" => self.on(Event::SyncComplete { unit, run: n(1), took, blocking: false }),
            "fails" => {
                let error = &SyncError::Offline(String::new());
                self.on(Event::SyncError { unit, run: n(1), error });
            }
            "throttled" => {
                let (kind, error) = (RequestKind::Pull, &ServerError::Throttled(Span::secs(n(1))));
                self.on(Event::RequestRefused { request: 1, kind, error, took });
            }
            "rows" => {
                let changes = &[AppliedChange { entity, key: "k", stamp: Stamp(1), removed: false }];
                self.on(Event::ChunkApplied { unit: Some(unit), changes, echoed: 0, took });
            }
            _ => panic!("{step} is no step"),
        }
    }

    /// Violations, and seconds of wrong status, at the end.
    fn finish(mut self, unsent: usize) -> (u64, u64) {
        let names = Names(&[], Clock::default());
        self.statuses.finish(self.now, PHONE, Some(unsent), names, &mut self.findings);
        let (_, figures, _) = self.findings.finish();
        (figures["oracle.wrong_status.count"], (self.statuses.wrong_ns() / 1_000_000_000) as u64)
    }
}

/// Violations, and seconds of wrong status, after a history, where so many edits are unsent.
fn found(history: &str, unsent: usize) -> (u64, u64) {
    let mut rig = Rig::new();
    history.split(';').map(str::trim).filter(|step| !step.is_empty()).for_each(|step| rig.step(step));
    rig.finish(unsent)
}

#[test]
fn all_is_synced_only_while_no_edit_waits() {
    for (history, unsent, wrong) in [
        ("edits; later 300; idle 1; later 300", 1, (1, 300)),
        // What is wrong for a moment is not counted, and for less than the bound is no violation.
        ("edits; moment; idle 1; later 500", 1, (0, 0)),
        ("edits; later 119; idle 1", 1, (0, 119)),
        // An edit that was sent before a death may wait or not.
        ("edits; idle 1; sends; dies; later 1000; starts; idle 0; later 200", 0, (0, 0)),
        ("edits; idle 1; sends; dies; later 1000; starts; idle 1; later 200", 1, (0, 0)),
        ("edits; idle 1; sends; dies; later 1000; starts; idle 2; later 200", 2, (1, 200)),
        // The count at the end is what is shown.
        ("", 0, (0, 0)),
        ("", 2, (1, 0)),
    ] {
        assert_eq!(found(history, unsent), wrong, "{history}");
    }
}

#[test]
fn another_state_that_flashes_up_does_not_make_wrong_right() {
    let flash = |run: u32| format!("failed; later 60; begins {run}; syncs 0 0; later 1; ends {run};");
    assert_eq!(found(&format!("{} idle", (0..10).map(flash).collect::<String>()), 0), (1, 600));
}

#[test]
fn each_state_is_shown_while_it_holds_and_not_longer() {
    for (history, violations) in [
        ("offline; down; later 200", 0),
        ("idle; down; later 200", 1),
        ("offline; later 200", 1),
        ("idle; later 200", 0),
        ("conflict; opens; later 200", 0),
        ("idle; opens; later 200", 1),
        ("conflict; later 200", 1),
        // A run that failed is shown until one ends well.
        ("begins 1; fails 1; failed; later 200; begins 2; ends 2; idle; later 200", 0),
        ("begins 1; fails 1; idle; later 200; begins 2; ends 2; idle; later 200", 1),
        ("begins 1; fails 1; failed; later 200; begins 2; ends 2; failed; later 200", 1),
    ] {
        assert_eq!(found(history, 0).0, violations, "{history}");
    }
}

#[test]
fn syncing_is_not_shown_when_nothing_has_moved_for_longer_than_a_run_may_take_to_fail() {
    for (history, wrong) in [
        // Two tries of 30 s, a wait of a second, and two minutes for the disk.
        ("begins 1; syncs 0 0; later 180; fails 1; failed", (0, 0)),
        ("begins 1; syncs 0 0; later 190; fails 1; failed", (1, 9)),
        // What a server asks for is no stall.
        ("begins 1; syncs 0 0; throttled 600; later 700", (0, 0)),
    ] {
        assert_eq!(found(history, 0), wrong, "{history}");
    }
}

#[test]
fn progress_moves_on_and_ends_at_a_hundred() {
    for (history, wrong) in [
        ("begins 1; syncs 50 5; syncs 60 9", (0, 0)),
        ("begins 1; syncs 50 5; syncs 40 9", (1, 0)),
        ("begins 1; syncs 50 5; syncs 60 4", (1, 0)),
        ("begins 1; syncs 50 5; syncs 101 9", (1, 0)),
        // Another run has a progress of its own.
        ("begins 1; syncs 0 0; syncs 50 5; ends 1; begins 2; syncs 0 0; syncs 50 5; ends 2", (0, 0)),
        // It stands while rows come.
        (
            "begins 1; syncs 0 0; rows; syncs 0 1; later 50; rows; syncs 0 2; later 50; rows; syncs 0 3; later 50",
            (0, 0),
        ),
        ("begins 1; syncs 0 0; rows; later 50; rows; later 50; rows; later 50", (1, 150)),
    ] {
        assert_eq!(found(history, 0), wrong, "{history}");
    }
}
