//! Owed runs: a device must start a run for which there is a reason, as soon as it can.
//!
//! A device must start requested units, retry failed ones and send waiting edits, each within a
//! bound. Time in which it was offline, dead or busy does not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Span, Time, UnitId};
use crate::contract::{
    AppEvent, Decision, EngineEvent, Event, Hook, KillReason, LogKind, PageEvent, PhoneEvent, SyncError,
    SyncUnit, Trigger,
};
use crate::oracle::watch::{EditTarget, Ended, Kept, OpenConflicts, Owed, Sign, StateLoss, Waiting, Why};
use crate::oracle::words::Labels;
use crate::oracle::{Findings, Harm, Heard, Matter, OracleSetup, Rule, Topic};

pub(crate) static IDLE_WITH_WORK: Rule = Rule {
    finds: "online, with something to do, and no sync began in time",
    needs: |can| can.prompt,
    hears: &[Topic::Runs, Topic::Queue],
    ..Rule::new("idle-with-work", "oracle.idle_with_work.count", Harm::Stuck, Matter::Runs)
};

const LOGOUT: u64 = u64::MAX;

/// True if an event shows that the engine works, or wakes the engine.
fn is_work(event: &Event<'_>) -> bool {
    match event {
        Event::Engine(event) => !matches!(event, EngineEvent::Status(_)),
        Event::Held(_) | Event::ConnectionOpened { .. } | Event::PacketsSent { .. } => true,
        Event::MessageDropped { .. } | Event::ProcessStarted { .. } => true,
        Event::Continued { .. } | Event::LinkUp => true,
        _ => false,
    }
}

#[derive(Clone, Copy, Debug)]
struct Begun {
    at: Time,
    unit: UnitId,
    failures: u32,
    retried: bool,
}

#[derive(Debug)]
struct Suspicion {
    edit: EditId,
    idle: Span,
    text: String,
}

#[derive(Debug, Default)]
pub(crate) struct DueRuns {
    pub(crate) idle_ns: u128,
    alive: bool,
    offline: bool,
    suspended: bool,
    foreground: bool,
    mark: Time,
    runs: BTreeMap<u64, Begun>,
    /// Requests without a response, each with the time until which the engine may wait for it.
    /// Includes requests of direct syncs, which have no run.
    requests: BTreeMap<u64, (Option<UnitId>, Time)>,
    hooks: BTreeSet<(u64, Hook)>,
    edits: BTreeMap<EditId, Waiting>,
    failures: BTreeMap<UnitId, u32>,
    listed: BTreeMap<UnitId, Time>,
    owed: Vec<Owed>,
    suspicions: Vec<Suspicion>,
    pub(crate) page: OpenConflicts,
    kept: Kept,
    still: Option<Still>,
}

/// The state of an engine that has no runs, and reports instead whether it is caught up.
#[derive(Clone, Copy, Debug, Default)]
struct Still {
    caught_up: bool,
    /// Since when the engine shows no activity. `idle`: for how much of that time it could have
    /// worked.
    since: Time,
    idle: Span,
    told: bool,
}

