//! What three apps lose because of a platform's ways, not because of our engine.

use syncdyno::scenario::template;

use crate::worlds;

/// Figures that must all be 0.
const FAULTS: [&str; 6] = [
    "oracle.lost.rows",
    "oracle.stale.rows",
    "oracle.lost_edit.count",
    "oracle.silent_discard.count",
    "oracle.unasked_commit.count",
    "oracle.duplicate.rows",
];

/// The tasks of teams, as `new` writes them.
fn tasks() -> String {
    template("tasks", None)
        .replace("per_device = 30", "per_device = 60")
        .replace("rows = 5_000", "rows = 400")
}

/// Orders with their lines, corrected by two shifts.
const ORDERS: &str = r#"name = "orders"
duration = "1h"
entity.order = { rows = 60, schema = { id = "uuid key", state = "one of open|done|late", note = "text 10..60" } }
entity.line = { rows = 300, schema = { id = "uuid key", order = "ref order", amount = "int 1..99", text = "text 5..30" } }
fleet.shifts = { devices = 6, link = "lte-poor", start = "1d" }
unit.Sync = { on = ["login", "online", "save", "every 5m"], pull = ["*"], push = ["*"] }
action.finish = { entity = "order", kind = "update", columns = ["state"], per_device = 30, aim = "shown" }
action.note = { entity = "order", kind = "update", columns = ["note"], per_device = 30, aim = "shown" }
action.count = { entity = "line", kind = "update", columns = ["amount"], per_device = 30, aim = "shown" }
event.hall = { at = "+30m", outage = { share = 0.5, for = "15m" } }
"#;

/// Many readings of few meters.
const METERS: &str = r#"name = "meters"
duration = "1h"
entity.meter = { rows = 40, schema = { id = "uuid key", value = "int 1..90000", read = "one of yes|no", remark = "text 0..40" } }
fleet.readers = { devices = 8, link = "3g-hspa", start = "1d" }
unit.Sync = { on = ["login", "online", "save", "every 3m"], pull = ["*"], push = ["*"] }
action.read = { entity = "meter", kind = "update", columns = ["value", "read"], per_device = 40, aim = "shown" }
action.remark = { entity = "meter", kind = "update", columns = ["remark"], per_device = 20, aim = "shown" }
action.install = { entity = "meter", kind = "create", per_device = 10 }
event.night = { at = "+15m", bulk_import = { entity = "meter", rows = 1_100 } }
event.cellar = { at = "+25m", outage = { share = 0.6, for = "10m" } }
"#;

fn faults(app: &str, product: &str) -> Vec<u64> {
    let plan = worlds::written(&app.replacen("duration", &format!("{product}\nduration"), 1));
    let outcome = worlds::run(&plan);
    FAULTS.iter().map(|figure| worlds::value(&outcome, figure)).collect()
}

#[test]
fn an_app_that_names_its_platform_has_the_faults_of_that() {
    for app in [tasks(), ORDERS.to_owned(), METERS.to_owned()] {
        let name = app.lines().find(|line| line.starts_with("name")).unwrap_or_default();
        assert_eq!(faults(&app, ""), [0; 6], "{name}");
        for product in ["outsystems", "volt-mx"] {
            let found = faults(&app, &format!("product = \"{product}\""));
            assert!(found[3] > 0, "{name} as {product}: nothing is overwritten unseen: {found:?}");
        }
    }
}
