//! Streams of the user's own server over HTTP. They are delivered in pieces, and replayed.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::client::{Was, Wish, connect, is_the_same, notes, pause, raw, request, session};
use crate::tunnels::server;

fn how_often(was: &Was, text: &str) -> usize {
    was.log.lines().filter(|line| line.contains(text)).count()
}

/// Responds with 10 chunked events, one every 20 ms. With `ends_well`, the stream ends cleanly.
fn events(ends_well: bool) -> impl Fn(TcpStream) + Send {
    move |mut stream| {
        let read = stream.read(&mut [0; 4_096]);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        if read.is_err() || stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        for n in 0..10 {
            pause(20);
            let event = format!("data: secret {n}\n\n");
            if stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).is_err() {
                return;
            }
        }
        if ends_well {
            _ = stream.write_all(b"0\r\n\r\n");
        }
    }
}

fn before(world: String, speed: f64, to: &str) -> Wish {
    Wish { upstream: Some(format!("http://{to}")), speed, ..Wish::of("plain", world) }
}

fn opened(to: std::net::SocketAddr) -> TcpStream {
    let mut stream = connect(to);
    let headers = "syncdyno-device: anna\r\naccept: text/event-stream\r\n";
    stream.write_all(request("GET /events", headers, "").as_bytes()).expect("it is open");
    stream
}

/// Reads until the end. Returns the text and the number of reads.
fn hears(stream: &mut TcpStream) -> (String, usize) {
    let (mut heard, mut reads, mut buffer) = (String::new(), 0, [0; 4_096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        heard += &String::from_utf8_lossy(&buffer[..read]);
        reads += 1;
    }
    (heard, reads)
}

#[test]
fn events_of_ones_own_server_come_as_they_are_sent() {
    let to = server(1, events(true));
    let was = session(before(notes(""), 5.0, &to), |doors| {
        let (heard, reads) = hears(&mut opened(doors.all));
        assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.contains("text/event-stream"), "{heard}");
        assert!(heard.contains("data: secret 9") && heard.ends_with("0\r\n\r\n"), "{heard}");
        assert!(reads >= 5, "{reads}");
    });
    assert_eq!((is_the_same(&was), how_often(&was, "\"kind\":\"piece\"")), (1, 11));
    assert_eq!((how_often(&was, "\"more\":true"), how_often(&was, "\"how\":\"answered\"")), (1, 1));
    assert!(!was.log.contains("secret"));
}

#[test]
fn a_stream_that_breaks_off_is_no_whole_one() {
    let to = server(1, events(false));
    let was = session(before(notes(""), 5.0, &to), |doors| {
        let (heard, _) = hears(&mut opened(doors.all));
        assert!(heard.contains("data: secret 9") && !heard.ends_with("0\r\n\r\n"), "{heard}");
    });
    assert_eq!((how_often(&was, "\"kind\":\"broke\""), how_often(&was, "\"how\":\"reset\"")), (1, 1));
    is_the_same(&was);
    let world = notes("event.tunnel = { at = \"+2s\", outage = { for = \"4s\", mode = \"reset\" } }");
    let to = server(1, events(true));
    let was = session(before(world, 20.0, &to), |doors| {
        let (heard, _) = hears(&mut opened(doors.all));
        assert!(!heard.ends_with("0\r\n\r\n"), "{heard}");
    });
    assert_eq!(how_often(&was, "\"how\":\"reset\""), 1, "{}", was.log);
    is_the_same(&was);
}

#[test]
fn a_stream_that_nobody_hears_is_given_up_at_the_server() {
    let to = server(1, events(true));
    let was = session(before(notes(""), 5.0, &to), |doors| {
        let mut stream = opened(doors.all);
        _ = stream.read(&mut [0; 10]);
        drop(stream);
        pause(400);
    });
    assert_eq!(how_often(&was, "\"how\":\"given-up\""), 1);
    assert!(how_often(&was, "\"kind\":\"piece\"") < 9, "it is read no further");
    is_the_same(&was);
}

#[test]
fn a_websocket_is_told_of_the_tunnel() {
    session(before(notes(""), 5.0, "127.0.0.1:1"), |doors| {
        let headers = "syncdyno-device: anna\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
        let got = raw(doors.all, request("GET /socket", headers, "")).expect("it is answered");
        assert_eq!((got.status, got.text().contains("--tunnel")), (501, true));
    });
}
