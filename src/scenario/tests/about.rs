//! What planned edits are said to be about, and nulls.

use super::with_sets;
use crate::base::{Key, Ppm, Value};
use crate::scenario::plan::Happening;

/// People who rename notes of folders, once at a time.
pub(super) const EDITS: &str = r#"
name = "about"

[entity.folder]
unique = ["label"]
schema = { id = "uuid key", label = "text", parent = "ref folder null 10%" }

[entity.note]
project = ["id", "folder", "title", "stars", "at", "remark"]
schema = { id = "uuid key", folder = "ref folder", title = "text", stars = "int null 5%", at = "timestamp", remark = "text null 0%", hidden = "text null 0%" }

[fleet.phones]
devices = 2

[action.rename]
entity = "note"
kind = "update"
columns = ["title"]
per_device = 0
aim = "shown"

[action.label]
entity = "folder"
kind = "create"
per_device = 0
aim = "shown"

[action.drop]
entity = "note"
kind = "delete"
per_device = 0
aim = "shown"

[event.first]
at = "+1m"
edits = { action = "rename" }

[event.second]
at = "+2m"
edits = { action = "rename" }

[event.outage]
at = "+3m"
outage = { for = "1m" }
"#;

#[test]
fn planned_edits_write_what_is_said_and_null_where_a_column_may_hold_it() {
    let sets = ["row=\"a\"", "set.title=\"x\"", "null=[\"remark\", \"stars\"]"];
    let sets = sets.map(|set| format!("event.first.edits.{set}"));
    let plan = with_sets(EDITS, &sets.each_ref().map(String::as_str));
    let about = plan.events.iter().find_map(|event| match &event.what {
        Happening::Edits { about, .. } => Some(about.clone()),
        _ => None,
    });
    let about = about.expect("the first event has edits");
    assert_eq!(about.row, Some(Key::new("a")));
    let note = plan.schema.find("note").map(|id| plan.schema.entity(id)).expect("there are notes");
    let at = |name: &str| note.column(name).unwrap();
    let mut want = vec![(at("title"), Value::text("x")), (at("remark"), Value::Null)];
    want.push((at("stars"), Value::Null));
    want.sort_by_key(|(column, _)| *column);
    let mut set = about.set;
    set.sort_by_key(|(column, _)| *column);
    assert_eq!(set, want);
    let folder = super::plan(EDITS).data[0].nulls.clone();
    assert_eq!(folder.into_iter().collect::<Vec<_>>(), [(1, Ppm(100_000))]);
}
