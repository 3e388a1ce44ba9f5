//! CouchDB's endpoints.

use serde_json::{Value as Json, json};

use super::bench::{Answer, World};
use crate::contract::EditId;

fn doc(key: &str, history: &[&str], text: &str) -> Json {
    let generation: u64 = history[0].split_once('-').expect("it is one").0.parse().expect("it is a number");
    let hashes: Vec<&str> = history.iter().map(|rev| rev.split_once('-').expect("it is one").1).collect();
    json!({
        "_id": key, "_rev": history[0], "_revisions": { "start": generation, "ids": hashes },
        "text": text, "count": 1, "done": false,
    })
}

fn gone(key: &str, history: &[&str]) -> Json {
    let mut doc = doc(key, history, "");
    doc["_deleted"] = json!(true);
    doc
}

/// Pushes a revision like CouchDB's replicator does.
fn replicate(world: &mut World, device: u32, doc: Json) -> Answer {
    let (key, edit) = (doc["_id"].as_str().expect("it has one").to_owned(), world.edit(device));
    replicate_by(world, device, doc, &[(&key, edit)])
}

fn replicate_by(world: &mut World, device: u32, doc: Json, edits: &[(&str, EditId)]) -> Answer {
    world.ask(device, "POST /note/_bulk_docs", json!({ "docs": [doc], "new_edits": false }), edits)
}

fn get(world: &mut World, path: &str) -> Answer {
    world.ask(0, &format!("GET /note{path}"), Json::Null, &[])
}

fn rev(world: &mut World, key: &str) -> String {
    let body = get(world, &format!("/{key}")).body;
    body["_rev"].as_str().unwrap_or("-").to_owned()
}

/// The documentation's example: the revisions that the target does not have.
#[test]
fn the_documented_difference_of_revisions_comes_out() {
    let mut world = World::new("couchdb", &[]);
    let (foo, bar) = ("3-6a540f3d701ac518d3b9733d673c5484", "1-967a00dff5e02add41819138abb3284d");
    replicate(&mut world, 0, doc("foo", &[foo], "x"));
    replicate(&mut world, 0, doc("bar", &[bar], "x"));
    let baz = "2-7051cbe5c8faecd085a3fa619e6e6337";
    let other = "1-d4e501ab47de6b2000fc8a02f84a0c77";
    let asked = json!({ "baz": [baz], "foo": [foo], "bar": [other, bar] });
    let answer = world.ask(0, "POST /note/_revs_diff", asked, &[]);
    assert_eq!(answer.body, json!({ "baz": { "missing": [baz] }, "bar": { "missing": [other] } }));
    let none = world.ask(0, "POST /note/_revs_diff", json!({ "foo": [foo], "bar": [bar] }), &[]);
    assert_eq!((none.status, none.body), (200, json!({})));
}

/// In the documentation's example, a document has 3 leaves. The winner comes first.
#[test]
fn a_feed_of_all_docs_lists_leaves_with_the_winner_first() {
    let mut world = World::new("couchdb", &[("seq", "number")]);
    for (history, of) in [(&["1-ABC"][..], "a"), (&["3-00e7"], "b"), (&["9-CDE"], "c")] {
        replicate(&mut world, 0, doc("6c255", history, of));
    }
    let all = get(&mut world, "/_changes?style=all_docs");
    let leaves = json!([{ "rev": "9-CDE" }, { "rev": "3-00e7" }, { "rev": "1-ABC" }]);
    assert_eq!(
        all.body,
        json!({ "results": [{ "seq": 3, "id": "6c255", "changes": leaves }], "last_seq": 3, "pending": 0 })
    );
    let main = get(&mut world, "/_changes?since=2&include_docs=true").body;
    assert_eq!(main["results"][0]["changes"], json!([{ "rev": "9-CDE" }]));
    assert_eq!(main["results"][0]["doc"]["text"], json!("c"));
}

