//! A reader that commits what it gets, before a backend that changes, with trouble at any one
//! request.

mod flags;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::seam::{Ask, Captured, Effort, Reader, Strategy};
use super::*;
use crate::backend::{self, Backend, CommitDelay, Holes, LogOptions, Numbered, Rearm, Reset, Trimmed};
use crate::base::{DeviceId, EditId, EntityId, Key, Ppm, Seed, Span, Stamp, Stream, Time, UnitId, Value};
use crate::contract::{
    Column, ColumnKind, EditKind, Entity, Mutation, Outcome, Schema, ScopeRule, ServerError,
};

const VISIT: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);

/// What goes wrong at one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// The backend fails after it did everything: the gateway has nothing.
    Fails,
    /// The answer is lost on its way to the reader.
    AnswerLost,
    /// The gateway is replaced before it.
    Replaced,
    /// The reader is installed again before it.
    Reinstalled,
    /// The reader's storage goes back to a backup before it.
    PutBack,
}

const FAULTS: [Fault; 4] = [Fault::Fails, Fault::AnswerLost, Fault::Replaced, Fault::Reinstalled];

/// What is different from what the reader should hold, and what it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Found {
    lost: usize,
    stale: usize,
    extra: usize,
    /// Changes that the reader had already.
    again: u64,
    requests: usize,
    effort: Effort,
}

impl Found {
    fn wrong(&self) -> usize {
        self.lost + self.stale + self.extra
    }
}

struct Trial {
    capture: Capture,
    options: backend::BackendOptions,
    whole: bool,
    page: usize,
    /// Steps between one request and the next, and what happens in them.
    seed: u64,
    /// The reader was there before the start, and has what there was.
    provisioned: bool,
    /// Nobody reads for so long in the middle of it.
    absent: Span,
}

#[derive(Clone, Default)]
struct Device {
    cursor: Option<String>,
    rows: BTreeMap<Key, (Stamp, Value, u32)>,
    load: u32,
    loading: bool,
    backup: Option<Box<Device>>,
}

fn schema() -> Schema {
    let text = |name: &str| Column::new(name, ColumnKind::Text);
    let visit = Entity {
        scope: vec![ScopeRule::Attribute { column: 0, attribute: 0 }],
        ..Entity::new("visit", vec![text("clinic"), text("text")])
    };
    Schema { entities: vec![visit], ..Schema::default() }
}

fn log() -> LogOptions {
    LogOptions { kept: Span::secs(3_600), numbered: Numbered::AtCommit, rearm: Rearm::Always }
}

impl Trial {
    fn new(capture: Capture) -> Trial {
        let options = backend::BackendOptions { log: Some(log()), ..backend::BackendOptions::default() };
        Trial { capture, options, whole: false, page: 3, seed: 1, provisioned: false, absent: Span::ZERO }
    }

    /// Runs it with a fault at the request of this number.
    fn run(&self, nth: usize, fault: Fault) -> Found {
        let options = backend::BackendOptions { whole: self.whole, ..self.options.clone() };
        let mut backend = Backend::new(Arc::new(schema()), options, START, Seed(self.seed));
        backend.load(VISIT, (0..9).map(loaded));
        let mut strategy = strategy(&self.capture);
        let mut device = Device::default();
        if self.provisioned {
            device.cursor = Some(strategy.cursor_at(VISIT, START));
            let north = [Value::text("north")];
            for row in backend.in_scope(VISIT, &north) {
                device.rows.insert(row.key.clone(), (row.stamp, row.values[1].clone(), 0));
            }
        }
        let mut stream = Seed(self.seed).stream("trial", 0, 0);
        let mut outcome = Found::default();
        let mut now = Time::ZERO;
        let request = |strategy: &mut dyn Strategy,
                       backend: &mut Backend,
                       reader: &mut Device,
                       now,
                       out: &mut Found| {
            let fault = if out.requests == nth { fault } else { Fault::Nothing };
            out.requests += 1;
            self.request(strategy, backend, reader, now, fault, out)
        };
        for step in 0..60 {
            if step % 9 == 0 {
                device.backup = None;
                device.backup = Some(Box::new(device.clone()));
            }
            now += Span::millis(stream.below(3));
            now += if step == 30 { self.absent } else { Span::ZERO };
            if stream.chance(0.2) {
                device.push(&mut backend, now, step, &mut stream);
            } else {
                change(&mut backend, now, &mut stream);
            }
            if stream.chance(0.5) && !(20..30).contains(&step) {
                request(&mut *strategy, &mut backend, &mut device, now, &mut outcome);
            }
        }
        // All that was under way can be seen, and the reader comes until there is nothing more.
        now += Span::secs(9);
        for _ in 0..3 {
            now += Span::millis(1);
            let mut rounds = 0;
            while request(&mut *strategy, &mut backend, &mut device, now, &mut outcome) {
                rounds += 1;
                assert!(rounds < 400, "pulling comes to an end: {self:?}");
            }
        }
        self.compare(&backend, &device, &mut outcome);
        outcome
    }

