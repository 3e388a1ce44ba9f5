use super::*;
use crate::base::{EntityId, Key, Stamp};
use crate::contract::{Capabilities, EditKind, LocalEdit};
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

    fn syncs(&mut self, percent: u8, rows: u32) {
        self.shows(Shown::Syncing(Progress { percent, rows }), 0);
    }

    fn later(&mut self, secs: u64) {
        self.now += Span::secs(secs);
    }

    fn edits(&mut self, number: u32) {
        let id = EditId { device: PHONE, number };
        let (entity, key, kind, values) = (EntityId(0), Key::new("k"), EditKind::Delete, Vec::new());
        let edit = LocalEdit { id, entity, key, kind, values };
        self.on(Event::EditMade { edit: &edit, made_at: Stamp(1) });
    }

    fn starts(&mut self, run: u64) {
        self.on(Event::SyncStart { unit: UNIT, run, waited: Span::ZERO });
    }

    fn fails(&mut self, run: u64, error: &SyncError) {
        self.on(Event::SyncError { unit: UNIT, run, error });
    }

    /// Violations, and seconds of wrong status, at the end.
    fn finish(mut self, unsent: usize) -> (u64, u64) {
        let names = Names(&[], Clock::default());
        self.statuses.finish(self.now, PHONE, Some(unsent), names, &mut self.findings);
        let (_, figures, _) = self.findings.finish();
        (figures["oracle.wrong_status.count"], (self.statuses.wrong_ns() / 1_000_000_000) as u64)
    }
}

#[test]
fn all_is_synced_only_while_no_edit_waits() {
    let mut rig = Rig::new();
    rig.edits(0);
    rig.later(300);
    rig.shows(Shown::Idle, 1);
    rig.later(300);
    assert_eq!(rig.finish(1), (1, 300));
}

#[test]
fn what_is_wrong_for_a_moment_is_not_counted() {
    let mut rig = Rig::new();
    rig.edits(0);
    rig.now += Span::millis(900);
    rig.shows(Shown::Idle, 1);
    rig.later(500);
    assert_eq!(rig.finish(1), (0, 0));
}

#[test]
fn another_state_that_flashes_up_does_not_make_wrong_right() {
    let mut rig = Rig::new();
    for run in 0..10 {
        rig.shows(Shown::Failed { retryable: true }, 0);
        rig.later(60);
        rig.starts(run);
        rig.syncs(0, 0);
        rig.later(1);
        rig.on(Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false });
    }
    rig.shows(Shown::Idle, 0);
    assert_eq!(rig.finish(0), (1, 600));
}

#[test]
fn what_is_wrong_for_less_than_the_bound_is_no_violation() {
    let mut rig = Rig::new();
    rig.edits(0);
    rig.later(119);
    rig.shows(Shown::Idle, 1);
    assert_eq!(rig.finish(1), (0, 119));
}

#[test]
fn an_edit_that_was_sent_before_a_death_may_wait_or_not() {
    for (pending, found) in [(0, 0), (1, 0), (2, 1)] {
        let mut rig = Rig::new();
        rig.edits(0);
        rig.shows(Shown::Idle, 1);
        let (edit, key) = (EditId { device: PHONE, number: 0 }, Key::new("k"));
        rig.on(Event::EditSent { edit, entity: EntityId(0), key: &key, request: 1 });
        rig.on(Event::ProcessKilled { reason: KillReason::Killed });
        rig.later(1_000);
        rig.on(Event::ProcessStarted { incarnation: 1 });
        rig.shows(Shown::Idle, pending);
        rig.later(200);
        assert_eq!(rig.finish(pending as usize).0, found, "{pending}");
    }
}

#[test]
fn the_count_of_the_outbox_at_the_end_is_what_is_shown() {
    assert_eq!(Rig::new().finish(0), (0, 0));
    assert_eq!(Rig::new().finish(2), (1, 0));
}

#[test]
fn offline_is_shown_while_there_is_no_network_and_not_longer() {
    for (state, down, found) in [
        (Shown::Offline, true, 0),
        (Shown::Idle, true, 1),
        (Shown::Offline, false, 1),
        (Shown::Idle, false, 0),
    ] {
        let mut rig = Rig::new();
        rig.shows(state, 0);
        if down {
            rig.on(Event::LinkDown);
        }
        rig.later(200);
        assert_eq!(rig.finish(0).0, found, "{state:?} {down}");
    }
}

