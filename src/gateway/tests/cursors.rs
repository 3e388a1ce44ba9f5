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

fn bound(bound: LastModifiedBound) -> LastModifiedOptions {
    LastModifiedOptions { bound, ..LastModifiedOptions::default() }
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

/// 1 000 rows with times of their own, 2 500 that share one, 1 000 with times of their own.
fn table() -> Vec<usize> {
    let mut groups = vec![1; 2_001];
    groups[1_000] = 2_500;
    groups
}

#[test]
fn the_table_of_cursors_comes_out_to_the_row() {
    use LastModifiedBound::{FirstNotReturned, FirstNotReturnedExtended, Keyset, Strict, TieExtended};
    let counted = |of| LastModifiedOptions { end: LastModifiedEnd::Count, ..bound(of) };
    for (options, page, lost, requests, largest) in [
        (counted(Strict), 100, 2_400, 22, 100),
        (counted(Strict), 500, 2_000, 6, 500),
        (counted(Strict), 1_000, 1_500, 4, 1_000),
        (bound(FirstNotReturnedExtended), 100, 19, 20, 2_591),
        (bound(FirstNotReturnedExtended), 500, 3, 4, 2_999),
        (bound(FirstNotReturnedExtended), 1_000, 2_500, 2, 1_000),
        (bound(FirstNotReturned), 100, 2_509, 20, 100),
        (bound(FirstNotReturned), 500, 2_501, 4, 500),
        (bound(TieExtended), 100, 0, 21, 2_500),
        (bound(TieExtended), 500, 0, 5, 2_500),
        (counted(Keyset), 100, 0, 46, 100),
        (counted(Keyset), 500, 0, 10, 500),
    ] {
        assert_eq!(load(options, &table(), page), Came { lost, requests, largest }, "{options:?} {page}");
    }
}

#[test]
fn a_bound_that_includes_the_last_time_never_ends_where_a_tie_fills_a_page() {
    let inclusive = bound(LastModifiedBound::Inclusive);
    for page in [100, 500] {
        let mut site = site(inclusive, &table());
        let mut reader = Reader::default();
        let came = reader.pull(&mut site, page, 300);
        assert_eq!((came.requests, came.largest), (300, page as usize));
        let cursor = reader.cursor.clone();
        assert_eq!(reader.page(&mut site, page), (page as usize, true));
        assert_eq!(reader.cursor, cursor);
    }
    assert_eq!(load(inclusive, &[5; 20], 6).lost, 0, "a smaller tie comes again, and the pull ends");
}

/// Rows lost after pages that end within a tie or before one, by how a page goes on.
fn cuts(bound: LastModifiedBound, groups: &[usize], page: usize) -> usize {
    let (mut fill, mut lost) = (0, 0);
    for &group in groups {
        let room = page - fill;
        match bound {
            LastModifiedBound::Strict => {
                lost += group.saturating_sub(room);
                fill = if group >= room { 0 } else { fill + group };
            }
            LastModifiedBound::FirstNotReturned => {
                lost += group.saturating_sub(room);
                fill = if group > room { 0 } else { fill + group };
            }
            LastModifiedBound::FirstNotReturnedExtended => {
                lost += if room == 0 { group } else { 0 };
                fill = if room == 0 { 0 } else { page.min(fill + group) };
            }
            _ => {}
        }
    }
    lost
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn each_bound_loses_what_its_page_cuts_say(
        groups in prop::collection::vec(prop_oneof![4 => Just(1_usize), 1 => 1..40_usize], 0..80),
        page in 1..30_u32,
        counts in any::<bool>(),
    ) {
        use LastModifiedBound::{FirstNotReturned, FirstNotReturnedExtended, Keyset, Strict, TieExtended};
        for of in [Strict, FirstNotReturned, FirstNotReturnedExtended, TieExtended, Keyset] {
            let end = if counts { LastModifiedEnd::Count } else { LastModifiedEnd::Marker };
            let came = load(LastModifiedOptions { end, ..bound(of) }, &groups, page);
            prop_assert_eq!(came.lost, cuts(of, &groups, page as usize), "{:?}", of);
            let whole = matches!(of, FirstNotReturnedExtended | TieExtended);
            prop_assert!(whole || came.largest <= page as usize);
        }
    }

    #[test]
    fn a_time_that_is_cut_and_included_loses_nothing_and_ends_where_a_tick_fits_a_page(
        groups in prop::collection::vec(1..5_usize, 1..60),
    ) {
        // Ten seconds of at most 4 rows each.
        let inclusive = bound(LastModifiedBound::Inclusive);
        let options = LastModifiedOptions { precision: Span::secs(10), ..inclusive };
        let came = load(options, &groups, 50);
        prop_assert_eq!(came.lost, 0);
        prop_assert!(came.requests < 100);
    }

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

#[test]
fn a_tick_that_does_not_fit_a_page_comes_again_for_ever_when_times_are_cut() {
    for of in [LastModifiedBound::Strict, LastModifiedBound::Keyset] {
        let options = LastModifiedOptions { precision: Span::secs(60), ..bound(of) };
        assert_eq!(load(options, &[1; 200], 50).requests, 2_000, "{of:?}");
        assert_eq!(load(options, &[1; 200], 61).lost, 0, "{of:?}");
    }
}

#[test]
fn an_offset_that_breaks_off_begins_again_at_the_latest_time_it_saved() {
    let options = LastModifiedOptions {
        paging: LastModifiedPaging::Offset,
        end: LastModifiedEnd::Count,
        ..LastModifiedOptions::default()
    };
    let mut site = site(options, &table());
    let mut reader = Reader::default();
    let first = reader.pull(&mut site, 100, 12);
    assert_eq!(first.requests, 12);
    let second = reader.pull(&mut site, 100, 2_000);
    assert_eq!((second.lost, first.requests + second.requests), (2_300, 23));
    assert_eq!(load(options, &table(), 100), Came { lost: 0, requests: 46, largest: 100 }, "in one go");
}

#[test]
fn an_offset_passes_over_rows_when_delivered_ones_change() {
    for (paging, lost) in [(LastModifiedPaging::Offset, 30), (LastModifiedPaging::Keyset, 0)] {
        let options = LastModifiedOptions { paging, ..LastModifiedOptions::default() };
        let mut site = site(options, &[1; 100]);
        let mut reader = Reader::default();
        let mut more = true;
        for page in 0..12 {
            if more {
                more = reader.page(&mut site, 10).1;
            }
            if page < 3 {
                let keys: Vec<Key> = reader.rows.keys().take(10).map(|key| Key::new(key)).collect();
                for key in &keys {
                    let now = site.now;
                    site.backend.office().write(now, CODE, key, &[(1, Value::text("new"))]).unwrap();
                }
            }
        }
        let first: Vec<&String> = reader.rows.keys().collect();
        assert_eq!(100 - first.len(), if lost == 0 { 0 } else { 10 }, "{paging:?}");
    }
}

/// Codes made one a second, read in between; what a reader whose clock is ahead by `skew` seconds
/// lacks at the end, and what came again.
fn while_rows_are_made(source: LastModifiedSource, skew: i64, zone: i32) -> (usize, usize) {
    let options = LastModifiedOptions { source, ..LastModifiedOptions::default() };
    let mut site = site(options, &[1; 5]);
    let mut reader = Reader { clock: skew * 1_000_000, zone, ..Reader::default() };
    for n in 0..100 {
        site.now += Span::secs(1);
        let (now, key) = (site.now, Key::new(&format!("new{n}")));
        site.backend.office().create(now, CODE, key, vec![Value::Null, Value::Null]).unwrap();
        if n % 10 == 0 {
            reader.pull(&mut site, 500, 100);
        }
    }
    site.now += Span::secs(1);
    (reader.pull(&mut site, 500, 100).lost, reader.again)
}

#[test]
fn a_clock_that_is_ahead_loses_rows_one_that_is_behind_gets_them_again_and_times_of_records_do_neither() {
    for skew in [-600, 0, 600] {
        assert_eq!(while_rows_are_made(LastModifiedSource::Records, skew, 0), (0, 0));
        assert_eq!(while_rows_are_made(LastModifiedSource::ServerStart, skew, 0).0, 0);
    }
    assert_eq!(while_rows_are_made(LastModifiedSource::ClientClock, 0, 0).0, 0);
    let (lost, again) = while_rows_are_made(LastModifiedSource::ClientClock, 600, 0);
    assert!(lost >= 90 && again == 0, "{lost} {again}");
    let (lost, again) = while_rows_are_made(LastModifiedSource::ClientClock, -600, 0);
    assert!(lost == 0 && again > 300, "{lost} {again}");
    assert!(while_rows_are_made(LastModifiedSource::ClientLocal, 0, 3_600).0 >= 90);
    assert_eq!(while_rows_are_made(LastModifiedSource::ClientLocal, 0, 0).0, 0);
}

#[test]
fn the_backends_clock_at_the_end_of_a_read_passes_over_what_is_written_meanwhile() {
    let options =
        LastModifiedOptions { source: LastModifiedSource::ServerEnd, ..LastModifiedOptions::default() };
    let mut site = site(options, &[1; 5]);
    let mut reader = Reader::default();
    let served = reader.ask(&mut site, 500);
    let meanwhile = Time((site.now.0 + served.done_at.0) / 2);
    site.backend.office().create(meanwhile, CODE, Key::new("new"), vec![Value::Null, Value::Null]).unwrap();
    reader.take(&served);
    site.now = served.done_at;
    assert_eq!(reader.pull(&mut site, 500, 10).lost, 1);
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
fn tombstones_whose_answer_is_lost_come_again() {
    let (mut site, mut reader) = reconciled();
    delete(&mut site, 3..6);
    let lost = reader.ask(&mut site, 500);
    assert_eq!(pages(&lost)[0].1, 3);
    let again = reader.ask(&mut site, 500);
    assert_eq!(reader.take(&again), (3, false));
    assert_eq!(reader.rows.len(), 17);
    assert_eq!(reader.page(&mut site, 500), (0, false));
}

#[test]
fn a_row_that_a_device_made_and_never_heard_of_is_found_too() {
    let (mut site, mut reader) = reconciled();
    let made = Mutation { entity: CODE, ..create(0, "mine") };
    assert!(site.send(&push(vec![made])).error.is_none());
    reader.rows.insert("mine".to_owned(), START);
    let now = site.now;
    site.backend.office().delete(now, CODE, &Key::new("mine")).unwrap();
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 20);
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
fn a_device_that_is_put_back_behind_a_tombstone_loads_again() {
    let (mut site, mut reader) = reconciled();
    let backup = reader.clone();
    delete(&mut site, 3..6);
    reader.pull(&mut site, 500, 100);
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 17);
    reader = backup;
    assert_eq!(refusal(&reader.ask(&mut site, 500)), ServerError::CursorExpired(CODE));
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 17);
    assert!(site.send(&pull(&[(CODE, reader.cursor.as_deref())], 10, 1 << 20)).error.is_none());
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

#[test]
fn a_load_that_is_broken_off_before_its_first_page_arrives_loses_no_key() {
    let (mut site, mut reader) = reconciled();
    let cursor = reader.cursor.take();
    delete(&mut site, 3..6);
    // The answer is lost, and the device goes on with what it had.
    reader.ask(&mut site, 500);
    reader.cursor = cursor;
    reader.pull(&mut site, 500, 100);
    assert_eq!(reader.rows.len(), 17);
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
fn the_end_of_a_row_that_was_written_after_its_tombstone_is_told_again() {
    let (mut site, mut reader) = reconciled();
    delete(&mut site, 3..4);
    assert_eq!(reader.page(&mut site, 500), (1, false), "its tombstone");
    let again = Mutation { entity: CODE, ..create(0, "c03") };
    assert!(site.send(&push(vec![again])).error.is_none());
    reader.rows.insert("c03".to_owned(), START);
    delete(&mut site, 3..4);
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
