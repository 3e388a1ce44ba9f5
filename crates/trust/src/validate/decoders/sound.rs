//! Valid messages and their content.

use syncdyno_contract::base::json::encode_cells;
use syncdyno_contract::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Undone, UnitId, Value};
use syncdyno_contract::contract::{EditKind, Guard, Mutation, Outcome, Refusal, Row, ServerError};
use syncdyno_world::protocol::{
    Asked, Codec, FetchRequest, Part, Projected, PullRequest, PushRequest, Request, SyncRequest, Want, Way,
};

pub(super) struct Sound {
    pub(super) is_request: bool,
    /// True if it has a checksum.
    pub(super) is_packed: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) says: String,
}

pub(super) fn of(codec: Codec) -> Vec<Sound> {
    let mut all = Vec::new();
    let mut add = |is_request, bytes: Vec<u8>| {
        let says = read(codec, is_request, bytes.clone()).expect("a sound message is read");
        let is_packed = codec.effort(&bytes, Way::Read).packer > 0;
        all.push(Sound { is_request, is_packed, bytes, says });
    };
    requests().iter().for_each(|request| add(true, codec.encode_request(request)));
    add(false, pages(codec, 2));
    add(false, pages(codec, 40));
    let outcomes = outcomes();
    add(false, codec.results(Asked(7), &mut outcomes.iter().map(|outcome| ("d7-1", outcome))));
    add(false, codec.refusal(&ServerError::Throttled(Span::secs(3))));
    add(false, codec.refusal(&ServerError::BadRequest("no such \"unit\" <3>".repeat(9))));
    all
}

/// The content of a message as text; `None` if the decoder refuses it.
pub(super) fn read(codec: Codec, is_request: bool, bytes: Vec<u8>) -> Option<String> {
    if is_request {
        return codec.decode_request(&bytes).ok().map(|request| format!("{request:?}"));
    }
    let opened = codec.open(bytes).ok()?;
    _ = codec.is_refusal(&opened);
    match codec.decode_answer(&opened).ok()? {
        Err(error) => Some(format!("{error:?}")),
        Ok(answer) => {
            // Rows are read one by one, like in the engine.
            let rows = answer.pages.iter().flat_map(|page| page.rows.iter()).map(|row| format!("{row:?}"));
            Some(format!("{answer:?}{}", rows.collect::<String>()))
        }
    }
}

fn pages(codec: Codec, rows: i64) -> Vec<u8> {
    let values = [
        Value::text("a \"quoted\"\n line, ünïcode <&>"),
        Value::Int(-5),
        Value::Null,
        Value::Real(1.5),
        Value::text(&"as long as a remark is ".repeat(4)),
    ];
    let held = Projected { values: &values, columns: &[0, 1, 2, 3, 4] };
    let mut writer = codec.pages(Asked(1_772_434_800_000_000));
    writer.begin_page(EntityId(3));
    for n in 0..rows {
        let key = format!("0b1f6a1c-8f0e-4f0c-9d34-{n:012}");
        match n % 4 {
            0 => writer.row(&key, Stamp(n), Some(held)),
            1 => writer.row(&key, Stamp(n), None),
            2 => writer.part(Part { base: Stamp(5), columns: 0b1010 }, &key, Stamp(n), held),
            _ => writer.kept_row(&key, Stamp(n), &encode_cells(values.iter())),
        }
    }
    writer.undone(&[Undone { from: Stamp(i64::MIN), until: Stamp(9) }]);
    writer.unseen_from(Stamp(-7));
    writer.withheld("k5");
    writer.ids(9, 20);
    writer.end_page("7,k1", true);
    writer.begin_page(EntityId(4));
    writer.end_page("", false);
    writer.finish()
}

fn requests() -> Vec<Request> {
    let (device, unit, clock) = (DeviceId(7), UnitId(2), Stamp(12));
    let mutation = |number| Mutation {
        id: format!("d7-{number}"),
        edit: EditId { device, number },
        entity: EntityId(2),
        key: Key::new("k \"1\""),
        kind: [EditKind::Create, EditKind::Update, EditKind::Delete][number as usize % 3],
        values: vec![
            (3, Value::text("é\n")),
            (5, Value::Null),
            (6, Value::Int(i64::MIN)),
            (7, Value::Real(0.5)),
        ],
        base: Some(Stamp(-4)),
        made_at: Stamp(11),
        guard: [Guard::Base, Guard::Since, Guard::Image(u64::MAX)][number as usize % 3],
    };
    let first = Want { entity: EntityId(0), cursor: None, ids: 0 };
    let wants = vec![first, Want { entity: EntityId(1), cursor: Some("1,k".to_owned()), ids: 1 }];
    let (rows, bytes, zone, run) = (500, 1 << 20, -3_600, 4);
    let pull = PullRequest { device, unit, wants, rows, bytes, clock, zone, run, by_address: false };
    let push = PushRequest { device, unit, mutations: (0..9).map(mutation).collect(), clock };
    vec![
        Request::Pull(pull.clone()),
        Request::Push(push.clone()),
        Request::Sync(SyncRequest { push, pull }),
        Request::Fetch(FetchRequest { device, entity: EntityId(3), of: Key::new("k"), rows: 9 }),
    ]
}

fn outcomes() -> Vec<Outcome> {
    let row = |values| Row { key: Key::new("k"), stamp: Stamp(4), values };
    let current = Some(row(Some(vec![Value::Int(1), Value::text("a")])));
    vec![
        Outcome::Applied { stamp: Stamp(3) },
        Outcome::Conflict { why: Refusal::Stale, current: current.clone(), edited_at: Some(Stamp(-2)) },
        Outcome::Conflict { why: Refusal::Gone, current: Some(row(None)), edited_at: None },
        Outcome::Rejected { reason: "no \"such\" doctor".to_owned(), current },
        Outcome::Later,
        Outcome::Queued,
    ]
}
