//! Readers of all kinds of sources, with a failure at every request.

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::super::trial::{self, TROUBLES, Trial, Trouble, VISIT};
use super::*;
use crate::backend::{self, FileDrop, Provisioning, Style};
use crate::base::{ContentKind, Fat, Span, Value, composed};

fn trial(options: HashOptions, rows: u32) -> Trial {
    let provisioning = Provisioning::Nothing;
    let files = match options.source {
        Source::File { drop, .. } => Some(drop),
        Source::Api => None,
    };
    let backend = backend::BackendOptions { provisioning, files, ..backend::BackendOptions::default() };
    Trial::new(backend, Box::new(Hash::new(options)), rows)
}

fn copies() -> HashOptions {
    HashOptions { keep: Keep::Copy, ..HashOptions::default() }
}

fn file(every: u64, takes: u64, trailer: bool) -> HashOptions {
    let drop = FileDrop { every: Span::millis(every), takes: Span::millis(takes) };
    HashOptions { source: Source::File { drop, trailer }, ..HashOptions::default() }
}

#[test]
fn a_page_as_large_as_what_differs_is_the_last() {
    for (limit, requests) in [(9, 2), (10, 1), (11, 1)] {
        let mut trial = trial(HashOptions::default(), 10);
        trial.pull(limit);
        trial.check(&limit);
        assert_eq!(trial.requests, requests, "{limit}");
        let cursor = trial.cursor.clone();
        trial.pull(limit);
        assert_eq!((trial.requests, trial.cursor.clone(), trial.delivered), (requests + 1, cursor, 10));
    }
}

#[test]
fn an_idle_pull_reads_everything_and_tells_nothing() {
    let mut trial = trial(HashOptions::default(), 10);
    trial.pull(100);
    let before = trial.effort;
    trial.pull(100);
    assert_eq!(trial.effort.scanned - before.scanned, 15, "the south is read too");
    assert_eq!((trial.effort.handled - before.handled, trial.delivered), (10, 10));
    assert!(trial.effort.hashed > before.hashed);
    assert_eq!(trial.strategy.state(), 10 * (3 + 16), "key and hash");
}

#[test]
fn copies_take_what_rows_take_and_say_which_columns_differ() {
    let mut trial = trial(copies(), 10);
    trial.live(3);
    trial.pull(3);
    trial.check(&"copies");
    assert!(trial.parts > 0 && trial.unusable == 0, "{} {}", trial.parts, trial.unusable);
    let rows = trial.holds.iter();
    let row = |(key, values): (&Key, &Vec<Value>)| 8 + key.as_str().len() as u64 + canonical::size(values);
    let bytes: u64 = rows.map(row).sum();
    assert_eq!((trial.strategy.state(), trial.effort.hashed), (bytes, 0));
}

#[test]
fn columns_of_a_row_that_is_not_held_come_again_as_the_whole_row() {
    let mut trial = trial(copies(), 10);
    trial.pull(100);
    // The reader could not apply a row, so its old cursor remained.
    trial.holds.remove(&Key::new("004"));
    trial.write(4, "new");
    trial.pull(100);
    assert_eq!((trial.unusable, trial.parts, trial.holds.len()), (1, 0, 10));
    trial.check(&"whole");
}

#[test]
fn a_cursor_of_another_time_has_expired_and_brings_everything() {
    let mut trial = trial(HashOptions::default(), 10);
    trial.pull(3);
    let old = (trial.holds.clone(), trial.cursor.clone());
    for n in [4, 5] {
        trial.commit(n);
        trial.pull(3);
    }
    // The device is restored from a backup.
    (trial.holds, trial.cursor) = old;
    trial.pull(3);
    trial.check(&"restored");
    assert_eq!(trial.loads, 2);
    for cursor in ["", "nonsense", "999", "@-5", "-1"] {
        trial.cursor = Some(cursor.to_owned());
        trial.pull(3);
        trial.check(&cursor);
    }
    assert_eq!(trial.loads, 7);
}

