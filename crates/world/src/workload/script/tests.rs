//! Facts that hold for a whole day's script.

use std::collections::{BTreeMap, BTreeSet};

use super::aim::Draft;
use super::*;
use crate::base::{DeviceId, EntityId, Key, Ppm, Seed, Span, Time, Value};
use crate::contract::{AppEvent, EditKind, LocalEdit};
use crate::workload::fixture::*;
use crate::workload::{Aim, Dataset, LoginWave, Peak, Rivals, WorkloadOptions, attribute_value};

const PEOPLE: u32 = 100;
const EIGHTEEN_HOURS: Span = Span::secs(18 * 3_600);

fn write_script(setting: &Setting<'_>, bursts: &[Burst], imports: &[Import]) -> Script {
    super::write_script(setting, bursts, imports).expect("nobody stops it")
}

fn setting<'a>(
    seed: u64,
    dataset: &'a Dataset,
    options: &'a WorkloadOptions,
    people: &'a [Person],
) -> Setting<'a> {
    Setting { seed: Seed(seed), options, people, dataset, duration: EIGHTEEN_HOURS, stops: &|| false }
}

fn script_of(dataset: &Dataset, options: &WorkloadOptions, people: &[Person]) -> Script {
    write_script(&setting(11, dataset, options, people), &[], &[])
}
fn day() -> (Dataset, Script) {
    let dataset = dataset(11);
    let script = script_of(&dataset, &options(), &people(PEOPLE));
    (dataset, script)
}
fn edits(script: &Script) -> impl Iterator<Item = (Time, DeviceId, &LocalEdit)> {
    script.steps.iter().filter_map(|step| match (&step.act, step.actor) {
        (Act::Edit(edit), Actor::Device(device)) => Some((step.at, device, edit)),
        _ => None,
    })
}
fn office(script: &Script) -> impl Iterator<Item = (Time, &OfficeEdit)> {
    script.steps.iter().filter_map(|step| match &step.act {
        Act::Office(edit) => Some((step.at, edit)),
        _ => None,
    })
}
/// A write as (time, device, entity, row, kind, values). Without a device, the office writes.
type AnyWrite<'a> = (Time, Option<DeviceId>, EntityId, &'a Key, EditKind, &'a [(usize, Value)]);
fn writes(script: &Script) -> Vec<AnyWrite<'_>> {
    let local = edits(script).map(|(at, d, e)| (at, Some(d), e.entity, &e.key, e.kind, e.values.as_slice()));
    let remote = office(script).map(|(at, e)| (at, None, e.entity, &e.key, e.kind, e.values.as_slice()));
    let mut all: Vec<AnyWrite<'_>> = local.chain(remote).collect();
    all.sort_by_key(|w| (w.0, w.1));
    all
}
fn acts_of(script: &Script, device: u32) -> Vec<&Step> {
    script.steps.iter().filter(|s| s.actor == Actor::Device(DeviceId(device))).collect()
}
fn rows_by_key(dataset: &Dataset, entity: EntityId) -> BTreeMap<Key, u64> {
    (0..dataset.live(entity)).map(|row| (dataset.key(entity, row), row)).collect()
}

#[test]
fn every_action_is_done_exactly_as_often_as_asked() {
    let (_, script) = day();
    let expected = [
        ("book", 486, 595),
        ("status", 2_566, 285),
        ("move", 117, 13),
        ("cancel", 100, 11),
        ("note", 750, 0),
        ("correct", 35, 35),
        ("patient", 0, 200),
    ];
    for (count, (name, on_devices, in_office)) in script.placed.actions.iter().zip(expected) {
        assert_eq!((count.name.as_str(), count.on_devices, count.in_office), (name, on_devices, in_office));
        assert_eq!((count.left_out, count.in_bursts), (0, 0), "{name}");
    }
    let contended: u64 = script.placed.actions.iter().map(|a| a.contended).sum();
    let updates: u64 = 2_566 + 117 + 35;
    assert_eq!(contended, (updates * 6 + 50) / 100 + (486 * 3 + 50) / 100);
    let total: u64 = expected.iter().map(|(_, d, o)| d + o).sum();
    assert_eq!(writes(&script).len() as u64, total + contended);
}

