//! Nulls and empty texts that people write.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tests::script_of;
use super::*;
use crate::base::{Ppm, Seed, Value};
use crate::workload::sample::*;
use crate::workload::{Aim, Dataset};

/// The columns that are written as this value, by how often.
fn written_as(script: &Script, wanted: &Value) -> BTreeMap<usize, u32> {
    let mut nulls = BTreeMap::new();
    for step in &script.steps {
        let written: Vec<(usize, bool)> = match &step.act {
            Act::Edit(edit) => edit.values.iter().map(|(c, value)| (*c, value == wanted)).collect(),
            Act::Aimed(_, aimed) => {
                let null = |draft: &Draft| matches!(draft, Draft::OneOf(values) if values[0] == *wanted);
                aimed.drafts.iter().map(|(column, draft)| (*column, null(draft))).collect()
            }
            _ => Vec::new(),
        };
        for (column, _) in written.into_iter().filter(|(_, null)| *null) {
            *nulls.entry(column).or_default() += 1;
        }
    }
    nulls
}

#[test]
fn people_write_an_empty_text_where_a_column_has_some_and_nowhere_else() {
    let mut data = data();
    let of = &mut data[usize::from(APPOINTMENT.0)];
    (of.nulls, of.empties) = ([(STATUS, Ppm(300_000))].into(), [(STATUS, Ppm(300_000))].into());
    let (schema, clinics) = (Arc::new(schema()), clinics());
    let dataset = Dataset::new(Seed(1), schema, &data, START, UTC_OFFSET, &clinics, &|| false).unwrap();
    let made = (0..6_000).filter(|row| dataset.value(APPOINTMENT, *row, STATUS) == Value::text(""));
    // Of the seven tenths that are not null.
    assert!((1_150..1_370).contains(&made.count()));
    let mut options = options();
    options.actions.retain(|action| action.name == "status");
    let script = script_of(&dataset, &options, &people(20));
    let [empty, null] = [Value::text(""), Value::Null].map(|value| written_as(&script, &value));
    assert!(empty[&STATUS] > 30 && null[&STATUS] > 50, "{empty:?}, {null:?}");
    assert!(empty.keys().all(|column| *column == STATUS), "{empty:?}");
}

#[test]
fn people_write_null_where_a_column_holds_it_and_nowhere_else() {
    let mut data = data();
    data[usize::from(APPOINTMENT.0)].nulls = [(STATUS, Ppm(300_000)), (OF_PATIENT, Ppm(200_000))].into();
    let (schema, clinics) = (Arc::new(schema()), clinics());
    let dataset = Dataset::new(Seed(1), schema, &data, START, UTC_OFFSET, &clinics, &|| false).unwrap();
    for aim in [Aim::Kept, Aim::Shown] {
        let mut options = options();
        options.actions.retain(|action| ["book", "status"].contains(&action.name.as_str()));
        options.actions.iter_mut().for_each(|action| action.aim = aim);
        let found = written_as(&script_of(&dataset, &options, &people(20)), &Value::Null);
        assert!(found[&STATUS] > 50, "{aim:?}: {found:?}");
        // Who books without a patient has no name to write beside it.
        assert!(
            found.keys().all(|column| [OF_PATIENT, PATIENT_NAME, STATUS].contains(column)),
            "{aim:?}: {found:?}"
        );
    }
}
