//! Units that bring a part of an entity.

use super::{plan, with_sets};
use crate::base::EntityId;
use crate::contract::ScopeRule;

pub(super) const PARTS: &str = r#"
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
