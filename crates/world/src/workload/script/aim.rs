//! Aimed edits: they find their row when they are made, among the rows that their author then sees.
//!
//! The row is a pure function of the edit and of a [`Sight`] (the rows that the author sees). Of
//! all rows that fit, the edit takes the one whose key has the smallest hash. So another row that
//! comes or goes rarely changes the choice.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{EntityId, Key, Seed, Value};
use crate::contract::EditKind;
use crate::workload::Aim;

/// The value of a row in a column of the backend; `None` if it is not visible.
pub(crate) type Cells<'a> = dyn Fn(usize) -> Option<Value> + 'a;

/// Calls the given function with each row of an entity: its key, and its values by backend column.
type Rows<'a> = dyn Fn(EntityId, &mut dyn FnMut(&str, &Cells<'_>)) + 'a;

/// The keys of rows, by entity.
pub(crate) type Keys = BTreeMap<EntityId, BTreeSet<Key>>;

/// The rows that an author sees at an instant: a person sees the app's rows, the office sees the
/// backend's.
pub(crate) struct Sight<'a> {
    pub rows: &'a Rows<'a>,
    /// The keys created in the run. A person sees their own keys, the office sees all of them.
    pub made: Option<&'a Keys>,
    /// For each group (edits of one row): the row that its first edit found, then the new rows of
    /// the group. A new row may refer to another row if the first one's reference is not visible.
    pub groups: &'a BTreeMap<u64, Vec<Known>>,
}

/// A row that an edit of a group found or created.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub entity: EntityId,
    pub key: Key,
    /// The values that the edit wrote, by index of the backend's column.
    pub values: Vec<(usize, Value)>,
}

/// An edit whose row is chosen when the edit is made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aimed {
    pub action: u16,
    pub entity: EntityId,
    pub kind: EditKind,
    pub aim: Aim,
    /// The row to edit. For a create: the row that the new row refers to.
    pub row: Option<Named>,
    /// The group of edits that share this edit's row.
    pub group: Option<u64>,
    pub seed: Seed,
    /// Prefers rows whose timestamp in column `.0` lies in `.1..=.2`.
    pub near: Option<(usize, i64, i64)>,
    pub fresh: Key,
    /// The values to write, by index of the backend's column.
    pub drafts: Vec<(usize, Draft)>,
}

/// A row that is decided before the edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Key(Key),
    /// The row of this group. The group's first edit finds it.
    OfGroup(u64),
}

/// A value that may depend on the visible rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Draft {
    /// The first of these values that the row does not have yet; otherwise the last.
    OneOf(Vec<Value>),
    /// The key of a row of this entity; null if no row fits and null is allowed. With `names`, the
    /// natural key of a new row depends on this key. Then all new rows of a group refer to the same
    /// row, if it is visible.
    Ref { entity: EntityId, or_null: bool, names: bool },
    /// A copied value: `column` of the row to which this row's column `via` points; null if that
    /// row is not visible.
    Folded { entity: EntityId, via: usize, column: usize },
}

/// The row that an edit found, and the values that the edit writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub key: Key,
    /// New values, by index of the backend's column.
    pub values: Vec<(usize, Value)>,
}

type Ranked = ((bool, u64), String, Vec<(usize, Value)>);

impl Aimed {
    /// The row to edit and the values to write; `None` if no visible row fits.
    pub(crate) fn find(&self, sight: &Sight<'_>) -> Option<Found> {
        let named = match &self.row {
            Some(Named::Key(key)) => Some((self.named_entity(), key.clone())),
            Some(Named::OfGroup(group)) => sight
                .groups
                .get(group)
                .and_then(|all| all.first())
                .map(|known| (known.entity, known.key.clone())),
            None => None,
        };
        let (key, present) = match self.kind {
            EditKind::Create => (self.fresh.clone(), Vec::new()),
            EditKind::Update | EditKind::Delete => {
                let only = named.as_ref().map(|(_, key)| key.as_str());
                self.pick(sight, self.entity, (only, None), self.near, "row")?
            }
        };
        let parent = named.filter(|_| self.kind == EditKind::Create);
        let mut values: Vec<(usize, Value)> = Vec::with_capacity(self.drafts.len());
        for (column, draft) in &self.drafts {
            let now = present.iter().find(|(of, _)| of == column).map(|(_, value)| value);
            let value = match draft {
                Draft::OneOf(values) => {
                    let other = values.iter().find(|value| Some(*value) != now).or(values.last());
                    other.cloned().unwrap_or(Value::Null)
                }
                Draft::Ref { entity, or_null, names } => {
                    let own = (*entity == self.entity).then_some(key.as_str());
                    let only = parent.as_ref().filter(|(of, _)| of == entity).map(|(_, key)| key.as_str());
                    let alike = self.named_alike(sight, *column).filter(|_| *names);
                    let purpose = format!("reference {column}");
                    let pick = |only| self.pick(sight, *entity, (only, own), None, &purpose);
                    let same = alike.map(|same| pick(Some(same))).find(Option::is_some).flatten();
                    match same.or_else(|| pick(only)) {
                        Some((key, _)) => Value::Text(key.0),
                        None if *or_null => Value::Null,
                        None => return None,
                    }
                }
                Draft::Folded { entity, via, column } => {
                    seen(sight, *entity, &values, *via, *column).unwrap_or(Value::Null)
                }
            };
            values.push((*column, value));
        }
        Some(Found { key, values })
    }

