//! The queue of edits that wait for the backend.

use rusqlite::OptionalExtension;

use super::database::{Replica, sound};
use super::rows::Copied;
use crate::base::{DeviceId, Time, Value};
use crate::contract::{Event, Mutation, Outcome};
use crate::protocol::{Asked, DEFAULT as JSON, PushRequest, Request};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) device: DeviceId,
    pub(crate) mutation: Mutation,
    pub(crate) queued: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    /// The rows that came with the verdict, as they are after the edit.
    pub(crate) rows: Vec<Copied>,
}

impl Replica {
    /// Queues the mutations of a push in one transaction. Returns the backend's verdict for each
    /// mutation that has one, and [`Outcome::Queued`] for the others. `events` reports the others.
    pub(crate) fn queue(
        &mut self,
        now: Time,
        push: &PushRequest,
        events: &mut Vec<Event<'static>>,
    ) -> Vec<Outcome> {
        self.transact(|replica| {
            let outcome = |mutation: &Mutation| {
                let edit = mutation.edit;
                match replica.verdict(&mutation.id, push.device) {
                    Some(Some(verdict)) => return verdict,
                    Some(None) => events.push(Event::UploadWaits { edit }),
                    None => {
                        let request = kept_request(push, mutation);
                        let sql = "INSERT INTO upload(id, device, request, queued) VALUES(?1, ?2, ?3, ?4)";
                        let row = (&mutation.id, push.device.0, request, now.0 as i64);
                        sound(replica.open().prepare(sql).execute(row));
                        events.push(Event::UploadQueued { edit });
                    }
                }
                Outcome::Queued
            };
            push.mutations.iter().map(outcome).collect()
        })
    }

    /// The state of a mutation from this device: unknown (`None`), waiting (`Some(None)`), or its
    /// verdict. The same mutation from a copy of the device is separate, because its verdict shows
    /// other rows.
    fn verdict(&self, id: &str, of: DeviceId) -> Option<Option<Outcome>> {
        let mut find = self.open().prepare("SELECT verdict FROM upload WHERE id = ?1 AND device = ?2");
        let verdict = find.query_row((id, of.0), |row| row.get(0)).optional();
        let verdict: Option<Option<Vec<u8>>> = sound(verdict);
        Some(verdict?.map(|bytes| read_verdict(&bytes)))
    }

    pub(crate) fn waiting(&self) -> u64 {
        let mut count = self.open().prepare("SELECT count(*) FROM upload WHERE verdict IS NULL");
        sound(count.query_row([], |row| row.get::<_, i64>(0))) as u64
    }

    /// The first mutations that wait after `after`, in order, up to `limit`. Leaves out the devices
    /// in `but`.
    pub(crate) fn first(&self, after: i64, limit: usize, but: &[DeviceId]) -> Vec<Waiting> {
        let sql =
            "SELECT seq, device, request, queued FROM upload WHERE verdict IS NULL AND seq > ?1 ORDER BY seq";
        let mut statement = self.open().prepare(sql);
        let mut rows = sound(statement.query([after]));
        let mut first = Vec::new();
        while first.len() < limit
            && let Some(row) = sound(rows.next())
        {
            let device = DeviceId(sound(row.get(1)));
            if but.contains(&device) {
                continue;
            }
            let request: Vec<u8> = sound(row.get(2));
            let mutation = read_request(&request);
            let queued = Time(sound(row.get::<_, i64>(3)) as u64);
            first.push(Waiting { seq: sound(row.get(0)), device, mutation, queued });
        }
        first
    }

    /// Records the backend's verdicts and their rows in one transaction. Each verdict comes with
    /// its device's attributes. `went_back`: true if the backend was ever restored.
    pub(crate) fn settle<'v>(
        &mut self,
        now: Time,
        went_back: bool,
        verdicts: impl Iterator<Item = (&'v Waiting, &'v Judged, &'v [Value])>,
    ) {
        self.transact(|replica| {
            for (waiting, judged, attributes) in verdicts {
                let Mutation { entity, key, .. } = &waiting.mutation;
                let sql = "UPDATE upload SET verdict = ?2, settled = ?3 WHERE seq = ?1";
                let verdict = (waiting.seq, kept_verdict(&judged.outcome), now.0 as i64);
                sound(replica.open().prepare(sql).execute(verdict));
                let took = match judged.outcome {
                    Outcome::Applied { stamp } => Some((key, stamp, attributes)),
                    _ => None,
                };
                replica.write_through(*entity, &judged.rows, took, went_back);
            }
        });
    }
}

/// Waiting mutations and verdicts are stored as JSON, even if devices use another format.
const SOUND: &str = "it was written here";

fn kept_request(push: &PushRequest, mutation: &Mutation) -> Vec<u8> {
    let PushRequest { device, unit, clock, .. } = *push;
    let mutations = vec![mutation.clone()];
    JSON.encode_request(&Request::Push(PushRequest { device, unit, mutations, clock }))
}

fn read_request(bytes: &[u8]) -> Mutation {
    let Ok(Request::Push(push)) = JSON.decode_request(bytes) else { panic!("{SOUND}") };
    push.mutations.into_iter().next().expect(SOUND)
}

fn kept_verdict(outcome: &Outcome) -> Vec<u8> {
    JSON.results(Asked(0), &mut [("", outcome)].into_iter())
}

fn read_verdict(bytes: &[u8]) -> Outcome {
    let answer = JSON.decode_answer(bytes).expect(SOUND).expect(SOUND);
    answer.results.into_iter().next().expect(SOUND).outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EditId, EntityId, Key, Stamp, UnitId};
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
            assert_eq!(read_request(&kept_request(&push, &mutation)), mutation);
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
            assert_eq!(String::from_utf8(kept_verdict(&outcome)).unwrap(), kept);
            assert_eq!(read_verdict(kept.as_bytes()), outcome);
        }
    }
}
