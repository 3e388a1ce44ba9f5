//! A session in this process, and clients that behave like apps.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use syncdyno_live::live::{
    Begins, Doors, Ended, Gate, Head, LOG_VERSION, Limits, Log, Mode, News, Opening, Protocol, Replayed,
    Roster, Session, Upstream, replay,
};
use syncdyno_live::setup::Setup;
use syncdyno_live::world::Stacks;
use syncdyno_scenario::scenario::{Document, Request};

pub(crate) const TOKEN: &str = "0123456789abcdef";

/// A scenario with 3 phones and a few notes; `more` is added.
pub(crate) fn notes(more: &str) -> String {
    format!(
        r#"
        name = "live"
        duration = "10m"
        entity.note = {{ rows = 40, schema = {{ id = "uuid key", text = "text 10..60", count = "int 0..9" }} }}
        unit.All = {{ on = ["start"], pull = ["note"], push = ["note"] }}
        fleet.phones = {{ devices = 3, link = "lte-poor" }}
        {more}
        "#
    )
}

/// Faults on links and at the backend, early in a session.
pub(crate) const TROUBLE: &str = r#"
    event.lost = { at = "+0s", response_loss = { loss = "25%", for = "5m" } }
    event.tunnel = { at = "+6s", outage = { for = "4s", mode = "reset" } }
    event.lift = { at = "+14s", outage = { for = "3s", mode = "drop" } }
    event.maintenance = { at = "+20s", backend_down = { for = "5s" } }
    event.portal = { at = "+28s", captive_portal = { for = "2s" } }
"#;

/// Settings of a session that differ from the defaults.
pub(crate) struct Wish {
    pub(crate) scenario: String,
    pub(crate) protocol: &'static str,
    pub(crate) options: Vec<(&'static str, &'static str)>,
    pub(crate) upstream: Option<String>,
    pub(crate) tunnel: Option<String>,
    pub(crate) speed: f64,
    pub(crate) is_closed: bool,
    pub(crate) connections_max: usize,
    pub(crate) held_max: usize,
    pub(crate) log_max: usize,
    pub(crate) ports_from: Option<u16>,
}

impl Wish {
    pub(crate) fn of(protocol: &'static str, scenario: String) -> Wish {
        Wish {
            scenario,
            protocol,
            options: Vec::new(),
            upstream: None,
            tunnel: None,
            speed: 20.0,
            is_closed: false,
            connections_max: 200,
            held_max: 256 << 20,
            log_max: usize::MAX,
            ports_from: None,
        }
    }
}

/// A writer that accepts this many bytes and then fails, like a full disk.
#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>, usize);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().expect("nobody panicked");
        if all.len() + bytes.len() > self.1 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn begins(&self) -> Begins<'static> {
        let to = self.clone();
        Box::new(move || Ok(Box::new(to)))
    }
}

fn setup(head: &Head) -> (Setup, Stacks) {
    let document = Document::of_file(Path::new("live.toml"), &head.scenario);
    let document = document.unwrap_or_else(|invalid| panic!("{}", invalid.render(false)));
    let stacks = Stacks::builtin();
    let plans = document.plans(&Request::default(), &stacks.described());
    let plans = plans.unwrap_or_else(|invalid| panic!("{}", invalid.render(false)));
    let mut protocol = Protocol::of(&head.protocol, &plans[0].chosen).expect("there is such a protocol");
    for (name, word) in &head.options {
        protocol.set(name, word).expect("it has this option");
    }
    let mut setup = Setup::clone(&plans[0]);
    (setup.engine_name, setup.is_third_party) = (head.protocol.clone(), true);
    setup.chosen = protocol.chosen.clone();
    (setup, stacks.with(protocol.stack()))
}

/// The result of a session.
pub(crate) struct Was {
    pub(crate) log: String,
    pub(crate) history: String,
    pub(crate) silent: Vec<String>,
    /// The times at which a failure of the log was reported.
    pub(crate) log_failed: Vec<Instant>,
    pub(crate) ended: Ended,
}

