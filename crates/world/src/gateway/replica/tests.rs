//! A persistent gateway with a small backend: the replica is compared with the backend.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::{
    Capture, Gateway, GatewayOptions, HashOptions, HistoryOptions, Keep, Mode, RefreshOptions, Upload,
};
use super::Replica;
use crate::backend::{self, Backend, Loaded, Provisioning};
use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, UnitId, Value};
use crate::contract::{
    Column, ColumnKind, Delivery, EditKind, Entity, Mutation, Outcome, Schema, ScopeRule, ServerError,
};
use crate::gateway::ServerHalf;
use crate::protocol::{DEFAULT as CODEC, PullRequest, PushRequest, Request, Want, WireRow};

mod lives;

const VISIT: EntityId = EntityId(0);
const NOTE: EntityId = EntityId(1);
const START: Stamp = Stamp(1_700_000_000_000_000);
const CLINICS: [&str; 2] = ["north", "south"];

/// Visits depend on the clinic: devices of the clinic hold its name and the status. Notes depend on
/// the visit.
fn schema() -> Arc<Schema> {
    let text = |name: &str| Column::new(name, ColumnKind::Text);
    let entity = |name: &str, columns: [&str; 2], delivery| Entity {
        delivery,
        ..Entity::new(name, columns.map(text).into())
    };
    let mut visit = entity("visit", ["clinic", "status"], Delivery::Delta);
    visit.scope = vec![ScopeRule::Attribute { column: 0, attribute: 0 }];
    let note = entity("note", ["visit", "text"], Delivery::OnOpen { by: 0 });
    Arc::new(Schema { entities: vec![visit, note], ..Schema::default() })
}

type Rows = BTreeMap<String, Vec<Value>>;
type Page = (Vec<(String, Stamp, Option<Vec<Value>>)>, bool);

/// A device: its clinic, and the rows that it holds.
struct Phone {
    device: usize,
    cursor: Option<String>,
    held: Rows,
}

impl Phone {
    fn new(device: usize) -> Phone {
        Phone { device, cursor: None, held: Rows::new() }
    }
}

struct Site {
    gateway: Gateway,
    backend: Backend,
    now: Time,
    edits: u32,
}

impl Site {
    /// Device 0 is in the north, device 1 in the south. Each clinic has two visits; the first has a
    /// note.
    fn new(options: backend::BackendOptions, page: u32) -> Site {
        Site::with(options, RefreshOptions { page, ..RefreshOptions::default() })
    }

    fn with(options: backend::BackendOptions, refresh: RefreshOptions) -> Site {
        let schema = schema();
        let gateway = GatewayOptions { mode: Mode::Persistent, refresh, ..GatewayOptions::default() };
        let attributes = CLINICS.map(|clinic| vec![Value::text(clinic)]).into();
        let gateway = Gateway::new(&gateway, &schema, attributes, START);
        let options = backend::BackendOptions { serves_all_owners: true, service_cv_milli: 0, ..options };
        let mut backend = Backend::new(schema, options, START, Seed(1));
        let at = START.minus(Span::secs(9));
        let row = |key: &str, values: [&str; 2]| Loaded::as_of(key, values.map(Value::text), at);
        let visits = CLINICS.iter().flat_map(|clinic| (0..2).map(move |n| (format!("{clinic}{n}"), *clinic)));
        backend.load(VISIT, visits.map(|(key, clinic)| row(&key, [clinic, "open"])));
        backend.load(NOTE, [row("note", ["north0", "a note"])]);
        Site { gateway, backend, now: Time::ZERO, edits: 0 }
    }

    fn filled(page: u32) -> Site {
        let mut site = Site::new(backend::BackendOptions::default(), page);
        site.gateway.fill(&site.backend, START, &|| false);
        site
    }

    fn tick(&mut self) -> Time {
        self.now += Span::millis(5);
        self.now
    }

    fn refresh(&mut self) {
        let now = self.tick();
        let mut refresh = self.gateway.begin_refresh(now);
        while let Some(ask) = self.gateway.next_page(&refresh) {
            let now = self.tick();
            let page = self.gateway.read_page(now, Time::FAR, &mut self.backend, &ask).called.answer;
            assert!(self.gateway.take_page(&mut refresh, &ask, page).0);
        }
        self.gateway.end_refresh(self.now, &refresh);
    }

