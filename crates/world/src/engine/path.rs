//! Changes of values between device and backend, at most one [`Bend`] per column. In products, the
//! object layer (the code that converts rows to objects) makes these changes outside its codec.
//! This code does the same: it runs before encoding and after decoding.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::bend::{Bend, Way};
use crate::base::{Cell, EntityId, Value};
use crate::contract::{ColumnKind, Mutation, Outcome, Row};
use crate::protocol::{Answer, Request, SyncRequest, WireRow};
use crate::store::{Stored, Tx};

/// The change of one column's values on the way to the backend, to the device, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The column's position in the backend's columns.
    pub column: usize,
    /// The column's position on devices.
    pub place: usize,
    /// The kind of the column's values.
    pub kind: ColumnKind,
    /// The change.
    pub bend: Bend,
    /// True if values change on their way to the backend.
    pub up: bool,
    /// True if values change on their way to the device.
    pub down: bool,
}

impl Path {
    fn change(&self, value: &mut Value, way: Way, ahead: i32) {
        if let Some(bent) = value.with_ref(|value| self.bend.of(value, &self.kind, way, ahead)) {
            *value = bent;
        }
    }
}

/// The paths of columns; columns without a path pass unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paths(BTreeMap<EntityId, Vec<Path>>);

impl Paths {
    /// Adds the path of a column.
    pub fn add(&mut self, entity: EntityId, path: Path) {
        self.0.entry(entity).or_default().push(path);
    }

    /// A pulled row in which the device's old values replace the nulls that the path does not send.
    /// `None` if the row needs no such replacement.
    pub(super) fn kept<'c>(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        row: WireRow<'c>,
    ) -> Stored<Option<Vec<Cell<'c>>>> {
        let Some(values) = row.values else { return Ok(None) };
        let stays = |path: &&Path| path.down && path.bend == Bend::NullNotSent;
        let paths = self.of(entity).iter().filter(stays).map(|path| path.place);
        let hollow: Vec<usize> = paths.filter(|at| values.get(*at) == Some(&Cell::Null)).collect();
        if hollow.is_empty() {
            return Ok(None);
        }
        let Some(held) = tx.row(entity, row.key)? else { return Ok(None) };
        let mut kept = values.to_vec();
        hollow.into_iter().for_each(|at| kept[at] = Cell::of(&held.values[at]).into_owned());
        Ok(Some(kept))
    }

    fn of(&self, entity: EntityId) -> &[Path] {
        self.0.get(&entity).map_or(&[], Vec::as_slice)
    }

    /// The request with changed values. The device's zone is `ahead` seconds ahead of UTC.
    pub(super) fn up<'r>(&self, request: &'r Request, ahead: i32) -> Cow<'r, Request> {
        let bends = |m: &Mutation| self.of(m.entity).iter().any(|path| path.up);
        if !request.mutations().iter().any(bends) {
            return Cow::Borrowed(request);
        }
        let mut request = request.clone();
        if let Request::Push(push) | Request::Sync(SyncRequest { push, .. }) = &mut request {
            push.mutations.iter_mut().for_each(|mutation| self.send(mutation, ahead));
        }
        Cow::Owned(request)
    }

    fn send(&self, mutation: &mut Mutation, ahead: i32) {
        for path in self.of(mutation.entity).iter().filter(|path| path.up) {
            let own = |column: usize| column == path.column;
            if path.bend == Bend::NullNotSent {
                mutation.values.retain(|(column, value)| !own(*column) || *value != Value::Null);
                continue;
            }
            for (_, value) in mutation.values.iter_mut().filter(|(column, _)| own(*column)) {
                path.change(value, Way::Up, ahead);
            }
        }
    }

    /// Changes the values of a decoded response. `pushed` has the entities of the request's edits,
    /// in the order of the verdicts. The device's zone is `ahead` seconds ahead of UTC.
    pub(super) fn down(&self, answer: &mut Answer<'_>, pushed: &[EntityId], ahead: i32) {
        if self.0.is_empty() {
            return;
        }
        for page in &mut answer.pages {
            let paths = self.of(page.entity);
            if !paths.iter().any(|path| path.down) {
                continue;
            }
            page.rows.each_value(|place, cell| {
                for path in paths.iter().filter(|path| path.down && path.place == place) {
                    if let Some(bent) = path.bend.of(cell.as_ref(), &path.kind, Way::Down, ahead) {
                        *cell = Cell::of(&bent).into_owned();
                    }
                }
            });
        }
        for (result, entity) in answer.results.iter_mut().zip(pushed) {
            let Some(row) = shown(&mut result.outcome) else { continue };
            let Some(values) = &mut row.values else { continue };
            for path in self.of(*entity).iter().filter(|path| path.down) {
                values.get_mut(path.place).into_iter().for_each(|value| path.change(value, Way::Down, ahead));
            }
        }
    }
}

