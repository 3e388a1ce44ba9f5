//! The phases of a run: script (people work), heal (all faults end) and drain (devices sync until
//! nothing is left to sync).

use std::collections::BTreeSet;
use std::rc::Rc;

use super::build::{World, clock};
use super::hub::Listeners;
use crate::base::words::count;
use crate::base::{DeviceId, EntityId, Key, Span, Time, UnitId, Word};
use crate::contract::{DeviceView, Hook, RowWait, SyncUnit, Trigger};
use crate::gateway::gives_older;
use crate::setup::{ASKED_EVERY, Asking};
use crate::sim::Stop;
use crate::world::device::node::Device;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    /// The deadline has passed. Each device that is not at rest is listed with the reason.
    Stuck(Vec<(DeviceId, String)>),
    Stalled(String),
    Interrupted,
}

/// How often `watch` is asked during the script. It is asked as often again for each `SLICED_AGAIN`
/// devices, so that a large fleet can be interrupted without a wait of minutes.
const SLICES: u64 = 400;
const SLICED_AGAIN: usize = 500;
const DRAIN_STEP: Span = Span::secs(2);
const MAX_STUCK_LINES: usize = 10;

/// The number of rounds that follow without a wait, in addition to the retries of one failing row.
const AT_ONCE: u32 = 3;

/// If no run is in progress but edits wait, a person opens the app after this time or a quarter of
/// the drain, whichever is shorter. The next wait is twice as long. No engine waits this long
/// before a retry.
const OPENED_AGAIN_AFTER: Span = Span::secs(600);

#[derive(Default)]
struct HeldBack {
    rows: Vec<u64>,
    futile: u32,
}

impl HeldBack {
    /// The wait before the next round. It doubles while the number of rows to retry stays the same.
    fn wait_after(&mut self, rows: Vec<u64>, tries: u32, first: Span) -> Span {
        self.futile = if rows == self.rows { self.futile + 1 } else { 0 };
        self.rows = rows;
        match self.futile.checked_sub(tries.saturating_add(AT_ONCE)) {
            None | Some(0) => Span::ZERO,
            Some(late) => Span(first.0.saturating_mul(1_u64.checked_shl(late).unwrap_or(u64::MAX))),
        }
    }
}