    fn upload(&mut self) {
        let mut round = Upload::default();
        while let Some(batch) = self.gateway.next_batch(&round) {
            let now = self.tick();
            let verdicts = self.gateway.push_batch(now, Time::FAR, &mut self.backend, &batch).called.answer;
            self.gateway.settle(self.now, &mut round, &batch, &verdicts.unwrap());
        }
    }

    fn ask(&mut self, request: &Request) -> Vec<u8> {
        let now = self.tick();
        self.gateway
            .answer(now, DeviceId(0), &CODEC.encode_request(request))
            .expect("it answers by itself")
            .answer
    }

    /// A page of visits for a device: each row or tombstone, and true if there are more.
    fn page(&mut self, phone: &mut Phone, rows: u32) -> Result<Page, ServerError> {
        let wants = vec![Want { entity: VISIT, cursor: phone.cursor.clone(), ids: 0 }];
        let request = PullRequest::new(DeviceId(phone.device as u32), wants);
        let request = PullRequest { rows, clock: START, ..request };
        let answer = self.ask(&Request::Pull(request));
        let answer = CODEC.decode_answer(&answer).unwrap()?;
        let page = &answer.pages[0];
        let values = |row: WireRow<'_>| Some(row.values?.iter().map(|cell| cell.to_value()).collect());
        let rows = page.rows.iter().map(|row| (row.key.to_owned(), row.stamp, values(row)));
        phone.cursor = Some(page.cursor.clone().into_owned());
        Ok((rows.collect(), page.more))
    }

    fn pull_one(&mut self, phone: &mut Phone, rows: u32) -> Result<bool, ServerError> {
        let (rows, more) = self.page(phone, rows)?;
        for (key, _, values) in rows {
            _ = match values {
                Some(values) => phone.held.insert(key, values),
                None => phone.held.remove(&key),
            };
        }
        Ok(more)
    }

    fn pull(&mut self, phone: &mut Phone) {
        while self.pull_one(phone, 2).unwrap() {}
    }

    /// Pulls for a device. Returns the keys of rows and tombstones, in order.
    fn told(&mut self, phone: &mut Phone) -> Vec<String> {
        self.told_with_stamps(phone).into_iter().map(|(told, _)| told).collect()
    }

    fn told_with_stamps(&mut self, phone: &mut Phone) -> Vec<(String, Stamp)> {
        let rows = self.page(phone, 100).unwrap().0.into_iter();
        rows.map(|(key, stamp, values)| (format!("{}{key}", if values.is_some() { "+" } else { "-" }), stamp))
            .collect()
    }

    fn mutation(&mut self, device: usize, key: &str, kind: EditKind, set: Vec<(usize, Value)>) -> Mutation {
        self.edits += 1;
        Mutation {
            id: format!("d{device}-{}", self.edits),
            values: set,
            base: self.backend.row(VISIT, &Key::new(key)).filter(|row| !row.deleted).map(|row| row.stamp),
            made_at: START,
            ..Mutation::new(EditId { device: DeviceId(device as u32), number: self.edits }, VISIT, key, kind)
        }
    }

    fn push(&mut self, device: usize, mutation: &Mutation) -> Outcome {
        let (device, unit) = (DeviceId(device as u32), UnitId(0));
        let push = PushRequest { device, unit, mutations: vec![mutation.clone()], clock: START };
        let answer = self.ask(&Request::Push(push));
        CODEC.decode_answer(&answer).unwrap().unwrap().results.remove(0).outcome
    }

    fn office(&mut self, key: &str, set: (usize, &str)) {
        let now = self.tick();
        _ = self.backend.office().write(now, VISIT, &Key::new(key), &[(set.0, Value::text(set.1))]);
    }

    fn delete(&mut self, key: &str) {
        let now = self.tick();
        _ = self.backend.office().delete(now, VISIT, &Key::new(key));
    }

    fn scope(&self, device: usize) -> Rows {
        let attributes = [Value::text(CLINICS[device])];
        let rows = self.backend.in_scope(VISIT, &attributes);
        rows.map(|row| (row.key.as_str().to_owned(), row.values.to_vec())).collect()
    }
}