/// Runs a session until `apps` returns.
pub(crate) fn session(wish: Wish, apps: impl FnOnce(&Doors) + Send) -> Was {
    let mut head = Head {
        syncdyno_session: LOG_VERSION,
        mode: match (&wish.upstream, &wish.tunnel) {
            (Some(_), _) => Mode::Upstream,
            (_, Some(_)) => Mode::Tunnel,
            _ => Mode::Scenario,
        },
        protocol: wish.protocol.to_owned(),
        options: wish.options.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect(),
        scenario: wish.scenario,
        path: "live.toml".to_owned(),
        seed: "1".to_owned(),
        devices: Vec::new(),
        speed: wish.speed,
        bodies: wish.upstream.is_none() && wish.tunnel.is_none(),
        began_ms: None,
    };
    let (setup, stacks) = setup(&head);
    let roster = Roster::of(setup.fleets.iter().map(|fleet| (fleet.name.as_str(), fleet.devices)));
    head.devices = roster.names();
    let gate = Gate {
        token: TOKEN.to_owned(),
        is_closed: wish.is_closed,
        origins: vec!["http://localhost:5173".to_owned()],
        hosts: Vec::new(),
    };
    let opening = Opening {
        listen: "127.0.0.1:0".parse().expect("it is one"),
        ports_from: wish.ports_from,
        gate,
        roster,
        upstream: wish.upstream.map(|url| Upstream::of(&url).expect("it is one")),
        tunnel: wish.tunnel.map(|at| Upstream::of_port(&at).expect("it is one")),
        bodies: false,
        body_max: 1 << 20,
        connections_max: wish.connections_max,
        held_max: wish.held_max,
        patience: Duration::from_millis(400),
    };
    let sink = Sink(Arc::default(), wish.log_max);
    let session = Session {
        plan: &setup,
        stacks: &stacks,
        head,
        opening,
        log: Some(sink.begins()),
        limits: Limits::default(),
        check: &|_| Ok(()),
    };
    let is_over = AtomicBool::new(false);
    let failed = Mutex::new(Vec::new());
    let (tells, told) = mpsc::channel();
    let ended = std::thread::scope(|scope| {
        let over = &is_over;
        scope.spawn(move || {
            let _end = OnDrop(over);
            let doors: Doors = told.recv().expect("the door is opened");
            apps(&doors);
        });
        session.run(&|| is_over.load(Ordering::Relaxed), &mut |news| match news {
            News::Opened(doors) => tells.send(doors.clone()).expect("somebody waits"),
            News::LogEnds(_) => failed.lock().expect("nobody panicked").push(Instant::now()),
        })
    });
    let ended = ended.unwrap_or_else(|trouble| panic!("{trouble}"));
    let log = String::from_utf8(sink.0.lock().expect("nobody panicked").clone()).expect("it is text");
    let log_failed = failed.into_inner().expect("nobody panicked");
    Was { log, history: ended.history.clone(), silent: ended.silent.clone(), log_failed, ended }
}

/// Ends the session even if its apps have panicked.
struct OnDrop<'f>(&'f AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Replays the log in virtual time.
pub(crate) fn again(log: &str) -> Replayed {
    again_of(&Log::read(log.as_bytes()).unwrap_or_else(|error| panic!("{error}")))
}

pub(crate) fn again_of(read: &Log) -> Replayed {
    let (setup, stacks) = setup(&read.head);
    replay(read, &setup, &stacks).unwrap_or_else(|error| panic!("{error}"))
}

/// Asserts that a replay equals the session. Returns the number of requests that ended in the same
/// way.
pub(crate) fn is_the_same(was: &Was) -> u64 {
    let replayed = again(&was.log);
    assert_eq!(replayed.differ, [], "{}", was.log);
    assert_eq!((replayed.same_history, replayed.is_cut_off), (Some(true), false));
    assert_eq!(replayed.history, was.history);
    replayed.same
}

#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("it is JSON: {}", self.text()))
    }
}

pub(crate) fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("it is a socket");
    stream
}

/// Reads the response on a connection until it closes; `None` if it is malformed.
pub(crate) fn got(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    // A reset ends the response too.
    let mut buffer = [0; 1 << 14];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    Some(Got { status, headers: lines.filter_map(pair).collect(), body: bytes[end + 4..].to_vec() })
}

/// Sends bytes, and waits for the end of the connection.
pub(crate) fn raw(to: SocketAddr, bytes: impl AsRef<[u8]>) -> Option<Got> {
    let mut stream = connect(to);
    // A refused client may not have sent all bytes, so an error is ignored.
    _ = stream.write_all(bytes.as_ref());
    got(&mut stream)
}

pub(crate) fn request(line: &str, headers: &str, body: &str) -> String {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}{length}\r\n{body}")
}

/// An app that uses one device.
pub(crate) struct App {
    pub(crate) to: SocketAddr,
    pub(crate) name: &'static str,
}

impl App {
    /// Sends a request until a response comes.
    pub(crate) fn ask(&self, line: &str, body: &str) -> Got {
        self.ask_with(line, "", body)
    }
    pub(crate) fn ask_with(&self, line: &str, headers: &str, body: &str) -> Got {
        for _ in 0..200 {
            if let Some(got) = self.once_with(line, headers, body).filter(|got| got.status != 503) {
                let is_page = got.headers.get("content-type").is_some_and(|of| of == "text/html");
                if !is_page {
                    return got;
                }
            }
            pause(20);
        }
        panic!("{}: {line} was never answered", self.name);
    }
    pub(crate) fn once(&self, line: &str, body: &str) -> Option<Got> {
        self.once_with(line, "", body)
    }
    fn once_with(&self, line: &str, headers: &str, body: &str) -> Option<Got> {
        let mut stream = connect(self.to);
        // The app cancels its request before the simulated link does.
        stream.set_read_timeout(Some(Duration::from_millis(800))).expect("it is a socket");
        let headers = format!("syncdyno-device: {}\r\n{headers}", self.name);
        _ = stream.write_all(request(line, &headers, body).as_bytes());
        got(&mut stream)
    }
    pub(crate) fn says(&self, lines: &str) {
        let got = self.once("POST /observe", lines).expect("it is answered");
        assert_eq!(got.status, 204, "{}", got.text());
    }
}

/// Returns the first of 3 free ports in a row. Another process may still take one.
pub(crate) fn free_ports() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let own = 20_000 + (std::process::id() % 2_000) as u16 * 10;
    loop {
        let from = own + NEXT.fetch_add(4, Ordering::Relaxed) % 10_000;
        let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (from..from + 3).all(is_free) {
            return from;
        }
    }
}

/// Waits in real time.
pub(crate) fn pause(millis: u64) {
    let (_keeps, waits) = mpsc::channel::<()>();
    _ = waits.recv_timeout(Duration::from_millis(millis));
}
