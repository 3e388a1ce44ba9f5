//! A reader ends with the rows in its scope, even if anything happens between its pages.

use proptest::prelude::*;

use super::*;
use crate::base::Ppm;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// The reader with this number pulls a page of this many rows.
    Pull(usize, usize),
    /// The office creates, updates or deletes the row with this number.
    Create(u8, u8, i64),
    Write(u8, usize, Value),
    Delete(u8),
    /// Imports rows from this number on.
    Import(u8, u8, u8),
    Rename(u8),
    /// The backend's clock jumps by this many milliseconds.
    Clock(i64),
    /// The device with this number creates, moves or deletes a row, based on its own version.
    Device(usize, EditKind, u8, i64),
}

const READERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let row = 0..24_u8;
    // Few clinics and times, some outside the window.
    let clinic = 0..3_u8;
    let at = prop_oneof![3 => 0..WINDOW, 1 => WINDOW..WINDOW + 9];
    let reader = 0..READERS;
    let written = prop_oneof![
        Just((STATUS, Value::text("seen"))),
        clinic.clone().prop_map(|c| (CLINIC, self::clinic(c))),
        at.clone().prop_map(|at| (AT, Value::Int(at))),
    ];
    let kind =
        prop_oneof![2 => Just(EditKind::Create), 2 => Just(EditKind::Update), 1 => Just(EditKind::Delete)];
    prop_oneof![
        6 => prop_oneof![Just(0), 1..4_u64, 1..40_u64].prop_map(Step::Wait),
        12 => (reader.clone(), 1..9_usize).prop_map(|(r, limit)| Step::Pull(r, limit)),
        4 => (row.clone(), clinic.clone(), at.clone()).prop_map(|(k, c, at)| Step::Create(k, c, at)),
        9 => (row.clone(), written).prop_map(|(k, (column, value))| Step::Write(k, column, value)),
        3 => row.clone().prop_map(Step::Delete),
        1 => (row.clone(), 1..20_u8, clinic).prop_map(|(k, n, c)| Step::Import(k, n, c)),
        1 => any::<u8>().prop_map(Step::Rename),
        1 => (-50..50_i64).prop_map(Step::Clock),
        5 => (reader, kind, row, at).prop_map(|(r, kind, k, at)| Step::Device(r, kind, k, at)),
    ]
}

struct Clinic {
    backend: Backend,
    readers: Vec<Reader>,
    days: Reader,
    now: Time,
    mutations: u32,
    stamps: BTreeMap<(EntityId, Key), Stamp>,
    last: Stamp,
}

impl Clinic {
    fn new(options: BackendOptions, initial: u8) -> Clinic {
        let mut backend = backend(options);
        let old = START.minus(Span::secs(100 * 86_400));
        // All with one stamp, like an import, and older than all tombstones.
        let row = |k| loaded(&format!("k{k:02}"), appointment(k % 3, i64::from(k) * 7), old);
        backend.load(APPOINTMENT, (0..initial).map(row));
        let readers = [0, 0, 1].map(|clinic| Reader::new(APPOINTMENT, clinic)).into();
        let days = Reader::new(DAY, 0);
        let (now, stamps) = (Time::ZERO, BTreeMap::new());
        Clinic { backend, readers, days, now, mutations: 0, stamps, last: START }
    }

