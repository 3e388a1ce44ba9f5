//! How late responses are. The figure that is promised is of a release build: see the page.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Wish, connect, notes, pause, session};

/// Clients, requests of each per second, and seconds.
fn load(clients: u64, rate: u64, seconds: u64) -> (u64, f64, f64, f64) {
    let more = format!("fleet.more = {{ devices = {clients}, link = \"wifi-good\" }}");
    let answered = AtomicU64::new(0);
    let was =
        session(Wish { speed: 1.0, connections_max: 1_000, ..Wish::of("plain", notes(&more)) }, |doors| {
            let (to, answered) = (doors.all, &answered);
            std::thread::scope(|scope| {
                for client in 0..clients {
                    scope.spawn(move || {
                    pause(client * 7 % (1_000 / rate));
                    let mut stream = connect(to);
                    let asks = format!(
                        "GET /pull?limit=1 HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: c{client}\r\n\r\n"
                    );
                    let (begun, mut sent) = (Instant::now(), 0);
                    while begun.elapsed() < Duration::from_secs(seconds) {
                        stream.write_all(asks.as_bytes()).expect("it is open");
                        let mut buffer = [0; 4_096];
                        let read = stream.read(&mut buffer).unwrap_or(0);
                        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "client {client}");
                        answered.fetch_add(1, Ordering::Relaxed);
                        sent += 1;
                        let due = Duration::from_millis(sent * 1_000 / rate);
                        pause(due.saturating_sub(begun.elapsed()).as_millis() as u64);
                    }
                });
                }
            });
        });
    let late = &was.ended.lateness;
    let ms = |nanos: u64| nanos as f64 / 1e6;
    (answered.into_inner(), ms(late.quantile(0.5)), ms(late.quantile(0.99)), ms(late.most()))
}

#[test]
fn a_few_clients_are_answered_in_time() {
    let (answered, p50, ..) = load(10, 10, 2);
    assert!(answered >= 100, "{answered}");
    // However busy the machine is, the half of them.
    assert!(p50 < 50.0, "{p50}");
}

#[test]
#[ignore = "a figure of a release build on a quiet machine: cargo test --release -p syncdyno-live -- --ignored --nocapture"]
#[expect(clippy::print_stdout, reason = "who asks for it wants the figures")]
fn two_hundred_clients_are_answered_within_three_ms() {
    let (answered, p50, p99, most) = load(200, 20, 10);
    println!(
        "{answered} requests of 200 clients: late by p50 {p50:.2} ms, p99 {p99:.2} ms, at most {most:.2} ms"
    );
    assert!(answered > 35_000 && p99 <= 3.0, "{answered} {p99}");
}
