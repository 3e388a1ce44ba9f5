//! RxDB's endpoints.

use serde_json::{Value as Json, json};
use syncdyno_world::backend::BackendOptions;

use super::bench::{Answer, NOTE, World, request, values};
use crate::contract::{EditId, Key, Span, Stamp};

fn document(key: &str, text: &str) -> Json {
    json!({ "id": key, "text": text, "count": 1, "done": false, "_deleted": false })
}

fn push(world: &mut World, device: u32, assumed: Json, new: Json, edit: EditId) -> Answer {
    let key = new["id"].as_str().expect("it has one").to_owned();
    let rows = json!([{ "assumedMasterState": assumed, "newDocumentState": new }]);
    world.ask(device, "POST /rx/note/push", rows, &[(&key, edit)])
}

/// Pulls everything in pages of this size. Returns the keys and the number of pages.
fn pulled(world: &mut World, limit: usize) -> (Vec<String>, usize) {
    let (mut keys, mut pages, mut at) = (Vec::new(), 0, json!({ "updatedAt": 0, "id": "" }));
    loop {
        let (time, id) = (&at["updatedAt"], at["id"].as_str().expect("it has one"));
        let line = format!("GET /rx/note/pull?updatedAt={time}&id={id}&limit={limit}");
        let body = world.ask(0, &line, Json::Null, &[]).body;
        let documents = body["documents"].as_array().expect("it has some").clone();
        keys.extend(documents.iter().map(|it| it["id"].as_str().expect("it has one").to_owned()));
        (at, pages) = (body["checkpoint"].clone(), pages + 1);
        if documents.len() < limit {
            return (keys, pages);
        }
    }
}

/// A world in which this many rows have one stamp.
fn tied(checkpoint: &str, rows: usize) -> World {
    let mut world = World::with("rxdb", &[("checkpoint", checkpoint)], BackendOptions::default());
    let stamp = Stamp(1_699_999_999_000_000);
    let row = |n: usize| syncdyno_world::backend::Loaded::as_of(&format!("row-{n:02}"), values("x"), stamp);
    world.backend.borrow_mut().load(NOTE, (0..rows).map(row));
    world.office("row-99", "later");
    world
}

#[test]
fn pages_that_end_among_rows_of_one_time_lose_none_by_pair() {
    for limit in [1, 4, 7, 100] {
        let (mut keys, pages) = pulled(&mut tied("pair", 25), limit);
        assert_eq!((keys.len(), pages), (26, 26 / limit + 1), "pages of {limit}");
        assert_eq!(keys.last().map(String::as_str), Some("row-99"));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 26, "each once");
    }
    let (keys, _) = pulled(&mut tied("time", 25), 4);
    assert_eq!(keys.len(), 5, "by time alone 21 rows are lost");
}

#[test]
fn a_stale_assumed_state_is_a_conflict_unless_overwritten() {
    let outcome = |conflicts: &str| {
        let mut world = World::new("rxdb", &[("conflicts", conflicts)]);
        world.office("aaaa", "a");
        world.office("aaaa", "theirs");
        let edit = world.edit(0);
        let answer = push(&mut world, 0, document("aaaa", "a"), document("aaaa", "mine"), edit);
        (answer.body, world.text("aaaa"))
    };
    assert_eq!(outcome("detect"), (json!([document("aaaa", "theirs")]), "theirs".to_owned()));
    assert_eq!(outcome("overwrite"), (json!([]), "mine".to_owned()));
}

#[test]
fn a_right_assumed_state_is_written_and_deleted_states_conflict() {
    let mut world = World::new("rxdb", &[]);
    let edit = world.edit(0);
    let made = push(&mut world, 0, Json::Null, document("aaaa", "mine"), edit);
    assert_eq!((made.body, made.slip.edits[0].stamp.is_some()), (json!([]), true));
    assert_eq!(world.text("aaaa"), "mine");
    let edit = world.edit(1);
    let twice = push(&mut world, 1, Json::Null, document("aaaa", "theirs"), edit);
    assert_eq!(twice.body, json!([document("aaaa", "mine")]), "who knows of none meets it");
    let (edit, mut gone) = (world.edit(1), document("aaaa", "mine"));
    gone["_deleted"] = json!(true);
    assert_eq!(push(&mut world, 1, document("aaaa", "mine"), gone, edit).body, json!([]));
    assert_eq!(world.text("aaaa"), "-");
    let edit = world.edit(0);
    let late = push(&mut world, 0, document("aaaa", "mine"), document("aaaa", "more"), edit);
    assert_eq!(late.body, json!([{ "id": "aaaa", "_deleted": true }]));
    let edit = world.edit(0);
    let back = push(&mut world, 0, json!({ "id": "aaaa", "_deleted": true }), document("aaaa", "back"), edit);
    assert_eq!((back.body, world.text("aaaa")), (json!([]), "back".to_owned()));
}