#[test]
fn roles_write_by_their_weight() {
    let (_, script) = day();
    let mut by_role = [0_u64; 2];
    let mut by_device: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for (_, device, edit) in edits(&script) {
        if edit.kind == EditKind::Update && edit.entity == APPOINTMENT {
            by_role[usize::from((device.0 / CLINICS).is_multiple_of(4))] += 1;
            *by_device.entry(device).or_default() += 1;
        }
    }
    // 25 doctors of weight 20 and 75 nurses of weight 60: a tenth of 2 566 + 117.
    assert!((243..=293).contains(&by_role[1]), "{by_role:?}");
    assert!(by_device.values().all(|n| (9..=33).contains(n)), "{by_device:?}");
}

#[test]
fn the_peak_holds_its_share_of_the_devices_writes_though_many_come_after_it_began() {
    let dataset = dataset(11);
    let mut options = options();
    options.peaks = vec![Peak { from: hour(8, 0), until: hour(10, 0), share: Ppm(350_000) }];
    options.logins[1] = LoginWave { share: Ppm(300_000), ..options.logins[1].clone() };
    options.logins.push(LoginWave { share: Ppm(100_000), at: hour(13, 0), spread: Span::secs(480) });
    let script = script_of(&dataset, &options, &people(PEOPLE));
    let times: Vec<Time> = edits(&script).map(|(at, _, _)| at).collect();
    let inside = times.iter().filter(|t| (hour(8, 0)..hour(10, 0)).contains(t)).count();
    let permille = inside * 1_000 / times.len();
    assert!((335..=365).contains(&permille), "{permille} ‰ of {} writes", times.len());
}

#[test]
fn steps_are_sorted_and_edits_numbered_in_the_order_of_time() {
    let (_, script) = day();
    assert!(script.steps.is_sorted_by_key(|step| (step.at, step.actor)));
    let mut next: BTreeMap<DeviceId, u32> = BTreeMap::new();
    for (_, device, edit) in edits(&script) {
        let number = next.entry(device).or_default();
        assert_eq!((edit.id.device, edit.id.number), (device, *number));
        *number += 1;
    }
    assert!(script.steps.iter().all(|step| step.at < Time::ZERO + EIGHTEEN_HOURS));
}

#[test]
fn the_app_is_in_the_foreground_whenever_a_person_does_something() {
    let (_, script) = day();
    let mut logins = 0;
    for device in 0..PEOPLE {
        let mut foreground = false;
        for step in acts_of(&script, device) {
            match &step.act {
                Act::App(AppEvent::Login) => {
                    (foreground, logins) = (true, logins + 1);
                }
                Act::App(AppEvent::Resume) => {
                    assert!(!foreground, "{device} resumed twice at {}", step.at);
                    foreground = true;
                }
                Act::App(AppEvent::Pause) => {
                    assert!(foreground, "{device} paused twice at {}", step.at);
                    foreground = false;
                }
                act => assert!(foreground, "{device} at {}: {act:?}", step.at),
            }
            assert!((hour(7, 30)..=hour(17, 30)).contains(&step.at));
        }
        assert!(!foreground, "{device} goes home");
    }
    assert_eq!(logins, PEOPLE);
}

#[test]
fn no_key_is_created_twice_and_nothing_touches_a_row_that_the_script_deletes_or_creates() {
    let (dataset, script) = day();
    let there: BTreeMap<EntityId, BTreeMap<Key, u64>> =
        dataset.schema.ids().map(|id| (id, rows_by_key(&dataset, id))).collect();
    let all = writes(&script);
    let deleted: BTreeSet<&Key> = all.iter().filter(|w| w.4 == EditKind::Delete).map(|w| w.3).collect();
    assert_eq!(deleted.len(), 111);
    let mut created = BTreeSet::new();
    for (at, device, entity, key, kind, _) in &all {
        match kind {
            EditKind::Create => {
                assert!(!there[entity].contains_key(*key));
                assert!(created.insert((*key).clone()), "{key} is created twice");
            }
            EditKind::Update => {
                assert!(there[entity].contains_key(*key));
                assert!(!deleted.contains(key), "{device:?} at {at}");
            }
            EditKind::Delete => assert!(there[entity].contains_key(*key)),
        }
    }
}

