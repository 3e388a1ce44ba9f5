//! Attacks get errors, and other clients are still served.

use std::io::Write;
use std::net::TcpStream;

use crate::client::{App, TOKEN, Wish, connect, got, is_the_same, notes, pause, raw, request, session};

fn calm() -> Wish {
    Wish { speed: 50.0, ..Wish::of("plain", notes("")) }
}

/// Asserts that another client still gets responses.
fn is_served(to: std::net::SocketAddr) {
    assert_eq!(App { to, name: "other" }.ask("GET /pull?limit=1", "").status, 200);
}

fn status(to: std::net::SocketAddr, bytes: impl AsRef<[u8]>) -> u16 {
    raw(to, bytes).map_or(0, |got| got.status)
}

#[test]
fn broken_http_is_refused_and_ends_nothing() {
    let was = session(calm(), |doors| {
        let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "x".repeat(200_000));
        let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "a: b\r\n".repeat(20_000));
        let broken: [&[u8]; 12] = [
            b"\0\x01\x02\xff\xfe\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
            b"POST /push HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
            b"POST /push HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n",
            b"GET / HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
            b"GET / HTTP/1.1\nhost: localhost\n folded\n\n",
            long.as_bytes(),
            many.as_bytes(),
        ];
        for bytes in broken {
            let mut stream = connect(doors.all);
            _ = stream.write_all(bytes);
            _ = stream.shutdown(std::net::Shutdown::Write);
            let status = got(&mut stream).map_or(0, |got| got.status);
            assert!(
                !(200..400).contains(&status),
                "{status} for {:?}",
                String::from_utf8_lossy(&bytes[..20.min(bytes.len())])
            );
        }
        assert_eq!(
            status(
                doors.all,
                "CONNECT evil.example:80 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            ),
            421
        );
        is_served(doors.all);
    });
    is_the_same(&was);
}

#[test]
fn names_that_lead_here_and_pages_of_others_are_refused() {
    session(calm(), |doors| {
        let of = |headers: &str, body: &str| {
            status(doors.all, format!("{headers}connection: close\r\n\r\n{body}"))
        };
        let host = "GET /pull HTTP/1.1\r\nsyncdyno-device: a\r\nhost: ";
        assert_eq!(of(&format!("{host}evil.example\r\n"), ""), 421);
        assert_eq!(of("GET /pull HTTP/1.1\r\n", ""), 400);
        assert_eq!(of(&format!("{host}localhost\r\norigin: http://evil.example\r\n"), ""), 403);
        assert_eq!(of(&format!("{host}localhost\r\norigin: null\r\n"), ""), 403);
        assert_eq!(of(&format!("{host}localhost\r\nsec-fetch-site: cross-site\r\n"), ""), 403);
        // A form on another page. A browser submits it without asking the user.
        let form = "POST /observe HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n";
        assert_eq!(of(form, "{}"), 403);
        let listed = "origin: http://localhost:5173\r\nsyncdyno-device: a\r\n";
        let got = raw(doors.all, request("GET /pull?limit=1", listed, "")).expect("it is answered");
        assert_eq!(
            (got.status, got.headers["access-control-allow-origin"].as_str()),
            (200, "http://localhost:5173")
        );
        let asks = "origin: http://localhost:5173\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-own\r\n";
        let got = raw(doors.all, request("OPTIONS /push", asks, "")).expect("it is answered");
        assert_eq!((got.status, got.headers["access-control-allow-headers"].as_str()), (204, "x-own"));
        let other = asks.replace("localhost:5173", "evil.example");
        let got = raw(doors.all, request("OPTIONS /push", &other, "")).expect("it is answered");
        assert_eq!((got.status, got.headers.get("access-control-allow-origin")), (403, None));
        is_served(doors.all);
    });
}