#[test]
fn two_phones_revisions_have_one_winner_in_any_order() {
    let outcome = |order: [(u32, &str); 2]| {
        let mut world = World::new("couchdb", &[]);
        world.office("aaaa", "office");
        let root = rev(&mut world, "aaaa");
        for (device, name) in order {
            replicate(&mut world, device, doc("aaaa", &[name, &root], name));
        }
        let shown = get(&mut world, "/aaaa?conflicts=true").body;
        (world.text("aaaa"), shown["_rev"].clone(), shown["_conflicts"].clone())
    };
    let one = outcome([(0, "2-b"), (1, "2-c")]);
    assert_eq!(one, outcome([(1, "2-c"), (0, "2-b")]));
    assert_eq!(one, ("2-c".to_owned(), json!("2-c"), json!(["2-b"])));
}

#[test]
fn a_revision_that_loses_is_kept_and_the_record_never_sees_it() {
    let mut world = World::new("couchdb", &[]);
    world.office("aaaa", "office");
    let root = rev(&mut world, "aaaa");
    let won = replicate(&mut world, 0, doc("aaaa", &["2-c", &root], "wins"));
    let lost = replicate(&mut world, 1, doc("aaaa", &["2-b", &root], "loses"));
    assert_eq!((won.slip.edits[0].stamp.is_some(), lost.slip.edits[0].stamp), (true, None));
    assert_eq!((world.text("aaaa"), won.status, lost.body), ("wins".to_owned(), 201, json!([])));
    world.kill();
    let open = get(&mut world, "/aaaa?open_revs=all&revs=true").body;
    assert_eq!(open[1]["ok"]["text"], json!("loses"));
    assert_eq!(open[1]["ok"]["_revisions"]["start"], json!(2));
    // The app deletes the winner, so the other branch becomes the record's row.
    let edit = world.edit(0);
    let deletes = replicate_by(&mut world, 0, gone("aaaa", &["3-x", "2-c", &root]), &[("aaaa", edit)]);
    assert_eq!((world.text("aaaa"), rev(&mut world, "aaaa")), ("loses".to_owned(), "2-b".to_owned()));
    let asked = world.ask(0, "POST /note/_revs_diff", json!({ "aaaa": ["3-x"] }), &[("aaaa", edit)]);
    assert_eq!(asked.slip.edits[0].stamp, deletes.slip.edits[0].stamp, "its answer may have been lost");
    // The deletion of a losing leaf needs no edit.
    let cleaned = replicate_by(&mut world, 0, gone("aaaa", &["4-x", "3-x"]), &[]);
    assert_eq!(cleaned.body, json!([]));
}

#[test]
fn a_revision_comes_twice_and_is_committed_once() {
    let mut world = World::new("couchdb", &[]);
    let edit = world.edit(0);
    let first = replicate_by(&mut world, 0, doc("aaaa", &["1-a"], "mine"), &[("aaaa", edit)]);
    let before = world.row("aaaa").expect("it is there");
    world.kill();
    let again = replicate_by(&mut world, 0, doc("aaaa", &["1-a"], "mine"), &[("aaaa", edit)]);
    assert_eq!(world.row("aaaa"), Some(before.clone()));
    assert_eq!(again.slip.edits[0].stamp, Some(before.1));
    assert_eq!(first.slip.edits[0].stamp, again.slip.edits[0].stamp);
    let asked = world.ask(0, "POST /note/_revs_diff", json!({ "aaaa": ["1-a"] }), &[("aaaa", edit)]);
    assert_eq!((asked.body, asked.slip.edits[0].stamp), (json!({}), Some(before.1)));
    assert_eq!(get(&mut world, "/_changes").body["results"].as_array().map(Vec::len), Some(1));
}