#[test]
fn a_row_that_is_deleted_under_an_update_is_touched_by_nobody_else() {
    let dataset = dataset(11);
    let mut options = options();
    options.actions.retain(|action| action.kind == EditKind::Update);
    options.contention.deletes = Ppm(50_000);
    let script = script_of(&dataset, &options, &people(PEOPLE));
    let all = writes(&script);
    let deleted: Vec<_> = all.iter().filter(|w| w.4 == EditKind::Delete).collect();
    let updates = edits(&script).count();
    assert!(deleted.len().abs_diff(updates / 20) <= 1, "{} of {updates} updates", deleted.len());
    let mut under = 0;
    for (at, device, entity, key, ..) in &deleted {
        assert_eq!(*device, None, "the office deletes");
        let others: Vec<_> =
            all.iter().filter(|w| (w.2, w.3) == (*entity, *key) && w.4 != EditKind::Delete).collect();
        assert_eq!(others.len(), 1, "{key}");
        let (updated, who) = (others[0].0, others[0].1);
        assert!(who.is_some() && at.0.abs_diff(updated.0) <= options.contention.within.0);
        under += usize::from(updated > *at);
    }
    assert!(
        (deleted.len() / 4..deleted.len() * 3 / 4).contains(&under),
        "{under} edits come after the deletion"
    );
}

#[test]
fn a_device_edits_rows_of_its_own_scope_with_columns_that_it_holds() {
    let (dataset, script) = day();
    let appointments = rows_by_key(&dataset, APPOINTMENT);
    let notes = rows_by_key(&dataset, NOTE);
    let schema = &dataset.schema;
    let entity = schema.entity(APPOINTMENT);
    for (_, device, edit) in edits(&script) {
        let attributes = [attribute_value("clinic", device.0 % CLINICS, CLINICS)];
        let columns: Vec<usize> = edit.values.iter().map(|(c, _)| *c).collect();
        assert!(columns.iter().all(|c| schema.entity(edit.entity).projection.contains(c)), "{columns:?}");
        let in_scope = |row: u64| entity.in_scope(&dataset.values(APPOINTMENT, row), &attributes);
        match (edit.entity, edit.kind) {
            (APPOINTMENT, EditKind::Create) => {
                assert_eq!(columns, entity.projection);
                let mut values = vec![Value::Null; entity.columns.len()];
                edit.values.iter().for_each(|(c, v)| values[*c] = v.clone());
                assert!(entity.in_scope(&values, &attributes), "{values:?}");
                assert!(entity.projection.iter().all(|&c| values[c] != Value::Null));
            }
            (APPOINTMENT, _) => assert!(in_scope(appointments[&edit.key])),
            (_, EditKind::Create) => {
                let Value::Text(of) = &edit.values[0].1 else { panic!("a note belongs to an appointment") };
                assert!(in_scope(appointments[&**of]));
            }
            _ => assert!(in_scope(dataset.target(NOTE, notes[&edit.key], 0).unwrap())),
        }
    }
}

#[test]
fn details_are_opened_before_they_are_edited() {
    let (dataset, script) = day();
    let notes = rows_by_key(&dataset, NOTE);
    let mut opened: BTreeSet<(Actor, Key)> = BTreeSet::new();
    let mut corrected = 0;
    for step in &script.steps {
        match &step.act {
            Act::Open { entity: NOTE, of } => {
                opened.insert((step.actor, of.clone()));
            }
            Act::Edit(edit) if edit.entity == NOTE && edit.kind == EditKind::Update => {
                let of = dataset.target(NOTE, notes[&edit.key], 0).unwrap();
                assert!(opened.contains(&(step.actor, dataset.key(APPOINTMENT, of))));
                corrected += 1;
            }
            _ => {}
        }
    }
    assert_eq!(corrected, 35);
    let opens = script.steps.iter().filter(|step| matches!(step.act, Act::Open { .. }));
    assert_eq!(opens.count(), 1_500 + 35);
}

