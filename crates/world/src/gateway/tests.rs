//! Devices that exchange the protocol's bytes with a gateway and a small backend.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::backend::{self, Backend, Loaded};
use crate::base::{DeviceId, EditId, EntityId, Key, Ppm, Seed, Span, Stamp, Time, UnitId, Value, Word};
use crate::contract::{
    Column, ColumnKind, Delivery, EditKind, Entity, Mutation, Reply, RequestKind, Schema, ScopeRule,
    ServerError,
};
use crate::gateway::{ServerHalf, call_by};
use crate::protocol::{
    Answer, Asked, DEFAULT as CODEC, FetchRequest, PullRequest, PushRequest, Request, Want,
};

const CODE: EntityId = EntityId(0);
const VISIT: EntityId = EntityId(1);
const NOTE: EntityId = EntityId(2);
const START: Stamp = Stamp(1_700_000_000_000_000);

fn entity(name: &str, columns: &[&str], delivery: Delivery) -> Entity {
    let text = |name: &&str| Column::new(name, ColumnKind::Text);
    Entity { projection: vec![1], delivery, ..Entity::new(name, columns.iter().map(text).collect()) }
}

/// All devices get all codes. Visits depend on the clinic, notes on the visit. Devices hold the
/// second column.
fn schema() -> Schema {
    let code = entity("code", &["origin", "text"], Delivery::Delta);
    let mut visit = entity("visit", &["clinic", "status"], Delivery::Delta);
    visit.scope = vec![ScopeRule::Attribute { column: 0, attribute: 0 }];
    let note = entity("note", &["visit", "text"], Delivery::OnOpen { by: 0 });
    Schema { entities: vec![code, visit, note], ..Schema::default() }
}

/// A backend with constant service times.
fn exact() -> backend::BackendOptions {
    backend::BackendOptions { service_cv_milli: 0, ..backend::BackendOptions::default() }
}

type Called = backend::Called<Vec<u8>>;

struct Site {
    gateway: Gateway,
    backend: Backend,
    now: Time,
}

impl Site {
    fn new(options: backend::BackendOptions) -> Site {
        Site::by_time(LastModifiedOptions::default(), options)
    }

    fn by_time(serve: LastModifiedOptions, options: backend::BackendOptions) -> Site {
        let attributes = ["north", "south"].map(|clinic| vec![Value::text(clinic)]);
        let schema = Arc::new(schema());
        let gateway = GatewayOptions { serve: serve.into(), ..GatewayOptions::default() };
        let gateway = Gateway::new(&gateway, &schema, attributes.into(), START);
        Site { gateway, backend: Backend::new(schema, options, START, Seed(1)), now: Time::ZERO }
    }

    fn load(&mut self, entity: EntityId, first: &str, rows: u32) {
        let (values, old) = ([first, "text"].map(Value::text), START.minus(Span::secs(9)));
        let row = |n: u32| Loaded::as_of(&format!("{first}{n:04}"), values.clone(), old);
        self.backend.load(entity, (0..rows).map(row));
    }

    fn send(&mut self, request: &Request) -> Called {
        self.now += Span::millis(1);
        let deadline = self.now + self.backend.gateway_timeout();
        self.serve((self.now, deadline), &CODEC.encode_request(request))
    }

    fn serve(&mut self, times: (Time, Time), request: &[u8]) -> Called {
        let called = call_by(&mut self.gateway, &mut self.backend, times, |gateway, backend| {
            gateway.serve(DeviceId(0), request, backend).map(Reply::into_bytes)
        });
        if let Err(error) = &called.answer {
            let told = self.gateway.refuse(error);
            assert_eq!(CODEC.decode_answer(&told).unwrap().as_ref().err(), Some(error));
        }
        called
    }
}

fn pull(wants: &[(EntityId, Option<&str>)], rows: u32, bytes: u64) -> Request {
    let wants =
        wants.iter().map(|&(entity, cursor)| Want { entity, cursor: cursor.map(str::to_owned), ids: 0 });
    Request::Pull(PullRequest { rows, bytes, clock: START, ..PullRequest::new(DeviceId(0), wants.collect()) })
}

fn push(mutations: Vec<Mutation>) -> Request {
    Request::Push(PushRequest { device: DeviceId(0), unit: UnitId(0), mutations, clock: START })
}

fn create(number: u32, key: &str) -> Mutation {
    Mutation {
        id: format!("d0-{number}"),
        values: vec![(1, Value::text("new"))],
        made_at: START,
        ..Mutation::new(EditId { device: DeviceId(0), number }, VISIT, key, EditKind::Create)
    }
}

fn answer(called: &Called) -> Answer<'_> {
    CODEC.decode_answer(called.answer.as_ref().unwrap()).unwrap().unwrap()
}