impl World<'_> {
    /// Runs the script for its whole duration, even if no event is left. So radios fall asleep and
    /// connections close at their times.
    pub(super) fn run_script(&mut self) -> Result<(), Ended> {
        let end = Time::ZERO + self.plan.duration;
        let slices = SLICES * (1 + self.devices.len() / SLICED_AGAIN) as u64;
        let step = Span((self.plan.duration.0 / slices).max(1));
        let mut now = Time::ZERO;
        while now < end {
            now = (now + step).min(end);
            self.advance(now)?;
        }
        if self.handle.now() < end { self.wait(end) } else { Ok(()) }
    }

    /// Ends all faults and starts all apps. Then asks each device to sync, in rounds. It ends after
    /// a round in which the backend gets nothing new, no device has a row to retry, and no reader
    /// lacks a row.
    pub(super) fn drain(&mut self) -> Result<(), Ended> {
        self.servers.start_gateway();
        for device in &self.devices {
            device.end_of_work();
            device.crash.suspended.set(true);
            device.lift_suspension();
            device.start();
        }
        // If an edit is made after the round, no later request for a sync would cover it.
        let mut now = self.handle.now().max(self.last_edit);
        if now > self.handle.now() {
            self.wait(now)?;
        }
        let mut deadline = now + self.plan.drain;
        let (mut units, mut others) = stages(&self.plan.units);
        self.resolver.iter().for_each(|resolver| resolver.hurry(units.clone()));
        let (mut fetches, mut held) = (false, HeldBack::default());
        loop {
            let begun = now;
            let since;
            (now, since) = self.await_readers(now, deadline, fetches)?;
            self.hub.with(|l| l.round.begin(self.plan.units.len()));
            self.ask(self.devices.clone(), &units);
            now = self.end_round(&units, now, deadline)?;
            if self.hub.with(|l| l.round.commits) > 0 {
                held = HeldBack::default();
                continue;
            }
            if let Some(rows) = self.held_back() {
                let wait = held.wait_after(rows, self.plan.engine.pull.bad_rows.tries, DRAIN_STEP);
                if wait > Span::ZERO && now + wait >= deadline {
                    return Err(Ended::Stuck(self.reasons(&units)));
                }
                if wait > Span::ZERO {
                    now += wait;
                    self.wait(now)?;
                }
                continue;
            }
            if let Some(until) = self.claimed_until(begun) {
                // This delay is not the device's fault: a claim may have ended after the device was
                // asked.
                let until = until.max(now);
                deadline += until - now;
                now = until;
                self.wait(now)?;
                continue;
            }
            let Some(file) = self.file_behind(since) else {
                let Some(all) = others.take() else { return Ok(()) };
                self.others_follow(&units);
                units = all;
                continue;
            };
            if now >= deadline {
                let why = format!("no complete file was read since that of {}", clock(&self.plan).time(file));
                return Err(self.not_asked(&why));
            }
            fetches = true;
        }
    }

    /// Lets time pass until every device has completed the round and has sent all its edits.
    fn end_round(&mut self, units: &[UnitId], mut now: Time, deadline: Time) -> Result<Time, Ended> {
        let (mut opened, mut wait) = (now, OPENED_AGAIN_AFTER.min(Span(self.plan.drain.0 / 4)));
        while !self.round_is_done(units) {
            if now >= deadline {
                return Err(Ended::Stuck(self.reasons(units)));
            }
            if self.hub.with(|l| l.round.is_complete(units)) && self.nothing_waits() {
                // Later runs are in progress. Devices that sync every minute are never all at rest.
                self.devices.iter().for_each(|device| device.put_away());
            }
            self.ask_again(units);
            if now >= opened + wait && self.hub.with(|l| l.round.is_done(units)) {
                self.ask_who_waits(units);
                (opened, wait) = (now, wait * 2);
            }
            // If no event is left, the executor's clock stops. This clock continues.
            now = (now + DRAIN_STEP).min(deadline);
            self.advance(now)?;
        }
        Ok(now)
    }

    /// Tells the oracle that the everyday units are done, and that other units pull and push the
    /// rest from now on.
    fn others_follow(&self, everyday: &[UnitId]) {
        let own = |unit: &UnitId| parts(&self.plan.units[usize::from(unit.0)]);
        let pulled = |(pushes, entity): (bool, EntityId)| (!pushes).then_some(entity);
        let entities = everyday.iter().flat_map(own).filter_map(pulled).collect();
        self.hub.with(|listeners| {
            let Some(oracle) = &mut listeners.oracle else { return };
            oracle.after_hours.begin(everyday.iter().copied().collect(), entities);
        });
    }

    /// Lets the workers of an integration continue until they find no row to transfer. If they are
    /// not done by the deadline, the oracle reports it.
    pub(super) fn drain_integration(&mut self) -> Result<(), Ended> {
        let Some(integration) = self.integration.clone() else { return Ok(()) };
        let mut now = self.handle.now();
        let deadline = now + self.plan.drain;
        let backend = &self.servers.backend;
        let shown = backend.borrow().shown_by().map_or(now, |shown| shown.max(now));
        let behind = integration.options.capture.reads_behind;
        let by_clock = behind.map_or(now, |window| backend.borrow().clock_at_latest() + window);
        let since = integration.found_by(shown).max(by_clock).min(deadline);
        integration.shown.set(since);
        if since > now {
            now = since;
            self.wait(now)?;
        }
        while !integration.is_at_rest() && now < deadline {
            integration.hurry.notify_all();
            now = (now + DRAIN_STEP).min(deadline);
            self.wait(now)?;
        }
        Ok(())
    }

    /// The end of claims (reservations of rows for one reader) on rows that no device could get in
    /// a round that began at `begun`. Claims of devices in that round do not count: each device has
    /// confirmed its rows or released them.
    fn claimed_until(&self, begun: Time) -> Option<Time> {
        let upto = self.plan.gateway.claimed_until(begun)?;
        self.servers.backend.borrow().claimed_until(begun, upto)
    }
    /// The time of the file that the gateway read last; `None` if that file has all commits made by
    /// `since`.
    fn file_behind(&self, since: Time) -> Option<Time> {
        self.servers.gateway.as_ref()?.borrow().files_as_of().filter(|file| *file <= since)
    }
    /// Lets time pass until readers can see every commit, because a round that begins earlier would
    /// miss some. Requests on their way may commit meanwhile, and the loop waits for these commits
    /// too. With `fetches` the gateway reads export files itself, because a file may be complete
    /// too briefly for a device. Returns the new time, and the time when everything was visible.
    fn await_readers(&mut self, mut now: Time, deadline: Time, fetches: bool) -> Result<(Time, Time), Ended> {
        loop {
            self.hub.with(|l| l.round.commits = 0);
            let shown = self.servers.backend.borrow().shown_by();
            // The loop does not wait longer. The oracle reports rows that are still missing.
            let since = shown.map_or(now, |shown| shown.max(now));
            now = self.plan.gateway.capture().found_by(since).min(deadline);
            let by_clock = self.read_by_clock();
            if let Some(at) = by_clock.filter(|at| *at > deadline) {
                let at = clock(&self.plan).time(at);
                let why = format!("the last commit is within the readers' safety window until {at}");
                return Err(self.not_asked(&why));
            }
            // If no event is left, the executor's clock stops, and no version becomes visible.
            let unshown = shown.is_some_and(|shown| shown > self.handle.now());
            let waits = fetches || unshown || by_clock.is_some_and(|at| at > now);
            now = by_clock.map_or(now, |at| at.max(now));
            if waits {
                self.wait(now)?
            } else {
                self.advance(now)?
            }
            if let Some(gateway) = &self.servers.gateway {
                let mut gateway = gateway.borrow_mut();
                if fetches || gateway.files_as_of().is_none_or(|file| file == Time::ZERO) {
                    gateway.fetch_files(now, &mut self.servers.backend.borrow_mut());
                }
            }
            now = self.await_gateway(now, deadline)?;
            now = self.await_jobs(since, now, deadline)?;
            if self.hub.with(|l| l.round.commits) == 0 || now >= deadline {
                return Ok((now, since));
            }
        }
    }

    /// The time when readers that read a fixed window behind the backend's clock see every commit;
    /// `None` if there are no such readers. If the clock was set back, this takes longer.
    fn read_by_clock(&self) -> Option<Time> {
        let window = self.plan.gateway.capture().reads_behind?;
        Some(self.servers.backend.borrow().clock_at_latest() + window)
    }
    fn wait(&mut self, until: Time) -> Result<(), Ended> {
        let handle = self.handle.clone();
        self.handle.spawn(self.node, "wait", async move { handle.sleep_until(until).await });
        self.advance(until)
    }
    /// Lets time pass until the gateway's queue is empty and its replica has all rows of the
    /// backend.
    fn await_gateway(&mut self, now: Time, deadline: Time) -> Result<Time, Ended> {
        let (since, mut now) = (now, now);
        while !self.servers.is_caught_up(since) && now < deadline {
            self.servers.hurry_gateway(since);
            now = (now + DRAIN_STEP).min(deadline);
            self.advance(now)?;
        }
        if self.servers.is_caught_up(since) {
            return Ok(now);
        }
        let left = self.servers.left_to_do(since, clock(&self.plan));
        Err(self.not_asked(&format!("the gateway did not catch up with the backend in time ({left})")))
    }
    /// Lets time pass until no device can get the result of a gateway job that began before
    /// `since`.
    fn await_jobs(&mut self, since: Time, mut now: Time, deadline: Time) -> Result<Time, Ended> {
        loop {
            let gateway = self.servers.gateway.as_ref();
            let until = gateway.and_then(|gateway| gives_older(&gateway.borrow(), since, now));
            let Some(until) = until.filter(|_| now < deadline) else { return Ok(now) };
            now = until.max(now + DRAIN_STEP).min(deadline);
            self.wait(now)?;
        }
    }
    /// The result if devices are not asked again, because they would not get all rows.
    fn not_asked(&self, why: &str) -> Ended {
        let again = if self.hub.with(|l| l.round.number) > 0 { " again" } else { "" };
        let line = |device: DeviceId| format!("device {} was not asked to sync{again}: {why}", device.0);
        Ended::Stuck(self.devices.iter().map(|device| (device.id, line(device.id))).collect())
    }
    fn advance(&mut self, until: Time) -> Result<(), Ended> {
        if self.watch.interrupted() {
            return Err(Ended::Interrupted);
        }
        self.watch.progress(until, self.plan.duration);
        loop {
            match self.sim.run_unless(until, &|| self.watch.interrupted()) {
                Stop::Stalled(snapshot) => return Err(Ended::Stalled(snapshot.to_string())),
                Stop::Halted if self.look() => {}
                Stop::Halted => return Err(Ended::Interrupted),
                Stop::Idle | Stop::Deadline => return Ok(()),
            }
        }
    }
    /// Lets the oracle inspect the phones that had events. Returns false if the halt had another
    /// reason.
    fn look(&self) -> bool {
        let wanted = self.hub.with(|listeners| std::mem::take(&mut listeners.looks.wanted));
        let Some(mut oracle) = self.hub.with(|listeners| listeners.oracle.take()) else { return false };
        for id in &wanted {
            let device = self.device(*id);
            let rows = device.with_copy(|view| oracle.look(*id, view)).unwrap_or(0);
            self.hub.with(|listeners| listeners.looks.took(*id, rows, self.handle.now()));
        }
        self.hub.with(|listeners| listeners.oracle = Some(oracle));
        !wanted.is_empty()
    }

    /// Asks the devices that still have edits or attachments to send. If these were saved or freed
    /// after the last run, they wait until a person opens the app.
    fn ask_who_waits(&mut self, units: &[UnitId]) {
        let waiting = self.devices.iter().filter(|device| !has_sent_all(device)).cloned().collect();
        self.ask(waiting, units);
    }

    fn ask(&mut self, all: Vec<Rc<Device>>, units: &[UnitId]) {
        let (handle, units, hub) = (self.handle.clone(), units.to_vec(), self.hub.clone());
        self.handle.spawn(self.node, "drain", async move {
            for device in all {
                for unit in &units {
                    device.trigger(*unit, Asking::Queued);
                }
                handle.sleep(ASKED_EVERY).await;
            }
            hub.all_asked();
        });
    }

    /// Asks again for units that devices dropped before their run began.
    fn ask_again(&self, units: &[UnitId]) {
        let dropped = self.hub.with(|l| l.round.take_dropped());
        for (device, unit) in dropped.into_iter().filter(|(_, unit)| units.contains(unit)) {
            self.devices[device].trigger(unit, Asking::Queued);
        }
    }
    /// Asks engines that sync continuously (without single runs) whether they have completed the
    /// round. If a device says yes once, it counts as completed, even if it loses a connection
    /// later.
    fn hear_who_is_caught_up(&self) {
        if !self.hub.with(|l| l.round.all_asked) {
            return;
        }
        for (index, device) in self.devices.iter().enumerate() {
            if device.is_caught_up() == Some(true) {
                self.hub.with(|l| l.round.devices[index].completed.fill(true));
            }
        }
    }
    fn round_is_done(&self, units: &[UnitId]) -> bool {
        self.hear_who_is_caught_up();
        self.hub.with(|l| l.round.is_done(units)) && self.nothing_waits()
    }
    fn nothing_waits(&self) -> bool {
        self.devices.iter().all(has_sent_all)
    }
    /// For each device, the number of rows that it could not apply and will retry in another round;
    /// `None` if no device has any.
    fn held_back(&self) -> Option<Vec<u64>> {
        let of = |device: &Rc<Device>| device.with_view(|view| view.held_back()).unwrap_or(0);
        let rows: Vec<u64> = self.devices.iter().map(of).collect();
        rows.iter().any(|rows| *rows > 0).then_some(rows)
    }
    /// A line with the reason for each device that is not at rest. If the backend got commits in
    /// the last round, each device is listed, because no further round delivered these commits.
    fn reasons(&self, units: &[UnitId]) -> Vec<(DeviceId, String)> {
        let (mut reasons, mut unseen) = (Vec::new(), 0);
        let commits = self.hub.with(|l| l.round.commits);
        for (index, device) in self.devices.iter().enumerate() {
            let (open, under_way, hook): (Vec<&str>, bool, Option<Hook>) = self.hub.with(|l| {
                let round = &l.round.devices[index];
                let left = units.iter().filter(|u| !round.completed[usize::from(u.0)]);
                let names = left.map(|u| self.plan.units[usize::from(u.0)].name.as_str());
                let hook = round.hooks.first().map(|(_, hook)| *hook);
                (names.collect(), !round.open.is_empty() || hook.is_some(), hook)
            });
            let state = device.with_view(|view| {
                let attached = view.attachments().len() as u64;
                let attached = (attached > 0).then(|| format!("{} not sent", count(attached, "attachment")));
                let pending = view.pending();
                let told = |l: &mut Listeners| l.oracle.as_ref()?.waiting(device.id, &pending);
                let waiting = self.hub.with(told).or(attached);
                (waiting, (view.held_back(), view.waits_for()), view.doing())
            });
            if let Some(why) = device.out_of_sight() {
                // Other devices may wait for this device, so its line comes first.
                reasons.insert(unseen, (device.id, format!("device {}: {why}", device.id.0)));
                unseen += 1;
                continue;
            }
            let line = match state {
                None => continue,
                Some((None, (0, _), _)) if open.is_empty() && !under_way && commits == 0 => continue,
                Some((None, (0, _), _)) if open.is_empty() && !under_way => format!(
                    "device {} could not fetch the last rows that others sent: others took the whole drain",
                    device.id.0
                ),
                Some((waiting, held_back, doing)) => {
                    let held_back = (held_back.0, held_back.1.map(|wait| self.told(&wait)));
                    // The line already reports the waiting edits.
                    let failures = self.hub.with(|l| l.round.devices[index].failures.told());
                    let failures = failures.filter(|_| waiting.is_none());
                    let mut why = left_to_do(waiting, held_back, &open);
                    why.extend(failures);
                    why.extend(hook.map(|hook| format!("the app's hook `{}` has not ended", hook.word())));
                    why.push(format!("its engine says: {doing}"));
                    format!("device {} did not come to rest in time: {}", device.id.0, why.join("; "))
                }
            };
            reasons.push((device.id, line));
        }
        reasons
    }

    /// Renders `line/l1 waits for order/o2`, with the reason.
    fn told(&self, wait: &RowWait) -> String {
        let name = |(of, key): &(EntityId, Key)| format!("{}/{key}", self.plan.schema.entity(*of).name);
        let (row, other) = (name(&wait.row), name(&wait.other));
        if wait.ends {
            return format!("the delete of {row} waits for {other}, which refers to it");
        }
        format!("{row} waits for {other}, which it does not have")
    }
}

