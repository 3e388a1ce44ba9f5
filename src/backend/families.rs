//! Mutations of one request that belong together: those of a row and of the rows that are part of
//! it, or all of them.

use super::delta::Sight;
use super::options::Commits;
use crate::base::{EntityId, Key, Value};
use crate::contract::Mutation;

/// By mutation of a request, the place of the first one that goes with it.
pub(super) fn families(sight: Sight<'_>, mutations: &[Mutation]) -> Vec<usize> {
    match sight.database.options.commits {
        Commits::Rows => return (0..mutations.len()).collect(),
        Commits::Requests => return vec![0; mutations.len()],
        Commits::Families => {}
    }
    let schema = &sight.database.content.schema;
    let known = |entity: EntityId| usize::from(entity.0) < schema.entities.len();
    let top = |of: &Mutation| {
        let row = (of.entity, of.key.clone());
        let parent =
            |entity: EntityId, key: &Key, column: usize| part_of(sight, mutations, (entity, key), column);
        if known(of.entity) { schema.top(row, parent) } else { row }
    };
    let tops: Vec<_> = mutations.iter().map(top).collect();
    let first = |top| tops.iter().position(|other| other == top).expect("it is its own");
    tops.iter().map(first).collect()
}

/// What a row is part of, by a column: as a mutation has it, or as it is there.
fn part_of(
    sight: Sight<'_>,
    mutations: &[Mutation],
    (entity, key): (EntityId, &Key),
    column: usize,
) -> Option<Key> {
    let own = mutations.iter().rfind(|of| (of.entity, &of.key) == (entity, key));
    let set = own.and_then(|own| own.values.iter().find(|(at, _)| *at == column));
    let there = || {
        let slot = sight.remembered_row(entity, key)?;
        Some(&sight.database.content.table(entity).record(slot).values[column])
    };
    match set.map(|(_, value)| value).or_else(there)? {
        Value::Text(key) => Some(Key(key.clone())),
        _ => None,
    }
}
