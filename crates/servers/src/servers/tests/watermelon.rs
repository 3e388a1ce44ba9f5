//! WatermelonDB's endpoints.

use serde_json::{Value as Json, json};
use syncdyno_world::backend::{BackendOptions, CommitDelay};

use super::bench::{Answer, NOTE, World, values};
use crate::base::Ppm;
use crate::contract::{EditId, Key, Span};

fn pull(world: &mut World, since: i64) -> Answer {
    world.ask(
        0,
        &format!("GET /pull?last_pulled_at={since}&schema_version=1&migration=null"),
        Json::Null,
        &[],
    )
}

fn push(world: &mut World, device: u32, since: i64, key: &str, text: &str, edit: EditId) -> Answer {
    let updated = json!([{ "id": key, "text": text, "_status": "updated", "_changed": "text" }]);
    let changes = json!({ "note": { "created": [], "updated": updated, "deleted": [] } });
    world.ask(device, &format!("POST /push?last_pulled_at={since}"), changes, &[(key, edit)])
}

fn time_of(answer: &Answer) -> i64 {
    answer.body["timestamp"].as_i64().expect("a pull has its time")
}

#[test]
fn a_pull_has_the_documented_shape_and_goes_on_from_its_time() {
    let mut world = World::new("watermelondb", &[]);
    world.office("aaaa", "Foo");
    world.office("bbbb", "Bar");
    let first = pull(&mut world, 0);
    let row = |key: &str, text: &str| json!({ "id": key, "text": text, "count": 1, "done": false });
    assert_eq!(
        first.body["changes"],
        json!({
            "note": { "created": [], "updated": [row("aaaa", "Foo"), row("bbbb", "Bar")], "deleted": [] },
            "task": { "created": [], "updated": [], "deleted": [] },
        })
    );
    assert_eq!(first.slip.rows.len(), 2);
    world.office("bbbb", "Baz");
    world.office_deletes("aaaa");
    let second = pull(&mut world, time_of(&first));
    assert_eq!(second.body["changes"]["note"]["deleted"], json!(["aaaa"]));
    assert_eq!(second.body["changes"]["note"]["updated"], json!([row("bbbb", "Baz")]));
    let third = pull(&mut world, time_of(&second));
    assert_eq!(third.slip.rows.len(), 0, "{third:?}");
    assert_eq!(time_of(&third), time_of(&second));
}

#[test]
fn what_is_created_since_a_pull_is_told_apart_if_asked_for() {
    let mut world = World::new("watermelondb", &[("created_as_updated", "false")]);
    world.office("aaaa", "Foo");
    let first = pull(&mut world, 0);
    world.office("aaaa", "Fool");
    world.office("bbbb", "Bar");
    let count =
        |answer: &Answer, list: &str| answer.body["changes"]["note"][list].as_array().map_or(0, Vec::len);
    assert_eq!((count(&first, "created"), count(&first, "updated")), (1, 0));
    world.kill();
    for _ in 0..2 {
        let second = pull(&mut world, time_of(&first));
        assert_eq!((count(&second, "created"), count(&second, "updated")), (1, 1));
    }
    let again = pull(&mut world, 0);
    assert_eq!((count(&again, "created"), count(&again, "updated")), (2, 0), "to a new phone all are new");
}

