//! Raw TCP over simulated links. It is recorded and replayed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{Was, Wish, connect, free_ports, is_the_same, notes, pause, raw, request, session};

/// A server that calls `serve` for each of `connections` connections.
pub(crate) fn server(connections: usize, serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let at = listener.local_addr().expect("it has one").to_string();
    let serves = move || {
        for _ in 0..connections {
            let Ok((stream, _)) = listener.accept() else { return };
            serve(stream);
        }
    };
    _ = std::thread::Builder::new().spawn(serves).expect("a thread begins");
    at
}

/// Echoes all bytes until the end.
fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 1 << 16];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}

/// A scenario with steady links and a round trip of 150 ms; `more` is added.
fn steady(more: &str) -> String {
    notes(&format!("link.steady = {{ rtt = \"150ms\", down = \"20Mbit/s\", up = \"20Mbit/s\" }}\n{more}"))
        .replace("link = \"lte-poor\"", "link = \"steady\"")
}

fn through(world: String, speed: f64, to: String) -> Wish {
    Wish { tunnel: Some(to), ports_from: Some(free_ports()), speed, ..Wish::of("plain", world) }
}

fn how_often(was: &Was, text: &str) -> usize {
    was.log.lines().filter(|line| line.contains(text)).count()
}

/// Reads exactly `bytes` bytes.
fn reads(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut all = vec![0; bytes];
    stream.read_exact(&mut all).expect("they come");
    all
}

#[test]
fn an_echo_takes_a_round_trip_and_bytes_come_as_they_were() {
    let mut took = Vec::new();
    let to = server(1, echo);
    let was = session(through(steady(""), 1.0, to), |doors| {
        let mut app = connect(doors.devices[0]);
        app.set_nodelay(true).expect("it is a socket");
        for n in 0..5_u8 {
            let begun = Instant::now();
            app.write_all(&[n; 100]).expect("it is open");
            assert_eq!(reads(&mut app, 100), [n; 100]);
            took.push(begun.elapsed());
        }
        // This is more than the maximum number of bytes in transit.
        let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut other = app.try_clone().expect("it is a socket");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                other.write_all(&sent).expect("it is open");
                other.shutdown(Shutdown::Write).expect("it is open");
            });
            let mut heard = Vec::new();
            app.read_to_end(&mut heard).expect("it ends well");
            assert!(heard == sent);
        });
        pause(200);
    });
    // The first exchange includes the handshake.
    assert!(took[0] >= Duration::from_millis(300), "{took:?}");
    took[1..].sort();
    assert!(took[1] >= Duration::from_millis(150) && took[1] < Duration::from_millis(200), "{took:?}");
    assert_eq!(is_the_same(&was), 1);
    assert_eq!((how_often(&was, "\"how\":\"closed\""), how_often(&was, "\"kind\":\"shut\"")), (1, 2));
    assert!(was.log.contains("\"bytes\":6001000,"), "all bytes both ways");
    let late = &was.ended.lateness;
    assert!(late.responses() >= 2 * 183, "{late}");
}

#[test]
fn an_outage_that_resets_breaks_a_tunnel_off_at_both_ends() {
    let world = steady("event.tunnel = { at = \"+2s\", outage = { for = \"4s\", mode = \"reset\" } }");
    let to = server(2, echo);
    let was = session(through(world, 1.0, to), |doors| {
        let mut app = connect(doors.devices[0]);
        app.write_all(b"before").expect("it is open");
        assert_eq!(reads(&mut app, 6), b"before");
        let ended = app.read(&mut [0; 10]);
        assert!(ended.is_err(), "it is reset: {ended:?}");
        // No tunnel can be opened during the outage.
        let mut other = connect(doors.devices[0]);
        assert!(other.read(&mut [0; 10]).is_err());
    });
    assert_eq!(is_the_same(&was), 2);
    assert_eq!((how_often(&was, "\"how\":\"reset\""), how_often(&was, "\"how\":\"offline\"")), (1, 1));
}

#[test]
fn an_outage_that_drops_holds_the_bytes_until_it_is_over() {
    let world = steady("event.lift = { at = \"+1s\", outage = { for = \"3s\", mode = \"drop\" } }");
    let to = server(1, echo);
    let was = session(through(world, 1.0, to), |doors| {
        let begun = Instant::now();
        let mut app = connect(doors.devices[0]);
        app.write_all(b"before").expect("it is open");
        assert_eq!(reads(&mut app, 6), b"before");
        pause(1_200_u64.saturating_sub(begun.elapsed().as_millis() as u64));
        app.write_all(b"meanwhile").expect("it is open");
        assert_eq!(reads(&mut app, 9), b"meanwhile");
        let elapsed = begun.elapsed();
        assert!(elapsed > Duration::from_millis(4_000), "{elapsed:?}");
    });
    is_the_same(&was);
    assert_eq!(how_often(&was, "\"how\":\"reset\""), 0);
}

