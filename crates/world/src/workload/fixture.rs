//! A small clinic for the tests of this module.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Action, Aim, Contention, DataError, Dataset, EntityData, KeyOrder, Letters, LoginWave, Maker, Peak,
    Person, WorkloadOptions, attribute_value,
};
use crate::base::{DeviceId, EntityId, Ppm, Seed, Span, Stamp, Time, Value};
use crate::contract::{Column, ColumnKind, Delivery, EditKind, Entity, Schema, ScopeRule};

/// 2026-03-02T00:00:00+01:00.
pub(super) const START: Stamp = Stamp(1_772_406_000_000_000);
pub(super) const UTC_OFFSET: i32 = 3_600;
pub(super) const DAY: i64 = 86_400_000_000;
pub(super) const CLINICS: u32 = 5;

pub(super) const DOCTOR: EntityId = EntityId(0);
pub(super) const PATIENT: EntityId = EntityId(1);
pub(super) const APPOINTMENT: EntityId = EntityId(2);
pub(super) const NOTE: EntityId = EntityId(3);
pub(super) const CODE: EntityId = EntityId(4);

pub(super) const CLINIC: usize = 0;
pub(super) const OF_DOCTOR: usize = 1;
pub(super) const OF_PATIENT: usize = 2;
pub(super) const PATIENT_NAME: usize = 3;
pub(super) const STARTS_AT: usize = 4;
pub(super) const STATUS: usize = 5;
pub(super) const REMARK: usize = 6;

fn entity(name: &str, columns: &[(&str, ColumnKind)], delivery: Delivery) -> Entity {
    Entity { delivery, ..Entity::new(name, columns.iter().map(|(n, k)| Column::new(n, k.clone())).collect()) }
}

pub(super) fn schema() -> Schema {
    use ColumnKind::{Int, Ref, Text, Timestamp};
    let doctor = entity("doctor", &[("clinic", Text), ("name", Text)], Delivery::Delta);
    let patient = entity("patient", &[("name", Text), ("born", Int)], Delivery::BackendOnly);
    let mut appointment = entity(
        "appointment",
        &[
            ("clinic", Text),
            ("doctor", Ref(DOCTOR)),
            ("patient", Ref(PATIENT)),
            ("patient_name", Text),
            ("starts_at", Timestamp),
            ("status", Text),
            ("remark", Text),
        ],
        Delivery::Delta,
    );
    appointment.projection = vec![CLINIC, OF_DOCTOR, PATIENT_NAME, STARTS_AT, STATUS];
    appointment.unique = vec![OF_DOCTOR, STARTS_AT];
    appointment.scope = vec![
        ScopeRule::Attribute { column: CLINIC, attribute: 0 },
        ScopeRule::Window {
            column: STARTS_AT,
            from: Stamp(START.0 - 7 * DAY),
            until: Stamp(START.0 + 28 * DAY),
        },
    ];
    let note =
        entity("note", &[("appointment", Ref(APPOINTMENT)), ("body", Text)], Delivery::OnOpen { by: 0 });
    let mut code = entity("code", &[("name", Text), ("price", Int)], Delivery::Delta);
    code.unique = vec![0];
    Schema { entities: vec![doctor, patient, appointment, note, code], ..Schema::default() }
}

pub(super) fn data() -> Vec<EntityData> {
    let words = |min, max| Maker::Words(min, max, Letters::Plain);
    let made = |rows, columns| EntityData {
        rows,
        columns,
        nulls: BTreeMap::new(),
        empties: BTreeMap::new(),
        keys: KeyOrder::default(),
        given: None,
        one_stamp: None,
        age: Span::secs(200 * 86_400),
        changed_daily: Ppm(10_000),
        created_daily: Ppm(5_000),
        deleted_daily: Ppm(2_000),
    };
    let fold_name = Maker::Folded { entity: PATIENT, via: OF_PATIENT, column: 0 };
    let status = ["planned", "arrived", "in-room", "done", "no-show"].map(str::to_owned).to_vec();
    vec![
        made(23, vec![Maker::Attribute(0), words(8, 20)]),
        made(500, vec![words(8, 24), Maker::Int(1_930, 2_020)]),
        made(
            6_000,
            vec![
                Maker::Attribute(0),
                Maker::Ref(DOCTOR),
                Maker::Ref(PATIENT),
                fold_name,
                Maker::Moment(-30 * DAY, 40 * DAY, 900_000_000),
                Maker::OneOf(status),
                words(0, 40),
            ],
        ),
        made(3_000, vec![Maker::Ref(APPOINTMENT), Maker::Fat { median: 1_500, max: 150_000, rare: None }]),
        EntityData {
            one_stamp: Some(Span::secs(3 * 86_400)),
            ..made(800, vec![words(4, 12), Maker::Int(1, 9_999)])
        },
    ]
}