/// For each page: entity, number of rows, and `more`.
fn pages(called: &Called) -> Vec<(EntityId, usize, bool)> {
    answer(called).pages.iter().map(|page| (page.entity, page.rows.len(), page.more)).collect()
}

#[test]
fn several_entities_are_one_request_to_the_backend() {
    let mut site = Site::new(exact());
    site.load(CODE, "code", 3);
    site.load(VISIT, "north", 2);
    site.load(NOTE, "note", 1);
    let served = site.send(&pull(&[(VISIT, None), (CODE, None)], 100, 1 << 20));
    assert_eq!(pages(&served), [(VISIT, 2, false), (CODE, 3, false)]);
    let work = served.work.unwrap();
    assert_eq!((work.kind, work.rows, work.scanned), (RequestKind::Pull, 5, 5));
    let options = exact();
    let row = options.scan_cost + options.row_cost;
    assert_eq!(served.done_at, site.now + options.fixed_cost + row * 5);
    let answer = answer(&served);
    assert_eq!(answer.asked, Asked(START.0), "the clock that the request told");
    assert_eq!(answer.pages[0].rows.get(0).values.unwrap().len(), 1, "only the projected column is sent");
}

#[test]
fn rows_are_shared_out_in_the_order_of_the_wants() {
    let mut site = Site::new(backend::BackendOptions { page_cap: 4, ..Default::default() });
    site.load(CODE, "code", 3);
    site.load(VISIT, "north", 3);
    let mut ask = |rows| pages(&site.send(&pull(&[(CODE, None), (VISIT, None)], rows, 1 << 20)));
    assert_eq!(ask(2), [(CODE, 2, true)]);
    assert_eq!(ask(3), [(CODE, 3, false)], "the other's turn did not come");
    assert_eq!(ask(100), [(CODE, 3, false), (VISIT, 1, true)], "the backend's cap counts");
    assert_eq!(ask(0), [(CODE, 1, true)], "at least one row comes");
}

#[test]
fn an_answer_ends_at_its_bytes_but_not_before_a_row() {
    let mut site = Site::new(backend::BackendOptions::default());
    site.load(CODE, "code", 100);
    site.load(VISIT, "north", 1);
    let whole = site.send(&pull(&[(CODE, None)], 1_000, 1 << 20)).answer.unwrap().len() as u64;
    let half = site.send(&pull(&[(CODE, None), (VISIT, None)], 1_000, whole / 2));
    let [(CODE, rows, true)] = pages(&half)[..] else { panic!("one page, cut: {:?}", pages(&half)) };
    assert!((45..56).contains(&rows), "{rows} of 100 in half the bytes");
    let least = site.send(&pull(&[(CODE, None), (VISIT, None)], 1_000, 0));
    assert_eq!((pages(&least).len(), pages(&least)[0].1), (1, 1));
    let cursor = site.gateway.cursor_at(CODE, START);
    let second = site.send(&pull(&[(CODE, Some(&cursor)), (VISIT, None)], 1_000, 0));
    let seen: Vec<_> = pages(&second).iter().map(|p| p.1).collect();
    assert_eq!(seen, [0, 1], "an empty page does not use up the row that must come");
}

#[test]
fn a_cursor_that_is_not_the_gateways_own_has_expired() {
    let mut site = Site::new(backend::BackendOptions::default());
    let future = site.gateway.cursor_at(VISIT, START.plus(Span::secs(3_600)));
    let past = site.gateway.cursor_at(VISIT, START.minus(Span::secs(40 * 86_400)));
    for cursor in ["", "nonsense", "9223372036854775807", "-9223372036854775808,k", &future, &past] {
        let served = site.send(&pull(&[(CODE, None), (VISIT, Some(cursor))], 10, 1 << 20));
        assert_eq!(served.answer, Err(ServerError::CursorExpired(VISIT)), "{cursor:?}");
        assert!(served.work.is_some(), "it cost the backend a request");
    }
}

#[test]
fn what_makes_no_sense_is_a_bad_request() {
    let mut site = Site::new(backend::BackendOptions::default());
    let mut bytes = vec![Vec::new(), b"{".to_vec(), vec![0xff, 0xfe]];
    let stranger = FetchRequest { device: DeviceId(2), entity: NOTE, of: Key::new("k"), rows: 1 };
    bytes.push(CODEC.encode_request(&Request::Fetch(stranger)));
    for entity in [NOTE, EntityId(9)] {
        bytes.push(CODEC.encode_request(&pull(&[(entity, None)], 1, 1)));
    }
    for entity in [CODE, EntityId(9)] {
        let fetch = FetchRequest { device: DeviceId(0), entity, of: Key::new("k"), rows: 1 };
        bytes.push(CODEC.encode_request(&Request::Fetch(fetch)));
    }
    for request in bytes {
        let served = site.serve((site.now, Time::FAR), &request);
        let text = String::from_utf8_lossy(&request);
        assert!(matches!(served.answer, Err(ServerError::BadRequest(_))), "{text}");
    }
}