#[test]
fn syncing_is_not_shown_when_nothing_has_moved_for_longer_than_a_run_may_take_to_fail() {
    // Two tries of 30 s, a wait of a second, and two minutes for the disk.
    for (secs, found) in [(180, (0, 0)), (190, (1, 9))] {
        let mut rig = Rig::new();
        rig.starts(1);
        rig.syncs(0, 0);
        rig.later(secs);
        rig.fails(1, &SyncError::Offline(String::new()));
        rig.shows(Shown::Failed { retryable: true }, 0);
        assert_eq!(rig.finish(0), found, "{secs}");
    }
}

#[test]
fn what_a_server_asks_for_is_no_stall() {
    let mut rig = Rig::new();
    rig.starts(1);
    rig.syncs(0, 0);
    let error = &ServerError::Throttled(Span::secs(600));
    let (request, kind, took) = (1, crate::contract::RequestKind::Pull, Span::ZERO);
    rig.on(Event::RequestRefused { request, kind, error, took });
    rig.later(700);
    assert_eq!(rig.finish(0), (0, 0));
}

#[test]
fn a_run_that_failed_is_shown_until_one_ends_well() {
    let failed = Shown::Failed { retryable: true };
    for (after, then, found) in [(failed, Shown::Idle, 0), (Shown::Idle, Shown::Idle, 1), (failed, failed, 1)]
    {
        let mut rig = Rig::new();
        rig.starts(1);
        rig.fails(1, &SyncError::Offline(String::new()));
        rig.shows(after, 0);
        rig.later(200);
        rig.starts(2);
        rig.on(Event::SyncComplete { unit: UNIT, run: 2, took: Span::ZERO, blocking: false });
        rig.shows(then, 0);
        rig.later(200);
        assert_eq!(rig.finish(0).0, found, "{after:?} {then:?}");
    }
}

#[test]
fn progress_moves_on_and_ends_at_a_hundred() {
    for (then, found) in [((60, 9), 0), ((40, 9), 1), ((60, 4), 1), ((101, 9), 1)] {
        let mut rig = Rig::new();
        rig.starts(1);
        rig.syncs(50, 5);
        rig.syncs(then.0, then.1);
        assert_eq!(rig.finish(0).0, found, "{then:?}");
    }
    let mut rig = Rig::new();
    for run in [1, 2] {
        rig.starts(run);
        rig.syncs(0, 0);
        rig.syncs(50, 5);
        rig.on(Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false });
    }
    assert_eq!(rig.finish(0).0, 0, "another run has a progress of its own");
}

#[test]
fn progress_that_stands_while_rows_come_is_found() {
    use crate::contract::AppliedChange;
    let change = [AppliedChange { entity: EntityId(0), key: "k", stamp: Stamp(1), removed: false }];
    for (moves, found) in [(true, (0, 0)), (false, (1, 150))] {
        let mut rig = Rig::new();
        rig.starts(1);
        rig.syncs(0, 0);
        for rows in 1..=3 {
            rig.on(Event::ChunkApplied { unit: Some(UNIT), changes: &change, echoed: 0, took: Span::ZERO });
            if moves {
                rig.syncs(0, rows);
            }
            rig.later(50);
        }
        assert_eq!(rig.finish(0), found);
    }
}

#[test]
fn a_conflict_is_shown_while_one_waits_and_not_longer() {
    for (state, waits, found) in [
        (Shown::Conflict, true, 0),
        (Shown::Idle, true, 1),
        (Shown::Conflict, false, 1),
        (Shown::Idle, false, 0),
    ] {
        let mut rig = Rig::new();
        rig.shows(state, 0);
        if waits {
            let (edit, key) = (EditId { device: PHONE, number: 0 }, Key::new("k"));
            rig.on(Event::Page(PageEvent::Open { edit, entity: EntityId(0), key: &key }));
        }
        rig.later(200);
        assert_eq!(rig.finish(0).0, found, "{state:?} {waits}");
    }
}