pub(super) fn clinics() -> [Arc<[Value]>; 1] {
    [(0..CLINICS).map(|i| attribute_value("clinic", i, CLINICS)).collect()]
}

pub(super) fn made_of(schema: Schema, seed: u64, data: &[EntityData]) -> Result<Dataset, DataError> {
    Dataset::new(Seed(seed), Arc::new(schema), data, START, UTC_OFFSET, &clinics(), &|| false)
}

pub(super) fn dataset(seed: u64) -> Dataset {
    made_of(schema(), seed, &data()).unwrap()
}

/// Makes `count` people and gives them the clinics in turn. A quarter are doctors.
pub(super) fn people(count: u32) -> Vec<Person> {
    (0..count)
        .map(|n| Person {
            device: DeviceId(n),
            later: Vec::new(),
            attributes: vec![attribute_value("clinic", n % CLINICS, CLINICS)],
            role: if (n / CLINICS).is_multiple_of(4) { "doctor" } else { "nurse" }.to_owned(),
            synced_at: (n % 10 != 0).then_some(Stamp(START.0 - DAY)),
        })
        .collect()
}

pub(super) fn hour(h: u64, minute: u64) -> Time {
    Time::ZERO + Span::secs(h * 3_600 + minute * 60)
}

pub(super) fn options() -> WorkloadOptions {
    let action = |name: &str, entity, kind, columns: &[usize], per_device_milli, on_devices| Action {
        name: name.to_owned(),
        entity,
        kind,
        columns: columns.to_vec(),
        per_device_milli,
        on_devices: Ppm(on_devices),
        near: None,
        aim: Aim::Kept,
    };
    let today = Some((STARTS_AT, Span::secs(4 * 3_600), Span::secs(4 * 3_600)));
    WorkloadOptions {
        hours: (hour(7, 30), hour(17, 30)),
        logins: vec![
            LoginWave { share: Ppm(600_000), at: hour(7, 50), spread: Span::secs(480) },
            LoginWave { share: Ppm(400_000), at: hour(8, 30), spread: Span::secs(600) },
        ],
        resumes_per_hour_milli: 6_000,
        foreground: Span::secs(120),
        freshness: Span::secs(3_600),
        peaks: vec![Peak { from: hour(10, 0), until: hour(12, 0), share: Ppm(350_000) }],
        actions: vec![
            action("book", APPOINTMENT, EditKind::Create, &[], 10_810, 450_000),
            Action {
                near: today,
                ..action("status", APPOINTMENT, EditKind::Update, &[STATUS], 28_505, 900_000)
            },
            action("move", APPOINTMENT, EditKind::Update, &[STARTS_AT], 1_303, 900_000),
            action("cancel", APPOINTMENT, EditKind::Delete, &[], 1_107, 900_000),
            action("note", NOTE, EditKind::Create, &[], 7_500, 1_000_000),
            action("correct", NOTE, EditKind::Update, &[1], 700, 500_000),
            action("patient", PATIENT, EditKind::Update, &[0], 2_000, 0),
        ],
        contention: Contention {
            share: Ppm(60_000),
            within: Span::secs(600),
            equal: Ppm(250_000),
            double_create: Ppm(30_000),
            ..Contention::default()
        },
        opens_per_day_milli: 15_000,
        opened: Some(APPOINTMENT),
        role_weights: vec![("doctor".to_owned(), 20), ("nurse".to_owned(), 60)],
        ..WorkloadOptions::default()
    }
}