impl DueRuns {
    pub(crate) fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { at, device: id, event, out, setup, ref mut findings } = *heard;
        if let Event::AppWrote { took, .. } | Event::AppQueried { took, .. } | Event::Listed { took, .. } =
            event
        {
            // The disk is busy with this action, and the engine's writes wait for it.
            self.mark = (self.mark + *took).min(self.mark.max(at));
        }
        self.judge(&mut Ended { at, device: id, setup, findings });
        let text = self.leaves_listed(at, id, event, &setup.labels);
        findings.found(&IDLE_WITH_WORK, (Some(id), None), text);
        let units = &*setup.labels.units;
        self.on_process(at, event, units);
        self.on_way_out(event, out);
        self.on_request(at, event, setup);
        self.on_run(at, event, setup);
        self.on_edit(at, id, event, &setup.labels);
        self.on_page(at, (event, out), units);
        if setup.patience.keeps_queue() {
            for unit in self.kept.on(heard) {
                self.owe_at_once(at, unit, Why::Queued, units);
            }
        }
        if let Event::Engine(EngineEvent::EditSent { edit, .. }) = event {
            self.confirm(id, *edit, heard.findings);
        }
        if let Some(still) = self.still.as_mut().filter(|_| is_work(event)) {
            *still = Still { since: at, caught_up: still.caught_up, ..Still::default() };
        }
    }

    /// An engine without runs must show some activity while it is not caught up.
    pub(crate) fn says_caught_up(&mut self, is: bool, now: &mut Ended<'_>) {
        let Ended { at, device: id, setup, ref mut findings } = *now;
        self.owed.clear();
        self.count_to(at);
        let still = self.still.get_or_insert(Still { caught_up: is, since: at, ..Still::default() });
        if is {
            *still = Still { caught_up: true, since: at, ..Still::default() };
        }
        still.caught_up = is;
        let Still { since, idle, told, .. } = *still;
        let bound = setup.patience.at_once();
        if told || idle <= bound.span() {
            return;
        }
        still.told = true;
        self.idle_ns += u128::from(idle.0);
        let place = self.edits.values().next().map(|edit| &edit.place);
        let record = place.map(|place| (place.entity, place.key.as_str()));
        let [since, until] = [since, at].map(|at| setup.labels.time(at));
        findings.add(&IDLE_WITH_WORK, (Some(id), record), || {
            format!(
                "{id} was idle for {idle} between {since} and {until}, online, and reports that it \
                 is not caught up: it must send or receive something within {bound}"
            )
        });
    }

    pub(crate) fn judge(&mut self, now: &mut Ended<'_>) {
        if !self.count_to(now.at) {
            return;
        }
        let DueRuns { owed, edits, suspicions, idle_ns, .. } = self;
        for owed in owed.iter_mut().filter(|owed| owed.is_overdue(&now.setup.patience)) {
            owed.told = true;
            let text = owed.text(now, edits);
            match owed.why {
                Why::Saved(edit) | Why::Left(edit) => {
                    suspicions.push(Suspicion { edit, idle: owed.idle, text });
                }
                _ => {
                    *idle_ns += u128::from(owed.idle.0);
                    let unit = now.setup.labels.units.get(usize::from(owed.unit.0));
                    let pushes = |of: EntityId| unit.is_some_and(|unit| unit.push.contains(&of));
                    let mut places = edits.values().map(|edit| &edit.place);
                    let place = places.find(|place| pushes(place.entity));
                    let record = place.map(|place| (place.entity, place.key.as_str()));
                    now.findings.add(&IDLE_WITH_WORK, (Some(now.device), record), || text);
                }
            }
        }
    }

    pub(crate) fn confirm(&mut self, id: DeviceId, edit: EditId, findings: &mut Findings) {
        let Some(place) = self.suspicions.iter().position(|one| one.edit == edit) else { return };
        let Suspicion { idle, text, .. } = self.suspicions.remove(place);
        self.idle_ns += u128::from(idle.0);
        let waiting = self.edits.get(&edit).map(|waiting| (waiting.place.entity, waiting.place.key.clone()));
        let record = waiting.as_ref().map(|(entity, key)| (*entity, key.as_str()));
        findings.add(&IDLE_WITH_WORK, (Some(id), record), || text);
    }

    fn count_to(&mut self, now: Time) -> bool {
        if let Some(awaited) = self.requests.values().map(|(_, awaited)| *awaited).max() {
            self.mark = self.mark.max(now.min(awaited));
        }
        let idle = now.since(self.mark);
        if idle == Span::ZERO {
            return false;
        }
        self.mark = now;
        if !self.alive || self.offline || self.suspended || !self.runs.is_empty() || !self.hooks.is_empty() {
            return false;
        }
        if let Some(still) = &mut self.still {
            self.owed.clear();
            still.idle += if still.caught_up { Span::ZERO } else { idle };
        }
        let foreground = self.foreground;
        let counted = self.owed.iter_mut().filter(|owed| foreground || !owed.is_periodic());
        counted.for_each(|owed| owed.idle += idle);
        !self.owed.is_empty()
    }

    fn owe(&mut self, at: Time, unit: UnitId, why: Why) {
        self.owed.push(Owed { unit, why, since: at, idle: Span::ZERO, told: false });
    }
    /// Notes that a unit must run at once. A unit that may wait for another network must run only
    /// once it is queued.
    fn owe_at_once(&mut self, at: Time, unit: UnitId, why: Why, units: &[SyncUnit]) {
        if units[usize::from(unit.0)].when.is_empty() {
            self.owe(at, unit, why);
        }
    }
    fn begin_again(&mut self, at: Time, which: impl Fn(&Owed) -> bool) {
        for owed in self.owed.iter_mut().filter(|owed| which(owed)) {
            (owed.since, owed.idle, owed.told) = (at, Span::ZERO, false);
        }
    }

    fn on_process(&mut self, at: Time, event: &Event<'_>, units: &[SyncUnit]) {
        match event {
            Event::ProcessStarted { .. } => self.started(at, units),
            Event::ProcessKilled { reason } => {
                self.alive = false;
                self.runs.clear();
                self.requests.clear();
                self.hooks.clear();
                self.owed.clear();
                self.failures.clear();
                // Sent edits may be settled. After a power loss, the last edits may be gone.
                self.edits.retain(|_, edit| !edit.sent && *reason != KillReason::PowerLoss);
            }
            Event::Suspended => self.suspended = true,
            Event::Continued { .. } => {
                self.suspended = false;
                self.begin_again(at, |_| true);
            }
            Event::LinkDown => self.offline = true,
            Event::LinkUp => {
                self.offline = false;
                self.begin_again(at, |_| true);
            }
            Event::App(event) => {
                if let AppEvent::Login | AppEvent::Resume | AppEvent::Pause = event {
                    self.foreground = !matches!(event, AppEvent::Pause);
                    self.begin_again(at, Owed::is_periodic);
                }
                if let Some(trigger) = event.trigger() {
                    self.fire(at, trigger, units);
                }
            }
            _ => {}
        }
    }

    fn on_way_out(&mut self, event: &Event<'_>, out: Option<StateLoss>) {
        let killed = matches!(event, Event::ProcessKilled { .. });
        let lost_power = matches!(event, Event::ProcessKilled { reason: KillReason::PowerLoss });
        if out == Some(StateLoss::Database) && !killed {
            self.edits.clear();
            self.suspicions.clear();
        }
        if out >= Some(StateLoss::Part) || lost_power {
            self.listed.clear();
        }
    }

    fn started(&mut self, at: Time, units: &[SyncUnit]) {
        (self.alive, self.suspended, self.foreground, self.mark) = (true, false, false, at);
        self.fire(at, Trigger::Start, units);
        for (unit, number) in units.iter().zip(0..) {
            for trigger in unit.on.iter().filter(|trigger| matches!(trigger, Trigger::Every(_))) {
                self.owe_at_once(at, UnitId(number), Why::Fired(*trigger), units);
            }
        }
        let held = self.held();
        let waiting = self.edits.iter().filter(|(id, _)| !held.contains(id));
        let waiting: Vec<_> = waiting.map(|(id, edit)| (*id, edit.place.entity)).collect();
        waiting.into_iter().for_each(|(id, entity)| self.saved(at, id, entity, units));
    }

    fn fire(&mut self, at: Time, trigger: Trigger, units: &[SyncUnit]) {
        for (unit, number) in units.iter().zip(0..) {
            if unit.on.contains(&trigger) {
                self.owe_at_once(at, UnitId(number), Why::Fired(trigger), units);
            }
        }
    }

    fn saved(&mut self, at: Time, edit: EditId, entity: EntityId, units: &[SyncUnit]) {
        let sends = |unit: &&SyncUnit| {
            unit.on.contains(&Trigger::Save) && unit.push.contains(&entity) && unit.when.is_empty()
        };
        let Some(number) = units.iter().position(|unit| sends(&unit)) else { return };
        let is_saved = |owed: &Owed| matches!(owed.why, Why::Saved(_));
        // One run sends all edits.
        let unit = UnitId(number as u16);
        if !self.owed.iter().any(|owed| owed.unit == unit && is_saved(owed)) {
            self.owe(at, unit, Why::Saved(edit));
        }
    }

    fn on_run(&mut self, at: Time, event: &Event<'_>, setup: &OracleSetup) {
        let OracleSetup { labels, patience, capabilities, .. } = setup;
        let units = &*labels.units;
        match *event {
            Event::Engine(EngineEvent::UnitQueued { unit, .. }) => self.owe(at, unit, Why::Queued),
            Event::Engine(EngineEvent::UnitDiscarded { unit }) => self.had_its_turn(at, unit, units),
            Event::Engine(EngineEvent::SyncStart { unit, run, .. }) => {
                self.runs.insert(run, Begun { at, unit, failures: 0, retried: false });
                self.had_its_turn(at, unit, units);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) => {
                self.failures.remove(&unit);
                let Some(begun) = self.runs.remove(&run) else { return };
                // A row may wait for its attachment, which the engine sends outside of runs.
                let waits = |entity| patience.holds_rows() && labels.schema.attachment(entity).is_some();
                let left = self.left(&units[usize::from(unit.0)].push, begun.at, waits);
                if let Some(edit) = left.filter(|_| capabilities.acknowledges) {
                    self.owe_at_once(at, unit, Why::Left(edit), units);
                }
            }
            Event::Engine(EngineEvent::SyncError { unit, run, error }) => {
                let begun = self.runs.remove(&run);
                // An error about a run of an earlier process is no reason for a retry.
                let prompt = units[usize::from(unit.0)].when.is_empty();
                if let Some(begun) = begun.filter(|_| prompt && *error != SyncError::Interrupted) {
                    let failures = self.failures.entry(unit).or_default();
                    *failures = failures.saturating_add(begun.failures.max(1));
                    if let SyncError::Throttled(_) = error {
                        // Each response that postponed edits may count as a try.
                        *failures = (*failures).max(patience.attempts());
                    }
                    let failures = *failures;
                    self.owe(at, unit, Why::Failed(failures));
                }
            }
            Event::Engine(EngineEvent::HookStarted { hook, run: Some((_, run)) }) => {
                _ = self.hooks.insert((run, hook))
            }
            Event::Engine(EngineEvent::HookEnded { hook, run: Some((_, run)), .. }) => {
                _ = self.hooks.remove(&(run, hook))
            }
            _ => self.sign_of_life(at, event),
        }
    }

    /// Finds an edit that a run should have sent. An edit that was never sent may wait for an older
    /// edit of another unit.
    fn left(&self, push: &[EntityId], begun: Time, waits: impl Fn(EntityId) -> bool) -> Option<EditId> {
        let held = self.held();
        let held_back = |edit: &Waiting| !push.contains(&edit.place.entity);
        let first = self.edits.iter().find(|(_, edit)| held_back(edit)).map(|(id, _)| *id);
        let may_go = |id: EditId, edit: &Waiting| edit.sent || first.is_none_or(|first| id < first);
        let left = |(id, edit): &(&EditId, &Waiting)| {
            let entity = edit.place.entity;
            let goes = push.contains(&entity) && !waits(entity) && !held.contains(id);
            edit.made < begun && goes && may_go(**id, edit)
        };
        self.edits.iter().find(left).map(|(id, _)| *id)
    }

    /// A unit that deferred rows must retry them in its next run. Returns the error as text.
    fn leaves_listed(&mut self, at: Time, id: DeviceId, event: &Event<'_>, of: &Labels) -> Option<String> {
        match *event {
            Event::Engine(EngineEvent::RowsFailed { listed: 1.., .. }) => {
                let begun = self.runs.values().next_back()?;
                self.listed.entry(begun.unit).or_insert(at);
            }
            Event::Engine(EngineEvent::RowsRetried { left }) => {
                let begun = self.runs.values_mut().next_back()?;
                begun.retried = true;
                if left == 0 {
                    self.listed.clear();
                }
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) => {
                let begun = *self.runs.get(&run)?;
                let since = *self.listed.get(&unit).filter(|since| **since < begun.at && !begun.retried)?;
                self.listed.remove(&unit);
                let unit = of.unit(unit);
                let (since, at) = (of.time(since), of.time(at));
                return Some(format!(
                    "{id} has had deferred rows since {since} that could not be applied, and run {run} of {unit}, which ended at {at}, did not retry them"
                ));
            }
            // The whole entity comes again, so its deferred rows do not matter.
            Event::Engine(EngineEvent::CursorReset { .. }) => self.listed.clear(),
            _ => {}
        }
        None
    }

    /// The unit ran or was discarded. The wait of a periodic unit begins again.
    fn had_its_turn(&mut self, at: Time, unit: UnitId, units: &[SyncUnit]) {
        self.owed.retain(|owed| owed.unit != unit || owed.is_periodic());
        self.begin_again(at, |owed| owed.unit == unit);
        let push = &units[usize::from(unit.0)].push;
        let edits = &self.edits;
        let sends = |edit: &EditId| edits.get(edit).is_none_or(|edit| push.contains(&edit.place.entity));
        self.owed.retain(|owed| !matches!(&owed.why, Why::Saved(edit) if sends(edit)));
    }

    /// While an engine waits for a response, it counts as working, up to the longest silence of a
    /// run.
    fn on_request(&mut self, at: Time, event: &Event<'_>, setup: &OracleSetup) {
        let OracleSetup { labels, patience, .. } = setup;
        match *event {
            Event::Engine(EngineEvent::RequestSent { request, unit: Some(unit), .. }) => {
                self.requests.insert(request, (Some(unit), at + patience.of_run(false).span()));
            }
            // After the end of a run, the engine does not wait for pages that it asked for ahead.
            Event::Engine(EngineEvent::SyncComplete { unit, .. } | EngineEvent::SyncError { unit, .. }) => {
                self.requests.retain(|_, (of, _)| *of != Some(unit));
            }
            Event::Phone(PhoneEvent::LogoutAsked) => {
                let pushing = labels.units.iter().filter(|unit| unit.pushes()).count() as u64;
                self.requests.insert(LOGOUT, (None, at + patience.of_stall(false).span() * pushing));
            }
            Event::Phone(PhoneEvent::LogoutRefused { .. } | PhoneEvent::LoggedIn { .. }) => {
                self.requests.remove(&LOGOUT);
            }
            Event::Engine(
                EngineEvent::ResponseReceived { request, .. }
                | EngineEvent::RequestFailed { request, .. }
                | EngineEvent::RequestRefused { request, .. },
            ) => _ = self.requests.remove(&request),
            _ => {}
        }
    }

    /// Activity outside of runs belongs to a direct sync, which has no events for start and end.
    fn sign_of_life(&mut self, at: Time, event: &Event<'_>) {
        let Some(Sign { wait, failed, .. }) = Sign::of(event) else { return };
        if failed && let Some(run) = self.runs.values_mut().next_back() {
            run.failures = run.failures.saturating_add(1);
        }
        if self.runs.is_empty() {
            self.begin_again(at, |_| true);
            self.mark = self.mark.max(at + wait);
        }
    }

    fn on_edit(&mut self, at: Time, id: DeviceId, event: &Event<'_>, told: &Labels) {
        match *event {
            Event::EditMade { edit, .. } if edit.id.device == id => {
                let place = EditTarget::of(edit, &told.schema);
                self.edits.insert(edit.id, Waiting { place, made: at, sent: false });
                if !self.held().contains(&edit.id) {
                    self.saved(at, edit.id, edit.entity, &told.units);
                }
            }
            Event::Engine(EngineEvent::EditSent { edit, .. }) => {
                if let Some(waiting) = self.edits.get_mut(&edit) {
                    waiting.sent = true;
                }
                self.owed.retain(|owed| owed.why != Why::Saved(edit));
            }
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                let gone = |of: &EditId| with.contains(of) || stays && *of == edit;
                self.edits.retain(|of, _| !gone(of));
                self.owed.retain(|owed| !matches!(owed.why, Why::Saved(of) | Why::Left(of) if gone(&of)));
            }
            Event::Engine(EngineEvent::OutboxTrimmed { edits, .. }) => {
                self.edits.retain(|of, _| !edits.contains(of));
                let is_gone = |of: &EditId| edits.contains(of);
                self.owed.retain(|owed| !matches!(&owed.why, Why::Saved(of) | Why::Left(of) if is_gone(of)));
            }
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. }
                | EngineEvent::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. }
                | EngineEvent::ConflictDecided {
                    edit,
                    decision: Decision::Remote | Decision::Same | Decision::Parked,
                    ..
                },
            ) => {
                self.edits.remove(&edit);
                self.owed.retain(|owed| owed.why != Why::Saved(edit) && owed.why != Why::Left(edit));
            }
            _ => {}
        }
    }

    fn held(&self) -> BTreeSet<EditId> {
        self.page.held(self.edits.iter().map(|(id, edit)| (*id, &edit.place)))
    }

    /// When a person has decided a conflict, the edit and the edits behind it must be sent.
    fn on_page(&mut self, at: Time, (event, out): (&Event<'_>, Option<StateLoss>), units: &[SyncUnit]) {
        let before = self.held();
        if !self.page.on(event, out) {
            return;
        }
        if let Event::Engine(EngineEvent::Page(PageEvent::Resolved { edit, entity, key, decision, .. })) =
            *event
            && !matches!(decision, Decision::Remote | Decision::Same)
        {
            let place = EditTarget::row(entity, key);
            self.edits.insert(edit, Waiting { place, made: at, sent: false });
            self.saved(at, edit, entity, units);
        }
        let after = self.held();
        for id in before.difference(&after) {
            let Some(edit) = self.edits.get_mut(id) else { continue };
            edit.made = at;
            let entity = edit.place.entity;
            self.saved(at, *id, entity, units);
        }
        self.owed.retain(|owed| match &owed.why {
            Why::Saved(edit) | Why::Left(edit) => !after.contains(edit),
            _ => true,
        });
    }
}