    /// One request; `true` if there is more to ask for.
    fn request(
        &self,
        strategy: &mut dyn Strategy,
        backend: &mut Backend,
        reader: &mut Device,
        now: Time,
        fault: Fault,
        outcome: &mut Found,
    ) -> bool {
        match fault {
            Fault::Replaced => strategy.forget(),
            Fault::Reinstalled => {
                *reader = Device { load: reader.load, ..Device::default() };
            }
            Fault::PutBack => {
                if let Some(backup) = reader.backup.take() {
                    *reader = *backup;
                }
            }
            _ => {}
        }
        let north = [Value::text("north")];
        let who = if self.whole { Reader::Replica } else { Reader::Device(DeviceId(0), &north) };
        let cursor = reader.cursor.clone();
        // Half of the pages are cut by rows, the others by bytes.
        let by_rows = outcome.requests.is_multiple_of(2);
        let limit = if by_rows { self.page } else { 2 * self.page };
        let ask = Ask {
            reader: who,
            entity: VISIT,
            cursor: cursor.as_deref(),
            limit,
            clock: START,
            local: START,
            pull: (UnitId(0), 0),
        };
        let mut rows = Vec::new();
        let page = strategy.page(backend, now, ask, &mut |change, _| {
            rows.push((change.key.clone(), change.stamp, change.values.map(|values| values[1].clone())));
            if rows.len() < self.page { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let page = match page {
            Ok(page) => page,
            Err(ServerError::CursorExpired(_)) => {
                reader.cursor = None;
                return true;
            }
            Err(error) => panic!("{error}"),
        };
        outcome.effort = outcome.effort.plus(page.effort);
        if matches!(self.capture, Capture::Flag(_)) {
            assert_eq!(page.effort.scanned, page.delivered, "it costs what it delivers");
        }
        strategy.answered(backend, now, fault != Fault::Fails);
        assert_eq!(page.delivered, rows.len() as u64);
        assert!(rows.len() <= self.page);
        assert!(page.cursor != cursor.clone().unwrap_or_default() || !page.more || !rows.is_empty());
        if matches!(fault, Fault::Fails | Fault::AnswerLost) {
            return true;
        }
        reader.take(cursor, rows, &page, outcome);
        page.more
    }

    fn compare(&self, backend: &Backend, reader: &Device, outcome: &mut Found) {
        let live = backend.rows(VISIT).filter(|row| !row.deleted);
        let wanted: BTreeMap<&Key, &Value> = live
            .filter(|row| self.whole || row.values[0] == Value::text("north"))
            .map(|row| (&row.key, &row.values[1]))
            .collect();
        for (key, value) in &wanted {
            match reader.rows.get(*key) {
                None => outcome.lost += 1,
                Some((_, held, _)) => outcome.stale += usize::from(held != *value),
            }
        }
        outcome.extra = reader.rows.keys().filter(|key| !wanted.contains_key(key)).count();
    }
}

impl std::fmt::Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Trial { capture, page, seed, whole, provisioned, .. } = self;
        write!(f, "{capture:?} page {page} seed {seed} whole {whole} provisioned {provisioned}")
    }
}

impl Device {
    /// Makes a row, for its own clinic or another's, and holds it.
    fn push(&mut self, backend: &mut Backend, now: Time, number: u32, stream: &mut Stream) {
        let clinic = Value::text(if stream.chance(0.5) { "north" } else { "south" });
        let (key, text) = (Key::new(&format!("own{number}")), Value::text("own"));
        let mutation = Mutation {
            id: format!("m{number}"),
            values: vec![(0, clinic), (1, text.clone())],
            made_at: START,
            ..Mutation::new(EditId { device: DeviceId(0), number }, VISIT, key.as_str(), EditKind::Create)
        };
        let done = backend.apply(now, &[Value::text("north")], &mutation, &mut Vec::new());
        let Outcome::Applied { stamp } = done else { panic!("{done:?}") };
        self.rows.insert(key, (stamp, text, self.load));
    }

