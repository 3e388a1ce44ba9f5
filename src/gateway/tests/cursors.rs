//! Cursors by time: what each loses, and how often it asks, against a count of its page cuts.

use super::*;
use crate::contract::Carried;

/// What a reader that begins with nothing came to.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    lost: usize,
    requests: usize,
    largest: usize,
}

/// Codes in groups of one stamp each, a second apart, all older than what a tombstone is kept for.
fn site(options: LastModifiedOptions, groups: &[usize]) -> Site {
    let mut site = Site::by_time(options, backend::BackendOptions { page_cap: 10_000, ..exact() });
    let old = START.minus(Span::secs(400 * 86_400));
    let rows = groups.iter().enumerate().flat_map(|(group, &rows)| {
        let stamp = old.plus(Span::secs(group as u64));
        (0..rows).map(move |n| {
            Loaded::as_of(&format!("g{group:05}r{n:05}"), vec![Value::Null, Value::text("text")], stamp)
        })
    });
    site.backend.load(CODE, rows);
    site
}

/// A device that reads codes.
#[derive(Clone, Default)]
struct Reader {
    cursor: Option<String>,
    run: u64,
    clock: i64,
    zone: i32,
    rows: BTreeMap<String, Stamp>,
    again: usize,
}

impl Reader {
    /// One page as it comes; the reader does not have it yet.
    fn ask(&self, site: &mut Site, rows: u32) -> Served {
        let wants = vec![Want { entity: CODE, cursor: self.cursor.clone(), ids: 0 }];
        let clock = Stamp(site.backend.clock(site.now).0 + self.clock);
        let (run, zone, bytes) = (self.run, self.zone, 1 << 30);
        let pull = PullRequest { rows, bytes, clock, zone, run, ..PullRequest::new(DeviceId(0), wants) };
        site.send(&Request::Pull(pull))
    }

    /// Takes a page: its rows, and whether there are more.
    fn take(&mut self, served: &Served) -> (usize, bool) {
        let answer = CODEC.decode_answer(&served.answer).unwrap().unwrap();
        let page = &answer.pages[0];
        self.cursor = Some(page.cursor.to_string());
        for row in page.rows.iter() {
            if row.values.is_none() {
                self.rows.remove(row.key);
            } else if self.rows.insert(row.key.to_owned(), row.stamp) == Some(row.stamp) {
                self.again += 1;
            }
        }
        (page.rows.len(), page.more)
    }

    fn page(&mut self, site: &mut Site, rows: u32) -> (usize, bool) {
        let served = self.ask(site, rows);
        if served.error == Some(ServerError::CursorExpired(CODE)) {
            (self.cursor, self.rows) = (None, BTreeMap::new());
            return (0, true);
        }
        self.take(&served)
    }

    /// A run: pages until there are no more, at most `most`.
    fn pull(&mut self, site: &mut Site, rows: u32, most: usize) -> Came {
        self.run += 1;
        let mut came = Came { lost: 0, requests: 0, largest: 0 };
        while came.requests < most {
            let (page, more) = self.page(site, rows);
            came.requests += 1;
            came.largest = came.largest.max(page);
            if !more {
                break;
            }
        }
        came.lost = site.backend.len(CODE).saturating_sub(self.rows.len());
        came
    }
}

fn load(options: LastModifiedOptions, groups: &[usize], page: u32) -> Came {
    Reader::default().pull(&mut site(options, groups), page, 2_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_clock_of_the_backend_at_the_start_and_every_paging_reads_what_stands_still(
        groups in prop::collection::vec(1..9_usize, 0..40),
        page in 1..20_u32,
        offset in any::<bool>(),
    ) {
        let paging = if offset { LastModifiedPaging::Offset } else { LastModifiedPaging::Keyset };
        for source in [
            LastModifiedSource::Records,
            LastModifiedSource::ClientClock,
            LastModifiedSource::ServerStart,
            LastModifiedSource::ServerEnd,
        ] {
            let options = LastModifiedOptions { source, paging, ..LastModifiedOptions::default() };
            prop_assert_eq!(load(options, &groups, page).lost, 0, "{:?}", source);
        }
    }
}

/// A backend that deletes for good, and a reader that looks for that every so often.
fn reconciling(every: Span) -> Site {
    let options = LastModifiedOptions { reconcile: Some(every), ..LastModifiedOptions::default() };
    let provisioning = backend::Provisioning::StampsOnly;
    let mut site = Site::by_time(options, backend::BackendOptions { provisioning, ..exact() });
    let old = START.minus(Span::secs(9));
    let row = |n: u32| Loaded::as_of(&format!("c{n:02}"), vec![Value::Null, Value::text("text")], old);
    site.backend.load(CODE, (0..20).map(row));
    site
}

/// The same whenever it asks, and a reader that has all.
fn reconciled() -> (Site, Reader) {
    let (mut site, mut reader) = (reconciling(Span::ZERO), Reader::default());
    reader.pull(&mut site, 500, 100);
    (site, reader)
}

/// Bytes that the gateway keeps after this answer.
fn kept(served: &Served) -> u64 {
    match served.found {
        Some(Event::Captured { state, .. }) => state,
        _ => panic!("it was a pull"),
    }
}

fn delete(site: &mut Site, keys: std::ops::Range<u32>) {
    for n in keys {
        let now = site.now;
        site.backend.office().delete(now, CODE, &Key::new(&format!("c{n:02}"))).unwrap();
    }
}

#[test]
fn rows_that_are_deleted_for_good_are_found_once_the_time_has_come() {
    let mut site = reconciling(Span::secs(60));
    let mut reader = Reader::default();
    reader.pull(&mut site, 7, 100);
    assert_eq!((reader.rows.len(), kept(&reader.ask(&mut site, 7))), (20, 60));
    delete(&mut site, 0..10);
    reader.pull(&mut site, 7, 100);
    assert_eq!(reader.rows.len(), 20, "it is too early");
    site.now += Span::secs(60);
    let came = reader.pull(&mut site, 4, 100);
    assert_eq!((reader.rows.len(), came.largest), (10, 4));
    assert_eq!(kept(&reader.ask(&mut site, 4)), 30, "what has arrived is forgotten");
}

#[test]
fn a_device_that_was_set_up_elsewhere_loads_everything_once() {
    let mut site = reconciling(Span::ZERO);
    let mut reader = Reader { cursor: Some(site.gateway.cursor_at(CODE, START)), ..Reader::default() };
    reader.rows.insert("long gone".to_owned(), START);
    assert_eq!(refusal(&reader.ask(&mut site, 500)), ServerError::CursorExpired(CODE));
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 20);
}

