//! Tests of every codec. Damaged messages are tested in `crates/trust`.

use proptest::prelude::*;

use super::*;
use crate::base::json::encode_cells;
use crate::base::{Cell, DeviceId, EditId, EntityId, Key, Span, Stamp, Undone, UnitId, Value};
use crate::contract::{EditKind, Mutation, Outcome, Refusal, Row, ServerError};

fn values() -> [Value; 4] {
    [Value::text("a \"quoted\"\n line, ünïcode"), Value::Int(-5), Value::Null, Value::Real(1.0)]
}

const ALL: [usize; 4] = [0, 1, 2, 3];

fn undone() -> [Undone; 2] {
    [(i64::MIN, 9), (12, 14)].map(|(from, until)| Undone { from: Stamp(from), until: Stamp(until) })
}

fn pages(mut writer: PageWriter) -> Vec<u8> {
    let values = values();
    let held = Projected { values: &values, columns: &ALL };
    writer.begin_page(EntityId(3));
    writer.row("k1", Stamp(7), Some(Projected { columns: &[3, 0], ..held }));
    writer.row("k2", Stamp(8), None);
    writer.part(Part { base: Stamp(5), columns: 0b1010 }, "k3", Stamp(6), held);
    writer.kept_row("k4", Stamp(9), &encode_cells(values.iter()));
    writer.undone(&undone());
    writer.unseen_from(Stamp(-7));
    writer.withheld("k5");
    writer.withheld("\"k6\"");
    writer.end_page("7,k1", true);
    writer.begin_page(EntityId(4));
    writer.end_page("", false);
    writer.finish()
}

fn requests() -> Vec<Request> {
    let device = DeviceId(7);
    let mutation = Mutation {
        id: "d7-1".to_owned(),
        values: vec![(3, Value::text("é\n")), (5, Value::Null), (6, Value::Int(i64::MIN))],
        base: Some(Stamp(-4)),
        made_at: Stamp(11),
        ..Mutation::new(EditId { device, number: 1 }, EntityId(2), "k \"1\"", EditKind::Update)
    };
    let edit = EditId { device: DeviceId(8), number: 1 };
    let create = Mutation { kind: EditKind::Create, base: None, edit, ..mutation.clone() };
    let wants = vec![
        Want { entity: EntityId(0), cursor: None, ids: 0 },
        Want { entity: EntityId(1), cursor: Some("1,k".into()), ids: 0 },
    ];
    let pull = PullRequest {
        unit: UnitId(1),
        rows: 500,
        clock: Stamp(12),
        zone: -3_600,
        run: 4,
        by_address: true,
        ..PullRequest::new(device, wants)
    };
    let mutations = vec![mutation, create];
    let push = PushRequest { device, unit: UnitId(2), mutations, clock: Stamp(12) };
    let with_push = PullRequest { unit: UnitId(2), by_address: false, ..pull.clone() };
    vec![
        Request::Pull(pull),
        Request::Push(push.clone()),
        Request::Sync(SyncRequest { push, pull: with_push }),
        Request::Fetch(FetchRequest { device, entity: EntityId(3), of: Key::new("k"), rows: 9 }),
    ]
}

fn outcomes() -> Vec<Outcome> {
    let current = Some(Row { key: Key::new("k"), stamp: Stamp(4), values: Some(vec![Value::Int(1)]) });
    let gone = Some(Row { key: Key::new("k"), stamp: Stamp(4), values: None });
    vec![
        Outcome::Applied { stamp: Stamp(3) },
        Outcome::Named { stamp: Stamp(3), row: current.clone().unwrap() },
        Outcome::Conflict { why: Refusal::Stale, current: current.clone(), edited_at: Some(Stamp(-2)) },
        Outcome::Conflict { why: Refusal::Gone, current: gone, edited_at: Some(Stamp(3)) },
        Outcome::Conflict { why: Refusal::Taken, current: None, edited_at: None },
        Outcome::Rejected { reason: "no \"such\" doctor".to_owned(), current },
        Outcome::Later,
        Outcome::Queued,
    ]
}

