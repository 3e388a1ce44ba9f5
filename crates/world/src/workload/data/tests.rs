//! Facts that hold for all rows of a dataset.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::{EntityId, Ppm, Seed, Span, Stamp, Value};
use crate::contract::{ColumnKind, Copied};
use crate::workload::fixture::*;
use crate::workload::{EntityData, GivenRow, Maker};

fn made(seed: u64, data: &[EntityData]) -> Result<Dataset, DataError> {
    made_of(schema(), seed, data)
}

#[test]
fn a_row_depends_on_nothing_but_seed_entity_and_index() {
    let (one, mut more) = (dataset(1), data());
    more[usize::from(NOTE.0)].rows = 10;
    more[usize::from(CODE.0)].rows = 5_000;
    let two = made(1, &more).unwrap();
    for row in [0, 17, 5_999] {
        assert_eq!(one.row(APPOINTMENT, row), two.row(APPOINTMENT, row));
        assert_ne!(one.row(APPOINTMENT, row), dataset(2).row(APPOINTMENT, row));
    }
    assert!(one.rows(APPOINTMENT).eq((0..one.len(APPOINTMENT)).map(|row| one.row(APPOINTMENT, row))));
}

#[test]
fn natural_keys_and_keys_are_distinct() {
    let dataset = dataset(3);
    for entity in [APPOINTMENT, CODE] {
        let unique = dataset.entity(entity).unique.clone();
        let mut names = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for row in 0..dataset.len(entity) {
            keys.insert(dataset.key(entity, row));
            if row < dataset.live(entity) {
                let name: Vec<String> =
                    unique.iter().map(|&c| dataset.value(entity, row, c).to_string()).collect();
                assert!(names.insert(name), "row {row} has another row's natural key");
            }
        }
        assert_eq!(keys.len() as u64, dataset.len(entity));
    }
}

#[test]
fn a_natural_key_may_use_up_all_its_combinations_but_not_more() {
    let mut dense = data();
    let appointment = &mut dense[usize::from(APPOINTMENT.0)];
    appointment.columns[STARTS_AT] = Maker::Moment(0, 19 * DAY, DAY);
    appointment.rows = 23 * 20;
    let full = made(1, &dense).unwrap();
    let names: BTreeSet<String> = (0..23 * 20)
        .map(|row| format!("{:?}", [OF_DOCTOR, STARTS_AT].map(|c| full.value(APPOINTMENT, row, c))))
        .collect();
    assert_eq!(names.len(), 23 * 20);
    dense[usize::from(APPOINTMENT.0)].rows += 1;
    let error = made(1, &dense).unwrap_err();
    assert_eq!(error, DataError::TooFewNames { entity: "appointment".into(), rows: 461, names: 460 });
}

#[test]
fn references_folded_columns_and_attributes_agree_with_the_row_they_point_to() {
    let dataset = dataset(4);
    for row in 0..500 {
        let values = dataset.values(APPOINTMENT, row);
        let doctor = dataset.target(APPOINTMENT, row, OF_DOCTOR).unwrap();
        let patient = dataset.target(APPOINTMENT, row, OF_PATIENT).unwrap();
        assert_eq!(values[OF_DOCTOR], Value::Text(dataset.key(DOCTOR, doctor).0));
        assert_eq!(
            values[CLINIC],
            dataset.value(DOCTOR, doctor, 0),
            "an appointment is in its doctor's clinic"
        );
        assert_eq!(values[PATIENT_NAME], dataset.value(PATIENT, patient, 0));
    }
    let mut doctors: BTreeMap<String, u32> = BTreeMap::new();
    for row in 0..dataset.live(DOCTOR) {
        *doctors.entry(dataset.value(DOCTOR, row, 0).to_string()).or_default() += 1;
    }
    assert_eq!(doctors.into_values().collect::<Vec<_>>(), [5, 5, 5, 4, 4], "clinics take doctors in turn");
}

#[test]
fn timestamps_lie_on_a_grid_from_the_local_midnight() {
    let eleven = Stamp(START.0 + 11 * 3_600_000_000);
    let schema = Arc::new(schema());
    let dataset = Dataset::new(Seed(1), schema, &data(), eleven, UTC_OFFSET, &clinics(), &|| false).unwrap();
    for row in 0..200 {
        let Value::Int(at) = dataset.value(APPOINTMENT, row, STARTS_AT) else { panic!("not a timestamp") };
        assert_eq!((at - START.0).rem_euclid(900_000_000), 0);
        assert!((START.0 - 30 * DAY..=START.0 + 40 * DAY).contains(&at));
    }
}

