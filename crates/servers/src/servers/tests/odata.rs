//! OData, with the requests of its documentation.

use serde_json::{Value as Json, json};

use super::bench::{Answer, World};

const TRACKS: [(&str, &str); 1] = [("prefer", "odata.track-changes")];

fn get(world: &mut World, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    world.ask_with((0, &format!("GET /{path}")), headers, Json::Null, &[])
}
fn write(world: &mut World, line: &str, headers: &[(&'static str, &str)], body: Json, key: &str) -> Answer {
    let edit = world.edit(0);
    world.ask_with((0, line), headers, body, &[(key, edit)])
}
fn link<'j>(answer: &'j Answer, name: &str) -> Option<&'j str> {
    answer.body[name].as_str()
}
/// The keys in a page. A removed entity's key has a dash.
fn keys(answer: &Answer) -> Vec<String> {
    let told = |it: &Json| {
        let gone = if it.get("@removed").is_some() { "-" } else { "" };
        format!("{gone}{}", it["id"].as_str().expect("it has a key"))
    };
    answer.body["value"].as_array().expect("it is a collection").iter().map(told).collect()
}
fn etag(answer: &Answer) -> String {
    answer.raw.headers()["etag"].to_str().expect("it is text").to_owned()
}

#[test]
fn a_tracked_set_ends_in_a_delta_link_that_tells_what_changed() {
    for page in ["1", "2", "100"] {
        let mut world = World::new("odata", &[("page", page)]);
        ["a", "b", "c"].iter().for_each(|key| world.office(key, "x"));
        let (mut all, mut next) = (Vec::new(), "note".to_owned());
        let delta = loop {
            let answer = get(&mut world, &next, &TRACKS);
            assert_eq!((answer.status, &answer.body["@odata.context"]), (200, &json!("$metadata#note")));
            assert_eq!(answer.raw.headers()["odata-version"], "4.01");
            assert_eq!(answer.raw.headers()["preference-applied"], "odata.track-changes");
            all.extend(keys(&answer));
            match link(&answer, "@odata.nextLink") {
                Some(link) => next = link.to_owned(),
                None => break link(&answer, "@odata.deltaLink").expect("it is tracked").to_owned(),
            }
        };
        assert_eq!(all, ["a", "b", "c"]);
        assert!(delta.starts_with("note?$deltatoken="), "{delta}");
        world.office("b", "y");
        world.office_deletes("c");
        let (mut changed, mut next) = (Vec::new(), delta);
        let delta = loop {
            let answer = get(&mut world, &next, &[]);
            assert_eq!(answer.body["@odata.context"], "$metadata#note/$delta");
            for gone in
                answer.body["value"].as_array().expect("it is one").iter().filter(|it| it["id"] == "c")
            {
                assert_eq!(
                    (&gone["@removed"], &gone["@odata.id"]),
                    (&json!({ "reason": "deleted" }), &json!("note('c')"))
                );
            }
            changed.extend(keys(&answer));
            match link(&answer, "@odata.nextLink") {
                Some(link) => next = link.to_owned(),
                None => break link(&answer, "@odata.deltaLink").expect("it is tracked").to_owned(),
            }
        };
        assert_eq!(changed, ["b", "-c"], "pages of {page}");
        assert_eq!(keys(&get(&mut world, &delta, &[])), Vec::<String>::new());
    }
}

#[test]
fn what_is_not_tracked_has_no_delta_link_and_pages_may_be_smaller() {
    let mut world = World::new("odata", &[]);
    ["a", "b", "c"].iter().for_each(|key| world.office(key, "x"));
    let whole = get(&mut world, "note", &[]);
    assert_eq!((keys(&whole).len(), link(&whole, "@odata.deltaLink")), (3, None));
    let small = get(&mut world, "note", &[("prefer", "odata.maxpagesize=2, odata.track-changes")]);
    assert_eq!(keys(&small), ["a", "b"]);
    assert!(link(&small, "@odata.nextLink").is_some() && link(&small, "@odata.deltaLink").is_none());
    assert_eq!(small.slip.rows.len(), 2);
}

