//! The rows that planned edits change (a named row, or one row for all), and the values that the
//! edits write.

use super::super::cell::wants;
use super::super::column::may_be_null;
use super::ResolveContext;
use super::waits::Waits;
use crate::base::{EntityId, Key, Value};
use crate::config::tree::Val;
use crate::config::view::View;
use crate::contract::{ColumnKind, EditKind};
use crate::setup::About;
use crate::workload::{Action, Aim};

impl ResolveContext<'_> {
    pub(super) fn about(&self, view: View<'_>, action: View<'_>) -> About {
        let row = view.at("row").present().map(|row| Key(row.text().into()));
        let row_of = view.at("row_of").present().and_then(|event| self.event_with_edits(event));
        let same_row = view.at("same_row").flag();
        if [row.is_some(), row_of.is_some(), same_row].iter().filter(|way| **way).count() > 1 {
            let help = "write only one of `row`, `row_of` and `same_row`";
            self.mistakes.at(view, "`row`, `row_of` and `same_row` exclude each other", help);
        }
        let entity = self.schema.find(action.at("entity").text());
        let kind = action.at("kind").word();
        let set = entity.map_or_else(Vec::new, |entity| self.values(view, kind, entity));
        About { row, row_of, same_row, set }
    }

    fn event_with_edits(&self, view: View<'_>) -> Option<String> {
        let waits = self.named.waits.get_or_init(|| Waits::of(self.root));
        if waits.circles.get(view.text()).is_some_and(|own| own.place() == view.place()) {
            let path = waits.round(view.text()).join("`, `");
            let help = "choose the row of one of these events without `row_of`; with `same_row` = true, all edits of an event use one row";
            self.mistakes.at(view, format!("`row_of` forms a circle: `{path}`"), help);
            return None;
        }
        self.given_names("event").find_in(view, "event with `edits`", view.text(), &waits.names)?;
        Some(view.text().to_owned())
    }

    fn values(&self, view: View<'_>, kind: EditKind, entity: EntityId) -> Vec<(usize, Value)> {
        let set = view.at("set").entries().map(|(name, value)| (name, value, Some(value)));
        let null = view.at("null").items().map(|name| (name.text(), name, None));
        let mut values: Vec<(usize, Value)> = Vec::new();
        for (name, at, value) in set.chain(null) {
            if kind == EditKind::Delete {
                self.mistakes.at(at, "a delete writes no values", "name an action that creates or updates");
                return Vec::new();
            }
            let Some(column) = self.column_named(at, entity, name) else { continue };
            let of = self.schema.entity(entity);
            let is_held = of.projection.binary_search(&column).is_ok();
            if !is_held || of.unique.contains(&column) {
                let why = if is_held { "is part of the natural key" } else { "is not held by devices" };
                self.mistakes.at(at, format!("`{name}` {why}"), "write values only for other columns");
            } else if values.iter().any(|(other, _)| *other == column) {
                self.mistakes.at(
                    at,
                    format!("`{name}` is written twice"),
                    "name the column in `set` or in `null`, not in both",
                );
            } else if value.is_none() && !may_be_null(self.written(of).at("schema").key(name).text()) {
                let help = "write a type such as \"text null 0%\" in the entity's `schema`; a column of a scope cannot be null";
                self.mistakes.at(at, format!("`{name}` is never null"), help);
            } else if let Some(value) = self.value_for(&of.columns[column].kind, value, at) {
                values.push((column, value));
            }
        }
        values
    }

    fn value_for(&self, kind: &ColumnKind, value: Option<View<'_>>, at: View<'_>) -> Option<Value> {
        let Some(value) = value else { return Some(Value::Null) };
        let read = match (kind, value.value()) {
            (ColumnKind::Text | ColumnKind::Ref(_), Some(Val::Text(text))) => Some(Value::text(text)),
            (ColumnKind::Int, Some(Val::Int(n))) => Some(Value::Int(*n)),
            (ColumnKind::Real, Some(Val::Int(n))) => Some(Value::Real(*n as f64)),
            (ColumnKind::Real, Some(Val::Float(x))) => Some(Value::Real(*x)),
            (ColumnKind::Bool, Some(Val::Bool(is))) => Some(Value::Int(i64::from(*is))),
            (exact, Some(Val::Text(text))) => exact.canonical(text).map(|text| Value::text(&text)),
            _ => None,
        };
        if read.is_none() {
            let want = match kind {
                ColumnKind::Timestamp => "no value: a timestamp is drawn, or null",
                other => wants(other),
            };
            self.mistakes.at(at, "this value does not fit its column", format!("write {want}"));
        }
        read
    }

    /// Refuses to change natural keys of rows that are not known in advance, because no free key
    /// can be reserved for them.
    pub(super) fn check_rename_aim(&self, action: &Action, columns: View<'_>) {
        let unique = &self.schema.entity(action.entity).unique;
        let renames = action.columns.iter().any(|column| unique.contains(column));
        if action.kind == EditKind::Update && action.aim != Aim::Kept && renames {
            let help =
                "write aim = \"kept\": its rows are known in advance, and each gets a free natural key";
            self.mistakes.at(
                columns,
                "this action chooses rows when edits are made, and cannot change their natural key",
                help,
            );
        }
    }
}