fn has_sent_all(device: &Rc<Device>) -> bool {
    let has_sent = |view: &dyn DeviceView| view.pending().is_empty() && view.attachments().is_empty();
    device.with_view(has_sent) == Some(true)
}

/// The work that a device still has: edits to send, rows that it could not apply, units to run.
fn left_to_do(
    waiting: Option<String>,
    (held_back, wait): (u64, Option<String>),
    units: &[&str],
) -> Vec<String> {
    let mut left: Vec<String> = waiting.into_iter().collect();
    if held_back > 0 {
        let wait = wait.map(|wait| format!(" ({wait})")).unwrap_or_default();
        let rows = count(held_back, "row");
        left.push(format!("{rows} that it could not apply would be retried{wait}"));
    }
    if !units.is_empty() {
        left.push(format!("its sync of {} did not complete", units.join(", ")));
    }
    left
}

pub(super) fn named(reasons: Vec<(DeviceId, String)>) -> Vec<String> {
    let more = reasons.len().saturating_sub(MAX_STUCK_LINES);
    let mut lines: Vec<String> = reasons.into_iter().take(MAX_STUCK_LINES).map(|(_, line)| line).collect();
    if more > 0 {
        lines.push(format!("and {more} more devices"));
    }
    lines
}

/// The entities that a unit pulls (false) and pushes (true).
fn parts(unit: &SyncUnit) -> Vec<(bool, EntityId)> {
    let pull = unit.pull.iter().filter(|e| unit.brings_whole(**e)).map(|e| (false, *e));
    pull.chain(unit.push.iter().map(|e| (true, *e))).collect()
}