fn shown(outcome: &mut Outcome) -> Option<&mut Row> {
    match outcome {
        Outcome::Named { row, .. } => Some(row),
        Outcome::Conflict { current, .. } | Outcome::Rejected { current, .. } => current.as_mut(),
        Outcome::Applied { .. } | Outcome::Later | Outcome::Queued => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, Stamp, UnitId};
    use crate::contract::EditKind;
    use crate::protocol::{Asked, Projected, PushRequest};

    const PERSON: EntityId = EntityId(1);
    const EAST: i32 = 3_600;

    /// The backend has columns 0 to 2; devices hold 0, a day, and 2, a text.
    fn paths(born: Bend, note: Bend, [up, down]: [bool; 2]) -> Paths {
        let mut paths = Paths::default();
        let path = |column, place, kind, bend| Path { column, place, kind, bend, up, down };
        paths.add(PERSON, path(0, 0, ColumnKind::Date, born));
        paths.add(PERSON, path(2, 1, ColumnKind::Text, note));
        paths
    }

    fn push(entity: EntityId, values: Vec<(usize, Value)>) -> Request {
        let (device, edit) = (DeviceId(0), EditId { device: DeviceId(0), number: 0 });
        let mutation =
            Mutation { id: "0-0".to_owned(), values, ..Mutation::new(edit, entity, "k", EditKind::Update) };
        Request::Push(PushRequest { device, unit: UnitId(0), mutations: vec![mutation], clock: Stamp(0) })
    }

    fn sent(request: &Request) -> &[(usize, Value)] {
        let Request::Push(push) = request else { panic!("{request:?}") };
        &push.mutations[0].values
    }

    #[test]
    fn an_edit_goes_up_as_its_columns_have_it_and_others_as_they_are() {
        let day = |day| (0, Value::text(day));
        let request = push(PERSON, vec![day("2026-03-02"), (1, Value::Null), (2, Value::Null)]);
        let lossy = paths(Bend::LocalMidnight, Bend::NullNotSent, [true, false]);
        let up = lossy.up(&request, EAST);
        assert_eq!(sent(&up), [day("2026-03-01"), (1, Value::Null)]);
        let other = push(EntityId(0), sent(&request).to_vec());
        for (paths, request) in [(&lossy, &other), (&Paths::default(), &request)] {
            assert!(matches!(paths.up(request, EAST), Cow::Borrowed(_)));
        }
        let down = paths(Bend::LocalMidnight, Bend::NullNotSent, [false, true]);
        assert!(matches!(down.up(&request, EAST), Cow::Borrowed(_)));
    }

    #[test]
    fn a_row_comes_down_as_its_columns_have_it_in_full_and_in_part() {
        let codec = crate::protocol::DEFAULT;
        let values = [Value::text("2026-03-02"), Value::Int(7), Value::text("Zo\u{eb}")];
        let held = Projected { values: &values, columns: &[0, 2] };
        let mut writer = codec.pages(Asked(5));
        writer.begin_page(PERSON);
        writer.row("k1", Stamp(1), Some(held));
        writer.row("k2", Stamp(2), None);
        let part = crate::protocol::Part { base: Stamp(0), columns: 0b10 };
        writer.part(part, "k3", Stamp(3), held);
        writer.end_page("c", false);
        let bytes = codec.open(writer.finish()).unwrap();
        let mut answer = codec.decode_answer(&bytes).unwrap().unwrap();
        paths(Bend::LocalMidnight, Bend::Nfd, [false, true]).down(&mut answer, &[], -EAST);
        let rows = &answer.pages[0].rows;
        let values = |index| rows.get(index).values.map(|v| v.iter().map(Cell::to_value).collect::<Vec<_>>());
        let apart = Value::text("Zoe\u{308}");
        assert_eq!(values(0), Some(vec![Value::text("2026-03-01"), apart.clone()]));
        assert_eq!((values(1), values(2)), (None, Some(vec![apart])));
    }
}