#[test]
fn a_migration_brings_what_the_new_columns_say() {
    let mut world = World::new("watermelondb", &[]);
    for (key, count) in [("aaaa", 0), ("bbbb", 3)] {
        let values = vec![values(key)[0].clone(), count.into_value(), values(key)[2].clone()];
        let now = world.now();
        world.backend.borrow_mut().office().create(now, NOTE, Key::new(key), values).expect("the office may");
    }
    let time = time_of(&pull(&mut world, 0));
    let asked = |world: &mut World, migration: Json| {
        let migration = migration.to_string().replace('"', "%22");
        let line = format!("GET /pull?last_pulled_at={time}&migration={migration}");
        let answer = world.ask(0, &line, Json::Null, &[]);
        let rows = answer.body["changes"]["note"]["updated"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["id"].as_str().expect("it has one").to_owned()).collect::<Vec<_>>()
    };
    let columns =
        json!({ "from": 1, "tables": [], "columns": [{ "table": "note", "columns": ["count", "secret"] }] });
    assert_eq!(asked(&mut world, columns), ["bbbb"]);
    assert_eq!(asked(&mut world, json!({ "from": 1, "tables": ["note"], "columns": [] })), ["aaaa", "bbbb"]);
    assert_eq!(asked(&mut world, Json::Null), Vec::<String>::new());
}

trait IntoValue {
    fn into_value(self) -> crate::contract::Value;
}

impl IntoValue for i64 {
    fn into_value(self) -> crate::contract::Value {
        crate::contract::Value::Int(self)
    }
}

/// True if a push that is repeated after a lost response overwrites another phone's newer value.
fn newer_value_is_gone(sets: &[(&str, &str)]) -> bool {
    let mut world = World::new("watermelondb", sets);
    world.office("aaaa", "Foo");
    let time = time_of(&pull(&mut world, 0));
    let edit = world.edit(0);
    assert_eq!(push(&mut world, 0, time, "aaaa", "mine", edit).status, 200);
    let theirs = time_of(&pull(&mut world, time));
    let other = world.edit(1);
    assert_eq!(push(&mut world, 1, theirs, "aaaa", "theirs", other).status, 200);
    world.kill();
    // The phone pulls, keeps its own value of the column, and pushes again.
    let now = time_of(&pull(&mut world, time));
    let again = push(&mut world, 0, now, "aaaa", "mine", edit);
    assert_eq!(again.status, 200);
    assert!(again.slip.edits[0].stamp.is_some(), "it was committed, now or before");
    world.text("aaaa") != "theirs"
}

#[test]
fn a_repeated_push_goes_over_a_newer_value_unless_known() {
    assert!(newer_value_is_gone(&[("idempotent", "no")]));
    assert!(!newer_value_is_gone(&[("idempotent", "by-edit")]));
    assert!(newer_value_is_gone(&[("idempotent", "no"), ("conflicts", "overwrite")]));
    assert!(!newer_value_is_gone(&[("idempotent", "by-edit"), ("conflicts", "overwrite")]));
}

/// The number of rows in 3 pulls after a repeated push was recognised: two pulls at one time, and
/// one after the next push.
fn rows_after_a_known_push(idempotent: &str) -> [usize; 3] {
    let mut world = World::new("watermelondb", &[("idempotent", idempotent)]);
    world.office("aaaa", "Foo");
    let time = time_of(&pull(&mut world, 0));
    let (edit, other) = (world.edit(0), world.edit(0));
    for _ in 0..2 {
        let now = time_of(&pull(&mut world, time));
        assert_eq!(push(&mut world, 0, now, "aaaa", "mine", edit).status, 200);
    }
    let now = time_of(&pull(&mut world, time));
    world.kill();
    let [one, two] = [(); 2].map(|()| pull(&mut world, now).slip.rows.len());
    assert_eq!(push(&mut world, 0, now, "aaaa", "more", other).status, 200);
    let after = time_of(&pull(&mut world, now));
    [one, two, pull(&mut world, after).slip.rows.len()]
}

#[test]
fn a_phone_whose_push_was_known_gets_the_row_until_it_has_it() {
    assert_eq!(rows_after_a_known_push("no"), [0, 0, 0]);
    assert_eq!(rows_after_a_known_push("by-edit"), [1, 1, 0]);
}

