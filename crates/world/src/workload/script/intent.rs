//! Plans the writes: their authors and times. Each write has a random stream of its own. Its row is
//! chosen later.

use std::collections::BTreeMap;

use super::person::{Person, Presence};
use super::rhythm::Rhythm;
use super::setting::{Burst, Setting};
use crate::base::{Ppm, Seed, Span, Stream, Time};
use crate::contract::EditKind;
use crate::workload::{Action, Rivals, share};

/// The author of a write, by the person's index, and the time. The office has no index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct By {
    pub(super) at: Time,
    pub(super) who: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Intent {
    pub(super) by: By,
    pub(super) action: usize,
    pub(super) seed: Seed,
    pub(super) burst: Option<usize>,
    /// Set if another author (the twin) edits the same row or natural key.
    pub(super) twin: Option<Twin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Twin {
    pub(super) by: By,
    pub(super) what: Opposite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opposite {
    Same,
    Other,
    /// The twin writes the columns of another action, by its index.
    Beside(usize),
    Delete,
}

impl Intent {
    pub(super) fn stream(&self, purpose: &str) -> Stream {
        self.seed.stream(purpose, 0, 0)
    }
    pub(super) fn deletes(&self, kind: EditKind) -> bool {
        kind == EditKind::Delete || self.twin.is_some_and(|twin| twin.what == Opposite::Delete)
    }
    pub(super) fn first(&self) -> Time {
        self.twin.map_or(self.by.at, |twin| twin.by.at.min(self.by.at))
    }
}

pub(super) struct Day<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) hours: (Time, Time),
    pub(super) rhythm: Rhythm,
    pub(super) people_rhythm: Rhythm,
    pub(super) presences: Vec<Option<Presence>>,
}

