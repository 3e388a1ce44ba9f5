//! Sessions with each protocol, on good and bad links, and with the user's own server. Each is
//! recorded and replayed.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value as Json, json};

use crate::client::{
    App, TOKEN, TROUBLE, Was, Wish, again, connect, free_ports, is_the_same, notes, pause, raw, request,
    session,
};

/// The two worlds in which each protocol is tested.
fn worlds() -> [String; 2] {
    [notes(""), notes(TROUBLE)]
}

fn how_often(was: &Was, text: &str) -> usize {
    was.log.lines().filter(|line| line.contains(text)).count()
}

fn edit(key: &str, text: &str, id: &str) -> String {
    let values = json!({ "text": text });
    json!({ "kind": "edit", "id": id, "entity": "note", "key": key, "do": "update", "values": values })
        .to_string()
}

/// Pulls everything, and edits a few rows, each of them twice.
fn plain(app: &App) {
    let mut keys: Vec<String> = Vec::new();
    let (mut cursor, mut more) = (String::new(), true);
    while more {
        let page = app.ask(&format!("GET /pull?since={cursor}&limit=15"), "").json();
        let rows = page["rows"].as_array().expect("there are rows");
        keys.extend(rows.iter().map(|row| row["key"].as_str().expect("it has a key").to_owned()));
        cursor = page["cursor"].as_str().expect("there is one").to_owned();
        more = page["more"] == true;
    }
    let offset = if app.name == "anna" { 0 } else { 5 };
    for (n, key) in keys.iter().skip(offset).take(4).enumerate() {
        let (id, text) = (format!("{}-{n}", app.name), format!("{} {n}", app.name));
        app.says(&edit(key, &text, &id));
        let edits = json!({ "edits": [{ "id": id, "entity": "note", "key": key, "kind": "update",
                                        "values": { "text": text } }] });
        let results = app.ask("POST /push", &edits.to_string()).json();
        assert_eq!(results["results"][0]["status"], "done", "{results}");
    }
    let shown = app.ask("GET /pull", "").json();
    let rows: Vec<Json> = shown["rows"]
        .as_array()
        .expect("there are rows")
        .iter()
        .map(|row| {
            let mut values = row["values"].clone();
            values["id"] = row["key"].clone();
            values
        })
        .collect();
    app.says(&json!({ "kind": "shows", "entity": "note", "rows": rows }).to_string());
}

#[test]
fn the_plain_form_is_had_again_to_the_nanosecond() {
    for (world, least) in worlds().into_iter().zip([0, 1]) {
        let was = session(Wish::of("plain", world), |doors| {
            for name in ["anna", "bert"] {
                plain(&App { to: doors.all, name });
            }
        });
        let lost = how_often(&was, "\"how\":\"") - how_often(&was, "\"how\":\"answered\"");
        assert!(lost >= least, "{lost} of {} were lost", how_often(&was, "\"how\""));
        assert!(is_the_same(&was) >= 15);
        assert_eq!(was.silent, Vec::<String>::new());
        for said in [
            "\"kind\":\"row\"",
            "\"kind\":\"edit\"",
            "\"kind\":\"commit\"",
            "\"kind\":\"shows\"",
            "\"kind\":\"end\"",
        ] {
            assert!(was.history.contains(said), "{said}");
        }
        assert_eq!(was.history.matches("\"by\":{\"device\"").count(), 8, "an edit with an id is done once");
        assert_eq!(was.history.matches("\"by\":{\"device\":\"anna\"}").count(), 4);
    }
}

#[test]
fn watermelondb_is_had_again_to_the_nanosecond() {
    for world in worlds() {
        let was = session(
            Wish { options: vec![("idempotent", "by-edit")], ..Wish::of("watermelondb", world) },
            |doors| {
                let app = App { to: doors.all, name: "anna" };
                let pulled =
                    app.ask("GET /pull?last_pulled_at=null&schema_version=1&migration=null", "").json();
                let rows = pulled["changes"]["note"]["updated"].as_array().expect("there are rows").clone();
                let mut at = pulled["timestamp"].clone();
                for (n, row) in rows.iter().take(3).enumerate() {
                    let (key, text) = (row["id"].as_str().expect("it has one"), format!("melon {n}"));
                    app.says(&edit(key, &text, &n.to_string()));
                    let updated = json!([{ "id": key, "text": text }]);
                    let changes = json!({ "note": { "created": [], "updated": updated, "deleted": [] } });
                    app.ask(&format!("POST /push?last_pulled_at={at}"), &changes.to_string());
                    at = app.ask(&format!("GET /pull?last_pulled_at={at}"), "").json()["timestamp"].clone();
                }
            },
        );
        assert!(is_the_same(&was) >= 7);
        assert_eq!(was.history.matches("\"by\":{\"device\"").count(), 3);
        assert_eq!(was.silent, ["anna"], "it never said what it shows");
    }
}