#[test]
fn the_verdict_and_cuts_need_the_token() {
    let was = session(calm(), |doors| {
        for place in ["/verdict", "/_syncdyno/verdict", "/_syncdyno/cut?device=0"] {
            for token in [
                "",
                "syncdyno-token: wrong\r\n",
                "syncdyno-token: \r\n",
                "cookie: token=0123456789abcdef\r\n",
            ] {
                assert_eq!(
                    status(doors.all, request(&format!("POST {place}"), token, "")),
                    401,
                    "{place} {token}"
                );
            }
            assert_eq!(status(doors.all, request(&format!("GET {place}"), "", "")), 405);
        }
        let page = raw(doors.all, request("GET /_syncdyno", "", "")).expect("it is answered");
        assert!(page.status == 200 && !page.text().contains(TOKEN) && !page.text().contains("<form"));
        let page = raw(doors.all, request(&format!("GET /_syncdyno?token={TOKEN}"), "", ""))
            .expect("it is answered");
        assert!(page.text().contains("<form"));
        is_served(doors.all);
    });
    assert!(!was.log.contains(TOKEN));
}

#[test]
fn beyond_loopback_all_needs_the_token() {
    session(Wish { is_closed: true, ..calm() }, |doors| {
        for line in ["GET /pull", "GET /_syncdyno", "POST /observe", "OPTIONS /pull", "GET /t/wrong/d/a/pull"]
        {
            assert_eq!(status(doors.all, request(line, "syncdyno-device: a\r\n", "")), 401, "{line}");
        }
        let with = format!("syncdyno-device: a\r\nsyncdyno-token: {TOKEN}\r\n");
        assert_eq!(status(doors.all, request("GET /pull?limit=1", &with, "")), 200);
        assert_eq!(status(doors.all, request(&format!("GET /t/{TOKEN}/d/a/pull?limit=1"), "", "")), 200);
    });
}

#[test]
fn a_large_body_and_a_slow_one_get_an_error() {
    session(calm(), |doors| {
        let large = "x".repeat((1 << 20) + 1);
        assert_eq!(status(doors.all, request("POST /push", "syncdyno-device: a\r\n", &large)), 413);
        // The head announces more bytes than the client sends.
        let announced = "POST /push HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: a\r\nconnection: close\r\ncontent-length: 99999999999\r\n\r\n";
        assert_eq!(status(doors.all, announced), 413);
        let slow = "POST /push HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: a\r\nconnection: close\r\ncontent-length: 9\r\n\r\nabc";
        assert_eq!(status(doors.all, slow), 408);
        is_served(doors.all);
    });
}

#[test]
fn a_slow_head_holds_up_nobody() {
    session(calm(), |doors| {
        let slow: Vec<TcpStream> = (0..60)
            .map(|_| {
                let mut stream = connect(doors.all);
                stream.write_all(b"GET /pull HTTP/1.1\r\nhost: loc").expect("it is open");
                stream
            })
            .collect();
        is_served(doors.all);
        let mut ended = 0;
        for mut stream in slow {
            ended += usize::from(got(&mut stream).is_none_or(|got| got.status == 408));
        }
        assert_eq!(ended, 60, "each is ended by the server");
        is_served(doors.all);
    });
}

#[test]
fn a_thousand_connections_are_refused_beyond_what_may_be_open() {
    session(Wish { connections_max: 40, ..calm() }, |doors| {
        let mut own = connect(doors.all);
        let keeps = "GET /pull?limit=1 HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: own\r\n\r\n";
        own.write_all(keeps.as_bytes()).expect("it is open");
        pause(100);
        let (mut refused, mut open) = (0, Vec::new());
        for _ in 0..10 {
            for _ in 0..100 {
                open.push(connect(doors.all));
            }
            pause(30);
            for mut stream in open.drain(..) {
                stream.set_read_timeout(Some(std::time::Duration::from_millis(1))).expect("it is a socket");
                refused += usize::from(got(&mut stream).is_some_and(|got| got.status == 503));
            }
        }
        assert!(refused > 500, "{refused} of 1000");
        pause(500);
        is_served(doors.all);
        drop(own);
    });
}