#[test]
fn an_entity_is_made_read_changed_and_deleted() {
    let mut world = World::new("odata", &[]);
    let made = write(&mut world, "POST /note", &[], json!({ "id": "it's", "text": "a", "count": 2 }), "it's");
    assert_eq!((made.status, &made.body["text"], &made.body["done"]), (201, &json!("a"), &Json::Null));
    assert_eq!(made.raw.headers()["location"], "note('it''s')");
    assert_eq!(made.body["@odata.etag"], json!(etag(&made)));
    assert!(made.slip.edits[0].stamp.is_some());
    let again = write(&mut world, "POST /note", &[], json!({ "id": "it's", "text": "b" }), "it's");
    assert_eq!((again.status, &again.body["error"]["code"]), (409, &json!("conflict")));
    let read = get(&mut world, "note('it''s')", &[]);
    assert_eq!((read.status, etag(&read)), (200, etag(&made)));
    let seen = etag(&read);
    assert_eq!(get(&mut world, "note('it''s')", &[("if-none-match", &seen)]).status, 304);
    let changed = write(&mut world, "PATCH /note('it''s')", &[], json!({ "text": "c" }), "it's");
    assert_eq!((changed.status, changed.raw.body().len()), (204, 0));
    let asked = [("prefer", "return=representation")];
    let put = write(&mut world, "PUT /note/it's", &asked, json!({ "text": "d" }), "it's");
    assert_eq!((put.status, &put.body["text"], &put.body["count"]), (200, &json!("d"), &Json::Null));
    assert_eq!(write(&mut world, "DELETE /note('it''s')", &[], Json::Null, "it's").status, 204);
    for line in ["PATCH /note('it''s')", "DELETE /note('it''s')"] {
        assert_eq!(write(&mut world, line, &[], json!({}), "it's").status, 410, "{line}");
    }
    assert_eq!(get(&mut world, "note('it''s')", &[]).status, 410);
    assert_eq!(write(&mut world, "PATCH /note('never')", &[], json!({}), "never").status, 404);
    assert_eq!(get(&mut world, "note('never')", &[]).status, 404);
}

#[test]
fn a_write_on_an_older_version_fails_and_one_without_a_condition_goes_over_it() {
    for (word, status, text) in [("detect", 412, "office"), ("overwrite", 204, "mine")] {
        let mut world = World::new("odata", &[("conflicts", word)]);
        world.office("k", "first");
        let seen = etag(&get(&mut world, "note('k')", &[]));
        world.office("k", "office");
        let on = [("if-match", seen.as_str())];
        let answer = write(&mut world, "PATCH /note('k')", &on, json!({ "text": "mine" }), "k");
        assert_eq!((answer.status, world.text("k")), (status, text.to_owned()));
        if word == "detect" {
            assert_eq!(answer.body["error"]["code"], "precondition_failed");
            assert_eq!(write(&mut world, "DELETE /note('k')", &on, Json::Null, "k").status, 412);
            let now = etag(&answer);
            let on = [("if-match", now.as_str())];
            assert_eq!(
                write(&mut world, "PATCH /note('k')", &on, json!({ "text": "both" }), "k").status,
                204
            );
            assert_eq!(
                write(&mut world, "PATCH /note('k')", &[], json!({ "text": "blind" }), "k").status,
                204
            );
            assert_eq!(world.text("k"), "blind");
        }
    }
}

#[test]
fn a_write_that_comes_again_fails_by_its_own_version_unless_known() {
    for (word, status) in [("no", 412), ("by-edit", 204)] {
        let mut world = World::new("odata", &[("idempotent", word)]);
        world.office("k", "first");
        let seen = etag(&get(&mut world, "note('k')", &[]));
        let edit = world.edit(0);
        let mut send = || {
            let on = [("if-match", seen.as_str())];
            world.ask_with((0, "PATCH /note('k')"), &on, json!({ "text": "mine" }), &[("k", edit)]).status
        };
        assert_eq!((send(), send()), (204, status), "{word}");
    }
}

#[test]
fn what_is_not_supported_says_so() {
    let mut world = World::new("odata", &[]);
    for (line, status, word) in [
        ("POST /$batch", 501, "$batch is not supported"),
        ("GET /$metadata", 501, "$metadata"),
        ("GET /note?$filter=x", 501, "$filter"),
        ("GET /note/k/text", 501, "navigation"),
        ("GET /nothing", 400, "no entity set"),
        ("GET /note?$deltatoken=zz", 400, "token"),
        ("GET /note?$skiptoken=czz", 400, "token"),
        ("POST /note", 400, "entity"),
        ("DELETE /note", 405, "method"),
    ] {
        let answer = world.ask(0, line, Json::Null, &[]);
        let said = answer.body["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == status && said.contains(word), "{line}: {} {said}", answer.status);
    }
    let refused = world.ask(0, "POST /note", json!({ "id": "k", "text": "x" }), &[]);
    assert_eq!(
        (refused.status, &refused.body["error"]["message"]),
        (500, &json!("no edit is named for note k"))
    );
    let service = world.ask(0, "GET /", Json::Null, &[]).body;
    assert_eq!(service["value"][0], json!({ "name": "note", "kind": "EntitySet", "url": "note" }));
}
