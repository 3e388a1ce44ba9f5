//! How a replica keeps mutations that wait, and verdicts on them: JSON of its own, whatever devices
//! speak.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::base::{Cell, DeviceId, EditId, EntityId, Key, Stamp, UnitId, Value};
use crate::contract::{EditKind, Guard, Mutation, Outcome, Refusal, Row};
use crate::protocol::PushRequest;

#[derive(Serialize, Deserialize)]
struct Push<'a> {
    device: DeviceId,
    clock: Stamp,
    unit: UnitId,
    #[serde(borrow)]
    push: [Kept<'a>; 1],
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    edit: u32,
    /// Who made it, where that is not who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<DeviceId>,
    e: EntityId,
    #[serde(borrow)]
    key: Cow<'a, str>,
    op: char,
    base: Option<Stamp>,
    at: Stamp,
    #[serde(borrow)]
    set: Vec<(usize, Cell<'a>)>,
    #[serde(default, skip_serializing_if = "Guard::is_base")]
    guard: Guard,
}

#[derive(Serialize, Deserialize)]
struct Verdicts<'a> {
    now: Stamp,
    #[serde(borrow)]
    results: [Verdict<'a>; 1],
}

#[derive(Default, Serialize, Deserialize)]
struct Verdict<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<Stamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    later: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    queued: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    conflict: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    rejected: Option<Cow<'a, str>>,
    /// None or one: key, stamp, values.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    row: Option<Vec<Vec<Cell<'a>>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited: Option<Stamp>,
}

const SOUND: &str = "it was written here";

/// A mutation of a push.
pub(super) fn request(push: &PushRequest, mutation: &Mutation) -> Vec<u8> {
    let kept = Kept {
        id: Cow::from(&mutation.id),
        edit: mutation.edit.number,
        by: (mutation.edit.device != push.device).then_some(mutation.edit.device),
        e: mutation.entity,
        key: Cow::from(mutation.key.as_str()),
        op: match mutation.kind {
            EditKind::Create => 'c',
            EditKind::Update => 'u',
            EditKind::Delete => 'd',
        },
        base: mutation.base,
        at: mutation.made_at,
        set: mutation.values.iter().map(|(column, value)| (*column, Cell::of(value))).collect(),
        guard: mutation.guard,
    };
    let push = Push { device: push.device, clock: push.clock, unit: push.unit, push: [kept] };
    serde_json::to_vec(&push).expect("JSON holds every value of a mutation")
}

/// The mutation that was kept.
pub(super) fn read_request(bytes: &[u8]) -> Mutation {
    let Push { device, push: [kept], .. } = serde_json::from_slice(bytes).expect(SOUND);
    Mutation {
        id: kept.id.into_owned(),
        edit: EditId { device: kept.by.unwrap_or(device), number: kept.edit },
        entity: kept.e,
        key: Key::new(&kept.key),
        kind: match kept.op {
            'c' => EditKind::Create,
            'u' => EditKind::Update,
            _ => EditKind::Delete,
        },
        values: kept.set.iter().map(|(column, cell)| (*column, cell.to_value())).collect(),
        base: kept.base,
        made_at: kept.at,
        guard: kept.guard,
    }
}

const REFUSALS: [(Refusal, &str); 4] = [
    (Refusal::Stale, "stale"),
    (Refusal::Gone, "gone"),
    (Refusal::Exists, "exists"),
    (Refusal::Taken, "taken"),
];

/// A verdict.
pub(super) fn verdict(outcome: &Outcome) -> Vec<u8> {
    let verdict = match outcome {
        Outcome::Applied { stamp } => Verdict { ok: Some(*stamp), ..Verdict::default() },
        Outcome::Named { stamp, row } => {
            Verdict { ok: Some(*stamp), row: Some(vec![cells(row)]), ..Verdict::default() }
        }
        Outcome::Later => Verdict { later: true, ..Verdict::default() },
        Outcome::Queued => Verdict { queued: true, ..Verdict::default() },
        Outcome::Conflict { why, current, edited_at } => {
            let name = REFUSALS.iter().find(|(refusal, _)| refusal == why).expect("each has a name").1;
            Verdict {
                conflict: Some(name.into()),
                row: Some(current.iter().map(cells).collect()),
                edited: *edited_at,
                ..Verdict::default()
            }
        }
        Outcome::Rejected { reason, current } => Verdict {
            rejected: Some(reason.into()),
            row: Some(current.iter().map(cells).collect()),
            ..Verdict::default()
        },
    };
    let verdicts = Verdicts { now: Stamp(0), results: [verdict] };
    serde_json::to_vec(&verdicts).expect("JSON holds every value of a row")
}

