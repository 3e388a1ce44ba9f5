//! Tests which parts of a request reach the user's own server, which parts of its response come
//! back, and what the log records.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::client::{App, TOKEN, Wish, free_ports, is_the_same, notes, raw, request, session};
use crate::sessions::own_server;
use crate::tunnels::server;

fn before(url: String) -> Wish {
    Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }
}

#[test]
fn secrets_in_headers_and_queries_are_not_recorded() {
    let (url, server) = own_server(1);
    let was = session(before(url), |doors| {
        let headers = "syncdyno-device: anna\r\nx-api-key: SECRET1\r\napikey: SECRET2\r\n\
                       x-auth-token: SECRET3\r\nx-own: SECRET4\r\nreferer: SECRET5\r\nif-match: \"7\"\r\n";
        let line = "GET /q?access_token=SECRET6&a=1&password=SECRET7&%73ession=SECRET8";
        assert_eq!(raw(doors.all, request(line, headers, "")).expect("it is answered").status, 200);
        let state = raw(doors.all, request("GET /_syncdyno/state", "", "")).expect("it is answered");
        assert!(!state.text().contains("SECRET"), "{}", state.text());
    });
    let heads = server.join().expect("it served");
    assert_eq!(heads[0].matches("SECRET").count(), 8, "the server has all of them: {}", heads[0]);
    assert_eq!(was.log.matches("SECRET").count(), 0, "{}", was.log);
    for kept in
        ["[\"if-match\",\"\\\"7\\\"\"]", "x-api-key", "x-own", "access_token=&a=1&password=&%73ession="]
    {
        assert!(was.log.contains(kept), "{kept}: {}", was.log);
    }
    assert_eq!(is_the_same(&was), 1);
}

#[test]
fn a_secret_header_is_withheld_from_a_scenarios_log() {
    let was = session(Wish::of("plain", notes("")), |doors| {
        let app = App { to: doors.all, name: "anna" };
        let headers = "x-api-key: SECRET1\r\nx-plain: said\r\n";
        assert_eq!(app.ask_with("GET /pull?limit=1&access_token=SECRET2", headers, "").status, 200);
    });
    assert!(!was.log.contains("SECRET") && was.log.contains("said"), "{}", was.log);
    is_the_same(&was);
}

#[test]
fn our_own_token_goes_no_further() {
    let (url, server) = own_server(3);
    let was = session(Wish { is_closed: true, ..before(url) }, |doors| {
        for line in [
            format!("GET /d/anna/x?a=1&token={TOKEN}&b=2"),
            format!("GET /d/anna/x?token={TOKEN}"),
            format!("GET /t/{TOKEN}/d/anna/x?token=theirs"),
        ] {
            assert_eq!(raw(doors.all, request(&line, "", "")).expect("it is answered").status, 200, "{line}");
        }
    });
    let heads = server.join().expect("it served");
    let lines: Vec<&str> = heads.iter().map(|head| head.lines().next().unwrap_or_default()).collect();
    assert_eq!(lines, ["GET /x?a=1&b=2 HTTP/1.1", "GET /x HTTP/1.1", "GET /x?token=theirs HTTP/1.1"]);
    assert!(!was.log.contains(TOKEN) && !was.log.contains("theirs"), "{}", was.log);
}

#[test]
fn at_a_port_of_its_own_a_path_is_the_apps() {
    let (url, server) = own_server(3);
    let was = session(Wish { ports_from: Some(free_ports()), ..before(url) }, |doors| {
        for path in ["/d/foo/bar", "/t/foo/bar"] {
            let got = raw(doors.devices[1], request(&format!("GET {path}"), "", ""));
            assert_eq!(got.expect("it is answered").status, 200, "{path}");
        }
        // The text is not the token, so the path belongs to the app.
        let got = raw(doors.all, request("GET /t/foo/bar", "syncdyno-device: anna\r\n", ""));
        assert_eq!(got.expect("it is answered").status, 200);
    });
    let heads = server.join().expect("it served");
    let paths: Vec<&str> = heads.iter().filter_map(|head| head.split(' ').nth(1)).collect();
    assert_eq!(paths, ["/d/foo/bar", "/t/foo/bar", "/t/foo/bar"]);
    assert_eq!(was.log.matches("\"device\":1").count(), 2, "{}", was.log);
}

#[test]
fn a_cut_is_of_the_device_that_is_called_so() {
    let was = session(Wish { speed: 1.0, ..Wish::of("plain", notes("")) }, |doors| {
        let online = |name: &'static str| {
            let state = App { to: doors.all, name }.once("GET /network", "").expect("it is answered");
            state.json()["online"] == true
        };
        assert!(online("1") && online("2"));
        let cut = |query: &str| {
            let headers = format!("syncdyno-token: {TOKEN}\r\n");
            let line = format!("POST /_syncdyno/cut?{query}&seconds=60");
            raw(doors.all, request(&line, &headers, "")).expect("it is answered").status
        };
        assert_eq!((cut("device=1"), online("1"), online("2")), (200, false, true));
        assert_eq!((cut("number=1"), online("2")), (200, false));
        // No device has the name 0, so 0 is a number.
        assert_eq!(
            (cut("device=ana"), cut("device=9"), cut("number=9"), cut("device=0")),
            (404, 404, 400, 200)
        );
        assert!(online("third"), "no unknown name has taken the last device");
        let dots = raw(doors.all, request("GET /d/../pull", "", "")).expect("it is answered");
        assert_eq!(dots.status, 400, "{}", dots.text());
    });
    is_the_same(&was);
}

/// A server that sends this head as its response.
fn says(head: &'static str) -> String {
    let to = server(1, move |mut stream: TcpStream| {
        _ = stream.read(&mut [0; 4_096]);
        let own = stream.local_addr().expect("it has one").to_string();
        _ = stream.write_all(format!("HTTP/1.1 {head}\r\n\r\n").replace("OWN", &own).as_bytes());
    });
    format!("http://{to}")
}

#[test]
fn a_redirect_to_ones_own_server_leads_behind_the_link() {
    let of = |head: &'static str, line: &str, headers: &str| {
        let mut to = String::new();
        session(before(says(head)), |doors| {
            let got = raw(doors.all, request(line, headers, "")).expect("it is answered");
            assert_eq!(got.status, 302);
            to.clone_from(&got.headers["location"]);
        });
        to
    };
    let own = "302 Found\r\nlocation: http://OWN/x?y\r\ncontent-length: 0";
    assert_eq!(of(own, "GET /d/anna/a", ""), "http://localhost/d/anna/x?y");
    let proxied = "syncdyno-device: anna\r\nx-forwarded-proto: https\r\n";
    assert_eq!(of(own, "GET /a", proxied), "https://localhost/x?y");
    let other = "302 Found\r\nlocation: http://OWN.evil.example/x\r\ncontent-length: 0";
    assert!(of(other, "GET /d/anna/a", "").ends_with(".evil.example/x"));
}

#[test]
fn a_head_says_how_long_its_body_would_be() {
    let head = "200 OK\r\ncontent-length: 1234\r\ncontent-type: a/b";
    session(before(says(head)), |doors| {
        let got =
            raw(doors.all, request("HEAD /x", "syncdyno-device: anna\r\n", "")).expect("it is answered");
        assert_eq!((got.status, got.headers["content-length"].as_str(), got.body.len()), (200, "1234", 0));
    });
}