#[test]
fn a_stream_of_events_comes_piece_by_piece() {
    let events = |mut stream: TcpStream| {
        _ = stream.read(&mut [0; 4_096]);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        _ = stream.write_all(head.as_bytes());
        for n in 0..10 {
            pause(20);
            if stream.write_all(format!("data: secret {n}\n\n").as_bytes()).is_err() {
                return;
            }
        }
    };
    let to = server(1, events);
    let was = session(through(notes(""), 5.0, to), |doors| {
        let mut app = connect(doors.devices[2]);
        app.write_all(request("GET /events", "", "").as_bytes()).expect("it is open");
        let (mut heard, mut reads, mut buffer) = (String::new(), 0, [0; 4_096]);
        while let Ok(read @ 1..) = app.read(&mut buffer) {
            heard += &String::from_utf8_lossy(&buffer[..read]);
            reads += 1;
        }
        assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.ends_with("data: secret 9\n\n"), "{heard}");
        assert!(reads >= 5, "{reads}");
        drop(app);
        pause(200);
    });
    assert_eq!(is_the_same(&was), 1);
    assert!(was.log.contains("\"device\":2") && !was.log.contains("secret") && !was.log.contains("GET"));
    assert!(how_often(&was, "\"kind\":\"sent\",\"n\":0,\"up\":false") >= 5);
}

#[test]
fn a_far_end_that_is_not_there_and_an_app_that_leaves_end_it() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let to = nobody.local_addr().expect("it has one").to_string();
    drop(nobody);
    let was = session(through(notes(""), 5.0, to), |doors| {
        let mut app = connect(doors.devices[0]);
        app.write_all(b"is anybody there").expect("it is open");
        assert!(app.read(&mut [0; 10]).is_err(), "it is reset");
        // The bench's own endpoints are at the other port, and use only HTTP.
        let got = raw(doors.all, request("GET /pull", "", "")).expect("it is answered");
        assert_eq!((got.status, got.text().contains("ports")), (404, true));
        let said = "{\"kind\": \"sync-start\"}";
        let got = raw(doors.all, request("POST /d/phones-1/observe", "", said)).expect("it is answered");
        assert_eq!(got.status, 204, "{}", got.text());
    });
    assert_eq!((is_the_same(&was), how_often(&was, "\"kind\":\"broke\"")), (1, 1));
    let (tells, told) = std::sync::mpsc::channel();
    let to = server(1, move |mut stream| {
        _ = stream.read(&mut [0; 10]);
        // The server's peer ends normally.
        _ = tells.send(stream.read(&mut [0; 10]).unwrap_or(0));
    });
    let was = session(through(notes(""), 5.0, to), move |doors| {
        let mut app = connect(doors.devices[0]);
        app.write_all(b"here").expect("it is open");
        pause(300);
        drop(app);
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(0));
    });
    assert!(how_often(&was, "\"kind\":\"shut\"") >= 1);
    is_the_same(&was);
}

/// Closes a socket like a failed process does: its peer gets a reset.
fn resets(stream: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("there is room");
    let _inside = runtime.enter();
    stream.set_nonblocking(true).expect("it is a socket");
    let stream = tokio::net::TcpStream::from_std(stream).expect("it is a socket");
    stream.set_zero_linger().expect("it is a socket");
}

/// A server that reads to the end, and reports the result.
fn told_of_end() -> (String, std::sync::mpsc::Receiver<std::io::Result<usize>>) {
    let (tells, told) = std::sync::mpsc::channel();
    let to = server(1, move |mut stream| {
        let ended = loop {
            match stream.read(&mut [0; 4_096]) {
                Ok(1..) => {}
                ended => break ended,
            }
        };
        _ = tells.send(ended);
    });
    (to, told)
}

#[test]
fn a_server_hears_the_reset_of_its_app() {
    for is_reset in [true, false] {
        let (to, told) = told_of_end();
        let was = session(through(steady(""), 5.0, to), move |doors| {
            let mut app = connect(doors.devices[0]);
            app.write_all(&[7; 10_000]).expect("it is open");
            pause(200);
            if is_reset {
                resets(app)
            } else {
                drop(app)
            }
            let ended = told.recv_timeout(Duration::from_secs(10)).expect("it has ended");
            assert_eq!(ended.is_err(), is_reset, "{ended:?}");
        });
        is_the_same(&was);
    }
}

#[test]
fn a_server_hears_a_reset_after_an_outage_that_resets() {
    let world = steady("event.tunnel = { at = \"+2s\", outage = { for = \"4s\", mode = \"reset\" } }");
    let (to, told) = told_of_end();
    let was = session(through(world, 5.0, to), move |doors| {
        let mut app = connect(doors.devices[0]);
        app.write_all(&[7; 10_000]).expect("it is open");
        assert!(app.read(&mut [0; 10]).is_err(), "it is reset");
        let ended = told.recv_timeout(Duration::from_secs(10)).expect("it has ended");
        assert!(ended.is_err(), "{ended:?}");
    });
    is_the_same(&was);
}