#[test]
fn an_update_changes_what_is_there_and_near_keeps_it_to_rows_of_the_hour() {
    let dataset = dataset(11);
    let mut options = options();
    options.contention.share = Ppm(0);
    let script = script_of(&dataset, &options, &people(PEOPLE));
    let rows = rows_by_key(&dataset, APPOINTMENT);
    let mut planned: BTreeMap<(&Key, usize), Value> = BTreeMap::new();
    let mut far = 0;
    for (at, _, entity, key, kind, values) in writes(&script) {
        if entity != APPOINTMENT || kind != EditKind::Update {
            continue;
        }
        for (column, value) in values {
            let present = planned.insert((key, *column), value.clone());
            let present = present.unwrap_or_else(|| dataset.value(APPOINTMENT, rows[key], *column));
            assert_ne!(present, *value, "column {column} of {key} at {at}");
            let Value::Int(moment) = dataset.value(APPOINTMENT, rows[key], STARTS_AT) else { panic!() };
            let now = START.0 + (at.0 / 1_000) as i64;
            far += u32::from(*column == STATUS && moment.abs_diff(now) > 4 * 3_600_000_000);
        }
    }
    assert_eq!(far, 0, "status changes of rows more than four hours away");
}

#[test]
fn natural_keys_are_free_unless_a_double_booking_is_wanted() {
    let (dataset, script) = day();
    let rows = rows_by_key(&dataset, APPOINTMENT);
    let name = |doctor: &Value, at: &Value| format!("{doctor} {at}");
    let mut taken: BTreeMap<String, BTreeSet<&Key>> = BTreeMap::new();
    for (key, row) in &rows {
        let [doctor, at] = [OF_DOCTOR, STARTS_AT].map(|c| dataset.value(APPOINTMENT, *row, c));
        taken.entry(name(&doctor, &at)).or_default().insert(key);
    }
    let mut doubled = Vec::new();
    for (at, device, entity, key, kind, values) in writes(&script) {
        let of = |column| values.iter().find(|(c, _)| *c == column).map(|(_, v)| v.clone());
        let (Some(moment), APPOINTMENT) = (of(STARTS_AT), entity) else { continue };
        let doctor = of(OF_DOCTOR).unwrap_or_else(|| dataset.value(APPOINTMENT, rows[key], OF_DOCTOR));
        let owners = taken.entry(name(&doctor, &moment)).or_default();
        // If another author has moved the same appointment here, the set stays the same.
        owners.insert(key);
        match (kind, owners.len()) {
            (_, 1) => {}
            (EditKind::Create, 2) => doubled.push((at, device)),
            _ => panic!("{key} at {at} is in the way of {owners:?}"),
        }
    }
    assert_eq!(doubled.len(), 15, "3 % of 486");
    let by_devices = doubled.iter().filter(|(_, device)| device.is_some()).count();
    assert!((3..=14).contains(&by_devices), "{by_devices} of the second ones on devices");
}

