//! The generators of an entity's rows.

use std::collections::BTreeMap;

use super::super::cell::Wanted;
use super::super::column::{ColumnType, KeyType, Shares, without_shares};
use super::super::rows::Brought;
use super::super::written::{Scope, scope};
use super::schema::{Draft, EntityDraft, Lookup};
use crate::base::{EntityId, Ppm};
use crate::config::view::read;
use crate::workload::{EntityData, KeyOrder, Maker};

impl Lookup<'_> {
    pub(super) fn data(&self, id: usize, sketch: &EntityDraft<'_>, brought: Option<&Brought>) -> EntityData {
        let view = sketch.view;
        let given = brought.map(|b| {
            let sound = sketch.columns.iter().filter(|c| c.view.is_sound());
            let wanted = sound.map(|c| Wanted {
                name: c.name,
                kind: &c.kind,
                written: without_shares(c.view.text()).map_or("", |(of, _)| of),
                place: view.at("schema").name(c.name).place(),
                points_to: if let ColumnType::Ref(to) = &c.kind { self.key_type(to) } else { None },
            });
            let rows = b.rows(sketch.key_type, &wanted.collect::<Vec<_>>(), self.calendar);
            let rows = rows.map_err(|found| found.into_iter().for_each(|m| self.mistakes.add(m)));
            std::sync::Arc::new(rows.unwrap_or_default())
        });
        read!(view, EntityData {
            one_stamp age changed_daily created_daily deleted_daily
        } with {
            rows: given.as_ref().map_or(u64::from(view.at("rows").count()), |rows| rows.len() as u64),
            columns: sketch.columns.iter().map(|c| self.maker(c, sketch, id)).collect(),
            nulls: shares(sketch, |shares| shares.null),
            empties: shares(sketch, |shares| shares.empty),
            keys: if sketch.key_type == KeyType::Uuid7 { KeyOrder::ByTime } else { KeyOrder::Random },
            given,
        })
    }

    fn maker(&self, column: &Draft<'_>, sketch: &EntityDraft<'_>, id: usize) -> Maker {
        if let Some(Scope::Attribute(name)) = scope(sketch.view.at("scope").key(column.name).text())
            && let Some(attribute) = self.attributes.place(&name)
        {
            return Maker::Attribute(attribute);
        }
        let folded = |(entity, column, via)| Maker::Folded { entity: EntityId(entity as u16), via, column };
        match &column.kind {
            ColumnType::Key(_) => Maker::Bool,
            ColumnType::Made(maker) => maker.clone(),
            ColumnType::Ref(entity) => Maker::Ref(self.entity_id(column.view, entity).unwrap_or_default()),
            ColumnType::Attribute(name) => {
                self.attribute(column.view, name).map_or(Maker::Bool, Maker::Attribute)
            }
            ColumnType::Fold { .. } => self.fold(column, id).map_or(Maker::Bool, folded),
        }
    }
}

fn shares(sketch: &EntityDraft<'_>, of: impl Fn(Shares) -> Option<Ppm>) -> BTreeMap<usize, Ppm> {
    sketch.columns.iter().enumerate().filter_map(|(at, column)| Some((at, of(column.shares)?))).collect()
}