impl Day<'_> {
    pub(super) fn intents(&self) -> Option<Vec<Intent>> {
        let mut intents = Vec::new();
        for (index, action) in self.setting.options.actions.iter().enumerate() {
            let seed = action_seed(self.setting.seed, action);
            let (on_devices, in_office) = self.totals(action);
            let weights = self.weights();
            let device = |i: usize| u64::from(self.setting.people[i].device.0);
            let counts = share::split(on_devices, &weights, |i| seed.hash("rest", device(i), 0));
            for (who, count) in counts.into_iter().enumerate() {
                let Some(day) = self.presences[who] else { continue };
                if (self.setting.stops)() {
                    return None;
                }
                let own = seed.derive("device", device(who));
                let window = (day.writes_from, day.until);
                intents.extend(
                    (0..count).map(|n| self.intent(index, Some(who), own.derive("write", n), window)),
                );
            }
            let own = seed.derive("office", 0);
            intents
                .extend((0..in_office).map(|n| self.intent(index, None, own.derive("write", n), self.hours)));
        }
        self.contend(&mut intents);
        (!(self.setting.stops)()).then_some(intents)
    }

    fn intent(&self, action: usize, who: Option<usize>, seed: Seed, window: (Time, Time)) -> Intent {
        let part = seed.stream("when", 0, 0).unit();
        let rhythm = if who.is_some() { &self.people_rhythm } else { &self.rhythm };
        let at = rhythm.at(part, window.0, window.1);
        Intent { by: By { at, who }, action, seed, burst: None, twin: None }
    }

    pub(super) fn bursts(&self, bursts: &[Burst]) -> Vec<Intent> {
        let mut seen: BTreeMap<(usize, Time, usize), u64> = BTreeMap::new();
        let mut intents = Vec::new();
        for (number, burst) in bursts.iter().enumerate() {
            let Some(who) = self.setting.people.iter().position(|p| p.device == burst.device) else {
                continue;
            };
            let nth = seen.entry((burst.action, burst.at, who)).or_default();
            let action = &self.setting.options.actions[burst.action];
            let seed = action_seed(self.setting.seed, action)
                .derive("burst", burst.at.0)
                .derive("device", u64::from(burst.device.0))
                .derive("again", *nth);
            *nth += 1;
            for n in 0..u64::from(burst.count) {
                let at = burst.at + burst.over.scaled(2 * n + 1, 2 * u64::from(burst.count));
                let (by, action, seed) = (By { at, who: Some(who) }, burst.action, seed.derive("write", n));
                intents.push(Intent { by, action, seed, burst: Some(number), twin: None });
            }
        }
        intents
    }

    pub(super) fn totals(&self, action: &Action) -> (u64, u64) {
        let people = self.setting.people.len() as u64;
        let total = (u64::from(action.per_device_milli) * people + 500) / 1_000;
        let on_devices = action.on_devices.of(total);
        (on_devices, total - on_devices)
    }

    /// The weight of each person's writes. All weights are equal if no person at work has a role
    /// with a weight.
    fn weights(&self) -> Vec<u64> {
        let roles = &self.setting.options.role_weights;
        let weight = |person: &Person| roles.iter().find(|(role, _)| *role == person.role).map_or(0, |r| r.1);
        let at_work = |i: usize| self.presences[i].is_some();
        let people = self.setting.people.iter().enumerate();
        let weights: Vec<u64> =
            people.map(|(i, p)| if at_work(i) { u64::from(weight(p)) } else { 0 }).collect();
        if weights.iter().any(|w| *w > 0) {
            return weights;
        }
        (0..weights.len()).map(|i| u64::from(at_work(i))).collect()
    }

    /// Gives an exact share of the devices' updates and creates a twin: a second write of the same
    /// row or natural key.
    fn contend(&self, intents: &mut [Intent]) {
        let contention = &self.setting.options.contention;
        let updates = self.drawn(intents, EditKind::Update, "contended", contention.share);
        let [equal, beside] =
            [("equal", contention.equal), ("beside", contention.beside)].map(|(purpose, of)| {
                let draws: Vec<u64> = updates.iter().map(|&i| intents[i].seed.hash(purpose, 0, 0)).collect();
                share::winners(&draws, of.of(draws.len() as u64))
            });
        let mut colleagues: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, person) in self.setting.people.iter().enumerate() {
            colleagues.entry(format!("{:?}", person.attributes)).or_default().push(i);
        }
        let by_devices = match contention.by {
            Rivals::Office => 0.0,
            Rivals::Devices => 1.0,
            Rivals::Both => 0.5,
        };
        let twin = |intent: &mut Intent, what, how| {
            let at = self.twin_time(intent);
            let who = self.rival(intent, at, &colleagues, how);
            intent.twin = Some(Twin { by: By { at, who }, what });
        };
        for (nth, &i) in updates.iter().enumerate() {
            let what = match () {
                () if equal.binary_search(&nth).is_ok() => Opposite::Same,
                () if beside.binary_search(&nth).is_ok() => self.beside(&intents[i]),
                () => Opposite::Other,
            };
            twin(&mut intents[i], what, ("rival", by_devices));
        }
        for i in self.drawn(intents, EditKind::Update, "deleted", contention.deletes) {
            twin(&mut intents[i], Opposite::Delete, ("rival", by_devices));
        }
        // A twin of a create comes from a colleague or the office. If only devices may be rivals,
        // it comes from a colleague.
        let by_devices = if contention.by == Rivals::Devices { 1.0 } else { 0.5 };
        for i in self.drawn(intents, EditKind::Create, "contended", contention.double_create) {
            twin(&mut intents[i], Opposite::Other, ("colleague", by_devices));
        }
    }

    /// Another action that updates rows of this entity in other columns; `Other` if there is none.
    fn beside(&self, intent: &Intent) -> Opposite {
        let actions = &self.setting.options.actions;
        let own = &actions[intent.action];
        let others = |(_, other): &(usize, &Action)| {
            let apart = other.columns.iter().all(|column| !own.columns.contains(column));
            other.entity == own.entity && other.kind == EditKind::Update && apart
        };
        let others: Vec<usize> = actions.iter().enumerate().filter(others).map(|(index, _)| index).collect();
        let stream = &mut intent.stream("beside");
        if others.is_empty() { Opposite::Other } else { Opposite::Beside(*stream.pick(&others)) }
    }

    /// A colleague who is at work at `at`, with probability `share`. Otherwise the office (`None`).
    fn rival(
        &self,
        intent: &Intent,
        at: Time,
        colleagues: &BTreeMap<String, Vec<usize>>,
        (purpose, share): (&str, f64),
    ) -> Option<usize> {
        let me = intent.by.who.expect("only devices contend");
        let there = |other: &usize| {
            let day = self.presences[*other];
            *other != me && day.is_some_and(|d| (d.writes_from..d.until).contains(&at))
        };
        let others = &colleagues[&format!("{:?}", self.setting.people[me].attributes)];
        let others: Vec<usize> = others.iter().copied().filter(there).collect();
        let mut stream = intent.stream(purpose);
        (stream.chance(share) && !others.is_empty()).then(|| *stream.pick(&others))
    }

    /// Draws a share of the intents that have no twin yet. A create is eligible only if it has a
    /// natural key.
    fn drawn(&self, intents: &[Intent], kind: EditKind, purpose: &str, of: Ppm) -> Vec<usize> {
        let fits = |intent: &Intent| {
            let action = &self.setting.options.actions[intent.action];
            let named = !self.setting.dataset.entity(action.entity).unique.is_empty();
            intent.by.who.is_some() && action.kind == kind && (named || kind != EditKind::Create)
        };
        let all = (0..intents.len()).filter(|&i| fits(&intents[i])).count() as u64;
        let free: Vec<usize> =
            (0..intents.len()).filter(|&i| fits(&intents[i]) && intents[i].twin.is_none()).collect();
        let draws: Vec<u64> = free.iter().map(|&i| intents[i].seed.hash(purpose, 0, 0)).collect();
        let count = of.of(all).min(free.len() as u64);
        share::winners(&draws, count).into_iter().map(|nth| free[nth]).collect()
    }

    /// The time of the twin. It has a triangular distribution around the write's time, and stays
    /// within the script.
    fn twin_time(&self, intent: &Intent) -> Time {
        let within = self.setting.options.contention.within.0 as f64;
        let mut stream = intent.stream("twin time");
        let away = (stream.unit() - stream.unit()) * within;
        let at = Time((intent.by.at.0 as f64 + away).max(0.0) as u64);
        at.min(Time::ZERO + self.setting.duration.saturating_sub(Span::nanos(1)))
    }
}

fn action_seed(seed: Seed, action: &Action) -> Seed {
    seed.derive(&action.name, 0xac7)
}