/// Repeats a push after somebody wrote the row. Returns the number of conflicts and the row's text.
fn twice(sets: &[(&str, &str)]) -> (usize, String) {
    let mut world = World::new("rxdb", sets);
    world.office("aaaa", "a");
    let edit = world.edit(0);
    assert_eq!(push(&mut world, 0, document("aaaa", "a"), document("aaaa", "mine"), edit).body, json!([]));
    world.office("aaaa", "theirs");
    world.kill();
    let again = push(&mut world, 0, document("aaaa", "a"), document("aaaa", "mine"), edit);
    (again.body.as_array().map_or(0, Vec::len), world.text("aaaa"))
}

#[test]
fn a_push_that_comes_twice_is_a_conflict_known_or_written_again() {
    let theirs = "theirs".to_owned();
    assert_eq!(twice(&[]), (1, theirs.clone()));
    assert_eq!(twice(&[("idempotent", "by-edit")]), (1, theirs.clone()));
    assert_eq!(twice(&[("conflicts", "overwrite")]), (0, "mine".to_owned()));
    assert_eq!(twice(&[("conflicts", "overwrite"), ("idempotent", "by-edit")]), (0, theirs));
}

/// RxDB pushes a document that it read before the edit was settled.
#[test]
fn a_push_of_settled_edits_is_a_conflict_and_no_failure() {
    let mut world = World::new("rxdb", &[]);
    world.office("aaaa", "theirs");
    let late = |world: &mut World, assumed: &str, new: &str| {
        let (assumed, new) = (document("aaaa", assumed), document("aaaa", new));
        let rows = json!([{ "assumedMasterState": assumed, "newDocumentState": new }]);
        let answer = world.ask(0, "POST /rx/note/push", rows, &[]);
        (answer.status, answer.body)
    };
    assert_eq!(late(&mut world, "a", "mine"), (200, json!([document("aaaa", "theirs")])));
    assert_eq!(late(&mut world, "a", "theirs"), (200, json!([document("aaaa", "theirs")])), "it came before");
    assert_eq!(late(&mut world, "theirs", "mine").0, 500, "what would be written needs its edit");
    assert_eq!(world.text("aaaa"), "theirs");
}

fn events(heard: &[String]) -> Vec<Json> {
    let data = heard.iter().filter_map(|message| message.split_once("data: "));
    data.map(|(_, data)| serde_json::from_str(data.trim()).unwrap_or_else(|_| json!(data.trim()))).collect()
}

#[test]
fn a_stream_says_resync_and_then_what_is_committed() {
    let mut world = World::new("rxdb", &[]);
    world.office("aaaa", "a");
    world.connect(0, 1, &request("GET /rx/note/stream", &Json::Null)).expect("it is held");
    let heard = world.heard(1);
    assert!(heard[0].starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream"), "{heard:?}");
    assert_eq!(events(&heard[1..]), [json!("RESYNC")]);
    world.office("bbbb", "b");
    let edit = world.edit(1);
    push(&mut world, 1, document("aaaa", "a"), document("aaaa", "mine"), edit);
    let heard = world.heard(1);
    let told: Vec<Json> = events(&heard).into_iter().map(|event| event["documents"].clone()).collect();
    assert_eq!(told, [json!([document("bbbb", "b")]), json!([document("aaaa", "mine")])]);
    let last =
        heard[1].lines().next().and_then(|line| line.strip_prefix("id: ")).expect("it has an id").to_owned();
    world.disconnect(0, 1);
    world.office("cccc", "c");
    assert_eq!(world.heard(1), Vec::<String>::new());
    world.kill();
    let mut again = request("GET /rx/stream", &Json::Null);
    again.headers_mut().insert("last-event-id", last.parse().expect("it is a value"));
    world.connect(0, 2, &again).expect("it is held");
    let told = events(&world.heard(2));
    assert_eq!(told[0]["documents"], json!([document("cccc", "c")]), "it goes on where it was");
    assert!(world.connect(0, 3, &request("GET /rx/note/pull", &Json::Null)).is_err());
}

#[test]
fn a_stream_of_resyncs_brings_no_documents() {
    let mut world = World::new("rxdb", &[("stream", "resync")]);
    world.connect(0, 1, &request("GET /rx/note/stream", &Json::Null)).expect("it is held");
    world.office("aaaa", "a");
    world.pass(Span::secs(1));
    assert_eq!(events(&world.heard(1)[1..]), [json!("RESYNC"), json!("RESYNC")]);
    assert_eq!(world.backend.borrow().row(NOTE, &Key::new("aaaa")).map(|row| row.deleted), Some(false));
}
