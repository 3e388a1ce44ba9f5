//! The history has the reports of the user's own server, and no lines from the scenario's backend.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use serde_json::{Value as Json, json};
use syncdyno_live::live::ServerReportCounts;

use crate::client::{Got, Wish, is_the_same, notes, raw, request, session};

/// A server that answers this number of requests with this status.
fn answers(requests: usize, status: &'static str) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has one"));
    let serves = move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut bytes = [0; 4_096];
            let read = stream.read(&mut bytes).expect("it is open");
            assert!(read > 0);
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).expect("it is open");
        }
    };
    (url, std::thread::Builder::new().spawn(serves).expect("a thread begins"))
}

fn says(to: SocketAddr, path: &str, line: &Json) -> Got {
    raw(to, request(&format!("POST {path}"), "", &line.to_string())).expect("it is answered")
}

fn commit(key: &str, device: &str) -> Json {
    json!({ "kind": "commit", "entity": "note", "key": key, "values": { "text": "x" },
        "by": { "device": device, "edit": "e1" } })
}

#[test]
fn a_server_of_ones_own_says_rows_and_commits() {
    let (url, server) = answers(1, "200 OK");
    let was = session(Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }, |doors| {
        let server = |line: &Json| says(doors.all, "/_syncdyno/observe", line);
        let row = json!({ "kind": "row", "entity": "note", "key": "n1", "values": { "text": "a" } });
        assert_eq!((server(&row).status, server(&row).status), (204, 400), "a row is said once");
        let unknown = server(&commit("n1", "anna"));
        assert!(unknown.status == 400 && unknown.text().contains("no app has connected as `anna`"));
        let edit = json!({ "kind": "edit", "id": "e1", "entity": "note", "key": "n1", "do": "update",
            "values": { "text": "x" } });
        assert_eq!(says(doors.all, "/d/anna/_syncdyno/observe", &edit).status, 204);
        assert_eq!(says(doors.all, "/d/anna/notes", &json!({})).status, 200);
        assert_eq!(server(&commit("n1", "anna")).status, 204);
        let rest = json!({ "kind": "backend", "entity": "note", "rows": [{ "id": "n1", "text": "x" }] });
        assert_eq!(server(&rest).status, 204);
        let strange = server(&json!({ "kind": "row", "entity": "nota", "key": "n2", "values": {} }));
        assert!(strange.status == 400 && strange.text().contains("there is no entity"));
    });
    server.join().expect("it served");
    assert_eq!(was.ended.server, Some(ServerReportCounts { rows: 1, commits: 1, at_rest: Some(1) }));
    let lines: Vec<Json> =
        was.history.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!((of("row").len(), of("commit").len(), of("backend").len()), (1, 1, 1), "{}", was.history);
    assert_eq!(of("commit")[0]["by"], json!({ "device": "anna", "edit": "e1" }));
    assert!(of("commit")[0]["at"].is_number() && of("row")[0].get("at").is_none());
    let clocks = &lines[0]["wall_clock"];
    assert!(clocks["wall"].as_f64().expect("it is a time") > 1.7e12 && clocks["speed"] == 20.0, "{clocks}");
    is_the_same(&was);
}

#[test]
fn a_scenarios_backend_lets_nobody_speak_for_it() {
    let was = session(Wish::of("plain", notes("")), |doors| {
        let refused = says(doors.all, "/_syncdyno/observe", &commit("n1", "phones-1"));
        assert!(refused.status == 400 && refused.text().contains("--upstream"), "{}", refused.text());
    });
    assert_eq!(was.ended.server, None);
    assert_eq!(was.history.matches("\"kind\":\"row\"").count(), 40, "its own rows are there");
}

#[test]
fn hooks_that_go_astray_are_told_where_to_speak() {
    let (url, server) = answers(2, "404 Not Found");
    let was = session(Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }, |doors| {
        let astray = says(doors.all, "/d/anna/observe", &json!({}));
        assert_eq!(
            (astray.status, astray.headers["syncdyno-hint"].contains("/_syncdyno/observe")),
            (404, true)
        );
        let other = says(doors.all, "/d/anna/other", &json!({}));
        assert!(other.status == 404 && !other.headers.contains_key("syncdyno-hint"));
        let ours = says(doors.all, "/_syncdyno/d/anna/observe", &json!({}));
        assert!(ours.status == 404 && ours.text().contains("/d/NAME/_syncdyno/observe"), "{}", ours.text());
    });
    server.join().expect("it served");
    assert_eq!(was.ended.strays, 1);
    assert_eq!(is_the_same(&was), 2);
}

#[test]
fn the_page_says_what_the_server_said_and_the_app_waits_for() {
    let (url, _) = answers(0, "200 OK");
    session(Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }, |doors| {
        let state = || {
            let got = raw(doors.all, request("GET /_syncdyno/state", "", "")).expect("it is answered");
            got.json()["devices"][0]["edits_that_wait"].clone()
        };
        let edit = json!({ "kind": "edit", "id": "e1", "entity": "note", "key": "n1", "do": "delete" });
        assert_eq!(says(doors.all, "/d/anna/_syncdyno/observe", &edit).status, 204);
        assert_eq!(state(), Json::Null, "nobody said so");
        let waits = json!({ "kind": "waits", "edits": [] });
        assert_eq!(says(doors.all, "/d/anna/_syncdyno/observe", &waits).status, 204);
        assert_eq!(state(), json!(0));
        let page = raw(doors.all, request("GET /_syncdyno/", "", "")).expect("it is answered").text();
        assert!(
            page.contains("Your server has reported 0 rows") && !page.contains("commits so far"),
            "{page}"
        );
    });
}
