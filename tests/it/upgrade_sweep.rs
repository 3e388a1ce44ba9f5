//! A new version of the app creates its columns in the old database. A kill at each disk operation
//! during that, and a power loss at each sync, lose nothing.

use std::collections::BTreeSet;

use syncdyno::base::{DeviceId, Seed, Span, Time};
use syncdyno::world::{self, Stacks, Strike, Unwatched};

use crate::worlds::{self, PHOTOS, TINY, trouble};

const STRUCK: DeviceId = DeviceId(0);
/// During its edits.
const AT: Span = Span::secs(45);
const UPGRADED: &str = r#"event.new={at="+45s",upgrade={adds={entity="task",column="weight",type="real"},on_mismatch="backfill",restart_after="1s"}}"#;

/// Strikes at each disk operation within 15 s after the upgrade, with or without power loss;
/// returns the number of strikes.
fn upgrade_survives(journal: &str, power: bool, more: &[&str]) -> usize {
    let plan = worlds::plan(TINY, &[&[UPGRADED, journal], more].concat());
    let (device, until) = (STRUCK, Time::ZERO + AT + Span::secs(15));
    let (undisturbed, places) =
        world::run_probing(&plan, &Stacks::builtin(), &Unwatched, device).expect("it can be run");
    assert!(trouble(&undisturbed).is_empty(), "{:?}", trouble(&undisturbed));
    let of_upgrade = places.moments.iter().filter(|moment| moment.is_sync || !power);
    let times: BTreeSet<Time> = of_upgrade.flat_map(|moment| [moment.issued, moment.done]).collect();
    let times: Vec<Time> = times.into_iter().filter(|at| (Time::ZERO + AT..until).contains(at)).collect();
    let stride = if worlds::every_place() { 1 } else { 5 };
    for at in times.iter().copied().step_by(stride) {
        let strike = Strike::AtTime { device, at, power };
        let struck = world::run_struck(&plan, &Stacks::builtin(), &Unwatched, &strike);
        let wrong = trouble(&struck.expect("it can be run"));
        assert!(wrong.is_empty(), "{strike:?}: {}", wrong.join("\n"));
    }
    times.len()
}

#[test]
fn upgrade_outlives_a_kill_at_any_disk_operation() {
    assert!(upgrade_survives("store.journal=truncate", false, &[]) > 50);
    assert!(upgrade_survives("store.journal=wal", false, &[]) > 30);
}

#[test]
fn upgrade_outlives_a_power_loss_at_any_sync() {
    assert!(upgrade_survives("store.journal=truncate", true, &[]) > 10);
    assert!(upgrade_survives("store.journal=wal", true, &[]) > 5);
}

#[test]
fn upgrade_outlives_a_kill_while_photos_wait() {
    assert!(upgrade_survives("store.journal=wal", false, PHOTOS) > 30);
}

#[test]
fn two_units_that_pull_one_entity_after_an_upgrade_bring_no_stranger() {
    let plan = worlds::written(
        "name = \"two\"\nduration = \"10m\"\n[entity.task]\nschema = { id = \"uuid key\", n = \"int 0..9\" }\n\
         [fleet.phones]\ndevices = 2\nstart = { empty = 0.5, 1d = 0.5 }\n\
         [unit.A]\non = [\"login\", \"every 30s\"]\npull = [\"task\"]\n\
         [unit.B]\non = [\"online\", \"save\", \"every 40s\"]\npull = [\"task\"]\n\
         [store]\nwatch_cursors = true\n[workload.login.all]\nat = \"+1s\"\nspread = \"2s\"\n\
         [event.new]\nat = \"+40s\"\n\
         upgrade = { adds = { entity = \"task\", column = \"extra\", type = \"text 5\" }, on_mismatch = \"backfill\" }\n",
    );
    for seed in 1..=10 {
        let outcome = world::run(&plan.clone().with_seed(Seed(seed)), &Stacks::builtin(), &Unwatched);
        assert_eq!(trouble(&outcome.expect("it can be run")), Vec::<String>::new(), "seed {seed}");
    }
}