#[test]
fn two_passes_come_to_an_end_while_rows_vanish_in_each_and_take_none_for_gone() {
    for (limit, read_rows) in [(100, 4), (2, 4), (100, 1), (100, 7)] {
        let options = HashOptions { snapshot: Snapshot::TwoPass, read_rows, ..HashOptions::default() };
        let mut trial = trial(options, 17);
        trial.pull(limit);
        trial.check(&"in peace");
        for round in 0..4 {
            let before = trial.requests;
            for n in 0.. {
                // After each page, a row of the first page is deleted, and a row is added at the
                // end.
                let first = trial.wanted().into_keys().next().unwrap();
                assert!(trial.backend.office().delete(trial.now, VISIT, &first).is_ok());
                let last = Key::new(&format!("9-{round}-{n:02}"));
                let made =
                    trial.backend.office().create(trial.now, VISIT, last, trial::values("north", "new"));
                assert!(made.is_ok());
                if !trial.request(limit) {
                    break;
                }
            }
            let most = 4 * (17 / read_rows + 1) + 60 / limit as u32;
            assert!(trial.requests - before <= most, "{}", trial.requests - before);
        }
        assert_eq!(trial.phantoms, 0, "{limit} {read_rows}");
        trial.pull(limit);
        trial.check(&(limit, read_rows));
    }
}

#[test]
fn a_reading_in_pages_goes_on_where_it_was_though_answers_are_lost() {
    let options = HashOptions { snapshot: Snapshot::TwoPass, read_rows: 1, ..HashOptions::default() };
    let mut trial = trial(options, 20);
    trial.trouble = (1..100).map(|n| (5 * n, Trouble::Lost)).collect();
    trial.pull(100);
    trial.check(&"lost");
    assert!(trial.requests < 60, "{} requests for twice 21 pages", trial.requests);
}

#[test]
fn a_file_says_nothing_of_a_row_that_the_reader_wrote_later() {
    let mut trial = trial(file(100, 0, true), 10);
    trial.pull(100);
    trial.now += Span::millis(10);
    trial.push(0);
    trial.pull(100);
    trial.check(&"its own version stays");
    trial.write(0, "");
    trial.now += Span::millis(100);
    trial.pull(100);
    trial.check(&"taken back");
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        prop_oneof![any::<i64>(), -3..3_i64, Just(i64::MAX)].prop_map(Value::Int),
        prop_oneof![Just(-0.0), Just(0.0), Just(2.5), Just(1e300), any::<i32>().prop_map(f64::from)]
            .prop_map(Value::Real),
        prop_oneof![".{0,4}", Just(String::new()), "\\\\[Nirt\\\\]?[a-z0-9]{0,3}"]
            .prop_map(|text| Value::text(&text)),
        (0..2_u64, 0..9_u32).prop_map(|(seed, len)| Value::Fat(Fat { seed, len, of: ContentKind::Words })),
    ]
}

fn row() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(value(), trial::entity().columns.len())
}

#[test]
fn rows_that_mean_the_same_have_one_hash() {
    use crate::contract::{Column, ColumnKind};
    let money = ColumnKind::Decimal { digits: 9, places: 2 };
    let mut entity = trial::entity();
    let column = |name: &str, kind| Column::new(name, kind);
    entity.columns =
        vec![column("name", ColumnKind::Text), column("fee", money), column("born", ColumnKind::Date)];
    let row = |name: &str| [name, "1.50", "1990-05-01"].map(Value::text);
    let mut canonical = Canonical::default();
    let mut hash = |row: &[Value]| canonical.hash(&entity, &[0, 1, 2], row);
    let first = hash(&row("Zo\u{eb}"));
    assert_eq!(first, hash(&row("Zoe\u{308}")), "accents composed and apart");
    assert_ne!(first, hash(&row("Zoe")));
    let mut written = Vec::new();
    for style in (0..3).map(Style::of) {
        let cells = style.cells(&entity, &Key::new("k"), Stamp(1), &row("Zo\u{eb}"));
        let heads = style.heads(&entity);
        let reader = backend::Reader::new(&entity, heads.iter().map(String::as_str)).unwrap();
        written.extend(cells.iter().filter(|cell| cell.starts_with("1.5")).cloned());
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        assert_eq!(hash(&reader.row(&cells).unwrap().2), first, "{cells:?}");
    }
    assert_eq!(written, ["1.50", "1.5", "1.50"], "zeros come and go");
}

