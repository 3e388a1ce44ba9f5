//! Finds values that differ from the values that people wrote.

use super::rows::RowCase;
use crate::base::{EntityId, Value, ValueRef};
use crate::contract::Entity;
use crate::oracle::final_checks::{is_null_or_empty, same};
use crate::oracle::model::{Difference, Truth};
use crate::oracle::words::Labels;
use crate::oracle::{Harm, Matter, Rule};

pub(crate) static BENT_VALUE: Rule = Rule {
    finds: "a value changed its meaning: a day shifted, digits or letters lost, null instead of a value",
    implies: &["divergent"],
    ..Rule::new("bent-value", "oracle.bent_value.count", Harm::Lost, Matter::Rows)
};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlteredValue {
    pub(crate) column: usize,
    pub(crate) values: [Value; 2],
    pub(crate) text: String,
}

impl AlteredValue {
    pub(crate) fn with_refs<R>(&self, f: impl FnOnce([ValueRef<'_>; 2]) -> R) -> R {
        let [is, meant] = &self.values;
        is.with_ref(|is| meant.with_ref(|meant| f([is, meant])))
    }
}

fn differing<'a>(
    entity: &'a Entity,
    shown: &'a [ValueRef<'a>],
    backend: &'a [Value],
) -> impl Iterator<Item = (usize, ValueRef<'a>, &'a Value)> {
    let columns = entity.projection.iter().zip(shown);
    columns.filter_map(|(&column, &shown)| {
        let (kind, is) = (&entity.columns[column].kind, &backend[column]);
        (!is.with_ref(|is| same(kind, shown, is))).then_some((column, shown, is))
    })
}

/// The end of a sentence after the name of a row: what the device shows, and what it should show.
pub(crate) fn seen(
    words: &Labels,
    entity: EntityId,
    truth: &dyn Truth,
    difference: Difference<'_>,
) -> String {
    let shows = match difference {
        Difference::Missing(_) => "it does not show the row",
        Difference::Extra { .. } => "it shows the row, and should not",
        Difference::Twice { .. } => "it shows the row twice",
        Difference::Differs { shown, .. } => {
            let of = words.schema.entity(entity);
            let backend = truth.row(entity, difference.key());
            let is_whole = shown.len() == of.projection.len();
            let Some((_, backend)) = backend.filter(|_| is_whole) else { return String::new() };
            let differing = differing(of, shown, &backend);
            let both =
                differing.map(|(column, is, meant)| ((column, is.to_value()), (column, meant.clone())));
            let (is, meant): (Vec<_>, Vec<_>) = both.unzip();
            let [is, meant] = [is, meant].map(|values| words.values(entity, &values));
            if is.is_empty() {
                return String::new();
            }
            return format!(": it shows {is}, and the backend has {meant}");
        }
        Difference::None { .. } => return String::new(),
    };
    format!(": {shows}")
}

/// A device shows the values of the version that it has.
///
/// A value of an older version is not reported here, unless the current value is empty. A row with
/// an uncommitted edit on top is not checked.
pub(crate) fn bent_values(case: &RowCase<'_>, backend: &[Value]) -> Vec<AlteredValue> {
    let Difference::Differs { expected, stamp, shown, .. } = case.difference else { return Vec::new() };
    let entity = case.words.schema.entity(case.entity);
    if stamp != expected.stamp || case.uncommitted.is_some() || shown.len() != entity.projection.len() {
        return Vec::new();
    }
    let was_said = |column: usize, value: &Value| {
        case.row.is_some_and(|row| row.ever_said(column, 0..row.versions.len(), value))
    };
    let bent = differing(entity, shown, backend).filter_map(|(column, is, meant)| {
        let is = is.to_value();
        if !meant.with_ref(is_null_or_empty) && was_said(column, &is) {
            return None;
        }
        let say = |value: &Value| case.words.values(case.entity, &[(column, value.clone())]);
        let (record, at) = (case.words.record(case.entity, case.difference.key()), case.words.stamp(stamp));
        let text = format!(
            "{} shows {record} of {at} with {}; the backend's version says {}",
            case.device,
            say(&is),
            say(meant)
        );
        Some(AlteredValue { column, values: [is, meant.clone()], text })
    });
    bent.collect()
}
