//! The lateness of responses. The promised figure is for a release build; the page of the docs has
//! it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Wish, notes, session};

/// A client that sends `rate` requests per second for `length`. Returns the number of responses.
async fn client(to: SocketAddr, number: u64, rate: u64, length: Duration) -> u64 {
    tokio::time::sleep(Duration::from_micros(number * 7_919 % (1_000_000 / rate))).await;
    let mut stream = TcpStream::connect(to).await.expect("it listens");
    stream.set_nodelay(true).expect("it is a socket");
    let asks = format!("GET /pull?limit=1 HTTP/1.1\r\nhost: localhost\r\nsyncdyno-device: c{number}\r\n\r\n");
    let (begun, mut sent, mut buffer) = (Instant::now(), 0, [0; 4_096]);
    while begun.elapsed() < length {
        stream.write_all(asks.as_bytes()).await.expect("it is open");
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "client {number}");
        sent += 1;
        let due = Duration::from_millis(sent * 1_000 / rate);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
    }
    sent
}

/// Runs clients that each send `rate` requests per second. Returns the number of responses and
/// their lateness.
fn load(clients: u64, rate: u64, seconds: u64) -> (u64, f64, f64, f64) {
    let more = format!(
        "fleet.more = {{ devices = {clients}, link = \"wifi-good\" }}\n\
         backend = {{ workers = 256, fixed_cost = \"1us\", row_cost = \"1us\" }}"
    );
    let mut answered = 0;
    let was =
        session(Wish { speed: 1.0, connections_max: 1_000, ..Wish::of("plain", notes(&more)) }, |doors| {
            let to = doors.all;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            answered = runtime.expect("there is room").block_on(async {
                let length = Duration::from_secs(seconds);
                let all: Vec<_> = (0..clients).map(|n| tokio::spawn(client(to, n, rate, length))).collect();
                let mut answered = 0;
                for one in all {
                    answered += one.await.expect("no client failed");
                }
                answered
            });
        });
    let late = &was.ended.lateness;
    let ms = |nanos: u64| nanos as f64 / 1e6;
    (answered, ms(late.quantile(0.5)), ms(late.quantile(0.99)), ms(late.most()))
}

#[test]
fn a_few_clients_are_answered_in_time() {
    let (answered, p50, ..) = load(10, 10, 2);
    assert!(answered >= 100, "{answered}");
    // This median must also hold on a busy machine.
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