#[test]
fn a_device_that_begins_with_its_rows_loads_nothing_and_hears_of_what_is_gone() {
    let mut site = reconciling(Span::ZERO);
    let mut reader = Reader { cursor: Some(site.gateway.cursor_at(CODE, START)), ..Reader::default() };
    reader.rows = (0..20).map(|n| (format!("c{n:02}"), START)).collect();
    site.gateway.begin_with(DeviceId(0), START, &mut |f| {
        for key in reader.rows.keys() {
            f(Carried { entity: CODE, key, stamp: START, values: &[] });
        }
    });
    delete(&mut site, 3..6);
    assert_eq!(reader.page(&mut site, 500), (3, false));
    assert_eq!(reader.rows.len(), 17);
    assert_eq!(kept(&reader.ask(&mut site, 500)), 51, "what has arrived is forgotten");
}

#[test]
fn a_gateway_put_back_finds_rows_that_were_sent_since_its_backup() {
    let (mut site, mut reader) = reconciled();
    let backup = site.gateway.backup();
    let now = site.now;
    site.backend.office().create(now, CODE, Key::new("since"), vec![Value::Null, Value::Null]).unwrap();
    delete(&mut site, 0..1);
    reader.pull(&mut site, 500, 100);
    assert!(reader.rows.contains_key("since"));
    site.gateway.restore(site.now, backup);
    let now = site.now;
    site.backend.office().delete(now, CODE, &Key::new("since")).unwrap();
    delete(&mut site, 1..2);
    // A receipt from before the restore is for none of the tombstones after it.
    reader.ask(&mut site, 500);
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 18);
}

/// What a page says is there besides.
fn withheld(served: &Served) -> Vec<String> {
    let answer = CODEC.decode_answer(&served.answer).unwrap().unwrap();
    answer.pages[0].withheld.iter().map(|key| key.to_string()).collect()
}

/// The same, with a clock that ticks once a second and shows no tick before it is over.
fn reconciling_in_ticks() -> Site {
    let options = LastModifiedOptions { reconcile: Some(Span::ZERO), ..LastModifiedOptions::default() };
    let (provisioning, ticks) = (backend::Provisioning::StampsOnly, backend::Ticks::Shared);
    let coarse = backend::BackendOptions { provisioning, ticks, stamp_precision: Span::secs(1), ..exact() };
    let rows = reconciling(Span::ZERO).backend;
    let rows = rows.rows(CODE).map(|row| Loaded::as_of(row.key.as_str(), row.values.clone(), row.stamp));
    let mut site = Site::by_time(options, coarse);
    site.backend.load(CODE, rows.collect::<Vec<_>>());
    site.now += Span::secs(10);
    site
}

#[test]
fn a_load_names_what_is_there_and_not_yet_shown() {
    let mut site = reconciling_in_ticks();
    let now = site.now;
    site.backend.office().write(now, CODE, &Key::new("c03"), &[(1, Value::text("new"))]).unwrap();
    let mut reader = Reader::default();
    let first = reader.ask(&mut site, 10);
    assert_eq!((withheld(&first), reader.take(&first)), (Vec::new(), (10, true)), "it goes on");
    let last = reader.ask(&mut site, 10);
    assert_eq!((withheld(&last), reader.take(&last)), (vec!["c03".to_owned()], (9, false)));
    assert_eq!(withheld(&reader.ask(&mut site, 10)), Vec::<String>::new(), "no load, no word of it");
    site.now += Span::secs(1);
    assert_eq!(reader.page(&mut site, 10), (1, false));
}

#[test]
fn the_end_of_a_row_that_a_load_withheld_is_told() {
    let mut site = reconciling_in_ticks();
    let now = site.now;
    site.backend.office().write(now, CODE, &Key::new("c03"), &[(1, Value::text("new"))]).unwrap();
    let mut reader = Reader::default();
    reader.rows.insert("c03".to_owned(), START);
    reader.pull(&mut site, 500, 100);
    delete(&mut site, 3..4);
    site.now += Span::secs(1);
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 19);
}

#[test]
fn the_end_of_a_row_that_was_written_before_the_load_is_told() {
    let (mut site, mut reader) = reconciled();
    let backup = site.gateway.backup();
    site.gateway.restore(site.now, backup);
    let made = Mutation { entity: CODE, ..create(0, "mine") };
    assert!(site.send(&push(vec![made])).error.is_none());
    reader.rows.insert("mine".to_owned(), START);
    delete(&mut site, 3..4);
    let now = site.now;
    site.backend.office().delete(now, CODE, &Key::new("mine")).unwrap();
    assert_eq!(refusal(&reader.ask(&mut site, 500)), ServerError::CursorExpired(CODE));
    reader.cursor = None;
    reader.pull(&mut site, 500, 100);
    assert!(!reader.rows.contains_key("mine"));
}