#[test]
fn the_office_is_after_an_exact_share_of_the_phones_rows_close_in_time() {
    let dataset = dataset(11);
    let mut options = options();
    // The office makes only the updates that the contention needs.
    options.actions.iter_mut().for_each(|action| action.on_devices = Ppm::ONE);
    options.actions.truncate(6);
    // Edits may be of all rows of the clinic, so two phones rarely edit one row by chance.
    options.actions[1].near = None;
    let script = script_of(&dataset, &options, &people(PEOPLE));
    type Made<'a> = (Time, &'a [(usize, Value)]);
    let mut phones: BTreeMap<&Key, Vec<Made<'_>>> = BTreeMap::new();
    let mut updates = 0;
    for (at, _, edit) in edits(&script).filter(|(_, _, e)| e.kind == EditKind::Update) {
        phones.entry(&edit.key).or_default().push((at, &edit.values));
        updates += 1;
    }
    let (mut all, mut equal, mut earlier) = (0_u64, 0, 0_u64);
    for (at, edit) in office(&script).filter(|(_, e)| e.kind == EditKind::Update) {
        let close = |other: &Time| at.0.abs_diff(other.0) <= Span::secs(600).0;
        let near: Vec<_> = phones[&edit.key].iter().filter(|(other, _)| close(other)).collect();
        assert!(!near.is_empty(), "the office is at {} at {at}, no phone is", edit.key);
        all += 1;
        equal += u64::from(near.iter().any(|(_, values)| **values == *edit.values));
        earlier += u64::from(near.iter().any(|(other, _)| at < *other));
    }
    assert_eq!(all, (updates * 6 + 50) / 100);
    assert!((all / 4..all / 3).contains(&equal), "a quarter writes the same, and some by chance: {equal}");
    assert!((all / 3..all * 2 / 3).contains(&earlier), "{earlier} of {all} before the phone");
}

#[test]
fn another_action_or_more_devices_move_nothing_that_a_person_does_otherwise() {
    let (dataset, script) = day();
    let own_times = |script: &Script, action: EditKind, entity: EntityId| -> BTreeSet<Time> {
        let mine = edits(script).filter(|(_, d, e)| d.0 == 7 && e.kind == action && e.entity == entity);
        mine.map(|(at, _, _)| at).collect()
    };
    let mut more = options();
    more.actions.insert(0, crate::workload::Action { name: "extra".into(), ..more.actions[4].clone() });
    more.opens_per_day_milli = 1_000;
    more.contention = crate::workload::Contention::default();
    let other = script_of(&dataset, &more, &people(PEOPLE));
    let status = own_times(&script, EditKind::Update, APPOINTMENT);
    assert!(status.len() > 20);
    assert_eq!(status, own_times(&other, EditKind::Update, APPOINTMENT));
    // A larger fleet changes a person's number of writes by at most one, and moves no other write.
    let mut fewer = options();
    fewer.logins = Vec::new();
    let small = script_of(&dataset, &fewer, &people(PEOPLE));
    let large = script_of(&dataset, &fewer, &people(2 * PEOPLE));
    let (small, large) = [small, large].map(|s| own_times(&s, EditKind::Update, APPOINTMENT)).into();
    assert!(small.symmetric_difference(&large).count() <= 2, "{small:?} and {large:?}");
}

#[test]
fn bursts_and_imports_come_on_top_at_their_time() {
    let dataset = dataset(11);
    let (options, people) = (options(), people(20));
    let setting = setting(1, &dataset, &options, &people);
    let at = hour(6, 0);
    let burst = Burst {
        action: 0,
        device: DeviceId(3),
        count: 30,
        at,
        over: Span::secs(600),
        target: Target::default(),
    };
    let import = Import { at: hour(4, 0), entity: APPOINTMENT, rows: 300, of_one: Some(0) };
    let script = write_script(&setting, &[burst.clone(), burst], std::slice::from_ref(&import));
    let early: Vec<Time> = edits(&script).filter(|(t, _, _)| *t < hour(7, 0)).map(|(t, _, _)| t).collect();
    assert_eq!(early.len(), 60);
    assert!(early.iter().all(|t| (at..at + Span::secs(600)).contains(t)));
    assert_eq!((early[0], early[59]), (at + Span::secs(10), at + Span::secs(590)));
    assert_eq!(script.placed.actions[0].in_bursts, 60);
    let Act::Import(batch) = &script.steps[0].act else { panic!("the import is first") };
    assert_eq!((script.steps[0].at, batch.rows.len()), (hour(4, 0), 300));
    let entity = dataset.entity(APPOINTMENT);
    let clinic = batch.rows[0].1[CLINIC].clone();
    assert!(batch.rows.iter().all(|(_, values)| entity.in_scope(values, std::slice::from_ref(&clinic))));
    let keys: BTreeSet<&Key> = batch.rows.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 300);
    let created = edits(&script).filter(|(_, _, e)| e.kind == EditKind::Create);
    assert!(created.map(|(_, _, e)| &e.key).all(|key| !keys.contains(key)));
}