/// The status and the texts of two rows after a push of both. One of the rows was changed after the
/// pull.
fn after_a_conflict(conflicts: &str) -> (u16, String, String) {
    let mut world = World::new("watermelondb", &[("conflicts", conflicts)]);
    world.office("aaaa", "a");
    world.office("bbbb", "b");
    let time = time_of(&pull(&mut world, 0));
    world.office("bbbb", "theirs");
    let (one, two) = (world.edit(0), world.edit(0));
    let updated = json!([{ "id": "aaaa", "text": "mine" }, { "id": "bbbb", "text": "mine" }]);
    let changes = json!({ "note": { "created": [], "updated": updated, "deleted": [] } });
    let line = format!("POST /push?last_pulled_at={time}");
    let answer = world.ask(0, &line, changes, &[("aaaa", one), ("bbbb", two)]);
    (answer.status, world.text("aaaa"), world.text("bbbb"))
}

#[test]
fn a_conflict_aborts_the_whole_push_if_detected() {
    let told = |status, a: &str, b: &str| (status, a.to_owned(), b.to_owned());
    assert_eq!(after_a_conflict("detect"), told(409, "a", "theirs"));
    assert_eq!(after_a_conflict("overwrite"), told(200, "mine", "mine"));
}

#[test]
fn the_rules_of_a_push_hold_for_rows_that_are_there_or_gone() {
    let mut world = World::new("watermelondb", &[]);
    world.office("aaaa", "a");
    world.office("gone", "g");
    world.office_deletes("gone");
    let time = time_of(&pull(&mut world, 0));
    let mut one = |kind: &str, key: &str, of: Json| {
        let edit = world.edit(0);
        let mut change = json!({ "created": [], "updated": [], "deleted": [] });
        change[kind] = json!([of]);
        let line = format!("POST /push?last_pulled_at={time}");
        let status = world.ask(0, &line, json!({ "note": change }), &[(key, edit)]).status;
        (status, world.text(key))
    };
    let row = |key: &str| json!({ "id": key, "text": "new" });
    assert_eq!(one("created", "aaaa", row("aaaa")), (200, "new".to_owned()), "2: it is updated");
    assert_eq!(one("updated", "gone", row("gone")), (409, "-".to_owned()), "3: it was deleted");
    assert_eq!(one("updated", "cccc", row("cccc")), (200, "new".to_owned()), "3: it never was");
    assert_eq!(one("deleted", "gone", json!("gone")), (200, "-".to_owned()), "4: it is ignored");
    assert_eq!(one("updated", "aaaa", json!({ "text": "no id" })).0, 400);
    let edit = world.edit(0);
    let line = "POST /push?last_pulled_at=1";
    assert_eq!(
        world.ask(0, line, json!({ "secrets": {} }), &[("aaaa", edit)]).status,
        400,
        "9: no such table"
    );
    let unnamed = json!({ "note": { "updated": [{ "id": "aaaa", "text": "x" }] } });
    let answer = world.ask(0, line, unnamed, &[]);
    assert_eq!((answer.status, &answer.body), (500, &json!({ "error": "no edit is named for note aaaa" })));
}

/// The number of rows that a phone never gets with regular pulls, if commits are later than their
/// stamps.
fn never_pulled(timestamp: &str) -> usize {
    let late = CommitDelay { share: Ppm(500_000), upto: Span::secs(20) };
    let options = BackendOptions { commit_delay: Some(late), ..BackendOptions::default() };
    let mut world = World::with("watermelondb", &[("timestamp", timestamp)], options);
    let (mut time, mut got) = (0, std::collections::BTreeSet::new());
    for n in 0..60 {
        if n < 50 {
            world.office(&format!("row-{n}"), "x");
        }
        world.pass(Span::secs(1 + 20 * u64::from(n > 50)));
        let answer = pull(&mut world, time);
        time = time_of(&answer);
        got.extend(answer.slip.rows.iter().map(|row| row.key.clone()));
    }
    50 - got.len()
}

#[test]
fn a_clock_for_a_timestamp_loses_rows_that_commit_late() {
    assert_eq!(never_pulled("snapshot"), 0);
    let lost = never_pulled("clock");
    assert!(lost > 10, "{lost} rows");
}