/// The promise of the canonical form: two rows are equal if each of their values reads the same. An
/// integer in a column of fractions counts as a fraction.
fn reads_alike(a: &[Value], b: &[Value]) -> bool {
    let text = |value: &Value| {
        value.with_ref(|v| match v.to_value() {
            Value::Text(text) => Value::text(&composed(&text)),
            other => other,
        })
    };
    let number = |column: usize, value: Value| match value {
        Value::Int(n) if column == 2 && n as f64 as i128 == i128::from(n) => Value::Real(n as f64),
        value => value,
    };
    a.iter().zip(b).enumerate().all(|(i, (a, b))| number(i, text(a)) == number(i, text(b)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn two_rows_have_one_hash_if_and_only_if_they_read_alike(a in row(), b in row(), same in 0..128_u8) {
        let mix = |i: usize| if same >> i & 1 == 1 { a[i].clone() } else { b[i].clone() };
        let b: Vec<Value> = (0..a.len()).map(mix).collect();
        let (entity, all) = (trial::entity(), [0, 1, 2, 3, 4, 5, 6]);
        let mut canonical = Canonical::default();
        let [one, other] = [&a, &b].map(|row| canonical.hash(&entity, &all, row));
        prop_assert_eq!(one == other, reads_alike(&a, &b));
    }

    #[test]
    fn a_row_reads_back_from_every_style_with_the_same_hash(row in row()) {
        let (entity, all) = (trial::entity(), [0, 1, 2, 3, 4, 5, 6]);
        let mut canonical = Canonical::default();
        let hash = canonical.hash(&entity, &all, &row);
        for style in (0..3).map(Style::of) {
            let (heads, cells) = (style.heads(&entity), style.cells(&entity, &Key::new("k"), Stamp(-7), &row));
            let reader = backend::Reader::new(&entity, heads.iter().map(String::as_str)).unwrap();
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let (key, stamp, values) = reader.row(&cells).unwrap();
            prop_assert_eq!((key.as_str(), stamp), ("k", Stamp(-7)));
            prop_assert_eq!(canonical.hash(&entity, &all, &values), hash, "{:?} as {:?}", row, cells);
        }
    }

    #[test]
    fn a_reader_ends_with_its_rows_whatever_befalls_it(
        steps in prop::collection::vec((0..3_u8, 0..200_u32), 1..60),
        trouble in prop::collection::btree_map(1..40_u32, (0..TROUBLES.len()).prop_map(|t| TROUBLES[t]), 0..12),
        limit in 1..12_usize,
        snapshot in prop_oneof![Just(Snapshot::Isolated), Just(Snapshot::TwoPass)],
        keep in prop_oneof![Just(Keep::Hash), Just(Keep::Copy)],
        replica in any::<bool>(),
    ) {
        let options = HashOptions { keep, snapshot, read_rows: 5, ..HashOptions::default() };
        let mut trial = trial(options, 8);
        (trial.trouble, trial.replica) = (trouble, replica);
        for (kind, n) in steps {
            match kind {
                0 => trial.commit(n),
                1 => trial.push(n),
                _ => _ = trial.request(limit),
            }
        }
        trial.pull(limit);
        trial.check(&options);
        prop_assert!(keep == Keep::Copy || trial.parts == 0, "a hash does not say what differs");
    }
}
