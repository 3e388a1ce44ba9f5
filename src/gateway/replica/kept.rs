//! How a replica keeps mutations that wait, and verdicts on them: as JSON, whatever devices speak.

use crate::contract::{Mutation, Outcome};
use crate::protocol::{Asked, DEFAULT as JSON, PushRequest, Request};

const SOUND: &str = "it was written here";

pub(super) fn request(push: &PushRequest, mutation: &Mutation) -> Vec<u8> {
    let PushRequest { device, unit, clock, .. } = *push;
    let mutations = vec![mutation.clone()];
    JSON.encode_request(&Request::Push(PushRequest { device, unit, mutations, clock }))
}

pub(super) fn read_request(bytes: &[u8]) -> Mutation {
    match JSON.decode_request(bytes) {
        Ok(Request::Push(push)) => push.mutations.into_iter().next(),
        _ => None,
    }
    .expect(SOUND)
}

pub(super) fn verdict(outcome: &Outcome) -> Vec<u8> {
    JSON.results(Asked(0), &mut [("", outcome)].into_iter())
}

pub(super) fn read_verdict(bytes: &[u8]) -> Outcome {
    let answer = JSON.decode_answer(bytes).expect(SOUND).expect(SOUND);
    answer.results.into_iter().next().expect(SOUND).outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, UnitId, Value};
    use crate::contract::{EditKind, Guard, Refusal, Row};

    #[test]
    fn a_mutation_is_read_back_as_it_was_kept() {
        let (device, clock) = (DeviceId(7), Stamp(12));
        for (by, kind, base) in
            [(7, EditKind::Update, Some(Stamp(-4))), (8, EditKind::Create, None), (7, EditKind::Delete, None)]
        {
            let mutation = Mutation {
                id: "d7-1".to_owned(),
                values: vec![(3, Value::text("é\n")), (5, Value::Null), (6, Value::Int(i64::MIN))],
                base,
                made_at: Stamp(11),
                guard: if by == 7 { Guard::Image(u64::MAX) } else { Guard::Base },
                ..Mutation::new(EditId { device: DeviceId(by), number: 1 }, EntityId(2), "k \"1\"", kind)
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
            let kept = format!(r#"{{"for":0,"results":[{{"id":"",{text}}}]}}"#);
            assert_eq!(String::from_utf8(verdict(&outcome)).unwrap(), kept);
            assert_eq!(read_verdict(kept.as_bytes()), outcome);
        }
    }
}