#[test]
fn nobody_waits_for_a_script_that_was_stopped() {
    let dataset = dataset(11);
    let (options, people) = (options(), people(2_000));
    let setting = setting(1, &dataset, &options, &people);
    let asked = std::cell::Cell::new(0);
    let stops = || asked.replace(asked.get() + 1) == 3;
    assert_eq!(super::write_script(&Setting { stops: &stops, ..setting }, &[], &[]), None);
    assert_eq!(asked.get(), 4, "it is not asked again");
}

#[test]
fn a_new_reference_brings_what_is_folded_in_through_it() {
    let dataset = dataset(11);
    let mut options = options();
    options.actions.truncate(2);
    for (action, column) in options.actions.iter_mut().zip([OF_DOCTOR, OF_PATIENT]) {
        (action.kind, action.columns, action.near) = (EditKind::Update, vec![column], None);
        action.per_device_milli = 2_000;
        action.on_devices = if column == OF_DOCTOR { Ppm::ONE } else { Ppm(0) };
    }
    options.contention.share = Ppm(0);
    let script = script_of(&dataset, &options, &people(PEOPLE));
    let (doctors, patients) = (rows_by_key(&dataset, DOCTOR), rows_by_key(&dataset, PATIENT));
    let looked_up = |rows: &BTreeMap<Key, u64>, entity, key: &Value| match key {
        Value::Text(key) => dataset.value(entity, rows[&**key], 0),
        other => panic!("{other} is not a key"),
    };
    for (_, device, _, _, _, values) in writes(&script) {
        let (first, follower) = (&values[0], &values[1]);
        assert_eq!(values.len(), 2);
        match device {
            Some(device) => {
                assert_eq!((first.0, follower.0), (OF_DOCTOR, CLINIC));
                assert_eq!(follower.1, looked_up(&doctors, DOCTOR, &first.1));
                assert_eq!(
                    follower.1,
                    attribute_value("clinic", device.0 % CLINICS, CLINICS),
                    "it stays in scope"
                );
            }
            None => {
                assert_eq!((first.0, follower.0), (OF_PATIENT, PATIENT_NAME));
                assert_eq!(follower.1, looked_up(&patients, PATIENT, &first.1));
            }
        }
    }
    assert_eq!(writes(&script).len(), 400);
}

#[test]
fn what_cannot_be_done_is_left_out_and_counted() {
    let dataset = dataset(11);
    let mut options = options();
    // There are more deletions than doctors.
    options.actions.truncate(1);
    options.actions[0].entity = DOCTOR;
    options.actions[0].kind = EditKind::Delete;
    options.actions[0].per_device_milli = 1_500;
    options.actions[0].on_devices = Ppm(0);
    let script = script_of(&dataset, &options, &people(20));
    let count = &script.placed.actions[0];
    assert_eq!((count.in_office, count.left_out), (23, 7));
    // No person works, so the edits of devices are left out.
    options.logins.iter_mut().for_each(|wave| wave.share = Ppm(0));
    options.actions[0].on_devices = Ppm(500_000);
    let script = script_of(&dataset, &options, &people(20));
    let count = &script.placed.actions[0];
    assert_eq!((count.on_devices, count.in_office, count.left_out), (0, 15, 15));
    assert!(script.steps.iter().all(|step| step.actor == Actor::Office));
}

#[test]
fn edits_that_found_no_row_near_their_moment_are_counted() {
    let dataset = dataset(11);
    let mut options = options();
    let wanted = options.actions.iter().position(|a| a.near.is_some() && a.kind == EditKind::Update).unwrap();
    options.actions = vec![options.actions.swap_remove(wanted)];
    let count = |options: &WorkloadOptions| {
        let script = script_of(&dataset, options, &people(20));
        let count = &script.placed.actions[0];
        (count.on_devices + count.in_office, count.astray)
    };
    let (made, astray) = count(&options);
    assert_eq!(astray, 0);
    // No row lies at exactly this moment.
    options.actions[0].near = options.actions[0].near.map(|(column, _, _)| (column, Span::ZERO, Span::ZERO));
    assert_eq!(count(&options), (made, made));
    options.actions[0].near = None;
    assert_eq!(count(&options), (made, 0));
}