#[test]
fn rxdb_and_its_stream_are_had_again_to_the_nanosecond() {
    for world in worlds() {
        let was = session(Wish::of("rxdb", world), |doors| {
            let app = App { to: doors.all, name: "anna" };
            let mut stream = connect(doors.all);
            let asks =
                request("GET /rx/note/stream", "syncdyno-device: bert\r\naccept: text/event-stream\r\n", "");
            stream.write_all(asks.as_bytes()).expect("it is open");
            let pulled = app.ask("GET /rx/note/pull?updatedAt=0&id=&limit=10", "").json();
            let mut documents = pulled["documents"].as_array().expect("there are some").clone();
            for (n, document) in documents.iter_mut().take(2).enumerate() {
                let assumed = document.clone();
                document["text"] = json!(format!("rx {n}"));
                let rows = json!([{ "assumedMasterState": assumed, "newDocumentState": document }]);
                app.ask("POST /rx/note/push", &rows.to_string());
            }
            pause(300);
            let mut heard = vec![0; 1 << 14];
            // On a bad link, there may be no response.
            let read = stream.read(&mut heard).unwrap_or(0);
            let heard = String::from_utf8_lossy(&heard[..read]).into_owned();
            assert!(read == 0 || heard.contains("text/event-stream"), "{heard}");
        });
        assert!(is_the_same(&was) >= 3);
        assert_eq!(how_often(&was, "\"kind\":\"hold\""), 1);
        assert!(how_often(&was, "\"kind\":\"give-up\"") <= 1);
    }
}

#[test]
fn couchdb_and_its_feeds_are_had_again_to_the_nanosecond() {
    for world in worlds() {
        let was = session(Wish::of("couchdb", world), |doors| {
            let app = App { to: doors.all, name: "anna" };
            assert_eq!(app.ask("GET /note", "").json()["db_name"], "note");
            let mut feed = connect(doors.all);
            let asks = request("GET /note/_changes?feed=continuous&since=0", "syncdyno-device: bert\r\n", "");
            feed.write_all(asks.as_bytes()).expect("it is open");
            let changes = app.ask("GET /note/_changes?since=0&limit=5&include_docs=true", "").json();
            let mut doc = changes["results"][0]["doc"].clone();
            doc["text"] = json!("couch");
            let docs = json!({ "docs": [doc] });
            app.ask("POST /note/_bulk_docs", &docs.to_string());
            pause(200);
        });
        assert!(is_the_same(&was) >= 3);
        assert!(was.history.matches("\"by\":{\"device\"").count() >= 1);
    }
}

#[test]
fn odata_is_had_again_to_the_nanosecond() {
    for world in worlds() {
        let was =
            session(Wish { options: vec![("idempotent", "by-edit")], ..Wish::of("odata", world) }, |doors| {
                let app = App { to: doors.all, name: "anna" };
                let mut rows = Vec::new();
                let mut next = "note".to_owned();
                let delta = loop {
                    let page =
                        app.ask_with(&format!("GET /{next}"), "prefer: odata.track-changes\r\n", "").json();
                    rows.extend(page["value"].as_array().expect("there are some").clone());
                    match page["@odata.nextLink"].as_str() {
                        Some(link) => next = link.to_owned(),
                        None => break page["@odata.deltaLink"].as_str().expect("it is tracked").to_owned(),
                    }
                };
                assert_eq!(rows.len(), 40);
                for (n, row) in rows.iter().take(3).enumerate() {
                    let (key, tag) = (row["id"].as_str().expect("it has one"), row["@odata.etag"].as_str());
                    let text = format!("odata {n}");
                    app.says(&edit(key, &text, &n.to_string()));
                    let on = format!("if-match: {}\r\n", tag.expect("it has one"));
                    let body = json!({ "text": text }).to_string();
                    assert_eq!(app.ask_with(&format!("PATCH /note('{key}')"), &on, &body).status, 204);
                }
                let changed = app.ask(&format!("GET /{delta}"), "").json();
                assert_eq!(changed["value"].as_array().expect("there are some").len(), 3);
            });
        assert!(is_the_same(&was) >= 5);
        assert_eq!(was.history.matches("\"by\":{\"device\":\"anna\"}").count(), 3);
    }
}

