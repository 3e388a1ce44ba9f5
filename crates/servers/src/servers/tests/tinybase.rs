//! TinyBase's messages over WebSockets.

use serde_json::{Value as Json, json};

use super::bench::{World, request};
use crate::contract::{EditId, Span};

/// A stamp: one letter for the time, in the year of the tests, and one for the client.
fn hlc(time: char, who: char) -> String {
    format!("NjEtL{time}0----{who}{who}{who}{who}{who}")
}

fn cells(row: &str, cells: &Json) -> Json {
    json!([[{ "note": [{ row: [cells] }] }], [{}], 1])
}

fn connect(world: &mut World, device: u32) {
    world.connect(device, device.into(), &request("GET /app", &Json::Null)).expect("it is held");
}

/// Sends changes to everyone.
fn change(world: &mut World, device: u32, row: &str, of: &Json, edits: &[(&str, EditId)]) {
    let frame = format!("\n{}", json!(["tx", 3, cells(row, of)]));
    world.say(device, device.into(), &frame, edits);
}

fn made(text: &str, at: &str) -> Json {
    json!({ "text": [text, at], "count": [1, at], "done": [false, at] })
}

fn read(frame: &str) -> (String, Json) {
    let (from, rest) = frame.split_once('\n').expect("it has a line");
    (from.to_owned(), serde_json::from_str(rest).expect("it is JSON"))
}

/// Asks for the server's hashes.
fn hashes(world: &mut World, device: u32) -> Json {
    world.heard(device.into());
    world.say(device, device.into(), "S\n[\"h\",1,\"\"]", &[]);
    let heard = world.heard(device.into());
    read(heard.last().expect("it answers")).1[2].clone()
}

#[test]
fn a_change_is_written_and_relayed_as_it_came() {
    let mut world = World::new("tinybase", &[]);
    (0..3).for_each(|device| connect(&mut world, device));
    assert_eq!(hashes(&mut world, 0), json!([0, 0]));
    let edit = world.edit(0);
    let of = made("mine", &hlc('a', 'a'));
    change(&mut world, 0, "aaaa", &of, &[("aaaa", edit)]);
    assert_eq!(world.text("aaaa"), "mine");
    let rest = json!(["tx", 3, cells("aaaa", &of)]);
    assert_eq!(world.heard(1).iter().map(|it| read(it)).collect::<Vec<_>>(), [("client-0".to_owned(), rest)]);
    assert_eq!(world.heard(0), Vec::<String>::new(), "nobody hears himself");
    world.disconnect(2, 2);
    world.say(1, 1, "client-0\n[\"x\",4,{}]", &[]);
    assert_eq!(world.heard(0), ["client-1\n[\"x\",4,{}]"], "a question goes to whom it is for");
    world.heard(2);
    world.say(0, 0, "\n[\"y\",1,\"\"]", &[]);
    assert_eq!(world.heard(1), ["client-0\n[\"y\",1,\"\"]"]);
    assert_eq!(world.heard(2), Vec::<String>::new());
    world.say(0, 0, "no frame", &[]);
    assert!(world.is_closed(0));
}

/// The record's text after two phones changed a cell. The changes arrive in this order.
fn after(order: [(u32, char); 2]) -> (String, Json) {
    let mut world = World::new("tinybase", &[]);
    (0..2).for_each(|device| connect(&mut world, device));
    let edit = world.edit(0);
    change(&mut world, 0, "aaaa", &made("first", &hlc('a', 'a')), &[("aaaa", edit)]);
    for (device, time) in order {
        let edit = world.edit(device);
        let of = json!({ "text": [format!("by {device}"), hlc(time, 'b')] });
        change(&mut world, device, "aaaa", &of, &[("aaaa", edit)]);
    }
    (world.text("aaaa"), hashes(&mut world, 0))
}

#[test]
fn the_newer_stamp_wins_whichever_comes_last() {
    let one = after([(0, 'b'), (1, 'c')]);
    assert_eq!((one.0.as_str(), &one), ("by 1", &after([(1, 'c'), (0, 'b')])));
    assert_ne!(one, after([(0, 'c'), (1, 'b')]), "by stamps, not by phones");
}

#[test]
fn what_others_write_goes_to_all_with_a_stamp_of_now() {
    let mut world = World::new("tinybase", &[]);
    (0..2).for_each(|device| connect(&mut world, device));
    world.office("aaaa", "office");
    for device in 0..2 {
        let heard = world.heard(device);
        let (from, frame) = read(&heard[0]);
        assert_eq!((from.as_str(), &frame[1]), ("S", &json!(3)));
        let row = &frame[2][0][0]["note"][0]["aaaa"][0];
        assert_eq!((&row["text"][0], &row["done"][0]), (&json!("office"), &json!(false)));
    }
    let edit = world.edit(0);
    // The stamp of this change is older than the office's write.
    change(&mut world, 0, "aaaa", &json!({ "text": ["old", "Nj------------bb"] }), &[("aaaa", edit)]);
    assert_eq!(world.text("aaaa"), "office");
    world.heard(0);
    world.office_deletes("aaaa");
    let (_, frame) = read(&world.heard(0)[0]);
    assert_eq!(frame[2][0][0]["note"][0]["aaaa"][0]["text"][0], json!("\u{fffc}"));
}

