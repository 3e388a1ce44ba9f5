//! Features that a stack does not support are reported before the run; its checks afterwards.

use syncdyno::Bench;
use syncdyno::contract::{Capabilities, Need, Span, Stack};
use syncdyno::record::{HeldTo, RunRecord, Verdict};
use syncdyno::render::{self, Paint};

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, CONTENDED, planned};

fn ran(stack: Stack, scenario: &str) -> RunRecord {
    let report = Bench::new(stack).scenario(scenario).run();
    RunRecord::parse(&report.to_json()).expect("it is a record")
}

#[test]
fn a_scenario_that_needs_what_a_stack_lacks_is_not_run() {
    let lacks = [Need::Creates, Need::Attachments];
    let record = ran(tiny().lacks(&lacks), CALM);
    assert_eq!((record.verdict, record.exit_code), (Verdict::Unsupported, 17));
    let cell = &record.cells[0];
    assert_eq!((cell.verdict, cell.virtual_ns, cell.ended()), (Verdict::Unsupported, 0, false));
    let told = render::story(&record, Paint(false), 100, false);
    assert!(told.contains("`tiny` does not support creates (action.write)"), "{told}");
    assert!(told.contains("unsupported") && !told.contains("FAIL"), "{told}");
    assert!(render::junit(&record).contains("<skipped"), "a job is not red by it");
    let record = ran(tiny().lacks(&lacks), CONTENDED);
    assert_eq!((record.verdict, record.exit_code), (Verdict::Pass, 0), "nobody makes rows there");
}

#[test]
fn what_a_stack_lacks_may_hang_on_its_options() {
    let stack = tiny().lacks_by(|chosen| match chosen.span("timeout") == Span::secs(30) {
        true => vec![Need::Kills],
        false => Vec::new(),
    });
    assert_eq!(ran(stack.clone(), CALM).verdict, Verdict::Unsupported);
    let report = Bench::new(stack).scenario(CALM).set("engine.options.timeout", "40s").run();
    assert!(report.passed());
}

#[test]
fn each_need_is_found_in_the_part_of_a_file_that_has_it() {
    let needs = |sets: &[&str]| -> Result<Vec<(Need, String)>, String> {
        Ok(planned(tiny(), CONTENDED, sets)?.needs().into_iter().collect())
    };
    assert_eq!(needs(&[]), Ok(Vec::new()));
    let keyed =
        "entity.note.schema={ id = \"uuid key\", title = \"text 10..60\", state = \"one of open|done\", ";
    let mut wrong = Vec::new();
    for (set, need, place) in [
        (
            "action.gone={ entity = \"note\", kind = \"delete\", per_device = 1 }",
            Need::Deletes,
            "action.gone",
        ),
        (
            "action.more={ entity = \"note\", kind = \"create\", per_device = 1 }",
            Need::Creates,
            "action.more",
        ),
        ("unit.More={ on = [\"start\"], pull = [\"note\"] }", Need::Units, "unit.Notes"),
        ("unit.Notes.blocking=true", Need::UnitRules, "unit.Notes"),
        ("fleet.phones.start=\"1d\"", Need::SyncedStarts, "fleet.phones"),
        ("event.k={ at = \"+1m\", kill = {} }", Need::Kills, "event.k"),
        ("event.k={ at = \"+1m\", power_loss = {} }", Need::PowerLosses, "event.k"),
        ("event.k={ at = \"+1m\", gateway_kill = {} }", Need::ServerKills, "event.k"),
        ("event.k={ at = \"+1m\", disk_full = { for = \"1m\" } }", Need::Storage, "event.k"),
        ("event.k={ at = \"+20m\", restore = { of = \"10m\" } }", Need::Backups, "event.k"),
        ("event.k={ at = \"+20m\", reinstall = {} }", Need::Reinstalls, "event.k"),
        ("event.k={ at = \"+20m\", force_download = {} }", Need::ForcedLoads, "event.k"),
        ("chaos.logout_mtbf=\"20m\"", Need::SharedPhones, "chaos"),
        ("chaos.suspend_mtbf=\"20m\"", Need::Suspensions, "chaos"),
        ("chaos.cancel_mtbf=\"20m\"", Need::Cancels, "chaos"),
        ("chaos.token_mtbf=\"20m\"", Need::Tokens, "chaos"),
        (&format!("{keyed} by = \"ref note\" }}"), Need::References, "entity.note"),
    ] {
        match needs(&[set]) {
            Ok(found) if found.contains(&(need, place.to_owned())) => {}
            found => wrong.push((set.to_owned(), found)),
        }
    }
    assert_eq!(wrong, []);
    let office = "workload.contention={ share=\"50%\", within=\"10m\", deletes=\"10%\" }";
    let idle = "action.tick-off.on_devices=0";
    let deletes =
        |sets: &[&str]| needs(sets).map(|found| found.iter().any(|(need, _)| *need == Need::Deletes));
    assert_eq!(
        (deletes(&[office]), deletes(&[office, idle])),
        (Ok(true), Ok(false)),
        "it deletes what is updated"
    );
    let (synced, none) = ("fleet.phones.start=\"1d\"", "entity.note.deleted_daily=0");
    assert_eq!(
        (deletes(&[synced]), deletes(&[synced, none]), deletes(&[])),
        (Ok(true), Ok(false), Ok(false)),
        "what was deleted before the start comes to who was away"
    );
}

#[test]
fn the_verdict_says_how_many_checks_a_stack_is_held_to() {
    let held = |promised: Capabilities| {
        let record = ran(tiny().promises(promised), CALM);
        let held = record.cells[0].held_to.expect("it is of a third party");
        let told = render::notes(&record, Paint(false));
        assert!(told.contains(&format!("held to {} of {} checks", held.checks, held.of)), "{told}");
        assert!(
            render::html::page(&record).contains(&format!("held to {} of", held.checks)),
            "the page says so"
        );
        (held, told)
    };
    let (all, _) = held(Capabilities { logs: false, status: false, ..Capabilities::ALL });
    let (none, told) = held(Capabilities::NONE);
    assert_eq!((all.of - all.checks, all.of), (2, none.of));
    assert_eq!(none, HeldTo { checks: none.of - 12, of: none.of });
    assert!(told.contains("silent-discard (logs)") && told.contains("lost-edit (merge)"), "{told}");
    let ours = Bench::builtin().scenario("scenarios/conflicts/few-rows.toml").set("duration", "10m").run();
    assert!(!ours.to_json().contains("held_to"));
}