#[test]
fn what_an_app_says_is_checked_before_it_is_believed() {
    let was = session(calm(), |doors| {
        let app = App { to: doors.all, name: "anna" };
        let edit = |values: &str| {
            format!(
                "{{\"kind\":\"edit\",\"entity\":\"note\",\"key\":\"k\",\"do\":\"update\",\"values\":{values}}}"
            )
        };
        for (said, word) in [
            ("", "the request is empty"),
            ("{", "line 1"),
            ("[1]", "not an object"),
            ("{\"kind\":\"commit\"}", "is accepted only with --upstream and --tunnel"),
            ("{\"kind\":\"commits\"}", "`kind` must be one of"),
            ("{\"kind\":\"edit\",\"entity\":\"x\",\"key\":\"k\",\"do\":\"update\"}", "there is no entity"),
            ("{\"kind\":\"edit\",\"entity\":\"note\",\"key\":7,\"do\":\"update\"}", "which must be a text"),
            ("{\"kind\":\"edit\",\"entity\":\"note\",\"key\":\"k\"}", "create, update or delete"),
            (&edit("{\"txt\":1}"), "there is no column `txt`"),
            ("{\"kind\":\"waits\",\"edits\":[\"none\"]}", "with the id `none`"),
            ("{\"kind\":\"waits\",\"device\":\"<script>\"}", "letters, digits"),
            ("{\"kind\":\"waits\",\"device\":\"a\"}\n{\"kind\":\"waits\",\"device\":\"b\"}", "of one device"),
        ] {
            let got = app.once("POST /observe", said).expect("it is answered");
            assert!(got.status == 400 && got.text().contains(word), "{said}: {} {}", got.status, got.text());
        }
        let wrong = raw(doors.all, request("GET /d/%3Cscript%3E/pull", "", "")).expect("it is answered");
        assert_eq!(wrong.status, 400);
        app.says(&edit("{\"text\":\"x\"}"));
    });
    assert_eq!(was.history.matches("\"kind\":\"edit\"").count(), 1);
}

#[test]
fn a_line_that_no_history_takes_is_refused_at_once() {
    let was = session(calm(), |doors| {
        let app = App { to: doors.all, name: "anna" };
        let edit = |id: &str, seq: u64| {
            format!(
                "{{\"kind\":\"edit\",\"id\":\"{id}\",\"entity\":\"note\",\"key\":\"k\",\"do\":\"update\",\
                 \"values\":{{\"text\":\"x\"}},\"seq\":{seq}}}"
            )
        };
        app.says(&edit("e1", 7));
        app.says("{\"kind\":\"waits\",\"edits\":[\"e1\"],\"undecided\":[\"e1\"]}");
        app.says("{\"kind\":\"waits\",\"rows\":[{\"entity\":\"note\",\"key\":\"k\"}]}");
        app.says("{\"kind\":\"acknowledged\",\"entity\":\"note\",\"key\":\"k\",\"seq\":7}");
        // The pause is longer than the maximum delay of a report.
        pause(600);
        let long = format!("{{\"kind\":\"sync-start\",\"device\":\"{}\"}}", "\u{1d49c}".repeat(80));
        for (said, word) in [
            ("{\"kind\":\"waits\",\"edits\":[],\"undecided\":[\"nope\"]}", "`nope`; it reported e1"),
            ("{\"kind\":\"waits\",\"rows\":[{\"entity\":\"note\",\"key\":\"z\"}]}", "no edit of note `z`"),
            ("{\"kind\":\"acknowledged\",\"entity\":\"note\",\"key\":\"z\"}", "report the edit first"),
            (
                "{\"kind\":\"told\",\"entity\":\"note\",\"key\":\"z\",\"says\":\"merged\"}",
                "report the edit first",
            ),
            ("{\"kind\":\"acknowledged\",\"edit\":\"e1\",\"seq\":6}", "`seq` must be 7 or more"),
            ("{\"kind\":\"sync-start\",\"seq\":3}", "`seq` must be 7 or more"),
            (&edit("e2", 6), "leave out `seq`"),
            (&long, "200 bytes"),
        ] {
            let got = app.once("POST /observe", said).expect("it is answered");
            assert!(got.status == 400 && got.text().contains(word), "{said}: {} {}", got.status, got.text());
        }
        // Each device has its own sequence.
        App { to: doors.all, name: "bert" }.says("{\"kind\":\"sync-start\",\"seq\":3}");
    });
    assert_eq!(was.history.matches("\"seq\":7").count(), 2, "{}", was.history);
    is_the_same(&was);
}