    /// The rows to which other new rows of the group refer in `column`, if the natural key depends
    /// on it. The caller uses the first one that is visible.
    fn named_alike<'s>(&self, sight: &'s Sight<'_>, column: usize) -> impl Iterator<Item = &'s str> {
        let group = self.group.filter(|group| self.row == Some(Named::OfGroup(*group)));
        let group = group.filter(|_| self.kind == EditKind::Create);
        let known = group.and_then(|group| sight.groups.get(&group)).into_iter().flatten();
        known.filter_map(move |known| match known.values.iter().find(|(of, _)| *of == column) {
            Some((_, Value::Text(key))) => Some(&**key),
            _ => None,
        })
    }

    /// The entity of a key that is decided before the edit. It is the edit's own entity; for a
    /// create, the first entity to which the new row refers.
    fn named_entity(&self) -> EntityId {
        let referred = self.drafts.iter().find_map(|(_, draft)| match draft {
            Draft::Ref { entity, .. } => Some(*entity),
            _ => None,
        });
        referred.filter(|_| self.kind == EditKind::Create).unwrap_or(self.entity)
    }

    /// Picks a row, with its values in the columns to write. With `only`, it must be that row. It
    /// is never the row `other`.
    fn pick(
        &self,
        sight: &Sight<'_>,
        entity: EntityId,
        (only, other): (Option<&str>, Option<&str>),
        near: Option<(usize, i64, i64)>,
        purpose: &str,
    ) -> Option<(Key, Vec<(usize, Value)>)> {
        let seed = self.seed.derive(purpose, 0);
        let made = sight.made.and_then(|made| made.get(&entity));
        let mut best: Option<Ranked> = None;
        (sight.rows)(entity, &mut |key, cells| {
            let meant = match (only, self.aim) {
                (Some(only), _) => only == key,
                (None, Aim::Made) => made.is_some_and(|made| made.iter().any(|own| own.as_str() == key)),
                (None, Aim::Kept | Aim::Shown) => true,
            };
            if !meant || other == Some(key) {
                return;
            }
            let lies = |column, from, until| matches!(cells(column), Some(Value::Int(t)) if (from..=until).contains(&t));
            let is_far = near.is_some_and(|(column, from, until)| !lies(column, from, until));
            let rank = (is_far, xxhash_rust::xxh3::xxh3_64_with_seed(key.as_bytes(), seed.0));
            if best.as_ref().is_none_or(|(least, ..)| rank < *least) {
                let columns = self.drafts.iter().map(|(column, _)| *column);
                let present = columns.filter_map(|column| Some((column, cells(column)?))).collect();
                best = Some((rank, key.to_owned(), present));
            }
        });
        best.map(|(_, key, present)| (Key(key.into()), present))
    }
}