#[test]
fn datasync_is_had_again_to_the_nanosecond() {
    for world in worlds() {
        let wish =
            Wish { options: vec![("idempotent", "by-edit"), ("page", "30")], ..Wish::of("datasync", world) };
        let was = session(wish, |doors| {
            let app = App { to: doors.all, name: "anna" };
            let query = "$orderby=updatedAt&$count=true&__includedeleted=true";
            let first = app.ask(&format!("GET /tables/note?{query}"), "").json();
            assert_eq!(
                (first["items"].as_array().expect("there are some").len(), &first["count"]),
                (30, &json!(40))
            );
            let link = first["nextLink"].as_str().expect("there is more");
            let rest = app.ask(&format!("GET /tables/note?{link}"), "").json();
            assert_eq!(rest["items"].as_array().expect("there are some").len(), 10);
            for (n, row) in first["items"].as_array().expect("there are some").iter().take(3).enumerate() {
                let (key, version) = (row["id"].as_str().expect("it has one"), row["version"].as_str());
                let mut item = row.clone();
                item["text"] = json!(format!("datasync {n}"));
                app.says(&edit(key, item["text"].as_str().expect("it is text"), &n.to_string()));
                let on = format!("if-match: \"{}\"\r\n", version.expect("it has one"));
                let line = format!("PUT /tables/note/{key}");
                assert_eq!(app.ask_with(&line, &on, &item.to_string()).status, 200);
                // This edit is based on an outdated version.
                if n == 0 {
                    let other = "if-match: \"AAAAAAAAAAA=\"\r\n";
                    app.says(&edit(key, "too late", "late"));
                    item["text"] = json!("too late");
                    let late = app.ask_with(&line, other, &item.to_string());
                    assert_eq!((late.status, &late.json()["text"]), (412, &json!("datasync 0")));
                }
            }
        });
        assert!(is_the_same(&was) >= 6);
        assert_eq!(was.history.matches("\"by\":{\"device\":\"anna\"}").count(), 3);
    }
}

/// The user's own server for this number of requests. It echoes them, sets a cookie, and redirects
/// to another host.
pub(crate) fn own_server(requests: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has one"));
    let serves = move || {
        let mut heads = Vec::new();
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut bytes = Vec::new();
            let mut buffer = [0; 4_096];
            while !is_whole(&bytes) {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                }
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let (line, body) = (text.lines().next().unwrap_or_default(), "private".repeat(200));
            let head = if line.contains("/leads") {
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/elsewhere".to_owned()
            } else {
                "HTTP/1.1 200 OK\r\nset-cookie: session=secret-answer".to_owned()
            };
            let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).expect("it is open");
            heads.push(text);
        }
        heads
    };
    (url, std::thread::Builder::new().spawn(serves).expect("a thread begins"))
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[test]
fn a_server_of_ones_own_is_had_again_without_it_and_its_secrets() {
    let (url, server) = own_server(4);
    let was = session(Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }, |doors| {
        let headers =
            "syncdyno-device: anna\r\nauthorization: Bearer secret-token\r\ncookie: a=secret-cookie\r\n";
        let of =
            |line: &str, body: &str| raw(doors.all, request(line, headers, body)).expect("it is answered");
        let got = of("GET /api/things?x=1", "");
        assert_eq!((got.status, got.body.len()), (200, 1_400));
        assert_eq!(got.headers["set-cookie"], "session=secret-answer", "the app has it all the same");
        assert_eq!(of("POST /observe", "secret-body").status, 200, "its paths are the server's");
        let leads = of("GET /leads", "");
        assert_eq!((leads.status, leads.headers["location"].as_str()), (302, "http://127.0.0.1:1/elsewhere"));
        // The host in a request is ignored, because the program contacts only one server.
        assert_eq!(of("GET http://localhost:1/other", "").status, 200);
    });
    let heads = server.join().expect("it served");
    assert_eq!(heads.len(), 4);
    assert!(
        heads[0].contains("authorization: Bearer secret-token")
            && heads[0].contains("cookie: a=secret-cookie")
    );
    assert!(!heads[0].contains("syncdyno-device") && heads[3].starts_with("GET /other HTTP/1.1"));
    assert!(heads[1].ends_with("secret-body"));
    for secret in ["secret-token", "secret-cookie", "secret-answer", "secret-body", "private"] {
        assert!(!was.log.contains(secret) && !was.history.contains(secret), "{secret}");
    }
    assert_eq!((is_the_same(&was), how_often(&was, "\"kind\":\"upstream\"")), (4, 4));
}