#[test]
fn a_row_without_cells_is_deleted_and_comes_back() {
    let mut world = World::new("tinybase", &[]);
    connect(&mut world, 0);
    let say = |world: &mut World, of: Json| {
        let edit = world.edit(0);
        change(world, 0, "aaaa", &of, &[("aaaa", edit)]);
        world.text("aaaa")
    };
    assert_eq!(say(&mut world, made("one", &hlc('a', 'a'))), "one");
    let (gone, at) = ("\u{fffc}", hlc('b', 'a'));
    assert_eq!(say(&mut world, json!({ "text": [gone, at], "count": [gone, at], "done": [gone, at] })), "-");
    assert_eq!(say(&mut world, json!({ "text": ["back", hlc('c', 'a')] })), "back");
}

#[test]
fn a_client_that_was_away_is_asked_for_what_differs() {
    let mut world = World::new("tinybase", &[]);
    world.office("bbbb", "office");
    connect(&mut world, 0);
    let edit = world.edit(0);
    let named = [("aaaa", edit)];
    world.say(0, 0, "\n[\"t\",2,[7,0]]", &named);
    let (_, asks) = read(&world.heard(0)[0]);
    assert_eq!((&asks[1], asks[2].as_object().map(|tables| tables.len())), (&json!(4), Some(1)));
    let tables = json!([[{}], { "note": 7 }]);
    world.say(0, 0, format!("S\n{}", json!([asks[0], 0, tables])), &named);
    let (_, asks) = read(&world.heard(0)[0]);
    assert_eq!((&asks[1], asks[2]["note"]["bbbb"].is_number()), (&json!(5), true));
    let rows = json!([[{ "note": [{ "aaaa": [made("mine", &hlc('a', 'a'))] }] }], { "note": { "bbbb": 7 } }]);
    world.say(0, 0, format!("S\n{}", json!([asks[0], 0, rows])), &named);
    assert_eq!(world.text("aaaa"), "mine");
    let (_, asks) = read(&world.heard(0)[0]);
    assert_eq!((&asks[1], asks[2]["note"]["bbbb"]["text"].is_number()), (&json!(6), true));
    let differs = json!([{ "note": [{ "bbbb": [{ "text": ["theirs", "NjFtLV-----aaaaa"] }] }] }]);
    let again = world.edit(0);
    world.say(0, 0, format!("S\n{}", json!([asks[0], 0, differs])), &[("bbbb", again)]);
    assert_eq!(world.text("bbbb"), "office", "a stamp from the far future counts as none");
    world.say(0, 0, format!("S\n{}", json!([asks[0], 0, differs])), &[("bbbb", again)]);
    assert_eq!(world.heard(0), Vec::<String>::new(), "and what nobody asked for is not heard");
}

#[test]
fn a_store_is_the_same_after_a_kill_and_a_change_twice_is_one() {
    let mut world = World::new("tinybase", &[]);
    connect(&mut world, 0);
    world.office("bbbb", "office");
    let edit = world.edit(0);
    let of = made("mine", &hlc('a', 'a'));
    change(&mut world, 0, "aaaa", &of, &[("aaaa", edit)]);
    let (before, row) = (hashes(&mut world, 0), world.row("aaaa"));
    world.kill();
    connect(&mut world, 0);
    assert_eq!(hashes(&mut world, 0), before);
    change(&mut world, 0, "aaaa", &of, &[("aaaa", edit)]);
    assert_eq!((hashes(&mut world, 0), world.row("aaaa")), (before, row));
    world.pass(Span::secs(1));
    world.office("aaaa", "office");
    assert_eq!(world.text("aaaa"), "office");
    let heard = world.heard(0);
    let stamp = read(heard.last().expect("it is told")).1[2][0][0]["note"][0]["aaaa"][0]["text"][1].clone();
    assert!(stamp.as_str().is_some_and(|stamp| *stamp > *hlc('a', 'a')), "{stamp}");
}

#[test]
fn a_change_that_no_edit_names_is_overruled_unless_named_before() {
    let mut world = World::new("tinybase", &[]);
    (0..2).for_each(|device| connect(&mut world, device));
    world.office("aaaa", "office");
    (0..2).for_each(|device| _ = world.heard(device));
    world.pass(Span::secs(60));
    let stamp = hlc('a', 'a');
    change(&mut world, 0, "aaaa", &json!({ "text": ["mine", stamp] }), &[]);
    assert_eq!(world.text("aaaa"), "office");
    let told: Vec<(String, Json)> = world.heard(0).iter().map(|it| read(it)).collect();
    let text = &told[0].1[2][0][0]["note"][0]["aaaa"][0]["text"];
    assert_eq!((told[0].0.as_str(), &text[0]), ("S", &json!("office")));
    assert!(text[1].as_str() > Some(&stamp), "{text}");
    // A phone names its edit, but another phone sends the cells.
    let edit = world.edit(0);
    world.say(0, 0, "client-1\n[\"r\",0,[1,2]]", &[("aaaa", edit)]);
    let later = json!({ "text": ["by way of another", "NjEtb------bbbbb"] });
    change(&mut world, 1, "aaaa", &later, &[]);
    assert_eq!(world.text("aaaa"), "by way of another");
}
