//! Units that bring a part of an entity.

use super::{complaint, plan, with_sets};
use crate::base::EntityId;
use crate::contract::ScopeRule;

const PARTS: &str = r#"
name = "parts"
start = "2026-03-02T00:00:00+01:00"
[entity.visit]
project = ["id", "at", "person", "detail"]
schema = { id = "uuid key", at = "timestamp 0d..9d /1h", person = "text", detail = "text", secret = "text" }
[fleet.phones]
devices = 2
[unit.Splash]
on = ["start"]
pull = ["visit"]
entity.visit = { columns = ["id", "person", "at"], rows = { at = "0d..1d" } }
[unit.Online]
on = ["login"]
pull = ["*"]
push = ["*"]
"#;

#[test]
fn a_part_has_columns_and_rows_of_its_own() {
    let plan = plan(PARTS);
    let splash = plan.units.iter().find(|unit| unit.name == "Splash").unwrap();
    let part = splash.excerpt(EntityId(0)).unwrap();
    let entity = &plan.schema.entities[0];
    let names: Vec<&str> = part.columns.iter().map(|column| &*entity.columns[*column].name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"at") && names.contains(&"person"), "{names:?}");
    assert!(matches!(part.rows[..], [ScopeRule::Window { .. }]), "{:?}", part.rows);
    assert!(!splash.brings_whole(EntityId(0)));
}

#[test]
fn a_part_that_is_the_whole_is_none() {
    let whole = "unit.Splash.entity.visit={ columns = [\"id\", \"at\", \"person\", \"detail\"], rows = {} }";
    let plan = with_sets(PARTS, &[whole]);
    assert!(plan.units.iter().all(|unit| unit.excerpts.is_empty()));
}

#[test]
fn what_cannot_be_a_part_is_refused_with_its_reason() {
    for (set, why) in [
        ("unit.Splash.entity.visits={ columns = [\"id\"] }", "did you mean `visit`"),
        ("unit.Splash.entity.visit.columns=[\"id\", \"persn\"]", "did you mean `person`"),
        ("unit.Splash.entity.visit.columns=[\"at\", \"person\"]", "`id` is not among its columns"),
        ("unit.Splash.entity.visit.columns=[\"id\"]", "no column but the key"),
        ("unit.Splash.entity.visit.columns=[\"id\", \"secret\"]", "do not hold `secret`"),
        ("unit.Splash.entity.visit.rows={ att = \"0d..1d\" }", "did you mean `at`"),
        ("unit.Splash.entity.visit.rows={ person = \"0d..1d\" }", "`person` is no timestamp"),
        ("unit.Splash.entity.visit.rows={ person = \"device.person\" }", "attribute of a fleet `person`"),
        ("unit.Online.pull=[]", "no unit brings `visit` in full"),
        ("gateway.mode=\"persistent\"", "keeps one place a device and entity"),
        ("gateway.serve.capture.flag={}", "keeps one place a device and entity"),
    ] {
        let said = complaint(PARTS, &[set]);
        assert!(said.contains(why), "{set}: {why:?} is not in:\n{said}");
    }
    let said = complaint(&PARTS.replace("pull = [\"visit\"]", "push = [\"visit\"]"), &[]);
    assert!(said.contains("the unit does not pull `visit`"), "{said}");
}