/// The verdict that was kept.
pub(super) fn read_verdict(bytes: &[u8]) -> Outcome {
    let Verdicts { results: [verdict], .. } = serde_json::from_slice(bytes).expect(SOUND);
    let current = verdict.row.iter().flatten().find_map(|cells| row(cells));
    match (verdict.ok, verdict.conflict, verdict.rejected) {
        (Some(stamp), ..) => match current {
            Some(row) => Outcome::Named { stamp, row },
            None => Outcome::Applied { stamp },
        },
        (_, Some(name), _) => {
            let why = REFUSALS.iter().find(|(_, known)| *known == name).expect(SOUND).0;
            Outcome::Conflict { why, current, edited_at: verdict.edited }
        }
        (.., Some(reason)) => Outcome::Rejected { reason: reason.into_owned(), current },
        _ if verdict.queued => Outcome::Queued,
        _ => Outcome::Later,
    }
}

fn cells(Row { key, stamp, values }: &Row) -> Vec<Cell<'_>> {
    let head = [Cell::Text(Cow::from(key.as_str())), Cell::Int(stamp.0)];
    head.into_iter().chain(values.iter().flatten().map(Cell::of)).collect()
}

fn row(cells: &[Cell<'_>]) -> Option<Row> {
    let [Cell::Text(key), Cell::Int(stamp), values @ ..] = cells else { return None };
    let values: Vec<Value> = values.iter().map(Cell::to_value).collect();
    Some(Row { key: Key::new(key), stamp: Stamp(*stamp), values: Some(values).filter(|v| !v.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_is_read_back_as_it_was_kept() {
        let (device, clock) = (DeviceId(7), Stamp(12));
        for (by, kind, base) in
            [(7, EditKind::Update, Some(Stamp(-4))), (8, EditKind::Create, None), (7, EditKind::Delete, None)]
        {
            let mutation = Mutation {
                id: "d7-1".to_owned(),
                edit: EditId { device: DeviceId(by), number: 1 },
                entity: EntityId(2),
                key: Key::new("k \"1\""),
                kind,
                values: vec![(3, Value::text("é\n")), (5, Value::Null), (6, Value::Int(i64::MIN))],
                base,
                made_at: Stamp(11),
                guard: if by == 7 { Guard::Image(u64::MAX) } else { Guard::Base },
            };
            let push = PushRequest { device, unit: UnitId(2), mutations: Vec::new(), clock };
            assert_eq!(read_request(&request(&push, &mutation)), mutation);
        }
    }

    #[test]
    fn databases_of_today_are_read_tomorrow() {
        let of = |current, edited_at| Outcome::Conflict { why: Refusal::Stale, current, edited_at };
        let row = Row { key: Key::new("k"), stamp: Stamp(4), values: Some(vec![Value::Real(1.0)]) };
        let gone = Row { values: None, ..row.clone() };
        for (text, outcome) in [
            (r#""ok":3"#, Outcome::Applied { stamp: Stamp(3) }),
            (r#""later":true"#, Outcome::Later),
            (r#""queued":true"#, Outcome::Queued),
            (r#""conflict":"stale","row":[]"#, of(None, None)),
            (r#""conflict":"stale","row":[["k",4,1.0]]"#, of(Some(row.clone()), None)),
            (r#""conflict":"stale","row":[["k",4,1.0]],"edited":-2"#, of(Some(row), Some(Stamp(-2)))),
            (r#""rejected":"a \"no\"","row":[["k",4]]"#, {
                Outcome::Rejected { reason: "a \"no\"".to_owned(), current: Some(gone) }
            }),
        ] {
            let kept = format!(r#"{{"now":0,"results":[{{"id":"",{text}}}]}}"#);
            assert_eq!(String::from_utf8(verdict(&outcome)).unwrap(), kept);
            assert_eq!(read_verdict(kept.as_bytes()), outcome);
        }
    }
}
