//! The correct engine in random worlds: no check may fire.

mod generator;

use syncdyno::scenario::{Document, Plan, Request};

use crate::worlds;

const ALL: u64 = 10_000;
/// One world in this many is tried; with `SYNCDYNO_EVERY=n` one in n.
const STRIDE: usize = 400;

fn numbers() -> impl Iterator<Item = u64> {
    (1..=ALL).step_by(worlds::every().unwrap_or(STRIDE))
}

fn planned(text: &str) -> Result<Vec<Plan>, String> {
    let document = Document::parse("composition.toml", text).map_err(|why| why.to_string())?;
    worlds::try_plans(&document, &Request::default())
}

fn composition(number: u64) -> String {
    generator::composition(number, |text| planned(text).err())
}

fn alarm(number: u64) -> Option<String> {
    let text = composition(number);
    let plans = planned(&text).unwrap_or_else(|why| panic!("{why}"));
    let trouble = worlds::trouble(&worlds::run(&plans[0]));
    (!trouble.is_empty()).then(|| format!("{number}: {}\n{text}", trouble.join("\n")))
}

#[test]
fn no_world_at_random_alarms_of_the_correct_engine() {
    let alarms: Vec<String> = numbers().filter_map(alarm).collect();
    assert!(alarms.is_empty(), "{}", alarms.join("\n\n"));
}

/// Writes all files, to run them with a release build: `syncdyno run FOLDER`.
#[test]
fn worlds_at_random_are_written_where_asked_for() {
    let Some(folder) = std::env::var_os("SYNCDYNO_COMPOSITIONS") else { return };
    for number in numbers() {
        let path = std::path::Path::new(&folder).join(format!("composition-{number}.toml"));
        std::fs::write(path, composition(number)).unwrap();
    }
}

/// A comment on a job whose photo is being sent: the job waits for it, and the comment for the job.
#[test]
fn what_refers_to_a_row_waits_for_its_photo_too() {
    let outcome = worlds::run(&worlds::written(
        r#"
name = "remarked"
duration = "10m"
entity.job = { rows = 4, attachment = { least = "200kB" }, schema = { id = "uuid key", text = "text 5..20" } }
entity.remark = { rows = 0, on_delete = { job = "restrict" }, schema = { id = "uuid key", job = "ref job", text = "text 5..20" } }
fleet.phones = { devices = 1, link = "edge", start = "1d" }
unit.All = { on = ["login", "save"], pull = ["*"], push = ["*"] }
engine.attachments = { with = "row", queue = "beside" }
action.photograph = { entity = "job", kind = "create", per_device = 0 }
action.remark = { entity = "remark", kind = "create", per_device = 0, aim = "made" }
event.photo = { at = "+3m", edits = { action = "photograph" } }
event.remarks = { at = "+3m5s", edits = { action = "remark", row_of = "photo" } }
"#,
    ));
    assert_eq!(worlds::trouble(&outcome), [""; 0]);
    assert_eq!(worlds::value(&outcome, "oracle.saved_edits.arrived"), 2);
}

/// Pages wait to be shown together, and the last one brings part of a row that was edited in the
/// meantime. If that does not fit, the others are not shown either.
#[test]
fn no_page_is_shown_without_the_others_of_its_sync() {
    let outcome = worlds::run(&worlds::written(
        r#"
name = "set-aside"
duration = "4m"
entity.job = { rows = 20, schema = { id = "uuid key", text = "text 30..40", n = "int 0..900" } }
entity.note = { rows = 1, schema = { id = "uuid key", text = "prose 80..90", n = "int 0..900" } }
fleet.phones = { devices = 2, link = "edge", start = "1d" }
unit.All = { on = ["login", "every 1m", "save"], pull = ["*"], push = ["*"] }
backend.provisioning = "none"
gateway.serve.capture = { hash = { keep = "copy" } }
engine.pull = { atomic = "session", chunk_rows = 3 }
workload.login.all = { at = "+5s", spread = "0s" }
action.work = { entity = "job", kind = "update", columns = ["n"], per_device = 0 }
action.remark = { entity = "note", kind = "update", columns = ["n"], per_device = 0 }
event.worked = { at = "+40s", edits = { action = "work", devices = [1], count = 12, over = "4s" } }
event.theirs = { at = "+45s", edits = { action = "remark", devices = [1] } }
event.mine = { at = "+67s", edits = { action = "remark", devices = [0] } }
"#,
    ));
    assert_eq!(worlds::trouble(&outcome), [""; 0]);
    assert!(worlds::value(&outcome, "engine.set_aside.thrown_away") > 0);
}