    /// Commits a page with its cursor, as an engine would.
    fn take(
        &mut self,
        asked: Option<String>,
        rows: Vec<(Key, Stamp, Option<Value>)>,
        page: &Captured,
        outcome: &mut Found,
    ) {
        if asked.is_none() {
            self.load += 1;
            self.loading = true;
        }
        for (key, stamp, value) in rows {
            match value {
                Some(value) => {
                    let before = self.rows.insert(key, (stamp, value, self.load));
                    outcome.again += u64::from(before.is_some_and(|(had, ..)| had == stamp));
                }
                None => drop(self.rows.remove(&key)),
            }
        }
        self.cursor = Some(page.cursor.clone());
        if self.loading && !page.more {
            self.loading = false;
            let load = self.load;
            self.rows.retain(|_, (.., seen)| *seen == load);
        }
    }
}

fn loaded(n: i64) -> backend::Loaded {
    let clinic = if n % 3 == 0 { "south" } else { "north" };
    backend::Loaded {
        key: Key::new(&format!("k{n:02}")),
        values: vec![Value::text(clinic), Value::text("first")].into(),
        created: START.minus(Span::secs(99)),
        updated: START.minus(Span::secs(20 + n as u64 / 4)),
        deleted: None,
    }
}

/// A backend with a log and so many rows, two in three of the north.
fn filled(rows: i64) -> Backend {
    let logged = backend::BackendOptions { log: Some(log()), ..backend::BackendOptions::default() };
    let mut backend = Backend::new(Arc::new(schema()), logged, START, Seed(1));
    backend.load(VISIT, (0..rows).map(loaded));
    backend
}

/// The rows that a request of a device of the north at `ms` brings, and whether more are there.
fn asked(
    (strategy, backend): (&mut dyn Strategy, &mut Backend),
    (device, ms): (u32, u64),
    cursor: &mut Option<String>,
    limit: usize,
) -> Result<(Vec<String>, bool), ServerError> {
    let north = [Value::text("north")];
    let (reader, before) = (Reader::Device(DeviceId(device), &north), cursor.clone());
    let (clock, local, pull) = (START, START, (UnitId(0), 0));
    let ask = Ask { reader, entity: VISIT, cursor: before.as_deref(), limit, clock, local, pull };
    let mut keys = Vec::new();
    let page = strategy.page(backend, Time::ZERO + Span::millis(ms), ask, &mut |change, _| {
        keys.push(change.key.to_string());
        ControlFlow::Continue(())
    })?;
    *cursor = Some(page.cursor);
    Ok((keys, page.more))
}

fn change(backend: &mut Backend, now: Time, stream: &mut Stream) {
    let key = |n: u64| Key::new(&format!("k{n:02}"));
    let row = stream.below(16);
    let text = Value::text(&format!("text {}", stream.below(1 << 40)));
    let clinic = Value::text(if stream.chance(0.7) { "north" } else { "south" });
    // A refusal is as good a step as any other.
    let _ = match stream.below(8) {
        0 | 1 => backend.office().create(now, VISIT, key(row), vec![clinic, text]),
        2..=4 => backend.office().write(now, VISIT, &key(row), &[(1, text)]),
        5 => backend.office().write(now, VISIT, &key(row), &[(0, clinic)]),
        6 => backend.office().delete(now, VISIT, &key(row)),
        _ => Ok(backend.office().import(
            now,
            VISIT,
            (row..row + 4).map(|n| (key(n), vec![clinic.clone(), text.clone()])),
        )),
    };
}

/// The sum over all places of a fault, and over some seeds and page sizes.
fn sweep(make: impl Fn() -> Trial, faults: &[Fault]) -> Found {
    let mut sum = Found::default();
    for seed in 1..=2 {
        for page in [1, 2, 7] {
            let trial = Trial { page, seed, ..make() };
            let calm = trial.run(usize::MAX, Fault::Nothing);
            let struck = faults.iter().flat_map(|fault| (0..calm.requests).map(move |nth| (nth, *fault)));
            for outcome in std::iter::once(calm).chain(struck.map(|(nth, fault)| trial.run(nth, fault))) {
                sum.lost += outcome.lost;
                sum.stale += outcome.stale;
                sum.extra += outcome.extra;
                sum.again += outcome.again;
                sum.effort = sum.effort.plus(outcome.effort);
            }
        }
    }
    sum
}

fn late() -> backend::BackendOptions {
    let delay = CommitDelay { share: Ppm(300_000), upto: Span::millis(9) };
    backend::BackendOptions {
        log: Some(log()),
        commit_delay: Some(delay),
        ..backend::BackendOptions::default()
    }
}

/// Every kind of reader, before a backend whose transactions may be slow.
fn readers(capture: &Capture) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (whole, provisioned) in [(false, false), (false, true), (true, false)] {
        for options in [Trial::new(capture.clone()).options, late()] {
            trials.push(Trial { whole, provisioned, options, ..Trial::new(capture.clone()) });
        }
    }
    trials
}