/// The units that bring everything to rest. If the units of an ordinary day do not pull and push
/// everything, there are two stages, and the ordinary units are the first one.
fn stages(units: &[SyncUnit]) -> (Vec<UnitId>, Option<Vec<UnitId>>) {
    let starts = |on: &Trigger| !matches!(on, Trigger::Start | Trigger::Login | Trigger::Manual);
    let own = |unit: &SyncUnit| {
        if unit.on.iter().any(starts) { unit.clone() } else { SyncUnit::default() }
    };
    let everyday: Vec<SyncUnit> = units.iter().map(own).collect();
    let of = |units: &[SyncUnit]| -> BTreeSet<(bool, EntityId)> { units.iter().flat_map(parts).collect() };
    let left: BTreeSet<(bool, EntityId)> = of(units).difference(&of(&everyday)).copied().collect();
    let pushes = left.iter().any(|(pushes, _)| *pushes);
    match covering(&everyday) {
        first if left.is_empty() => (first, None),
        first if !first.is_empty() && !pushes => (first, Some(covering(units))),
        _ => (covering(units), None),
    }
}

/// A greedy cover: few units that together push and pull everything. The unit that covers most
/// comes first.
fn covering(units: &[SyncUnit]) -> Vec<UnitId> {
    let mut left: Vec<(bool, EntityId)> = units.iter().flat_map(parts).collect();
    let mut chosen = Vec::new();
    while !left.is_empty() {
        let gain = |unit: &SyncUnit| {
            let own = parts(unit);
            left.iter().filter(|part| own.contains(part)).count()
        };
        let gains: Vec<usize> = units.iter().map(gain).collect();
        // Of equal gains, the first unit wins.
        let best = (0..units.len()).rev().max_by_key(|i| gains[*i]).expect("there are units");
        let own = parts(&units[best]);
        left.retain(|part| !own.contains(part));
        chosen.push(UnitId(best as u16));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, pull: &[u16], push: &[u16]) -> SyncUnit {
        let ids = |list: &[u16]| list.iter().map(|&e| EntityId(e)).collect();
        let (pull, push) = (ids(pull), ids(push));
        SyncUnit { name: name.to_owned(), pull, push, ..SyncUnit::default() }
    }

    #[test]
    fn the_complete_unit_alone_drains_everything() {
        let units = [unit("Splash", &[0], &[]), unit("Send", &[], &[1]), unit("Online", &[0, 1], &[0, 1])];
        assert_eq!(covering(&units), [UnitId(2)]);
    }

    #[test]
    fn partial_units_drain_together() {
        let units = [unit("Login", &[0, 1], &[]), unit("Send", &[], &[1]), unit("Idle", &[], &[])];
        assert_eq!(covering(&units), [UnitId(0), UnitId(1)]);
    }

    #[test]
    fn units_of_an_ordinary_day_come_to_rest_before_those_of_a_login() {
        let on = |on: Trigger, of: SyncUnit| SyncUnit { on: vec![on], ..of };
        let login = on(Trigger::Login, unit("Login", &[0, 1], &[]));
        let send = on(Trigger::Save, unit("Send", &[], &[1]));
        let refresh = |pull: &[u16]| on(Trigger::Online, unit("Refresh", pull, &[]));
        assert_eq!(
            stages(&[login.clone(), send.clone(), refresh(&[0])]),
            (vec![UnitId(1), UnitId(2)], Some(vec![UnitId(0), UnitId(1)]))
        );
        assert_eq!(stages(&[login.clone(), send, refresh(&[0, 1])]), (vec![UnitId(2), UnitId(1)], None));
        let sends = on(Trigger::Login, unit("Login", &[0, 1], &[1]));
        assert_eq!(stages(&[sends, refresh(&[0])]), (vec![UnitId(0)], None));
        assert_eq!(stages(&[login]), (vec![UnitId(0)], None));
    }

    #[test]
    fn rounds_that_change_nothing_come_later_and_later() {
        let mut held = HeldBack::default();
        let mut waits = |rows: u64, rounds: usize| -> Vec<u64> {
            let wait = |_| held.wait_after(vec![0, rows], 1, Span::secs(2)).0 / 1_000_000_000;
            (0..rounds).map(wait).collect()
        };
        assert_eq!(waits(9, 8), [0, 0, 0, 0, 0, 4, 8, 16]);
        assert_eq!(waits(8, 6), [0, 0, 0, 0, 0, 4], "some were applied");
    }
}