    fn committed<'c>(&mut self, commits: impl IntoIterator<Item = &'c Commit>) {
        let (precision, ticks) =
            (self.backend.database.options.stamp_precision, self.backend.database.options.ticks);
        for commit in commits {
            let tick = commit.stamp.truncated(precision);
            assert!(ticks == Ticks::Shared || commit.stamp == tick, "a stamp is a multiple of the precision");
            assert!(tick >= self.last, "stamps do not go back");
            self.last = tick;
            let before = self.stamps.insert((commit.entity, commit.key.clone()), commit.stamp);
            assert!(before.is_none_or(|before| before < commit.stamp), "versions have different stamps");
        }
    }

    fn device(&mut self, reader: usize, kind: EditKind, key: Key, values: Vec<(usize, Value)>) {
        let held = self.readers[reader].rows.get(&key);
        if held.is_none() != (kind == EditKind::Create) {
            return;
        }
        self.mutations += 1;
        let base = held.map(|(stamp, _)| *stamp);
        let mutation = Mutation { base, ..mutation(self.mutations, APPOINTMENT, key.as_str(), kind, values) };
        let attributes = &self.readers[reader].attributes;
        let outcome = self.backend.push(self.now, attributes, &[mutation]).remove(0);
        let rows = &mut self.readers[reader].rows;
        match outcome {
            // The device keeps its own version until it gets another one.
            Outcome::Applied { stamp } if kind != EditKind::Delete => {
                let values = rows.get(&key).map_or_else(|| appointment(0, 0), |(_, values)| values.clone());
                rows.insert(key, (stamp, values));
            }
            Outcome::Applied { .. } => drop(rows.remove(&key)),
            _ => {}
        }
        let facts = std::mem::take(&mut self.backend.call.facts);
        self.committed(facts.iter().filter_map(Fact::commit));
    }

    fn step(&mut self, step: &Step) {
        let (now, backend) = (self.now, &mut self.backend);
        let key = |k: u8| Key::new(&format!("k{k:02}"));
        let commits = match *step {
            Step::Wait(ms) => {
                self.now += Span::millis(ms);
                return;
            }
            Step::Clock(ms) => return backend.step_clock(now, ms * 1_000),
            Step::Pull(reader, limit) => {
                self.readers[reader].pull(backend, now, limit);
                self.days.pull(backend, now, limit);
                return;
            }
            Step::Device(reader, kind, k, at) => {
                let values = match kind {
                    EditKind::Create => vec![(AT, Value::Int(at)), (PATIENT_KEY, Value::text("p0"))],
                    EditKind::Update => vec![(AT, Value::Int(at))],
                    EditKind::Delete => Vec::new(),
                };
                return self.device(reader, kind, key(k), values);
            }
            Step::Create(k, c, at) => backend.office().create(now, APPOINTMENT, key(k), appointment(c, at)),
            Step::Write(k, column, ref value) => {
                backend.office().write(now, APPOINTMENT, &key(k), &[(column, value.clone())])
            }
            Step::Delete(k) => backend.office().delete(now, APPOINTMENT, &key(k)),
            Step::Import(from, n, c) => {
                let rows = (from..from + n).map(|k| (key(k), appointment(c, i64::from(k))));
                Ok(import(backend, now, rows))
            }
            Step::Rename(n) => {
                let name = Value::text(&format!("Ada {n}"));
                backend.office().write(now, PATIENT, &Key::new("p0"), &[(0, name)])
            }
        };
        self.committed(commits.iter().flatten());
    }

    /// Every reader pulls to the end. Then it must hold exactly the rows in its scope.
    fn check(&mut self, limit: usize) {
        self.now = self.backend.shown_by().map_or(self.now, |shown| shown.max(self.now));
        for reader in self.readers.iter_mut().chain([&mut self.days]) {
            reader.pull_all(&mut self.backend, self.now, limit);
            assert_eq!(reader.rows, reader.wanted(&self.backend));
            let partition = self.backend.in_scope(reader.entity, &reader.attributes);
            assert_eq!(partition.count(), reader.rows.len());
            assert!(!reader.pull(&mut self.backend, self.now, limit), "nothing more comes by itself");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_ends_with_its_scope_whatever_happens_between_its_pages(
        steps in prop::collection::vec(step(), 1..120),
        initial in 0..20_u8,
        precision_ms in prop_oneof![Just(0), Just(1), Just(5), Just(1_000)],
        kept_ms in prop_oneof![Just(60), Just(86_400_000)],
        limit in 1..12_usize,
        (late, lag_ms) in (prop_oneof![Just(0), Just(300_000), Just(1_000_000)], prop_oneof![Just(0), Just(30)]),
        filter_ms in prop_oneof![Just(0), Just(1_000)],
        ticks in prop_oneof![Just(Ticks::RunAhead), Just(Ticks::Shared)],
    ) {
        // A tick without length cannot be shared.
        let ticks = if precision_ms == 0 { Ticks::RunAhead } else { ticks };
        let options = BackendOptions {
            ticks,
            stamp_precision: Span::millis(precision_ms),
            filter_precision: Span::millis(filter_ms),
            tombstones_kept: Span::millis(kept_ms),
            commit_delay: Some(CommitDelay { share: Ppm(late), upto: Span::millis(40) }),
            replica_lag: Span::millis(lag_ms),
            ..options()
        };
        let mut clinic = Clinic::new(options, initial);
        steps.iter().for_each(|step| clinic.step(step));
        clinic.check(limit);
        // Once more, for changes between the last pages of different readers.
        steps.iter().for_each(|step| clinic.step(step));
        clinic.check(limit + 1);
    }
}

fn filled(options: BackendOptions, rows: u32) -> Backend {
    let mut backend = backend(options);
    let row = |k| loaded(&format!("k{k:05}"), appointment(0, i64::from(k)), START.minus(Span::secs(60)));
    backend.load(APPOINTMENT, (0..rows).map(row));
    backend
}

#[test]
fn an_idle_reader_keeps_its_cursor_and_never_expires() {
    let mut backend = filled(options(), 3);
    let mut reader = Reader::new(APPOINTMENT, 0);
    reader.pull_all(&mut backend, at_ms(1), 10);
    let first = reader.position.clone();
    reader.pull_all(&mut backend, at_ms(600_000), 10);
    assert_eq!(reader.position, first, "nothing new, nothing to write down");
    for days in 1..100 {
        reader.pull_all(&mut backend, Time::ZERO + Span::secs(days * 86_400), 10);
    }
    assert_eq!(reader.resets, 0);
}

#[test]
fn a_cursor_older_than_the_tombstones_has_expired_and_a_younger_one_has_not() {
    let kept = Span::secs(30 * 86_400);
    let mut backend = filled(BackendOptions { tombstones_kept: kept, ..options() }, 3);
    let attributes = attributes(0);
    let mut changes = |stamp| {
        let position = Position::at(stamp);
        let query = query(&attributes, Some(&position), 10);
        backend.changes(at_ms(1_000), query, |_| ControlFlow::Continue(())).map(|page| page.delivered)
    };
    let now = START.plus(Span::secs(1));
    assert_eq!(changes(now.minus(kept)), Ok(3));
    assert_eq!(changes(Stamp(now.minus(kept).0 - 1)), Err(ServerError::CursorExpired(APPOINTMENT)));
    assert_eq!(changes(now), Ok(0));
    let ahead = Err(ServerError::CursorExpired(APPOINTMENT));
    assert_eq!(changes(Stamp(now.0 + 1)), ahead, "nobody has read what is not written");
    assert_eq!(changes(Stamp(i64::MAX)), ahead);
    assert_eq!(changes(Stamp(i64::MIN)), ahead);
}

#[test]
fn a_first_load_gets_tombstones_only_of_what_vanished_since_it_began() {
    let mut backend = filled(options(), 10);
    for k in 0..5 {
        backend.office().delete(at_ms(1), APPOINTMENT, &Key::new(&format!("k{k:05}"))).unwrap();
    }
    let attributes = attributes(0);
    let mut page = |after: Option<&Position>, now| {
        let query = query(&attributes, after, 2);
        let mut seen = Vec::new();
        let page = backend.changes(now, query, |change| {
            seen.push(format!("{}{}", if change.values.is_some() { "" } else { "-" }, change.key));
            ControlFlow::Continue(())
        });
        if now == at_ms(25) {
            backend.office().delete(now, APPOINTMENT, &Key::new("k00005")).unwrap();
        }
        (page.unwrap(), seen)
    };
    let (first, seen) = page(None, at_ms(25));
    assert_eq!(seen, ["k00005", "k00006"]);
    let (second, seen) = page(Some(&first.next), at_ms(26));
    assert_eq!(seen, ["k00007", "k00008"]);
    let (third, seen) = page(Some(&second.next), at_ms(27));
    assert_eq!((seen, third.more), (vec!["k00009".to_owned(), "-k00005".to_owned()], false));
    let (idle, seen) = page(Some(&third.next), at_ms(28));
    assert_eq!((seen.len(), idle.next), (0, third.next));
}

#[test]
fn only_entities_pulled_as_deltas_are_pulled() {
    let mut backend = backend(options());
    for entity in [PATIENT, NOTE, EntityId(99)] {
        let query =
            Query { entity, scope: Scope::Of(&attributes(0)), after: None, limit: 1, upto: Upto::Settled };
        let page = backend.changes(at_ms(1), query, |_| ControlFlow::Continue(()));
        assert!(matches!(page, Err(ServerError::BadRequest(_))), "{entity:?}");
    }
}