#[test]
fn without_any_options_nothing_is_written() {
    let dataset = dataset(11);
    let script = script_of(&dataset, &WorkloadOptions::default(), &people(2));
    let resume =
        |n| Step { at: Time::ZERO, actor: Actor::Device(DeviceId(n)), act: Act::App(AppEvent::Resume) };
    assert_eq!(script.steps, [resume(0), resume(1)], "the app is in the foreground all the time");
}

#[test]
fn rivals_are_whom_the_contention_names() {
    let (dataset, people) = (dataset(11), people(PEOPLE));
    for (by, office, devices) in
        [(Rivals::Office, true, false), (Rivals::Devices, false, true), (Rivals::Both, true, true)]
    {
        let mut options = options();
        (options.contention.by, options.contention.share) = (by, Ppm(500_000));
        options.actions.retain(|action| action.name == "status");
        options.actions[0].on_devices = Ppm(1_000_000);
        let script = script_of(&dataset, &options, &people);
        let mut by_row: BTreeMap<&Key, BTreeSet<Option<DeviceId>>> = BTreeMap::new();
        for (_, device, _, key, ..) in writes(&script) {
            by_row.entry(key).or_default().insert(device);
        }
        let of = |office: bool| {
            by_row.values().filter(|who| who.len() > 1 && who.contains(&None) == office).count()
        };
        assert_eq!((of(true) > 10, of(false) > 2), (office, devices), "{by:?}: {} {}", of(true), of(false));
    }
}

/// The columns that are written with this value, and the number of times.
fn written_as(script: &Script, wanted: &Value) -> BTreeMap<usize, u32> {
    let mut written = BTreeMap::new();
    for step in &script.steps {
        let columns: Vec<usize> = match &step.act {
            Act::Edit(edit) => {
                edit.values.iter().filter(|(_, value)| value == wanted).map(|(c, _)| *c).collect()
            }
            Act::Aimed(_, aimed) => {
                let is = |draft: &Draft| matches!(draft, Draft::OneOf(values) if values[0] == *wanted);
                aimed.drafts.iter().filter(|(_, draft)| is(draft)).map(|(column, _)| *column).collect()
            }
            _ => Vec::new(),
        };
        columns.into_iter().for_each(|column| *written.entry(column).or_default() += 1);
    }
    written
}

#[test]
fn people_write_null_or_an_empty_text_where_a_column_holds_it_and_nowhere_else() {
    let mut data = data();
    let of = &mut data[usize::from(APPOINTMENT.0)];
    of.nulls = [(STATUS, Ppm(300_000)), (OF_PATIENT, Ppm(200_000))].into();
    of.empties = [(STATUS, Ppm(300_000))].into();
    let dataset = made_of(schema(), 1, &data).unwrap();
    let made = (0..6_000).filter(|row| dataset.value(APPOINTMENT, *row, STATUS) == Value::text(""));
    // 70 % of the values are not null. This counts a part of them.
    assert!((1_150..1_370).contains(&made.count()));
    for aim in [Aim::Kept, Aim::Shown] {
        let mut options = options();
        options.actions.retain(|action| ["book", "status"].contains(&action.name.as_str()));
        options.actions.iter_mut().for_each(|action| action.aim = aim);
        let script = script_of(&dataset, &options, &people(20));
        // A remark may be empty. A booking without a patient has no name to write.
        for (value, only) in
            [(Value::text(""), &[STATUS, REMARK][..]), (Value::Null, &[OF_PATIENT, PATIENT_NAME, STATUS])]
        {
            let found = written_as(&script, &value);
            assert!(found[&STATUS] > 30, "{aim:?}, {value}: {found:?}");
            assert!(found.keys().all(|column| only.contains(column)), "{aim:?}, {value}: {found:?}");
        }
    }
}
