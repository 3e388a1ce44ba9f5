//! Limits on the time, memory and connections that one client can take from the others.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::client::{App, TOKEN, Wish, connect, got, is_the_same, notes, pause, raw, request, session};
use crate::tunnels::server;

const STARTED: &str = "{\"kind\":\"sync-start\"}\n";

#[test]
fn many_lines_of_one_app_hold_up_no_other() {
    let lines = (1 << 20) / STARTED.len();
    let was = session(Wish::of("plain", notes("")), |doors| {
        let said = request("POST /observe", "syncdyno-device: anna\r\n", &STARTED.repeat(lines));
        let to = doors.all;
        std::thread::scope(|scope| {
            let says = scope.spawn(move || {
                let begun = Instant::now();
                let status = raw(to, said).expect("it is answered").status;
                (status, begun.elapsed())
            });
            let mut worst = Duration::ZERO;
            while !says.is_finished() {
                let begun = Instant::now();
                let bert = App { to, name: "bert" }.once("GET /network", "");
                assert_eq!(bert.expect("it is answered").status, 200);
                worst = worst.max(begun.elapsed());
                pause(5);
            }
            let (status, took) = says.join().expect("it is answered");
            assert_eq!(status, 204);
            assert!(worst < took / 4, "another waited {worst:?} of {took:?}");
        });
    });
    assert_eq!(was.history.matches("sync-start").count(), lines);
    is_the_same(&was);
}

#[test]
fn what_is_said_at_once_is_one_mebibyte() {
    session(Wish::of("plain", notes("")), |doors| {
        let lines = (1 << 20) / STARTED.len() + 1;
        let said = request("POST /observe", "syncdyno-device: anna\r\n", &STARTED.repeat(lines));
        let got = raw(doors.all, said).expect("it is answered");
        assert!(got.status == 413 && got.text().contains("1048576 bytes"), "{} {}", got.status, got.text());
    });
}

/// A request whose body lacks one byte.
fn unfinished(to: std::net::SocketAddr, length: usize) -> TcpStream {
    let mut stream = connect(to);
    let head = format!("POST /d/anna/push HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is open");
    // A refused client cannot send all bytes, so an error is ignored.
    _ = stream.write_all(&vec![b'x'; length - 1]);
    stream
}

#[test]
fn bodies_of_all_together_have_a_limit() {
    session(Wish { held_max: 2 << 20, ..Wish::of("plain", notes("")) }, |doors| {
        let mut open: Vec<TcpStream> = (0..4).map(|_| unfinished(doors.all, 1 << 20)).collect();
        pause(200);
        let small = |body: &str| {
            raw(doors.all, request("POST /push", "syncdyno-device: bert\r\n", body))
                .map_or(0, |got| got.status)
        };
        let full = small(&"x".repeat(1 << 19));
        let mut refused = 0;
        for stream in &mut open {
            stream.set_read_timeout(Some(Duration::from_millis(50))).expect("it is a socket");
            let mut head = [0; 12];
            refused += usize::from(stream.read_exact(&mut head).is_ok() && &head == b"HTTP/1.1 503");
        }
        assert_eq!((refused, full), (2, 503));
        drop(open);
        pause(200);
        assert_eq!(small("{\"edits\":[]}"), 200, "there is room again");
    });
}

#[test]
fn a_client_that_reads_nothing_is_given_up() {
    // The body is larger than the socket buffers of this machine.
    let large = |mut stream: TcpStream| {
        _ = stream.read(&mut [0; 4_096]);
        let body = vec![b'x'; 1 << 20];
        _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        for _ in 0..64 {
            let piece = [b"100000\r\n".as_slice(), &body, b"\r\n"].concat();
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    };
    let to = server(1, large);
    let world = notes("").replace("lte-poor", "wifi-good");
    let wish =
        Wish { upstream: Some(format!("http://{to}")), connections_max: 1, ..Wish::of("plain", world) };
    session(Wish { speed: 100.0, ..wish }, |doors| {
        let mut never = connect(doors.all);
        never.write_all(request("GET /x", "syncdyno-device: anna\r\n", "").as_bytes()).expect("it is open");
        pause(200);
        let state = || raw(doors.all, request("GET /_syncdyno/state", "", "")).map_or(0, |got| got.status);
        assert_eq!(state(), 503, "its place is taken");
        let begun = Instant::now();
        while state() != 200 {
            assert!(begun.elapsed() < Duration::from_secs(20), "it holds its place");
            pause(100);
        }
        drop(never);
    });
}

#[test]
fn who_knows_the_token_is_served_when_all_places_are_taken() {
    session(Wish { connections_max: 2, ..Wish::of("plain", notes("")) }, |doors| {
        let keeps = "GET /network HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: own\r\n\r\n";
        for _ in 0..5 {
            let taken: Vec<TcpStream> = (0..2)
                .map(|_| {
                    let mut stream = connect(doors.all);
                    stream.write_all(keeps.as_bytes()).expect("it is open");
                    stream
                })
                .collect();
            pause(50);
            let status = |line: &str, headers: &str| {
                raw(doors.all, request(line, headers, "")).map_or(0, |got| got.status)
            };
            let token = format!("syncdyno-token: {TOKEN}\r\n");
            assert_eq!(status("GET /_syncdyno/state", ""), 503);
            assert_eq!(status("GET /_syncdyno", &token), 200);
            assert_eq!(status("GET /d/anna/pull?limit=1", &token), 503, "an app has no place there");
            assert_eq!(status("POST /_syncdyno/cut?device=own&seconds=1", &token), 200);
            for mut stream in taken {
                _ = stream.shutdown(std::net::Shutdown::Both);
                _ = got(&mut stream);
            }
            pause(50);
        }
    });
}
