//! The plain sync protocol.

use serde_json::{Value as Json, json};

use super::bench::{Answer, World};
use crate::contract::{DeviceId, EditId};

fn edit(id: Option<&str>, kind: &str, key: &str, text: &str, base: Option<i64>) -> Json {
    let values = json!({ "text": text, "count": 1, "done": false });
    json!({ "id": id, "entity": "note", "key": key, "kind": kind, "values": values, "base": base })
}

fn push(world: &mut World, edits: &[Json]) -> Answer {
    let named: Vec<(String, EditId)> =
        edits.iter().map(|it| (it["key"].as_str().expect("it has one").to_owned(), world.edit(0))).collect();
    let named: Vec<(&str, EditId)> = named.iter().map(|(key, edit)| (key.as_str(), *edit)).collect();
    world.ask(0, "POST /push", json!({ "edits": edits }), &named)
}

fn pull(world: &mut World, since: &str, limit: usize) -> (Vec<String>, String, bool) {
    let body = world.ask(0, &format!("GET /pull?since={since}&limit={limit}"), Json::Null, &[]).body;
    let rows = body["rows"].as_array().expect("there are rows").iter();
    let told = rows.map(|row| {
        let gone = if row["deleted"] == true { "-" } else { "" };
        format!("{gone}{}", row["key"].as_str().expect("it has a key"))
    });
    let cursor = body["cursor"].as_str().expect("there is one").to_owned();
    (told.collect(), cursor, body["more"] == true)
}

#[test]
fn pages_bring_each_row_once_and_then_what_changed() {
    for limit in [1, 2, 3, 100] {
        let mut world = World::new("plain", &[]);
        ["a", "b", "c", "d", "e"].iter().for_each(|key| world.office(key, "x"));
        let (mut keys, mut cursor, mut more) = (Vec::new(), String::new(), true);
        while more {
            let (rows, next, goes_on) = pull(&mut world, &cursor, limit);
            assert!(rows.len() <= limit);
            keys.extend(rows);
            (cursor, more) = (next, goes_on);
        }
        assert_eq!(keys, ["a", "b", "c", "d", "e"], "pages of {limit}");
        assert_eq!(pull(&mut world, &cursor, limit).0, Vec::<String>::new());
        world.office("b", "y");
        world.office_deletes("c");
        let (rows, next, _) = pull(&mut world, &cursor, 100);
        assert_eq!(rows, ["b", "-c"]);
        assert_eq!(pull(&mut world, &next, 100).0, Vec::<String>::new());
    }
}

#[test]
fn what_is_deleted_while_a_phone_loads_is_told() {
    let mut world = World::new("plain", &[]);
    ["a", "b", "c"].iter().for_each(|key| world.office(key, "x"));
    let (rows, cursor, _) = pull(&mut world, "", 1);
    assert_eq!(rows, ["a"]);
    world.office_deletes("a");
    world.office("c", "y");
    let (rows, cursor, more) = pull(&mut world, &cursor, 100);
    assert_eq!((rows, more), (vec!["b".to_owned(), "c".to_owned()], false));
    assert_eq!(pull(&mut world, &cursor, 100).0, ["-a", "c"]);
}

#[test]
fn an_edit_with_an_id_is_done_once_and_one_without_each_time() {
    let mut world = World::new("plain", &[("conflicts", "overwrite")]);
    for (id, stamps) in [(Some("p/1"), 1), (None, 2)] {
        let mut seen: Vec<i64> = (0..2)
            .map(|_| {
                let answer = push(&mut world, &[edit(id, "create", "k", "x", None)]);
                assert_eq!((answer.status, &answer.body["results"][0]["status"]), (200, &json!("done")));
                assert_eq!(answer.body["results"][0]["id"], json!(id));
                answer.body["results"][0]["stamp"].as_i64().expect("it has one")
            })
            .collect();
        seen.dedup();
        assert_eq!(seen.len(), stamps, "{id:?}");
    }
}

#[test]
fn a_stale_base_is_a_conflict_with_the_row_unless_overwritten() {
    for (word, status, text) in [("detect", "conflict", "office"), ("overwrite", "done", "mine")] {
        let mut world = World::new("plain", &[("conflicts", word)]);
        let made = push(&mut world, &[edit(Some("1"), "create", "k", "first", None)]);
        let base = made.body["results"][0]["stamp"].as_i64();
        world.office("k", "office");
        let answer = push(&mut world, &[edit(Some("2"), "update", "k", "mine", base)]);
        let result = &answer.body["results"][0];
        assert_eq!((&result["status"], world.text("k")), (&json!(status), text.to_owned()));
        let shown = if word == "detect" { json!("office") } else { Json::Null };
        assert_eq!(result["row"]["values"]["text"], shown);
    }
}

#[test]
fn of_an_app_that_names_no_edits_each_row_is_numbered() {
    let mut world = World::new("plain", &[]);
    let edits = [edit(None, "create", "a", "x", None), edit(None, "create", "b", "x", None)];
    let refused = world.ask(0, "POST /push", json!({ "edits": edits }), &[]);
    assert_eq!(refused.status, 400);
    let from = EditId { device: DeviceId(0), number: 1 << 31 };
    let numbered = world.ask_numbered("POST /push", json!({ "edits": edits }), from);
    let numbers: Vec<u32> = numbered.slip.edits.iter().map(|row| row.edits[0].number).collect();
    assert_eq!((numbered.status, numbers), (200, vec![1 << 31, (1 << 31) + 1]));
    assert!(numbered.slip.edits.iter().all(|row| row.stamp.is_some()));
}

#[test]
fn what_is_no_cursor_and_no_edit_is_refused_in_words() {
    let mut world = World::new("plain", &[]);
    for since in ["x", "5b5", "5b5d", "%ff", "5b6e756c6c5d", "7b7d"] {
        let answer = world.ask(0, &format!("GET /pull?since={since}"), Json::Null, &[]);
        assert_eq!(answer.status, 400, "{since}: {}", answer.body);
    }
    for wrong in [
        json!(null),
        json!({}),
        json!({ "edits": [{}] }),
        json!({ "edits": [{ "entity": "nothing", "key": "k", "kind": "update", "values": {} }] }),
        json!({ "edits": [{ "entity": "note", "key": "k", "kind": "upsert", "values": {} }] }),
        json!({ "edits": [{ "entity": "note", "key": "k", "kind": "update" }] }),
        json!({ "edits": [{ "entity": "note", "key": "k", "kind": "delete", "base": 1.5 }] }),
        json!({ "edits": [{ "entity": "note", "key": "k", "kind": "delete", "id": 7 }] }),
    ] {
        let answer = world.ask(0, "POST /push", wrong.clone(), &[]);
        assert_eq!(answer.status, 400, "{wrong}");
    }
    assert_eq!(world.ask(0, "GET /nothing", Json::Null, &[]).status, 404);
}