#[test]
fn every_request_decodes_to_itself() {
    for codec in all() {
        for request in requests() {
            assert_eq!(codec.decode_request(&codec.encode_request(&request)).unwrap(), request);
        }
    }
}

#[test]
fn a_page_decodes_to_what_was_written() {
    for codec in all() {
        let opened = codec.open(pages(codec.pages(Asked(9)))).unwrap();
        assert!(!codec.is_refusal(&opened));
        let answer = codec.decode_answer(&opened).unwrap().unwrap();
        assert_eq!(answer.asked, Asked(9));
        let page = &answer.pages[0];
        assert_eq!((page.entity, &*page.cursor, page.more, page.rows.len()), (EntityId(3), "7,k1", true, 4));
        let read =
            |at: usize| page.rows.get(at).values.map(|v| v.iter().map(Cell::to_value).collect::<Vec<_>>());
        let [text, int, null, real] = values();
        assert_eq!((page.rows.get(0).key, page.rows.get(0).stamp), ("k1", Stamp(7)));
        assert_eq!(read(0), Some(vec![real.clone(), text.clone()]));
        assert_eq!(read(1), None);
        let part = page.rows.get(2);
        assert_eq!((part.key, part.stamp), ("k3", Stamp(6)));
        assert_eq!(part.part, Some(Part { base: Stamp(5), columns: 0b1010 }));
        assert_eq!(read(2), Some(vec![int.clone(), real.clone()]));
        assert_eq!((page.rows.get(3).key, read(3)), ("k4", Some(vec![text, int, null, real])));
        assert!(answer.pages[1].rows.is_empty());
        assert_eq!((&*page.undone, &*answer.pages[1].undone), (&undone()[..], &[][..]));
        assert_eq!([page.unseen, answer.pages[1].unseen], [Some(Stamp(-7)), None]);
        assert_eq!(page.withheld, ["k5", "\"k6\""]);
        assert!(answer.pages[1].withheld.is_empty(), "they are of their page alone");
    }
}

#[test]
fn verdicts_and_pages_come_in_one_answer() {
    for codec in all() {
        let outcomes = outcomes();
        let mut verdicts = outcomes.iter().map(|outcome| ("id", outcome));
        let bytes = pages(codec.pages_after(Asked(9), &mut verdicts));
        let alone = pages(codec.pages(Asked(9)));
        let opened = [bytes, alone].map(|bytes| codec.open(bytes).unwrap());
        let [answer, alone] = [0, 1].map(|at| codec.decode_answer(&opened[at]).unwrap().unwrap());
        let told: Vec<Outcome> = answer.results.iter().map(|result| result.outcome.clone()).collect();
        assert_eq!((answer.asked, &told), (Asked(9), &outcomes));
        let results = codec.results(Asked(1), &mut outcomes.iter().map(|outcome| ("id", outcome)));
        let opened = codec.open(results).unwrap();
        assert!(!codec.is_refusal(&opened));
        let read = codec.decode_answer(&opened).unwrap().unwrap().results;
        assert!(read.into_iter().map(|result| result.outcome).eq(outcomes));
        assert_eq!(format!("{:?}", answer.pages), format!("{:?}", alone.pages));
    }
}

#[test]
fn what_is_asked_by_address_is_known_by_that_alone_and_is_as_long_as_a_clock() {
    let pull = |clock, cursor: &str, by_address| {
        let wants = vec![Want { entity: EntityId(0), cursor: Some(cursor.to_owned()), ids: 0 }];
        let (device, unit, clock) = (DeviceId(7), UnitId(1), Stamp(clock));
        PullRequest { unit, rows: 5, bytes: 9, clock, run: 4, by_address, ..PullRequest::new(device, wants) }
            .asked()
    };
    assert_eq!(pull(1, "a", true), pull(2, "a", true), "whenever it is asked");
    assert_ne!(pull(1, "a", true), pull(1, "b", true));
    assert_eq!(pull(1, "a", true).0.to_string().len(), 16);
    assert_eq!([pull(1, "a", false), pull(2, "a", false)], [Asked(1), Asked(2)]);
}