/// The rows that a new device pulls, after one row was written twice and another was deleted.
fn first_load(history: Option<HistoryOptions>) -> Vec<String> {
    let mut site = Site::with(
        backend::BackendOptions::default(),
        RefreshOptions { history, ..RefreshOptions::default() },
    );
    site.gateway.fill(&site.backend, START, &|| false);
    for state in ["begun", "done"] {
        site.office("north0", (1, state));
        site.refresh();
    }
    site.delete("north1");
    site.refresh();
    let mut phone = Phone::new(0);
    let told = site.told(&mut phone);
    let mut held = Phone::new(0);
    site.pull(&mut held);
    assert_eq!(held.held.into_keys().collect::<Vec<_>>(), ["north0"], "{history:?}");
    told
}

#[test]
fn a_first_load_reads_superseded_versions_until_they_are_compacted() {
    assert_eq!(first_load(None), ["+north0"]);
    let all = ["+north0", "+north1", "+north0", "+north0", "-north1"];
    assert_eq!(first_load(Some(HistoryOptions { compacted_every: None })), all);
    let daily = Some(Span::secs(86_400));
    assert_eq!(first_load(Some(HistoryOptions { compacted_every: daily })), all, "not yet");
    let often = Some(Span::millis(1));
    assert_eq!(first_load(Some(HistoryOptions { compacted_every: often })), ["+north0", "-north1"]);
}

#[test]
fn a_row_that_comes_as_it_is_gets_no_new_number() {
    let mut site = Site::filled(1_000);
    let mut north = Phone::new(0);
    assert_eq!(site.told(&mut north), ["+north0", "+north1"]);
    // The page after a fill begins a microsecond earlier, so it brings rows again.
    site.refresh();
    site.refresh();
    assert_eq!(site.told(&mut north), [""; 0]);
}

#[test]
fn a_cursor_of_another_database_or_from_its_future_has_expired() {
    let mut site = Site::filled(1_000);
    let mut north = Phone::new(0);
    site.told(&mut north);
    let head = north.cursor.as_deref().unwrap().split_once(',').unwrap().1.parse::<i64>().unwrap();
    let other = Replica::new(schema(), START.0 + 1).cursor_at(VISIT, START);
    let (future, torn) = (format!("{},{}", START.0, head + 99), format!("{},x/1", START.0));
    for wrong in ["", "7", "x,1", "1,1", &future, &torn, &other] {
        let mut phone = Phone { cursor: Some(wrong.to_owned()), ..Phone::new(0) };
        assert_eq!(site.pull_one(&mut phone, 9), Err(ServerError::CursorExpired(VISIT)), "{wrong:?}");
    }
    assert_eq!(site.pull_one(&mut north, 9), Ok(false));
}

#[test]
fn nobody_is_served_before_the_first_load_has_come_to_its_end() {
    let mut site = Site::new(backend::BackendOptions::default(), 1);
    let mut north = Phone::new(0);
    assert_eq!(site.pull_one(&mut north, 9), Err(ServerError::Unavailable));
    let now = site.tick();
    let mut refresh = site.gateway.begin_refresh(now);
    let ask = site.gateway.next_page(&refresh).unwrap();
    let page = site.gateway.read_page(now, Time::FAR, &mut site.backend, &ask).called.answer;
    site.gateway.take_page(&mut refresh, &ask, page);
    assert_eq!(site.pull_one(&mut north, 9), Err(ServerError::Unavailable));
    site.refresh();
    site.pull(&mut north);
    assert_eq!(north.held, site.scope(0));
}

#[test]
fn what_the_backend_took_is_there_before_the_next_refresh_and_no_older_page_goes_over_it() {
    let mut site = Site::filled(1_000);
    let [mut north, mut south] = [0, 1].map(Phone::new);
    site.told(&mut north);
    site.told(&mut south);
    site.office("north0", (1, "late"));
    let now = site.tick();
    let mut refresh = site.gateway.begin_refresh(now);
    let ask = site.gateway.next_page(&refresh).unwrap();
    let read_before = site.gateway.read_page(now, Time::FAR, &mut site.backend, &ask).called.answer;
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(0, Value::text("south"))]);
    site.push(0, &edit);
    site.upload();
    assert_eq!(
        (site.told(&mut north), site.told(&mut south)),
        (vec!["-north0".into()], vec!["+north0".into()])
    );
    site.gateway.take_page(&mut refresh, &ask, read_before);
    assert_eq!((site.told(&mut north), site.told(&mut south)), (vec![], vec![]));
    site.refresh();
    assert_eq!((site.told(&mut north), site.told(&mut south)), (vec![], vec![]));
}