#[test]
fn a_folded_circle_is_an_error() {
    let mut circle = data();
    circle[usize::from(APPOINTMENT.0)].columns[REMARK] =
        Maker::Folded { entity: PATIENT, via: OF_PATIENT, column: 1 };
    assert!(made(1, &circle).is_ok());
    let mut schema = schema();
    schema.entities[usize::from(PATIENT.0)].columns[1].kind = ColumnKind::Ref(PATIENT);
    let patient = &mut circle[usize::from(PATIENT.0)];
    patient.columns[0] = Maker::Folded { entity: PATIENT, via: 1, column: 0 };
    patient.columns[1] = Maker::Ref(PATIENT);
    let error = made_of(schema, 1, &circle).unwrap_err();
    assert_eq!(error, DataError::Circle { entity: "patient".into(), column: "name".into() });
}

#[test]
fn given_rows_are_used_as_they_are_and_others_may_point_to_them() {
    let mut given = data();
    let row = |n: i64| GivenRow {
        key: format!("P{n}"),
        stamp: Stamp(START.0 - n * DAY),
        values: vec![Value::text(&format!("name {n}")), Value::Int(n)],
    };
    given[usize::from(PATIENT.0)].given = Some(Arc::new(vec![row(1), row(2), row(9)]));
    let dataset = made(1, &given).unwrap();
    assert_eq!((dataset.live(PATIENT), dataset.len(PATIENT)), (3, 3));
    let third = dataset.row(PATIENT, 2);
    assert_eq!((third.key.as_str(), third.updated, third.before), ("P9", Stamp(START.0 - 9 * DAY), None));
    assert_eq!(dataset.at(PATIENT, 1, Stamp(START.0 - 3 * DAY)), None);
    let values = dataset.values(APPOINTMENT, 0);
    let Value::Text(key) = &values[OF_PATIENT] else { panic!("no reference") };
    assert_eq!(values[PATIENT_NAME], Value::text(&format!("name {}", &key[1..])));
}

#[test]
fn a_past_change_shows_in_some_column_that_devices_hold_and_moves_no_row() {
    let dataset = dataset(5);
    let entity = dataset.entity(APPOINTMENT).clone();
    let mut changed = 0;
    for history in dataset.rows(APPOINTMENT) {
        let Some((stamp, old)) = history.before else { continue };
        changed += 1;
        assert!(stamp == history.created && stamp < history.updated);
        let moved: Vec<usize> = (0..old.len()).filter(|&c| old[c] != history.values[c]).collect();
        assert_eq!(moved, [STATUS], "the only plain column that devices hold");
        assert_ne!(entity.project(&old), entity.project(&history.values));
    }
    assert!(changed > 3_000, "{changed} rows were changed within 200 days at 1 % a day");
}

/// The rows that a device with clinic `clinic` holds: key → (stamp, values).
fn held(dataset: &Dataset, clinic: u32, at: Stamp) -> BTreeMap<String, (Stamp, Vec<Value>)> {
    let (attributes, mut rows) = (vec![attribute_value("clinic", clinic, CLINICS)], BTreeMap::new());
    for by_attribute in [false, true] {
        dataset.synced((&attributes, at), by_attribute, &|| false, &mut |row| {
            let twice = rows.insert(row.key.to_owned(), (row.stamp, row.values.to_vec()));
            assert_eq!(twice, None, "a row came twice");
        });
    }
    rows
}