#[test]
fn a_lost_response_of_ones_own_server_is_lost_again() {
    let world = notes("event.lost = { at = \"+0s\", response_loss = { loss = \"100%\", for = \"1h\" } }");
    let (url, server) = own_server(1);
    let was = session(Wish { upstream: Some(url), ..Wish::of("plain", world) }, |doors| {
        let mut stream = connect(doors.all);
        stream.write_all(request("GET /x", "syncdyno-device: anna\r\n", "").as_bytes()).expect("it is open");
        server.join().expect("it served");
        pause(100);
    });
    assert_eq!(how_often(&was, "\"kind\":\"upstream\""), 1);
    assert_eq!(how_often(&was, "\"how\":\"answered\""), 0, "the server acted, and nobody heard");
    is_the_same(&was);
}

#[test]
fn what_was_given_up_is_given_up_again() {
    let was = session(Wish::of("plain", notes("")), |doors| {
        for n in 0..6 {
            let mut stream = connect(doors.all);
            let asks = request("GET /pull", "syncdyno-device: anna\r\n", "");
            stream.write_all(asks.as_bytes()).expect("it is open");
            pause(n);
            drop(stream);
            pause(10);
        }
        assert_eq!(App { to: doors.all, name: "anna" }.ask("GET /pull?limit=1", "").status, 200);
    });
    assert!(how_often(&was, "\"how\":\"given-up\"") >= 3, "{}", was.log);
    assert!(is_the_same(&was) >= 4);
}

#[test]
fn a_cut_takes_the_network_away_live_and_again() {
    let was = session(Wish { speed: 5.0, ..Wish::of("plain", notes("")) }, |doors| {
        let app = App { to: doors.all, name: "anna" };
        assert_eq!(app.ask("GET /pull?limit=1", "").status, 200);
        let cut = |token: &str| {
            let headers = format!("syncdyno-token: {token}\r\n");
            raw(doors.all, request("POST /_syncdyno/cut?device=anna&seconds=5", &headers, ""))
                .expect("it is answered")
        };
        assert_eq!((cut("wrong").status, cut(TOKEN).status), (401, 200));
        assert!(app.once("GET /pull?limit=1", "").is_none(), "its operating system sees no network");
        assert_eq!(app.once("GET /network", "").expect("it is answered").json()["online"], false);
        assert_eq!(App { to: doors.all, name: "bert" }.ask("GET /pull?limit=1", "").status, 200);
        app.ask("GET /pull?limit=1", "");
        assert_eq!(app.once("GET /network", "").expect("it is answered").json()["online"], true);
    });
    assert!(how_often(&was, "\"how\":\"offline\"") >= 1);
    assert!(is_the_same(&was) >= 4);
}

#[test]
fn a_log_that_breaks_off_is_had_again_up_to_there() {
    let was = session(Wish::of("plain", notes("")), |doors| plain(&App { to: doors.all, name: "anna" }));
    let lines: Vec<&str> = was.log.lines().collect();
    let replayed = again(&lines[..lines.len() / 2].join("\n"));
    assert_eq!((replayed.differ, replayed.same_history, replayed.is_cut_off), (vec![], None, true));
    // If one byte of a body is changed, the replay ends differently.
    let other = was.log.replacen("anna 0", "anna X", 4);
    assert!(again(&other).same_history == Some(false));
}

#[test]
fn ports_leave_paths_and_headers_as_they_are() {
    let from = free_ports();
    let was = session(Wish { ports_from: Some(from), ..Wish::of("plain", notes("")) }, |doors| {
        assert_eq!(doors.devices.len(), 3);
        let got = raw(doors.devices[2], request("GET /pull?limit=1", "", "")).expect("it is answered");
        assert_eq!(got.status, 200);
        let got = raw(doors.all, request("GET /d/anna/pull?limit=1", "", "")).expect("it is answered");
        assert_eq!(got.status, 200);
    });
    assert!(was.log.contains("\"device\":2") && was.log.contains("\"device\":0"));
    assert_eq!(is_the_same(&was), 2);
}

#[test]
fn a_client_that_only_sends_no_more_gets_its_response() {
    let was = session(Wish::of("plain", notes("")), |doors| {
        let mut stream = connect(doors.all);
        let asks = "GET /d/anna/pull HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(asks.as_bytes()).expect("it is open");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it ends well");
        let response = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
        assert!(response.starts_with("HTTP/1.1 200 OK") && response.ends_with('}'), "{text}");
        // A client that disconnects has cancelled its request.
        let mut stream = connect(doors.all);
        stream.write_all(asks.as_bytes()).expect("it is open");
        drop(stream);
        pause(300);
    });
    assert_eq!((how_often(&was, "\"how\":\"answered\""), how_often(&was, "\"how\":\"given-up\"")), (1, 1));
    is_the_same(&was);
}
