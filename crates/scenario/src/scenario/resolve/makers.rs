//! The generators of an entity's rows.

use std::collections::BTreeMap;

use super::super::cell::Wanted;
use super::super::column::{ColumnType, Shares, without_shares};
use super::super::rows::Brought;
use super::super::written::{Scope, scope};
use super::schema::{Draft, Lookup, Sketch};
use crate::base::{EntityId, Ppm};
use crate::config::view::read;
use crate::config::written::Calendar;
use crate::workload::{EntityData, Maker};

impl Lookup<'_> {
    pub(super) fn data(
        &self,
        (id, sketch): (usize, &Sketch<'_>),
        calendar: Option<Calendar>,
        brought: Option<&Brought>,
    ) -> EntityData {
        let view = sketch.view;
        let given = brought.map(|b| {
            let sound = sketch.columns.iter().filter(|c| c.view.is_sound());
            let written = |c: &Draft<'_>| view.at("schema").name(c.name).place();
            let columns: Vec<Wanted<'_>> = sound
                .map(|c| Wanted {
                    name: c.name,
                    kind: &c.kind,
                    written: without_shares(c.view.text()).map_or("", |(of, _)| of),
                    place: written(c),
                    points_to: match &c.kind {
                        ColumnType::Ref(to) => self.key_type(to),
                        _ => None,
                    },
                })
                .collect();
            match b.rows(sketch.key_type, &columns, calendar) {
                Ok(rows) => std::sync::Arc::new(rows),
                Err(mistakes) => {
                    mistakes.into_iter().for_each(|m| self.wrong.add(m));
                    std::sync::Arc::default()
                }
            }
        });
        read!(view, EntityData {
            one_stamp age changed_daily created_daily deleted_daily
        } with {
            rows: given.as_ref().map_or(u64::from(view.at("rows").count()), |rows| rows.len() as u64),
            columns: sketch.columns.iter().map(|c| self.maker(c, sketch, id)).collect(),
            nulls: shares(sketch, |shares| shares.null),
            empties: shares(sketch, |shares| shares.empty),
            given,
        })
    }

    fn maker(&self, column: &Draft<'_>, sketch: &Sketch<'_>, id: usize) -> Maker {
        if let Some(Scope::Attribute(name)) = scope(sketch.view.at("scope").key(column.name).text())
            && let Some(attribute) = self.attributes.place(&name)
        {
            return Maker::Attribute(attribute);
        }
        match &column.kind {
            ColumnType::Key(_) => Maker::Bool,
            ColumnType::Made(maker) => maker.clone(),
            ColumnType::Ref(entity) => Maker::Ref(self.entity_id(column.view, entity).unwrap_or_default()),
            ColumnType::Attribute(name) => match self.attribute(column.view, name) {
                Some(attribute) => Maker::Attribute(attribute),
                None => Maker::Bool,
            },
            ColumnType::Fold { .. } => match self.fold(column, id) {
                Some((entity, source, via)) => {
                    Maker::Folded { entity: EntityId(entity as u16), via, column: source }
                }
                None => Maker::Bool,
            },
        }
    }
}

fn shares(sketch: &Sketch<'_>, of: impl Fn(Shares) -> Option<Ppm>) -> BTreeMap<usize, Ppm> {
    let columns = sketch.columns.iter().enumerate();
    columns.filter_map(|(at, column)| Some((at, of(column.shares)?))).collect()
}