/// The value of `column` in the row to which the written value of `via` points.
fn seen(
    sight: &Sight<'_>,
    entity: EntityId,
    written: &[(usize, Value)],
    via: usize,
    column: usize,
) -> Option<Value> {
    let (_, Value::Text(wanted)) = written.iter().find(|(column, _)| *column == via)? else { return None };
    let mut found = None;
    (sight.rows)(entity, &mut |key, cells| {
        if key == &**wanted {
            found = cells(column);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: EntityId = EntityId(0);
    const FILE: EntityId = EntityId(1);
    const GROUP: u64 = 7;

    /// Folders and files that an author sees. A file has three columns: its folder, its folder's
    /// name and a size.
    #[derive(Default)]
    struct Seen {
        folders: Vec<(&'static str, &'static str)>,
        files: Vec<(&'static str, i64)>,
        made: BTreeSet<Key>,
        group: Option<(EntityId, Key)>,
    }

    fn find(aimed: &Aimed, Seen { folders, files, made, group }: &Seen) -> Option<Found> {
        let rows = |entity: EntityId, f: &mut dyn FnMut(&str, &Cells<'_>)| {
            if entity == FOLDER {
                folders.iter().for_each(|(key, name)| f(key, &|_| Some(Value::text(name))));
            } else {
                files.iter().for_each(|(key, size)| f(key, &|at| (at == 2).then_some(Value::Int(*size))));
            }
        };
        let made = [(FILE, made.clone())].into();
        let known =
            |(entity, key): &(EntityId, Key)| Known { entity: *entity, key: key.clone(), values: Vec::new() };
        let groups = [(GROUP, group.iter().map(known).collect())].into();
        aimed.find(&Sight { rows: &rows, made: Some(&made), groups: &groups })
    }

    fn key(text: &str) -> Key {
        Key(text.into())
    }
    fn seen() -> Seen {
        let files = vec![("a", 1), ("b", 2), ("c", 3), ("d", 4)];
        Seen { folders: vec![("x", "old"), ("y", "new")], files, ..Seen::default() }
    }

    fn aimed(kind: EditKind) -> Aimed {
        let size = (2, Draft::OneOf(vec![Value::Int(3), Value::Int(9)]));
        let drafts = match kind {
            EditKind::Delete => Vec::new(),
            EditKind::Update => vec![size],
            EditKind::Create => {
                let folder = Draft::Ref { entity: FOLDER, or_null: false, names: false };
                vec![(0, folder), (1, Draft::Folded { entity: FOLDER, via: 0, column: 0 }), size]
            }
        };
        let (row, group, near) = Default::default();
        let fresh = key("new");
        Aimed {
            action: 0,
            entity: FILE,
            kind,
            aim: Aim::Shown,
            row,
            group,
            seed: Seed(5),
            near,
            fresh,
            drafts,
        }
    }

    fn row(aimed: &Aimed, seen: &Seen) -> Option<String> {
        find(aimed, seen).map(|found| found.key.to_string())
    }

    #[test]
    fn a_row_that_comes_elsewhere_moves_no_choice() {
        let (mut more, aimed) = (seen(), aimed(EditKind::Delete));
        let chosen = row(&aimed, &more).unwrap();
        more.files.retain(|(key, _)| *key == chosen || *key > chosen.as_str());
        assert_eq!(row(&aimed, &more).unwrap(), chosen, "others are gone");
        let seeds = (0..60).filter_map(|n| row(&Aimed { seed: Seed(n), ..aimed.clone() }, &seen()));
        assert_eq!(seeds.collect::<BTreeSet<_>>().len(), 4, "each row is somebody's");
    }

    #[test]
    fn who_aims_at_what_was_made_meets_nothing_else() {
        let mut seen = seen();
        let made = Aimed { aim: Aim::Made, ..aimed(EditKind::Update) };
        assert_eq!(row(&made, &seen), None);
        seen.made = ["c", "gone"].map(key).into();
        assert_eq!(row(&made, &seen).unwrap(), "c");
        assert_eq!(find(&made, &seen).unwrap().values, [(2, Value::Int(9))], "3 is there already");
    }

    #[test]
    fn a_named_row_is_met_only_while_it_is_seen() {
        let mut seen = seen();
        for (named, want) in [
            (Named::Key(key("b")), Some("b")),
            (Named::Key(key("gone")), None),
            (Named::OfGroup(GROUP), Some("d")),
        ] {
            seen.group = Some((FILE, key("d")));
            let aimed = Aimed { row: Some(named.clone()), ..aimed(EditKind::Delete) };
            assert_eq!(row(&aimed, &seen).as_deref(), want, "{named:?}");
        }
        seen.group = None;
        let first = Aimed { row: Some(Named::OfGroup(GROUP)), ..aimed(EditKind::Delete) };
        assert_eq!(row(&first, &seen), row(&aimed(EditKind::Delete), &seen), "the first finds one");
    }

    #[test]
    fn rows_near_the_moment_come_before_all_others() {
        let near = Aimed { near: Some((2, 2, 2)), ..aimed(EditKind::Delete) };
        for n in 0..20 {
            assert_eq!(row(&Aimed { seed: Seed(n), ..near.clone() }, &seen()).unwrap(), "b");
        }
        let none = Aimed { near: Some((2, 50, 60)), ..near };
        assert_eq!(row(&none, &seen()), row(&aimed(EditKind::Delete), &seen()));
    }

    #[test]
    fn a_new_row_refers_to_what_is_seen_and_folds_what_stands_there() {
        let mut seen = seen();
        let mut create = aimed(EditKind::Create);
        create.row = Some(Named::Key(key("y")));
        let found = find(&create, &seen).unwrap();
        assert_eq!(found.key, key("new"));
        assert_eq!(found.values, [(0, Value::text("y")), (1, Value::text("new")), (2, Value::Int(3))]);
        seen.folders.clear();
        assert_eq!(find(&create, &seen), None, "no folder, no file");
        create.drafts[0].1 = Draft::Ref { entity: FOLDER, or_null: true, names: false };
        assert_eq!(find(&create, &seen).unwrap().values[..2], [(0, Value::Null), (1, Value::Null)]);
    }

    #[test]
    fn new_rows_of_a_group_refer_to_the_first_that_is_seen() {
        let mut create = aimed(EditKind::Create);
        (create.row, create.group) = (Some(Named::OfGroup(GROUP)), Some(GROUP));
        create.drafts[0].1 = Draft::Ref { entity: FOLDER, or_null: false, names: true };
        let rows = |_: EntityId, f: &mut dyn FnMut(&str, &Cells<'_>)| {
            ["v", "w", "x", "y", "z"].iter().for_each(|key| f(key, &|_| Some(Value::text("name"))));
        };
        let known = |folder| Known { entity: FILE, key: key("made"), values: vec![(0, Value::text(folder))] };
        let groups = [(GROUP, ["elsewhere", "y", "x"].map(known).into())].into();
        for seed in (0..20).map(Seed) {
            let create = Aimed { seed, ..create.clone() };
            let found = create.find(&Sight { rows: &rows, made: None, groups: &groups }).unwrap();
            assert_eq!(found.values[0], (0, Value::text("y")));
        }
    }
}