/// The phone pulled the winner, and its next push asks for this revision.
#[test]
fn an_edit_that_lost_is_not_committed_by_the_winner() {
    let mut world = World::new("couchdb", &[]);
    world.office("aaaa", "office");
    let root = rev(&mut world, "aaaa");
    replicate(&mut world, 0, doc("aaaa", &["2-c", &root], "wins"));
    let edit = world.edit(1);
    replicate_by(&mut world, 1, doc("aaaa", &["2-b", &root], "loses"), &[("aaaa", edit)]);
    let asked = world.ask(1, "POST /note/_revs_diff", json!({ "aaaa": ["3-x"] }), &[("aaaa", edit)]);
    assert_eq!(asked.slip.edits, [], "what is missing is not decided");
    let read = json!({ "docs": [{ "id": "aaaa", "rev": "2-c" }] });
    let read = world.ask(1, "POST /note/_bulk_get", read, &[("aaaa", edit)]);
    assert_eq!((read.slip.edits.len(), read.slip.rows.len()), (0, 1));
    for asked in [vec!["2-c"], vec!["2-c", "2-b"]] {
        let asked = world.ask(1, "POST /note/_revs_diff", json!({ "aaaa": asked }), &[("aaaa", edit)]);
        assert_eq!((asked.body, asked.slip.edits[0].stamp), (json!({}), None));
    }
    let next = world.edit(1);
    let won = replicate_by(&mut world, 1, doc("aaaa", &["3-d", "2-c", &root], "next"), &[("aaaa", next)]);
    let asked = world.ask(1, "POST /note/_revs_diff", json!({ "aaaa": ["3-d", "2-b"] }), &[("aaaa", next)]);
    assert_eq!(asked.slip.edits[0].stamp, won.slip.edits[0].stamp, "the losing leaf hides no commit");
    assert!(won.slip.edits[0].stamp.is_some());
}

#[test]
fn what_the_office_writes_is_a_revision_of_the_winner() {
    let mut world = World::new("couchdb", &[]);
    let mut made = doc("aaaa", &["1-a"], "mine");
    made["extra"] = json!({ "kept": true });
    replicate(&mut world, 0, made);
    world.office("aaaa", "office");
    let shown = get(&mut world, "/aaaa?revs=true").body;
    assert_eq!((&shown["text"], &shown["extra"]), (&json!("office"), &json!({ "kept": true })));
    assert_eq!((&shown["_revisions"]["start"], &shown["_revisions"]["ids"][1]), (&json!(2), &json!("a")));
    let late = replicate(&mut world, 1, doc("aaaa", &["2-0", "1-a"], "late"));
    assert_eq!((late.slip.edits[0].stamp, world.text("aaaa")), (None, "office".to_owned()), "2-0 is less");
    world.office_deletes("aaaa");
    let missing = get(&mut world, "/aaaa");
    assert_eq!((missing.status, &missing.body["reason"]), (404, &json!("deleted")));
    assert_eq!(world.text("aaaa"), "-", "the losing branch does not come to light");
    let line = get(&mut world, "/_changes?style=all_docs").body["results"][0].clone();
    assert_eq!((&line["deleted"], line["changes"].as_array().map(Vec::len)), (&json!(true), Some(2)));
    let again = replicate(&mut world, 1, doc("aaaa", &["4-z", "3-y", "2-0", "1-a"], "again"));
    assert!(again.slip.edits[0].stamp.is_some());
    assert_eq!(world.text("aaaa"), "again", "who writes on wins over deletions");
}

