//! CouchDB's feeds of changes: pages, long polls, connections.

use serde_json::{Value as Json, json};

use super::bench::{World, request};
use crate::contract::Span;

fn changes(world: &mut World, query: &str) -> Json {
    world.ask(0, &format!("GET /note/_changes?{query}"), Json::Null, &[]).body
}

fn ids(body: &Json) -> Vec<String> {
    let lines = body["results"].as_array().into_iter().flatten();
    lines.map(|line| line["id"].as_str().expect("it has one").to_owned()).collect()
}

/// Rows with equal stamps do not break a page: each has its own sequence number.
#[test]
fn a_feed_in_pages_is_complete_whatever_their_size() {
    for (limit, seq) in [(1, "number"), (3, "opaque"), (50, "opaque")] {
        let mut world = World::new("couchdb", &[("seq", seq)]);
        let stamp = crate::contract::Stamp(1_699_999_999_000_000);
        let row = |n: usize| {
            let values = super::bench::values("x");
            syncdyno_world::backend::Loaded::as_of(&format!("row-{n:02}"), values, stamp)
        };
        world.backend.borrow_mut().load(super::bench::NOTE, (0..20).map(row));
        let (mut all, mut since) = (Vec::new(), json!(0));
        loop {
            if all.len() == 6 {
                world.office("row-01", "moved");
            }
            let text = since.as_str().map_or_else(|| since.to_string(), str::to_owned);
            let page = changes(&mut world, &format!("limit={limit}&since={text}"));
            if ids(&page).is_empty() {
                break;
            }
            all.extend(ids(&page));
            since = page["last_seq"].clone();
        }
        assert!(all.len() >= 20 && all.len() <= 21, "{all:?}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20, "pages of {limit}");
    }
}

#[test]
fn a_long_poll_waits_for_a_change_or_for_its_time() {
    let mut world = World::new("couchdb", &[("seq", "number")]);
    world.office("aaaa", "a");
    assert_eq!(ids(&changes(&mut world, "feed=longpoll&since=0")), ["aaaa"]);
    let poll = world.wait_for(0, "GET /note/_changes?feed=longpoll&since=1&timeout=30000");
    let beating = world.wait_for(1, "GET /note/_changes?feed=longpoll&since=now&heartbeat=10000");
    world.pass(Span::secs(29));
    assert!(world.answered(poll).is_none());
    world.pass(Span::secs(1));
    let answer = world.answered(poll).expect("its time is over").body;
    assert_eq!(answer, json!({ "results": [], "last_seq": 1, "pending": 0 }));
    world.pass(Span::secs(3_600));
    assert!(world.answered(beating).is_none(), "with a heartbeat it goes on");
    world.office("bbbb", "b");
    assert_eq!(ids(&world.answered(beating).expect("it changed").body), ["bbbb"]);
    let of_a_phone = world.wait_for(0, "GET /note/_changes?feed=longpoll&since=now");
    let edit = world.edit(1);
    let lost = json!({ "_id": "bbbb", "_rev": "1-0", "text": "loses", "count": 0, "done": false });
    world.ask(1, "POST /note/_bulk_docs", json!({ "docs": [lost], "new_edits": false }), &[("bbbb", edit)]);
    assert_eq!(world.text("bbbb"), "b");
    assert!(world.answered(of_a_phone).is_some(), "a conflict is a change, too");
}

#[test]
fn a_continuous_feed_tells_each_change_and_beats() {
    let mut world = World::new("couchdb", &[("seq", "number")]);
    world.office("aaaa", "a");
    let hello = request("GET /note/_changes?feed=continuous&since=0&heartbeat=10000", &Json::Null);
    world.connect(0, 1, &hello).expect("it is held");
    let heard = world.heard(1);
    assert!(heard[0].starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json"), "{heard:?}");
    let line: Json = serde_json::from_str(&heard[1]).expect("a line is JSON");
    assert_eq!((heard.len(), &line["seq"], &line["id"]), (2, &json!(1), &json!("aaaa")));
    world.office("bbbb", "b");
    assert_eq!(world.heard(1).len(), 1);
    for _ in 0..3 {
        world.pass(Span::secs(10));
    }
    assert_eq!(world.heard(1), ["\n", "\n", "\n"]);
    world.disconnect(0, 1);
    world.office("cccc", "c");
    assert_eq!(world.heard(1), Vec::<String>::new());
    assert!(world.connect(0, 2, &request("GET /note/_changes", &Json::Null)).is_err());
    assert!(world.connect(0, 2, &request("GET /note/aaaa", &Json::Null)).is_err());
}

#[test]
fn a_feed_without_a_heartbeat_ends_when_nothing_happens() {
    let mut world = World::new("couchdb", &[("seq", "number")]);
    let hello = request("GET /note/_changes?feed=eventsource&timeout=20000", &Json::Null);
    world.connect(0, 1, &hello).expect("it is held");
    world.pass(Span::secs(15));
    world.office("aaaa", "a");
    world.pass(Span::secs(19));
    assert!(!world.is_closed(1));
    let told = world.heard(1);
    assert!(told[1].starts_with("data: {") && told[1].ends_with("\nid: 1\n\n"), "{told:?}");
    world.pass(Span::secs(2));
    assert!(world.is_closed(1));
    assert_eq!(world.heard(1), ["{\"last_seq\":1}\n"]);
}

#[test]
fn only_named_documents_are_told_and_other_filters_are_refused() {
    let mut world = World::new("couchdb", &[]);
    for key in ["aaaa", "bbbb"] {
        world.office(key, key);
    }
    let asked = json!({ "doc_ids": ["bbbb"] });
    let found = world.ask(0, "POST /note/_changes?filter=_doc_ids", asked, &[]).body;
    assert_eq!(ids(&found), ["bbbb"]);
    assert_eq!(world.ask(0, "GET /note/_changes?filter=app/mine", Json::Null, &[]).status, 400);
    assert_eq!(world.ask(0, "GET /note/_changes?since=x", Json::Null, &[]).status, 400);
    assert_eq!(world.ask(0, "GET /none/_changes", Json::Null, &[]).status, 404);
}
