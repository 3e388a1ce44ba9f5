//! Random histories of a correct world.

use proptest::prelude::{Strategy, any, prop, proptest};

use super::assert_silent;
use super::stage::{CLINIC, DOCTOR, SLOT, STATUS, Stage, VISIT, visit};
use crate::base::Value;
use crate::contract::{Author, EditKind, Event, KillReason};

/// One step: what, on which phone, on which row, with which of a few values.
#[derive(Clone, Copy, Debug)]
enum Step {
    Office(u8, u8),
    OfficeMoves(u8),
    OfficeDeletes(u8),
    OfficeMakesSlot(u8),
    Update(u8, u8, u8),
    SetDoctor(u8, u8, u8),
    Delete(u8, u8),
    Create(u8, u8),
    MakeSlot(u8, u8, bool),
    RenameSlot(u8, u8, u8),
    Poison(u8, u8),
    Push(u8, bool),
    Pull(u8),
    Clock(bool),
    Restart(u8),
}

fn step() -> impl Strategy<Value = Step> {
    use Step as S;
    (0..15_u8, 0..4_u8, any::<u8>(), 0..3_u8, any::<bool>()).prop_map(|(what, phone, row, value, flag)| {
        match what {
            0 => S::Office(row, value),
            1 => S::OfficeMoves(row),
            2 => S::OfficeDeletes(row),
            3 => S::OfficeMakesSlot(value),
            4 => S::Update(phone, row, value),
            5 => S::SetDoctor(phone, row, value),
            6 => S::Delete(phone, row),
            7 => S::Create(phone, value),
            8 => S::MakeSlot(phone, value, flag),
            9 => S::Poison(phone, row),
            10 => S::Push(phone, flag),
            11 => S::Pull(phone),
            12 => S::Clock(flag),
            13 => S::RenameSlot(phone, row, value),
            _ => S::Restart(phone),
        }
    })
}

/// Some visit of the backend.
fn backend_row(stage: &Stage, row: u8) -> Option<String> {
    let keys: Vec<_> =
        stage.backend.rows.keys().filter(|(e, _)| *e == VISIT).map(|(_, key)| key.clone()).collect();
    (!keys.is_empty()).then(|| keys[usize::from(row) % keys.len()].clone())
}

/// Some visit that a phone holds and that no edit of its own is about to delete or make.
fn phone_row(stage: &Stage, phone: u8, row: u8) -> Option<String> {
    let phone = &stage.phones[usize::from(phone)];
    let deleted = |key: &str| phone.outbox.iter().any(|e| e.onto == key && e.edit.kind == EditKind::Delete);
    let keys: Vec<_> = phone.rows.keys().filter(|(e, key)| *e == VISIT && !deleted(key)).collect();
    (!keys.is_empty()).then(|| keys[usize::from(row) % keys.len()].1.clone())
}

fn play(stage: &mut Stage, step: Step) {
    let value = |n: u8| Value::text(["new", "busy", "done"][usize::from(n)]);
    // One of the slots is there from the start.
    let name = |n: u8| Value::text(["monday", "tuesday", "friday"][usize::from(n)]);
    let clinic_of = |phone: u8| if phone < 2 { "a" } else { "b" };
    match step {
        Step::Office(row, n) => change(stage, row, |values| values[STATUS] = value(n)),
        Step::OfficeMoves(row) => change(stage, row, |values| {
            values[CLINIC] = Value::text(if values[CLINIC] == Value::text("a") { "b" } else { "a" });
        }),
        Step::OfficeDeletes(row) => {
            if let Some(key) = backend_row(stage, row) {
                stage.commit(Author::Office, VISIT, &key, None);
            }
        }
        Step::OfficeMakesSlot(n) => {
            let name = name(n);
            if stage.backend.rows.iter().all(|((e, _), (_, v))| *e != SLOT || v[0] != name) {
                let key = stage.fresh_key("s");
                stage.commit(Author::Office, SLOT, &key, Some(vec![name, Value::text("office")]));
            }
        }
        Step::Update(phone, row, n) => set(stage, phone, row, STATUS, value(n)),
        Step::SetDoctor(phone, row, n) => set(stage, phone, row, DOCTOR, value(n)),
        Step::Delete(phone, row) => {
            if let Some(key) = phone_row(stage, phone, row) {
                stage.edit(u32::from(phone), VISIT, &key, EditKind::Delete, Vec::new());
            }
        }
        Step::Create(phone, n) => {
            let key = stage.fresh_key(clinic_of(phone));
            let mut values = visit(clinic_of(phone), "");
            values[STATUS] = value(n);
            let values = values.into_iter().take(3).enumerate().collect();
            stage.edit(u32::from(phone), VISIT, &key, EditKind::Create, values);
        }
        Step::MakeSlot(phone, n, flag) => {
            let key = stage.fresh_key("s");
            let who = if flag { "office" } else { "phone" };
            let values = vec![(0, name(n)), (1, Value::text(who))];
            stage.edit(u32::from(phone), SLOT, &key, EditKind::Create, values);
        }
        Step::RenameSlot(phone, row, n) => {
            let slots = stage.phones[usize::from(phone)].rows.keys().filter(|(e, _)| *e == SLOT);
            let slots: Vec<_> = slots.map(|(_, key)| key.clone()).collect();
            let key = &slots[usize::from(row) % slots.len()];
            stage.edit(u32::from(phone), SLOT, key, EditKind::Update, vec![(0, name(n))]);
        }
        Step::Poison(phone, row) => {
            if let Some(key) = phone_row(stage, phone, row) {
                let id = stage.update(u32::from(phone), &key, "poison");
                stage.poison.insert(id);
            }
        }
        Step::Push(phone, heard) => stage.push(u32::from(phone), heard),
        Step::Pull(phone) => stage.pull(u32::from(phone)),
        Step::Clock(ahead) => stage.ahead = ahead,
        Step::Restart(phone) => {
            stage.push(u32::from(phone), false);
            stage.emit(u32::from(phone), Event::ProcessKilled { reason: KillReason::Killed });
            stage.emit(u32::from(phone), Event::ProcessStarted { incarnation: 1 });
        }
    }
}

fn change(stage: &mut Stage, row: u8, f: impl Fn(&mut Vec<Value>)) {
    if let Some(key) = backend_row(stage, row) {
        let mut values = stage.backend.rows[&(VISIT, key.clone())].1.clone();
        f(&mut values);
        stage.commit(Author::Office, VISIT, &key, Some(values));
    }
}

fn set(stage: &mut Stage, phone: u8, row: u8, column: usize, value: Value) {
    if let Some(key) = phone_row(stage, phone, row) {
        stage.edit(u32::from(phone), VISIT, &key, EditKind::Update, vec![(column, value)]);
    }
}

proptest! {
    #[test]
    fn nothing_fires_on_a_correct_world_and_the_conflicts_agree(steps in prop::collection::vec(step(), 1..60)) {
        let mut stage = Stage::new();
        steps.into_iter().for_each(|step| play(&mut stage, step));
        stage.drain();
        let conflicts: usize = stage.phones.iter().map(|p| p.conflicts.len()).sum();
        let verdict = stage.verdict();
        assert_silent(&verdict);
        assert_eq!(verdict.figures["oracle.conflicts.count"], conflicts as u64);
    }
}
