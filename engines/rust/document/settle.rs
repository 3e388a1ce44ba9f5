//! Writes the changes that phones merged into the document to the record (the backend). If the
//! record refuses a change, the record's row replaces the document's row.

use std::collections::BTreeMap;

use syncdyno::contract::{
    DeviceId, EditId, EditKind, EditSaid, Mutation, Outcome, Refusal, Row, Slip, Stamp, SystemOfRecord,
    Value, image,
};

use super::frame::{Ask, Verdict};
use super::server::Server;
use super::{At, Document, Touched};

/// The edits of one row that came into the document together. The last edit is written in place of
/// all.
struct Group<'a> {
    of: DeviceId,
    row: At<'a>,
    last: EditId,
    kind: EditKind,
    creates: bool,
    /// A print (hash) of the value that the group sets in each column.
    prints: BTreeMap<usize, u64>,
}

impl<'a> Group<'a> {
    fn new(of: DeviceId, row: At<'a>, edits: &[&EditSaid]) -> Option<Group<'a>> {
        let last = edits.last()?;
        let prints = edits.iter().flat_map(|edit| edit.prints.iter().copied()).collect();
        let creates = edits.iter().any(|edit| edit.kind == EditKind::Create);
        Some(Group { of, row, last: last.edit, kind: last.kind, creates, prints })
    }
    /// A mutation of the last edit with the effect of the whole group.
    fn mutation(&self, kind: EditKind, values: Vec<(usize, Value)>, now: Option<&Row>) -> Mutation {
        let mut mutation = Mutation::new(self.last, self.row.0, self.row.1, kind);
        mutation.id = format!("{}/{:x}", self.last, image(values.iter().map(|(_, value)| value)));
        mutation.values = values;
        mutation.base = now.filter(|_| kind != EditKind::Create).map(|row| row.stamp);
        mutation
    }
}

impl<D: Document> Server<D> {
    /// Writes the result of these edits to the record, if they are in the document. Stores a
    /// verdict on each edit.
    pub(super) fn settle(
        &mut self,
        of: DeviceId,
        ask: &Ask,
        (slip, mut touched): (&Slip, Touched),
        record: &mut dyn SystemOfRecord,
    ) {
        let mut open = Vec::new();
        for (edit, mark) in &ask.edits {
            if self.notes.verdict(*edit).is_none() && self.document.has(mark) {
                open.push(*edit);
            }
        }
        for row in &slip.edits {
            touched.remove(&(row.entity, row.key.clone()));
            let said: Vec<&EditSaid> = slip
                .said
                .iter()
                .filter(|it| row.edits.contains(&it.edit) && open.contains(&it.edit))
                .collect();
            let Some(group) = Group::new(of, (row.entity, &row.key), &said) else { continue };
            let Some(verdict) = self.decide(&group, record) else { continue };
            for (at, one) in said.iter().enumerate() {
                self.notes.note_verdict(of, one.edit, &verdict_of(one, &said[at + 1..], &verdict));
            }
        }
        // A change without an edit is not written. The record's row replaces it.
        for (entity, key) in touched {
            self.overrule((entity, &key), record);
        }
    }