fn copy(trial: &Trial) -> Trial {
    let Trial { capture, options, .. } = trial;
    Trial { capture: capture.clone(), options: options.clone(), ..*trial }
}

#[test]
fn a_log_loses_nothing_whatever_fails() {
    for numbered in [Numbered::AtCommit, Numbered::AtWrite] {
        for mut trial in readers(&Capture::ChangeLog(ChangeLogOptions::default())) {
            trial.options.log = Some(LogOptions { numbered, ..log() });
            let sum = sweep(|| copy(&trial), &FAULTS);
            assert_eq!(sum.wrong(), 0, "{trial:?}: {sum:?}");
        }
    }
}

#[test]
fn a_reader_that_skips_holes_loses_what_fills_them() {
    let reader = |holes, numbered| {
        move || {
            let capture = Capture::ChangeLog(ChangeLogOptions { holes, ..ChangeLogOptions::default() });
            let mut trial = Trial { options: late(), ..Trial::new(capture) };
            trial.options.log = Some(LogOptions { numbered, ..log() });
            trial
        }
    };
    assert!(sweep(reader(Holes::Skip, Numbered::AtWrite), &[]).wrong() > 0);
    assert_eq!(sweep(reader(Holes::Skip, Numbered::AtCommit), &[]).wrong(), 0, "there are no holes");
}

#[test]
fn a_slow_reader_of_a_short_log_loads_again_or_loses_what_was_trimmed() {
    let reader = |trimmed| {
        move || {
            let capture = Capture::ChangeLog(ChangeLogOptions { trimmed, ..ChangeLogOptions::default() });
            let mut trial = Trial { absent: Span::secs(9), ..Trial::new(capture) };
            trial.options.log = Some(LogOptions { kept: Span::secs(5), ..log() });
            trial
        }
    };
    assert!(sweep(reader(Trimmed::Ignore), &[]).wrong() > 0);
    assert_eq!(sweep(reader(Trimmed::Reload), &FAULTS).wrong(), 0);
}
