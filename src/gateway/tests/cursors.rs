//! Rows that are deleted for good, and readers that look for that.

use super::*;
use crate::contract::Carried;

#[derive(Default)]
struct Reader {
    cursor: Option<String>,
    run: u64,
    rows: BTreeMap<String, Stamp>,
}

impl Reader {
    /// One page as it comes; the reader does not have it yet.
    fn ask(&self, site: &mut Site, rows: u32) -> Served {
        let wants = vec![Want { entity: CODE, cursor: self.cursor.clone(), ids: 0 }];
        let (run, clock, bytes) = (self.run, site.backend.clock(site.now), 1 << 30);
        let pull = PullRequest { rows, bytes, clock, run, ..PullRequest::new(DeviceId(0), wants) };
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
            } else {
                self.rows.insert(row.key.to_owned(), row.stamp);
            }
        }
        (page.rows.len(), page.more)
    }

    /// A run: pages until there are no more; gives the largest.
    fn pull(&mut self, site: &mut Site, rows: u32) -> usize {
        self.run += 1;
        let mut largest = 0;
        loop {
            let served = self.ask(site, rows);
            let (page, more) = self.take(&served);
            largest = largest.max(page);
            if !more {
                return largest;
            }
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
    reader.pull(&mut site, 7);
    assert_eq!((reader.rows.len(), kept(&reader.ask(&mut site, 7))), (20, 60));
    delete(&mut site, 0..10);
    reader.pull(&mut site, 7);
    assert_eq!(reader.rows.len(), 20, "it is too early");
    site.now += Span::secs(60);
    assert_eq!((reader.pull(&mut site, 4), reader.rows.len()), (4, 10));
    assert_eq!(kept(&reader.ask(&mut site, 4)), 30, "what has arrived is forgotten");
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
    assert_eq!(reader.pull(&mut site, 500), 3);
    assert_eq!(reader.rows.len(), 17);
    assert_eq!(kept(&reader.ask(&mut site, 500)), 51, "what has arrived is forgotten");
}

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
    delete(&mut site, 4..5);
    assert_eq!(reader.pull(&mut site, 10), 2);
    delete(&mut site, 3..4);
    site.now += Span::secs(1);
    reader.pull(&mut site, 10);
    assert_eq!(reader.rows.len(), 18);
}