#[test]
fn every_error_comes_through() {
    for codec in all() {
        for error in [
            ServerError::Unavailable,
            ServerError::Throttled(Span::secs(3)),
            ServerError::CursorExpired(EntityId(2)),
            ServerError::GatewayTimeout,
            ServerError::Failed,
            ServerError::Unauthorized,
            ServerError::BadRequest("why".to_owned()),
            ServerError::RequestTooLarge(1 << 20),
            ServerError::AnswerTooLarge(6 << 20),
            ServerError::AlreadyThere,
            ServerError::MustReset,
        ] {
            let opened = codec.open(codec.refusal(&error)).unwrap();
            assert!(codec.is_refusal(&opened));
            assert_eq!(codec.decode_answer(&opened).unwrap().unwrap_err(), error);
        }
    }
}

#[test]
fn no_two_codecs_call_themselves_the_same() {
    let called: Vec<String> = all().map(|codec| format!("{codec:?}")).collect();
    let different: std::collections::BTreeSet<&String> = called.iter().collect();
    assert_eq!(different.len(), called.len());
}

#[test]
fn an_edit_weighs_about_what_is_written_of_it() {
    let edit = |number: u32, length: usize| Mutation {
        id: format!("7-{number}"),
        values: vec![(3, Value::Text("x".repeat(length).into())), (4, Value::Int(1))],
        base: Some(Stamp(1_772_434_800_000_000)),
        made_at: Stamp(1_772_434_800_000_000),
        ..Mutation::new(
            EditId { device: DeviceId(7), number },
            EntityId(0),
            "0b1f6a1c-8f0e-4f0c-9d34-6a1d0d6a7c55",
            EditKind::Update,
        )
    };
    let formats = NAMES.iter().map(|name| named(name).unwrap());
    for (codec, length) in formats.flat_map(|codec| [0, 10, 200, 5_000].map(|length| (codec, length))) {
        let mutations: Vec<Mutation> = (0..50).map(|number| edit(number, length)).collect();
        let weight = |m: &Mutation| codec.frames().of_edit(&m.id, &m.key, &m.values);
        let ours: u64 = mutations.iter().map(weight).sum();
        let push = PushRequest { device: DeviceId(7), unit: UnitId(0), mutations, clock: Stamp(0) };
        let real = codec.encode_request(&Request::Push(push)).len() as u64;
        assert!(ours.abs_diff(real) * 10 < real, "{codec:?}: {ours} instead of {real} of texts of {length}");
    }
}

