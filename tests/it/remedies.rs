//! What mends a failing cell: each fault of a design is put right by the setting that is named.

use syncdyno::analysis::judge;
use syncdyno::campaign::{InProcess, Signals, mend};
use syncdyno::record::RemedyRecord;
use syncdyno::world::Stacks;

use crate::worlds::{run, written};

/// Two phones and an office that writes, inserts and deletes, with one fault of a design.
fn world(fault: &str) -> String {
    format!(
        r#"
name = "remedy"
duration = "20m"
drain = "10m"
[entity.task]
rows = 300
schema = {{ id = "uuid key", title = "text 10..40", done = "one of no|yes" }}
[fleet.phones]
devices = 2
link = "lte-good"
start = "1d"
[unit.Sync]
on = ["login", "save", "online", "every 1m"]
pull = ["*"]
push = ["*"]
[action.tick-off]
entity = "task"
kind = "update"
columns = ["done"]
per_device = 20
[action.add]
entity = "task"
kind = "create"
per_device = 20
[action.drop]
entity = "task"
kind = "delete"
per_device = 10
on_devices = 0
{fault}
"#
    )
}

/// The remedy of a world that is run, as if it were the one that is `planned`.
fn remedy(text: &str, planned: &str) -> Option<RemedyRecord> {
    let plan = written(text);
    let mut judged = [judge(&plan, "remedy.s1", &run(&plan))];
    mend(&[written(planned)], &mut judged, &InProcess(Stacks::builtin()), &Signals::default());
    judged[0].cell.remedies.pop()
}

#[test]
fn each_fault_is_mended_by_the_setting_that_is_named() {
    let strict = "[gateway]\nserve.capture.last_modified.bound = \"strict\"\n[event.import]\nat = \"+5m\"\n\
                  bulk_import = { entity = \"task\", rows = 2000 }\n";
    for (fault, check, set) in [
        (
            "[backend]\nprovisioning = \"stamps-only\"\n",
            "undetected-delete",
            "gateway.serve.capture.last_modified.reconcile.every=5m",
        ),
        (strict, "lost", "gateway.serve.capture.last_modified.bound=keyset"),
    ] {
        let found = remedy(&world(fault), &world(fault)).unwrap_or_else(|| panic!("{check} has no remedy"));
        assert!(found.found > 0, "{check} does not happen");
        assert_eq!((found.check.as_str(), found.left), (check, Some(0)), "{fault}");
        assert_eq!(found.set, [set], "{fault}");
    }
}

#[test]
fn a_sound_cell_has_no_remedy_and_a_large_one_none_tried() {
    assert_eq!(remedy(&world(""), &world("")), None);
    let small = world("[backend]\nprovisioning = \"stamps-only\"\n");
    let large = small.replace("rows = 300", "rows = 60_000").replace("devices = 2", "devices = 400");
    let found = remedy(&small, &large).expect("it misses deletes");
    assert_eq!(found.left, None);
    assert_eq!(found.set[0], "gateway.serve.capture.last_modified.reconcile.every=5m");
}