#[test]
fn a_replica_is_filled_until_nobody_waits_for_it() {
    let mut site = Site::new(backend::BackendOptions::default(), 1_000);
    let asked = Cell::new(0);
    site.gateway.fill(&site.backend, START, &|| asked.replace(asked.get() + 1) >= 1);
    assert_eq!(site.told(&mut Phone::new(0)), ["+north0"], "one of two rows");
}

#[test]
fn who_asks_late_for_a_verdict_is_told_which_version_left() {
    let refresh = RefreshOptions { kept: Span::secs(60), ..RefreshOptions::default() };
    let (mut site, mut north) = (Site::with(backend::BackendOptions::default(), refresh), Phone::new(0));
    site.gateway.fill(&site.backend, START, &|| false);
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    site.push(0, &edit);
    site.upload();
    site.office("north0", (0, "south"));
    (0..6).for_each(|_| {
        site.now += Span::secs(30);
        site.refresh();
    });
    assert_eq!(site.told(&mut north), ["+north1"], "verdict and tombstone are forgotten");
    site.push(0, &edit);
    site.upload();
    let left = site.backend.row(VISIT, &Key::new("north0")).unwrap().stamp;
    assert_eq!(site.told_with_stamps(&mut north), [("-north0".into(), left)]);
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Office(usize, bool),
    Delete(usize),
    Create(usize),
    Refresh,
    Pull(usize, u32),
    Push(usize, usize, bool),
    Upload,
    Kill,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0..8_usize, any::<bool>()).prop_map(|(row, moves)| Move::Office(row, moves)),
        1 => (0..8_usize).prop_map(Move::Delete),
        2 => (0..2_usize).prop_map(Move::Create),
        2 => Just(Move::Refresh),
        4 => (0..2_usize, 1..4_u32).prop_map(|(device, rows)| Move::Pull(device, rows)),
        3 => (0..2_usize, 0..8_usize, any::<bool>()).prop_map(|(device, row, moves)| Move::Push(device, row, moves)),
        2 => Just(Move::Upload),
        1 => Just(Move::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn devices_end_with_the_rows_in_their_scope_whatever_happened(
        filled in any::<bool>(),
        provisioning in prop::sample::select(vec![Provisioning::Full, Provisioning::ReadOnlySchema]),
        page in 1..5_u32,
        moves in proptest::collection::vec(moves(), 0..60),
    ) {
        let backend = backend::BackendOptions { provisioning, ..backend::BackendOptions::default() };
        let mut site = Site::new(backend, page);
        if filled {
            site.gateway.fill(&site.backend, START, &|| false);
        } else {
            site.refresh();
        }
        let mut phones = [0, 1].map(Phone::new);
        let mut keys: Vec<String> =
            CLINICS.iter().flat_map(|clinic| (0..2).map(move |n| format!("{clinic}{n}"))).collect();
        for step in moves {
            match step {
                Move::Office(row, moves) => {
                    let key = keys[row % keys.len()].clone();
                    site.office(&key, if moves { (0, CLINICS[row % 2]) } else { (1, "changed") });
                }
                Move::Delete(row) => site.delete(&keys[row % keys.len()]),
                Move::Create(device) => {
                    let key = format!("new{}", keys.len());
                    let set = vec![(0, Value::text(CLINICS[device])), (1, Value::text("new"))];
                    let edit = site.mutation(device, &key, EditKind::Create, set);
                    site.push(device, &edit);
                    // From here on, the device has this version.
                    phones[device].held.insert(key.clone(), vec![]);
                    keys.push(key);
                }
                Move::Refresh => site.refresh(),
                Move::Pull(device, rows) => _ = site.pull_one(&mut phones[device], rows).unwrap(),
                Move::Push(device, row, moves) => {
                    let key = &keys[row % keys.len()];
                    if phones[device].held.contains_key(key) {
                        let (column, text) = if moves { (0, CLINICS[1 - device]) } else { (1, "theirs") };
                        let set = vec![(column, Value::text(text))];
                        let edit = site.mutation(device, key, EditKind::Update, set);
                        site.push(device, &edit);
                    }
                }
                Move::Upload => site.upload(),
                Move::Kill => {
                    site.gateway.died();
                    site.gateway.restarted();
                }
            }
        }
        site.upload();
        site.refresh();
        for phone in &mut phones {
            site.pull(phone);
            prop_assert_eq!(&phone.held, &site.scope(phone.device), "device {}", phone.device);
        }
    }
}
