//! Edits on their way from devices to the backend.

use rusqlite::OptionalExtension;

use super::database::{Replica, sound};
use super::kept;
use super::rows::Copied;
use crate::base::{DeviceId, Time, Value};
use crate::contract::{Mutation, Outcome};
use crate::protocol::PushRequest;

#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Waiting {
    pub(in super::super) seq: i64,
    pub(in super::super) device: DeviceId,
    pub(in super::super) mutation: Mutation,
    pub(in super::super) queued: Time,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Judged {
    pub(in super::super) outcome: Outcome,
    /// The rows that it spoke of, as they are after it.
    pub(in super::super) rows: Vec<Copied>,
}

impl Replica {
    /// Takes the mutations of a push in one transaction: to each the backend's verdict, if there is
    /// one. `waits` is told of those that have none, and which are new.
    pub(in super::super) fn queue(
        &mut self,
        now: Time,
        push: &PushRequest,
        mut waits: impl FnMut(&Mutation, bool),
    ) -> Vec<Outcome> {
        self.transact(|replica| {
            let mut outcome = |mutation: &Mutation| match replica.verdict(&mutation.id, push.device) {
                Some(Some(verdict)) => verdict,
                Some(None) => {
                    waits(mutation, false);
                    Outcome::Queued
                }
                None => {
                    let request = kept::request(push, mutation);
                    let sql = "INSERT INTO upload(id, device, request, queued) VALUES(?1, ?2, ?3, ?4)";
                    let row = (&mutation.id, push.device.0, request, now.0 as i64);
                    sound(replica.open().prepare(sql).execute(row));
                    waits(mutation, true);
                    Outcome::Queued
                }
            };
            push.mutations.iter().map(&mut outcome).collect()
        })
    }

    /// What is known of a mutation as this device sent it: nothing, that it waits, or its verdict.
    /// A copy of its maker sends it, too, and is shown other rows with the verdict.
    fn verdict(&self, id: &str, of: DeviceId) -> Option<Option<Outcome>> {
        let mut find = self.open().prepare("SELECT verdict FROM upload WHERE id = ?1 AND device = ?2");
        let verdict = find.query_row((id, of.0), |row| row.get(0)).optional();
        let verdict: Option<Option<Vec<u8>>> = sound(verdict);
        Some(verdict?.map(|bytes| kept::read_verdict(&bytes)))
    }

    pub(in super::super) fn waiting(&self) -> u64 {
        let count = self
            .open()
            .prepare("SELECT count(*) FROM upload WHERE verdict IS NULL")
            .query_row([], |row| row.get::<_, i64>(0));
        sound(count) as u64
    }

    /// The first that wait after this place, in their order, at most `limit`; none of these
    /// devices.
    pub(in super::super) fn first(&self, after: i64, limit: usize, but: &[DeviceId]) -> Vec<Waiting> {
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
            let mutation = kept::read_request(&request);
            let queued = Time(sound(row.get::<_, i64>(3)) as u64);
            first.push(Waiting { seq: sound(row.get(0)), device, mutation, queued });
        }
        first
    }

    /// Writes down the backend's verdicts, and the rows that it showed with them, in one
    /// transaction; each comes with the attributes of its device. They are of a backend that
    /// `went_back` once, or has not.
    pub(in super::super) fn settle<'v>(
        &mut self,
        now: Time,
        went_back: bool,
        verdicts: impl Iterator<Item = (&'v Waiting, &'v Judged, &'v [Value])>,
    ) {
        self.transact(|replica| {
            for (waiting, judged, attributes) in verdicts {
                let Mutation { entity, key, .. } = &waiting.mutation;
                let sql = "UPDATE upload SET verdict = ?2, settled = ?3 WHERE seq = ?1";
                let verdict = (waiting.seq, kept::verdict(&judged.outcome), now.0 as i64);
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