#[test]
fn what_a_device_held_plus_the_changes_since_is_what_is_there_now() {
    let dataset = dataset(6);
    let now = held(&dataset, 2, START);
    for days in [1, 3, 35] {
        let then = Stamp(START.0 - days * DAY);
        let mut device = held(&dataset, 2, then);
        assert_ne!(device, now, "{days} days change something");
        for id in [DOCTOR, APPOINTMENT, CODE] {
            let entity = dataset.entity(id);
            for row in dataset.rows(id) {
                match row.deleted {
                    Some(gone) if gone > then => {
                        device.remove(row.key.as_str());
                    }
                    None if row.updated > then
                        && entity.in_scope(&row.values, &[attribute_value("clinic", 2, CLINICS)]) =>
                    {
                        device.insert(row.key.as_str().to_owned(), (row.updated, row.values));
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(device, now, "synced {days} days ago");
    }
}

#[test]
fn a_device_holds_its_scope_and_only_what_is_pulled_by_attribute_or_not() {
    let dataset = dataset(7);
    let attributes = vec![attribute_value("clinic", 0, CLINICS)];
    let mut appointments = 0;
    for (by_attribute, wanted) in [(false, vec![DOCTOR, CODE]), (true, vec![APPOINTMENT])] {
        let mut entities: Vec<EntityId> = Vec::new();
        dataset.synced((&attributes, START), by_attribute, &|| false, &mut |row| {
            entities.push(row.entity);
            assert!(dataset.entity(row.entity).in_scope(row.values, &attributes));
            appointments += u64::from(row.entity == APPOINTMENT);
        });
        entities.dedup();
        assert_eq!(entities, wanted);
    }
    let in_scope =
        |row: &u64| dataset.entity(APPOINTMENT).in_scope(&dataset.values(APPOINTMENT, *row), &attributes);
    let all = (0..dataset.live(APPOINTMENT)).filter(in_scope).count() as u64;
    assert_eq!(appointments, all);
    assert!(all > 400, "{all} of 6 000 in half of the time and a fifth of the clinics");
}

proptest! {
    #[test]
    fn a_state_changes_only_at_recorded_stamps(seed in 0_u64..20, row in 0_u64..6_500, ago in prop::collection::vec(0_i64..210, 8)) {
        let dataset = dataset(seed);
        let row = row % dataset.len(APPOINTMENT);
        let history = dataset.row(APPOINTMENT, row);
        let mut instants: Vec<i64> = ago.into_iter().map(|days| START.0 - days * DAY).collect();
        let recorded = [Some(history.created), Some(history.updated), history.deleted];
        for stamp in recorded.into_iter().flatten() {
            instants.extend([stamp.0 - 1, stamp.0]);
        }
        instants.sort_unstable();
        let mut last = (Stamp(i64::MIN), None);
        for instant in instants.into_iter().map(Stamp) {
            let state = dataset.at(APPOINTMENT, row, instant);
            let between = recorded.iter().flatten().any(|s| last.0 < *s && *s <= instant);
            prop_assert!(between || state == last.1, "it changed between {} and {}", last.0, instant);
            if let Some((stamp, values)) = &state {
                prop_assert!(*stamp <= instant);
                let version = if *stamp == history.updated { &history.values } else { &history.before.as_ref().unwrap().1 };
                prop_assert_eq!(values, version);
            }
            last = (instant, state);
        }
        prop_assert_eq!(last.1.is_none(), history.deleted.is_some());
        prop_assert!(START.since(history.updated) > Span::ZERO);
    }
}

#[test]
fn as_many_rows_as_said_have_null_and_the_version_before_often_another_value() {
    let mut some = data();
    some[usize::from(APPOINTMENT.0)].nulls = [(REMARK, Ppm(300_000)), (STATUS, Ppm(0))].into();
    let dataset = made(1, &some).unwrap();
    let of = &dataset;
    let null = |column| (0..6_000).filter(move |row| of.value(APPOINTMENT, *row, column) == Value::Null);
    assert_eq!(null(STATUS).count(), 0);
    assert!((1_680..1_920).contains(&null(REMARK).count()), "{}", null(REMARK).count());
    let (plain, all) = (made(1, &data()).unwrap(), 0..6_000);
    let same = |row: &u64| dataset.values(APPOINTMENT, *row) == plain.values(APPOINTMENT, *row);
    assert_eq!(all.filter(same).count(), 6_000 - null(REMARK).count(), "the others are as before");
}

#[test]
fn an_attribute_that_is_copied_is_that_of_the_row_it_is_of() {
    let mut schema = schema();
    schema.entities[usize::from(PATIENT.0)].columns[1].kind = ColumnKind::Text;
    // The doctor's copy comes first, and the doctor has a clinic too.
    schema.copies =
        vec![Copied { of: APPOINTMENT, column: CLINIC, via: OF_PATIENT, from: PATIENT, source: 1 }];
    let mut copies = data();
    copies[usize::from(PATIENT.0)].columns[1] = Maker::Attribute(0);
    for share in [0, 100_000] {
        copies[usize::from(APPOINTMENT.0)].nulls = [(OF_PATIENT, Ppm(share))].into();
        let dataset = made_of(schema.clone(), 1, &copies).unwrap();
        let mut nowhere = 0;
        for row in 0..dataset.live(APPOINTMENT) {
            let patient = dataset.target(APPOINTMENT, row, OF_PATIENT);
            nowhere += u32::from(patient.is_none());
            let clinic = patient.map_or(Value::Null, |patient| dataset.value(PATIENT, patient, 1));
            assert_eq!(dataset.value(APPOINTMENT, row, CLINIC), clinic, "row {row}");
        }
        assert_eq!(nowhere > 500, share > 0, "{nowhere}");
    }
}

#[test]
fn rows_that_may_point_nowhere_are_trees_with_roots() {
    let mut schema = schema();
    schema.entities[usize::from(PATIENT.0)].columns[1].kind = ColumnKind::Ref(PATIENT);
    let mut trees = data();
    let patient = &mut trees[usize::from(PATIENT.0)];
    (patient.columns[1], patient.nulls) = (Maker::Ref(PATIENT), [(1, Ppm(100_000))].into());
    let dataset = made_of(schema, 1, &trees).unwrap();
    let parents = (0..dataset.live(PATIENT)).map(|row| (row, dataset.target(PATIENT, row, 1)));
    let (roots, others): (Vec<_>, Vec<_>) = parents.partition(|(_, parent)| parent.is_none());
    assert!((30..75).contains(&roots.len()) && roots[0].0 == 0, "{roots:?}");
    assert!(others.iter().all(|(row, parent)| parent.is_some_and(|parent| parent < *row)));
    assert_eq!(dataset.value(PATIENT, 0, 1), Value::Null);
}