#[test]
fn damaged_json_is_an_error() {
    for bytes in [
        "",
        "{",
        "[]",
        "{\"pages\":[{\"e\":1}]}",
        "{\"pages\":[{\"e\":1,\"rows\":[[1,2]],\"cursor\":\"\",\"more\":false}]}",
        "{\"pages\":[{\"e\":1,\"rows\":[[0,7,\"k\",8]],\"cursor\":\"\",\"more\":false}]}",
        "{\"pages\":[{\"e\":1,\"rows\":[[5,7,\"k\",8,1]],\"cursor\":\"\",\"more\":false}]}",
        "{\"results\":[{\"id\":\"a\",\"conflict\":\"stale\",\"row\":[[1,7,\"k\",8,1]]}]}",
    ] {
        assert!(DEFAULT.decode_answer(bytes.as_bytes()).is_err(), "{bytes}");
    }
    for bytes in ["", "{}", "{\"device\":1}", "{\"device\":1,\"push\":[{}]}", "nonsense"] {
        assert!(DEFAULT.decode_request(bytes.as_bytes()).is_err(), "{bytes}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("a number", |x| x.is_finite()).prop_map(Value::Real),
        any::<String>().prop_map(|text| Value::text(&text)),
        "[ -~\\x00-\\x1f\"\\\\<&>é\u{2028}𝄞]{0,40}".prop_map(|text| Value::text(&text)),
        "(ab c){0,300}".prop_map(|text| Value::text(&text)),
    ]
}

/// A page that has each row twice, written by `row` and by `kept_row`.
fn page_of(codec: Codec, rows: &[(String, Vec<Value>)]) -> Vec<u8> {
    let mut writer = codec.pages(Asked(9));
    writer.begin_page(EntityId(3));
    for (key, values) in rows {
        let columns: Vec<usize> = (0..values.len()).collect();
        writer.row(key, Stamp(-1), Some(Projected { values, columns: &columns }));
        writer.kept_row(key, Stamp(1), &encode_cells(values.iter()));
    }
    writer.withheld("last");
    writer.end_page("c", false);
    writer.finish()
}

fn packs(packing: Packing) -> Codec {
    packed("json", Coding { packing, ..Coding::default() }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_row_comes_back_as_it_was_in_every_codec(
        rows in prop::collection::vec((any::<String>(), prop::collection::vec(value(), 1..6)), 0..6),
    ) {
        for codec in all() {
            let opened = codec.open(page_of(codec, &rows)).unwrap();
            let answer = codec.decode_answer(&opened).unwrap().unwrap();
            let read = answer.pages[0].rows.iter();
            let came: Vec<(String, Vec<Value>)> = read.map(|row| {
                let values = row.values.unwrap_or_default().iter().map(Cell::to_value).collect();
                (row.key.to_owned(), values)
            }).collect();
            let sent: Vec<(String, Vec<Value>)> = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
            prop_assert_eq!(came, sent, "{:?}", codec);
        }
    }
}

#[test]
fn a_message_depends_on_none_that_was_packed_before_it() {
    for codec in [Packing::Gzip, Packing::Zstd].map(packs) {
        let [one, other] =
            ["a", "b"].map(|text| vec![(text.repeat(900), vec![Value::text(&text.repeat(900))])]);
        let first = page_of(codec, &one);
        _ = page_of(codec, &other);
        _ = codec.open(first[..first.len() / 2].to_vec());
        assert_eq!(page_of(codec, &one), first);
        assert!(codec.open(first).is_ok());
    }
}

#[test]
fn a_limit_on_what_is_sent_takes_more_rows_than_one_on_what_is_written() {
    let bytes = |counts| {
        let coding = Coding { packing: Packing::Gzip, counts, ..Coding::default() };
        let mut writer = packed("json", coding).unwrap().pages(Asked(1));
        writer.begin_page(EntityId(0));
        let (values, columns) = ([Value::text("the same text in each row")], [0]);
        for n in 0..2_000 {
            writer.row(&n.to_string(), Stamp(n), Some(Projected { values: &values, columns: &columns }));
        }
        (writer.bytes(), writer.finish().len() as u64)
    };
    let ((plain, _), (counted, sent)) = (bytes(BytesCount::Plain), bytes(BytesCount::Sent));
    assert!(plain > 3 * counted, "{plain} and {counted}");
    assert!(counted.abs_diff(sent) * 5 < sent, "{counted} for {sent}");
}

#[test]
fn a_request_goes_plain_to_a_server_that_takes_no_packed_one() {
    let request = Request::Fetch(FetchRequest {
        device: DeviceId(1),
        entity: EntityId(0),
        of: Key::new(&"a key ".repeat(99)),
        rows: 9,
    });
    let length = |packs| {
        let coding = Coding { packing: Packing::Gzip, packs, ..Coding::default() };
        let codec = packed("json", coding).unwrap();
        let bytes = codec.encode_request(&request);
        assert_eq!(codec.decode_request(&bytes).unwrap(), request);
        bytes.len()
    };
    assert!(length(Packs::Both) * 3 < length(Packs::Answers));
}