#[test]
fn a_write_with_new_edits_needs_the_leaf_that_it_changes() {
    let mut world = World::new("couchdb", &[]);
    let put = |world: &mut World, line: &str, body: Json| {
        let edit = world.edit(0);
        let answer = world.ask(0, line, body, &[("aaaa", edit)]);
        (answer.status, answer.body)
    };
    let body = |text: &str| json!({ "text": text, "count": 1, "done": false });
    let (status, made) = put(&mut world, "PUT /note/aaaa", body("one"));
    assert_eq!((status, &made["id"], world.text("aaaa")), (201, &json!("aaaa"), "one".to_owned()));
    let rev = made["rev"].as_str().expect("it has one").to_owned();
    let stale = put(&mut world, "PUT /note/aaaa", body("two"));
    assert_eq!(stale, (409, json!({ "error": "conflict", "reason": "Document update conflict." })));
    let (status, made) = put(&mut world, &format!("PUT /note/aaaa?rev={rev}"), body("two"));
    assert_eq!((status, world.text("aaaa")), (201, "two".to_owned()));
    let mut docs = body("three");
    (docs["_id"], docs["_rev"]) = (json!("aaaa"), json!(rev));
    let (status, results) = put(&mut world, "POST /note/_bulk_docs", json!({ "docs": [docs] }));
    assert_eq!((status, &results[0]["error"]), (201, &json!("conflict")));
    let rev = made["rev"].as_str().expect("it has one").to_owned();
    assert_eq!(put(&mut world, &format!("DELETE /note/aaaa?rev={rev}"), Json::Null).0, 200);
    assert_eq!(world.text("aaaa"), "-");
    let (status, made) = put(&mut world, "PUT /note/aaaa", body("back"));
    assert_eq!((status, world.text("aaaa")), (201, "back".to_owned()));
    assert!(made["rev"].as_str().is_some_and(|rev| rev.starts_with("4-")), "{made}");
    let unnamed = world.ask(0, "PUT /note/bbbb", body("x"), &[]);
    assert_eq!((unnamed.status, &unnamed.body["reason"]), (500, &json!("no edit is named for note bbbb")));
    assert_eq!(get(&mut world, "/bbbb").status, 404, "and nothing is kept");
}

#[test]
fn bulk_get_gives_what_was_asked_for_or_its_latest() {
    let mut world = World::new("couchdb", &[]);
    replicate(&mut world, 0, doc("aaaa", &["1-a"], "one"));
    replicate(&mut world, 0, doc("aaaa", &["2-b", "1-a"], "two"));
    let wanted = json!({ "docs": [{ "id": "aaaa", "rev": "1-a" }, { "id": "none", "rev": "1-x" }] });
    let latest = world.ask(0, "POST /note/_bulk_get?revs=true&latest=true", wanted.clone(), &[]);
    let results = &latest.body["results"];
    assert_eq!(results[0]["docs"][0]["ok"]["_revisions"], json!({ "start": 2, "ids": ["b", "a"] }));
    assert_eq!(results[1]["docs"][0]["error"]["error"], json!("not_found"));
    assert_eq!(latest.slip.rows.len(), 1, "the winner's stamp goes beside it");
    let plain = world.ask(0, "POST /note/_bulk_get", wanted, &[]);
    assert_eq!(
        plain.body["results"][0]["docs"][0]["error"]["reason"],
        json!("missing"),
        "its body is compacted"
    );
    let open = get(&mut world, "/aaaa?open_revs=%5B%222-b%22,%229-z%22%5D").body;
    assert_eq!((&open[0]["ok"]["text"], &open[1]), (&json!("two"), &json!({ "missing": "9-z" })));
}