#[test]
fn the_timeout_counts_the_queue_and_what_took_longer_is_done_all_the_same() {
    let write_fixed_cost = Span::secs(31);
    let slow =
        backend::BackendOptions { workers: 1, fixed_cost: Span::secs(30), write_fixed_cost, ..exact() };
    let mut site = Site::new(slow.clone());
    assert!(site.send(&pull(&[(CODE, None)], 10, 1 << 20)).answer.is_ok(), "exactly so is in time");
    let second = site.send(&pull(&[(CODE, None)], 10, 1 << 20));
    assert_eq!(second.answer, Err(ServerError::GatewayTimeout));
    assert_eq!(second.done_at, site.now + Span::secs(30));
    assert_eq!(second.work.unwrap().queued, Span::millis(29_999));
    let mut site = Site::new(slow);
    let served = site.send(&push(vec![create(0, "a")]));
    assert_eq!(served.answer, Err(ServerError::GatewayTimeout));
    assert_eq!((site.backend.len(VISIT), served.facts.len()), (1, 1));
}

#[test]
fn a_write_that_commits_late_is_answered_when_it_has_committed() {
    let delay = backend::CommitDelay { share: Ppm(1_000_000), upto: Span::secs(5) };
    let mut site = Site::new(backend::BackendOptions { commit_delay: Some(delay), ..exact() });
    let served = site.send(&push(vec![create(0, "a"), create(1, "b")]));
    let commits = served.facts.iter().filter_map(|fact| fact.commit()?.visible_at);
    assert_eq!(Some(served.done_at), commits.max());
    assert!(served.work.unwrap().done_at < served.done_at);
}

fn any_of<T: Word + std::fmt::Debug + Clone + 'static>() -> impl Strategy<Value = T> {
    prop::sample::select(T::VALUES)
}

fn by_time() -> impl Strategy<Value = LastModifiedOptions> {
    (
        any_of(),
        any_of(),
        any_of(),
        prop::sample::select(vec![Span::micros(1), Span::secs(60)]),
        any_of(),
        prop::option::of(Just(Span::ZERO)),
        prop::sample::select(vec![backend::Upto::Settled, backend::Upto::Behind(Span::secs(1))]),
    )
        .prop_map(|(bound, paging, source, precision, end, reconcile, upto)| LastModifiedOptions {
            bound,
            paging,
            source,
            precision,
            upto,
            end,
            reconcile,
            ..LastModifiedOptions::default()
        })
        .prop_filter("these go together", |options| options.contradiction().is_none())
}

fn cursor() -> impl Strategy<Value = String> {
    let stamp = || prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), START.0 - 9..START.0 + 9_000];
    prop_oneof![
        ".{0,30}",
        (stamp(), ".{0,4}").prop_map(|(stamp, key)| format!("{stamp},{key}")),
        (stamp(), stamp()).prop_map(|(since, stamp)| format!("{since}/{stamp},k")),
        (0..3_u64, stamp()).prop_map(|(round, stamp)| format!("~{round}~{stamp}")),
        (stamp(), stamp(), any::<u64>()).prop_map(|(a, b, rows)| format!("@{a};{b};{a};s0.1.{rows}")),
        (stamp(), stamp(), stamp()).prop_map(|(a, b, c)| format!("@;{a};{b};k{c},k")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_gateway_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        cursor in cursor(),
        (serve, clock, zone) in (by_time(), any::<i64>(), any::<i32>()),
        coarse in any::<bool>(),
        provisioning in prop::sample::select(vec![
            backend::Provisioning::Full,
            backend::Provisioning::StampsOnly,
        ]),
    ) {
        let filter_precision = if coarse { Span::secs(60) } else { Span::micros(1) };
        let mut site =
            Site::by_time(serve, backend::BackendOptions { provisioning, filter_precision, ..Default::default() });
        site.load(VISIT, "north", 3);
        let served = site.serve((Time::ZERO, Time::FAR), &bytes);
        prop_assert!(matches!(served.answer, Err(ServerError::BadRequest(_))));
        for cursor in [None, Some(cursor.as_str())] {
            let Request::Pull(asked) = pull(&[(VISIT, cursor)], 5, 99) else { unreachable!() };
            let served = site.send(&Request::Pull(PullRequest { clock: Stamp(clock), zone, ..asked }));
            if served.answer.is_ok() {
                let again = answer(&served).pages[0].cursor.to_string();
                site.send(&pull(&[(VISIT, Some(&again))], 5, 99));
            }
        }
    }
}