    /// Decides on a group; `None` if the record defers it. Then the phone asks again.
    fn decide(&mut self, group: &Group<'_>, record: &mut dyn SystemOfRecord) -> Option<Verdict> {
        let (entity, key) = group.row;
        let now = record.get(entity, key);
        let met = now.as_ref().map_or_else(|| record.clock(), |row| row.stamp);
        let there = now.as_ref().and_then(|row| row.values.as_deref());
        match (self.document.row(group.row), there, group.kind) {
            (None, None, EditKind::Delete) if group.creates && now.is_none() => Some(Verdict::Never),
            (None, None, EditKind::Delete) => Some(Verdict::Same(met)),
            (None, Some(_), EditKind::Delete) => {
                let mutation = group.mutation(EditKind::Delete, Vec::new(), now.as_ref());
                self.write(group, mutation, now.as_ref(), record, Verdict::Done)
            }
            (Some(says), None, _) if group.creates && now.is_none() => {
                let projection = &self.setup.schema.entity(entity).projection;
                let values = projection.iter().copied().zip(says).collect();
                let mutation = group.mutation(EditKind::Create, values, None);
                self.write(group, mutation, None, record, Verdict::Done)
            }
            (Some(says), Some(_), EditKind::Create | EditKind::Update) => {
                let won = self.won(group, &says);
                if won.is_empty() {
                    return Some(Verdict::GaveWay(met));
                }
                let columns = won.iter().map(|(column, _)| *column).collect();
                let is_whole = won.len() == group.prints.len();
                let verdict =
                    |stamp| if is_whole { Verdict::Done(stamp) } else { Verdict::Part(stamp, columns) };
                let mutation = group.mutation(EditKind::Update, won, now.as_ref());
                self.write(group, mutation, now.as_ref(), record, verdict)
            }
            _ => {
                self.overrule(group.row, record);
                Some(Verdict::GaveWay(met))
            }
        }
    }
    /// The columns in which the document has the group's values. A column is written even if the
    /// record has its value already: in the document, this change won over a concurrent one, and
    /// readers of the record must see the winner.
    fn won(&self, group: &Group<'_>, says: &[Value]) -> Vec<(usize, Value)> {
        let projection = &self.setup.schema.entity(group.row.0).projection;
        let columns = projection.iter().copied().zip(says);
        let won = columns.filter(|(column, says)| group.prints.get(column) == Some(&image([*says])));
        won.map(|(column, says)| (column, says.clone())).collect()
    }

    fn write(
        &mut self,
        group: &Group<'_>,
        mutation: Mutation,
        now: Option<&Row>,
        record: &mut dyn SystemOfRecord,
        done: impl FnOnce(Stamp) -> Verdict,
    ) -> Option<Verdict> {
        // Somebody wrote a version concurrently that readers cannot see yet.
        if now.is_some_and(|now| Some(now.stamp) > self.notes.known(group.row)) {
            record.refused(&mutation, Some(Refusal::Stale));
        } else {
            let gone = mutation.kind == EditKind::Delete;
            match record.write(&self.setup.attributes[group.of.0 as usize], &[mutation]).remove(0) {
                Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                    self.notes.note_known(group.row, stamp, gone);
                    return Some(done(stamp));
                }
                Outcome::Later | Outcome::Queued => return None,
                Outcome::Conflict { .. } | Outcome::Rejected { .. } => {}
            }
        }
        self.overrule(group.row, record);
        Some(Verdict::GaveWay(now.map_or_else(|| record.clock(), |now| now.stamp)))
    }

    /// Replaces a row in the document by the record's version, after the record refused a change.
    fn overrule(&mut self, row: At<'_>, record: &mut dyn SystemOfRecord) {
        let now = record.get(row.0, row.1);
        let (stamp, values) = now.map_or_else(|| (record.clock(), None), |row| (row.stamp, row.values));
        self.copy_from_record(row, stamp, values.as_deref());
    }
}

/// The verdict on one of several edits that were sent together; `later` are the edits after it. If
/// the row was deleted already, a delete is done, and another edit gave way. If only some columns
/// were written, only the edits that set them last are done.
fn verdict_of(said: &EditSaid, later: &[&EditSaid], verdict: &Verdict) -> Verdict {
    match (verdict, said.kind) {
        (Verdict::Same(met), EditKind::Delete) => Verdict::Done(*met),
        (Verdict::Same(met), _) => Verdict::GaveWay(*met),
        (Verdict::Part(stamp, won), _) => {
            let sets = |edit: &EditSaid, column: usize| edit.prints.iter().any(|(of, _)| *of == column);
            let own = said.prints.iter().map(|(column, _)| *column);
            let last = own.filter(|column| !later.iter().any(|edit| sets(edit, *column)));
            let (had, lacked): (Vec<usize>, Vec<usize>) = last.partition(|column| won.contains(column));
            match (had.is_empty(), lacked.is_empty()) {
                (_, true) => Verdict::Done(*stamp),
                (true, false) => Verdict::GaveWay(*stamp),
                (false, false) => Verdict::Part(*stamp, had),
            }
        }
        _ => verdict.clone(),
    }
}