#[test]
fn an_attachment_comes_back_by_its_stub_and_in_line() {
    let mut world = World::new("couchdb", &[]);
    let mut with = doc("aaaa", &["1-a"], "one");
    with["_attachments"] = json!({ "a.txt": { "content_type": "text/plain", "data": "aGVsbG8=" } });
    assert_eq!(replicate(&mut world, 0, with).body, json!([]));
    let stub = get(&mut world, "/aaaa").body["_attachments"]["a.txt"].clone();
    // The digest is the MD5 of `hello`, in CouchDB's form.
    let digest = "md5-XUFAKrxLKna5cZ2REBfFkg==";
    let known =
        json!({ "content_type": "text/plain", "revpos": 1, "digest": digest, "length": 5, "stub": true });
    assert_eq!(stub, known);
    world.kill();
    assert_eq!(
        get(&mut world, "/aaaa?attachments=true").body["_attachments"]["a.txt"]["data"],
        json!("aGVsbG8=")
    );
    let file = get(&mut world, "/aaaa/a.txt");
    assert_eq!(
        (file.raw.body().as_slice(), file.raw.headers()["content-type"].as_bytes()),
        (&b"hello"[..], &b"text/plain"[..])
    );
    let mut on = doc("aaaa", &["2-b", "1-a"], "two");
    on["_attachments"] = json!({ "a.txt": { "stub": true, "digest": digest, "revpos": 1 } });
    assert_eq!(replicate(&mut world, 0, on.clone()).body, json!([]));
    assert_eq!(get(&mut world, "/aaaa").body["_attachments"]["a.txt"], known);
    on["_rev"] = json!("3-c");
    on["_revisions"] = json!({ "start": 3, "ids": ["c", "b", "a"] });
    on["_attachments"] = json!({ "b.txt": { "stub": true, "revpos": 1 } });
    assert_eq!(replicate(&mut world, 0, on).body[0]["error"], json!("missing_stub"));
    let (current, edit) = (rev(&mut world, "aaaa"), world.edit(0));
    let put = world.ask(0, &format!("PUT /note/aaaa/b.txt?rev={current}"), json!(7), &[("aaaa", edit)]);
    assert_eq!(put.status, 201, "{put:?}");
    assert_eq!(get(&mut world, "/aaaa/b.txt").raw.body(), b"7");
    assert_eq!(get(&mut world, "/aaaa/a.txt").status, 200);
}

#[test]
fn checkpoints_are_kept_and_are_no_changes() {
    let mut world = World::new("couchdb", &[]);
    assert_eq!(get(&mut world, "/_local/x").status, 404);
    let put =
        |world: &mut World, n: u64| world.ask(0, "PUT /note/_local/x", json!({ "last_seq": n }), &[]).body;
    assert_eq!(put(&mut world, 1), json!({ "ok": true, "id": "_local/x", "rev": "0-1" }));
    assert_eq!(put(&mut world, 2)["rev"], json!("0-2"));
    world.kill();
    assert_eq!(get(&mut world, "/_local/x").body, json!({ "_id": "_local/x", "_rev": "0-2", "last_seq": 2 }));
    assert_eq!(get(&mut world, "/_changes").body["results"], json!([]));
}

#[test]
fn all_docs_lists_the_live_ones_and_those_that_are_named() {
    let mut world = World::new("couchdb", &[]);
    for key in ["cccc", "aaaa", "bbbb"] {
        world.office(key, key);
    }
    get(&mut world, "");
    world.office_deletes("bbbb");
    let keys = |body: &Json| -> Vec<Json> {
        body["rows"].as_array().into_iter().flatten().map(|row| row["key"].clone()).collect()
    };
    let all = get(&mut world, "/_all_docs?include_docs=true").body;
    assert_eq!((keys(&all), &all["total_rows"]), (vec![json!("aaaa"), json!("cccc")], &json!(2)));
    assert_eq!(all["rows"][1]["doc"]["text"], json!("cccc"));
    assert_eq!(keys(&get(&mut world, "/_all_docs?startkey=%22b%22").body), [json!("cccc")]);
    let named = world.ask(0, "POST /note/_all_docs", json!({ "keys": ["bbbb", "none"] }), &[]).body;
    let rows = named["rows"].as_array().expect("it has some");
    assert!(rows.iter().any(|row| row["value"]["deleted"] == json!(true)));
    assert!(rows.iter().any(|row| row["error"] == json!("not_found")));
    let about = get(&mut world, "").body;
    assert_eq!((&about["doc_count"], &about["doc_del_count"]), (&json!(2), &json!(1)));
}
