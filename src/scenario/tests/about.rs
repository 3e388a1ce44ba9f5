//! What planned edits are said to be about, and nulls.

use super::{complaint, plan, with_sets};
use crate::base::{Key, Ppm, Value};
use crate::scenario::plan::Happening;

/// People who rename notes of folders, once at a time.
const EDITS: &str = r#"
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
fn events_that_wait_for_each_others_rows_are_refused_with_the_place() {
    let sets = ["event.first.edits.row_of=\"second\"", "event.second.edits.row_of=\"first\""];
    let said = complaint(EDITS, &sets);
    for part in ["wait for a row of `second`, which wait for theirs", "find its row"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn rows_and_values_of_planned_edits_that_cannot_be_are_refused_with_the_reason() {
    let table: &[(&[&str], &[&str])] = &[
        (&["row=\"a\"", "same_row=true"], &["about more than one row", "one of `row`, `row_of`"]),
        (&["row=\"a\"", "row_of=\"second\""], &["about more than one row"]),
        (&["row_of=\"sceond\""], &["there is no event with `edits` `sceond`", "`second`"]),
        (&["row_of=\"first\""], &["are to find themselves", "`row_of` names another event"]),
        (&["row_of=\"outage\""], &["there is no event with `edits` `outage`"]),
        (&["set.title=3"], &["does not fit its column", "it takes a text"]),
        (&["set.stars=\"many\""], &["it takes a whole number"]),
        (&["set.at=3"], &["timestamps are drawn, or null"]),
        (&["set.titel=\"x\""], &["there is no column of `note` `titel`", "`title`"]),
        (&["set.hidden=\"x\""], &["`hidden` is not held by devices"]),
        (&["null=[\"titel\"]"], &["there is no column of `note` `titel`", "`title`"]),
        (&["null=[\"title\"]"], &["`title` is never null", "write title = \"text null 0%\""]),
        (&["null=[\"folder\"]"], &["`folder` is never null", "\"ref folder null 0%\""]),
        (&["null=[\"hidden\"]"], &["`hidden` is not held by devices"]),
        (&["set.remark=\"x\"", "null=[\"remark\"]"], &["`remark` is written twice"]),
        (&["action=\"label\"", "set.label=\"x\""], &["`label` is of the natural key"]),
        (&["action=\"drop\"", "null=[\"remark\"]"], &["a delete writes no values"]),
        (&["action=\"drop\"", "set.title=\"x\""], &["a delete writes no values"]),
    ];
    for (sets, parts) in table {
        let sets: Vec<String> = sets.iter().map(|set| format!("event.first.edits.{set}")).collect();
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let said = complaint(EDITS, &sets);
        for part in *parts {
            assert!(said.contains(part), "{sets:?}: {part:?} is not in:\n{said}");
        }
    }
}

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
}

#[test]
fn columns_that_say_which_row_it_is_or_whose_are_never_null() {
    let folder = plan(EDITS).data[0].nulls.clone();
    assert_eq!(folder.into_iter().collect::<Vec<_>>(), [(1, Ppm(100_000))]);
    for (sets, part) in [
        (&["entity.folder.schema.label=\"text null 5%\""][..], "`label` is of the natural key"),
        (
            &[
                "entity.note.scope={ward=\"device.ward\"}",
                "entity.note.schema.ward=\"text null 5%\"",
                "fleet.phones.attributes={ward=2}",
            ],
            "`ward` says in whose scope a row is",
        ),
        (
            &[
                "entity.note.delivery=\"on-open of folder\"",
                "entity.note.schema.folder=\"ref folder null 5%\"",
            ],
            "`folder` says with which record a row is opened",
        ),
        (&["entity.note.schema.id=\"uuid key null 5%\""], "a key is never null"),
        (&["entity.note.schema.title=\"text null\""], "\"null 10%\" says how many rows"),
    ] {
        let said = complaint(EDITS, sets);
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn what_can_never_be_null_is_told_with_why() {
    for (sets, why) in [
        (
            &["entity.note.schema.remark=\"fold folder.label via folder\""][..],
            "a folded column is null where",
        ),
        (
            &[
                "entity.note.schema.remark=\"text\"",
                "entity.note.scope={remark=\"device.ward\"}",
                "fleet.phones.attributes={ward=2}",
            ],
            "it says in whose scope a row is",
        ),
    ] {
        let sets: Vec<&str> = sets.iter().copied().chain(["event.first.edits.null=[\"remark\"]"]).collect();
        let told = complaint(EDITS, &sets);
        assert!(told.contains("`remark` is never null") && told.contains(why), "{told}");
        assert!(!told.contains("write remark"), "{told}");
    }
}
