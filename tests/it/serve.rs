//! `serve` as a process: it listens, judges on request or at its end, and its log can be replayed.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "processes live in host time")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

const NOTES: &str = r#"
name = "notes"
duration = "10m"
entity.note = { rows = 6, schema = { id = "uuid key", text = "text 5..20" } }
unit.All = { on = ["start"], pull = ["note"], push = ["note"] }
fleet.phones = { devices = 2, link = "wifi-good" }
"#;
const TOKEN: &str = "0123456789abcdef";

fn desk() -> TempDir {
    let desk = TempDir::new().expect("there is room");
    fs::write(desk.path().join("notes.toml"), NOTES).expect("there is room");
    desk
}

fn program(desk: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk).env_remove("GITHUB_STEP_SUMMARY").args(words.split_whitespace());
    command
}

fn said(desk: &TempDir, words: &str) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = program(desk.path(), words).output().expect("it runs");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// A program that serves, with its address.
struct Serving {
    child: Child,
    at: String,
}

impl Serving {
    fn of(desk: &TempDir, words: &str) -> Serving {
        let words = format!("serve notes.toml --listen 127.0.0.1:0 --token {TOKEN} -o out {words}");
        let mut command = program(desk.path(), &words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let stderr = child.stderr.take().expect("it is piped");
        let line = BufReader::new(stderr).lines().next().expect("it says where").expect("it is text");
        let at = line.split("http://").last().expect("it is an address");
        let at = at.split([',', ' ']).next().expect("it is there").to_owned();
        Serving { child, at }
    }
    fn ask(&self, line: &str, body: &str) -> (u16, String) {
        self.request(&format!("{line} HTTP/1.1\r\nsyncdyno-device: anna"), body)
    }
    /// The same without a device.
    fn ask_bare(&self, path: &str, body: &str) -> (u16, String) {
        self.request(&format!("POST {path} HTTP/1.1"), body)
    }
    fn request(&self, begins: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.at).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("it is a socket");
        let head = format!("{begins}\r\nhost: localhost\r\nconnection: close\r\n");
        let sent = format!("{head}syncdyno-token: {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(sent.as_bytes()).expect("it is open");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("it is a response");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("it has a status"), body.to_owned())
    }
    fn observe(&self, line: &Json) {
        let (status, text) = self.ask("POST /observe", &line.to_string());
        assert_eq!(status, 204, "{text}");
    }
    /// An app that edits a row, sends the edit if `is_good`, and reports what it shows.
    fn works(&self, is_good: bool) {
        let (_, page) = self.ask("GET /pull", "");
        let page: Json = serde_json::from_str(&page).expect("it is JSON");
        let key = page["rows"][0]["key"].as_str().expect("there is a row");
        let values = json!({ "text": "mine" });
        self.observe(&json!({ "kind": "edit", "id": "1", "entity": "note", "key": key, "do": "update", "values": values }));
        let edit = json!({ "id": "a1", "entity": "note", "key": key, "kind": "update", "values": values });
        if is_good {
            let (status, text) = self.ask("POST /push", &json!({ "edits": [edit] }).to_string());
            assert!(status == 200 && text.contains("done"), "{text}");
        }
        // Longer than an app may take to report what it did.
        std::thread::sleep(Duration::from_millis(700));
        let rows = page["rows"].as_array().expect("there are rows").iter().map(|row| {
            let mut shown = row["values"].clone();
            shown["id"] = row["key"].clone();
            if row["key"] == key && is_good {
                shown["text"] = json!("mine");
            }
            shown
        });
        self.observe(&json!({ "kind": "shows", "entity": "note", "rows": rows.collect::<Vec<_>>() }));
        self.observe(&json!({ "kind": "waits", "edits": [] }));
    }
    fn ended(self) -> (Option<i32>, String) {
        let output = self.child.wait_with_output().expect("it ends");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
    fn signalled(self, name: &str) -> (Option<i32>, String) {
        let killed = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(killed.expect("there is a kill").success());
        self.ended()
    }
}

#[test]
fn a_verdict_that_is_asked_for_is_answered_and_kept() {
    let desk = desk();
    let serving = Serving::of(&desk, "--record session.jsonl --bodies");
    serving.works(true);
    let (status, verdict) = serving.ask("POST /verdict", "");
    assert_eq!(status, 200);
    assert!(verdict.contains("notes: pass (observed"), "{verdict}");
    let (code, out) = serving.ended();
    assert_eq!((code, &out), (Some(0), &verdict), "who ends it reads what it prints");
    for file in ["out/history.jsonl", "out/requests.csv", "out/verdict/run.json", "session.jsonl"] {
        assert!(desk.path().join(file).is_file(), "{file}");
    }
    let requests = fs::read_to_string(desk.path().join("out/requests.csv")).expect("it is there");
    assert_eq!(requests.lines().count(), 3, "{requests}");
    let (code, text) = said(&desk, "replay session.jsonl");
    assert!(code == Some(0) && text.contains("2 requests ended at the same nanosecond"), "{text}");
    // The same log with another response of the app: it is not the same session.
    let log = fs::read_to_string(desk.path().join("session.jsonl")).expect("it is there");
    fs::write(desk.path().join("other.jsonl"), log.replace("mine", "ours")).expect("there is room");
    let (code, text) = said(&desk, "replay other.jsonl");
    assert!(code == Some(15) && text.contains("the history is NOT the same"), "{text}");
}

#[test]
fn a_tunnel_carries_bytes_to_its_server_and_replays_without_it() {
    let desk = desk();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let to = listener.local_addr().expect("it has one");
    let ports = 22_000 + std::process::id() % 9_000 * 4;
    let serving = Serving::of(&desk, &format!("--tunnel {to} --ports {ports} --record session.jsonl"));
    let mut app = TcpStream::connect(("127.0.0.1", ports as u16 + 1)).expect("it listens");
    app.write_all(b"private").expect("it is open");
    let (mut server, _) = listener.accept().expect("it is led there");
    let mut heard = [0; 7];
    server.read_exact(&mut heard).expect("they come");
    server.write_all(&heard).expect("it is open");
    app.read_exact(&mut heard).expect("they come back");
    assert_eq!(&heard, b"private");
    drop((app, server));
    std::thread::sleep(Duration::from_millis(300));
    serving.ask("POST /verdict", "");
    serving.ended();
    let log = fs::read_to_string(desk.path().join("session.jsonl")).expect("it is there");
    assert!(log.contains("\"mode\":\"tunnel\"") && !log.contains("private"), "{log}");
    let (code, text) = said(&desk, "replay session.jsonl");
    assert!(code == Some(0) && text.contains("1 request ended at the same nanosecond"), "{text}");
}

/// A user's own server in this process: it reports its commits, and answers each request once.
fn own_server(listener: &TcpListener, hooks: &Serving, edits: usize) {
    let say = |line: Json| assert_eq!(hooks.ask_bare("/_syncdyno/observe", &line.to_string()).0, 204);
    say(json!({ "kind": "row", "entity": "note", "key": "n1", "values": { "text": "a" } }));
    for _ in 0..edits {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut text = String::new();
        while !text.contains("\r\n\r\n") || !text.ends_with('}') {
            let mut bytes = [0; 2_048];
            let read = stream.read(&mut bytes).expect("it is open");
            assert!(read > 0, "{text}");
            text += &String::from_utf8_lossy(&bytes[..read]);
        }
        say(json!({ "kind": "commit", "entity": "note", "key": "n1", "values": { "text": "mine" },
            "by": { "device": "anna", "edit": "anna-1" } }));
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").expect("it is open");
    }
    let text = if edits > 0 { "mine" } else { "a" };
    say(json!({ "kind": "backend", "entity": "note", "rows": [{ "id": "n1", "text": text }] }));
}

#[test]
fn an_edit_that_ones_own_server_never_saw_is_lost() {
    for (sends, code) in [(false, 11), (true, 0)] {
        let desk = desk();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let to = listener.local_addr().expect("it has one");
        let serving = Serving::of(&desk, &format!("--upstream http://{to} --record session.jsonl"));
        let line = json!({ "kind": "edit", "id": "anna-1", "entity": "note", "key": "n1", "do": "update",
            "values": { "text": "mine" } });
        std::thread::scope(|scope| {
            scope.spawn(|| own_server(&listener, &serving, usize::from(sends)));
            std::thread::sleep(Duration::from_millis(600));
            assert_eq!(serving.ask("POST /_syncdyno/observe", &line.to_string()).0, 204);
            if sends {
                assert_eq!(serving.ask("POST /notes", "{}").0, 200);
            }
        });
        std::thread::sleep(Duration::from_millis(700));
        for line in [
            json!({ "kind": "shows", "entity": "note", "rows": [{ "id": "n1", "text": "mine" }] }),
            json!({ "kind": "waits", "edits": [] }),
        ] {
            assert_eq!(serving.ask("POST /_syncdyno/observe", &line.to_string()).0, 204);
        }
        let (_, verdict) = serving.ask("POST /_syncdyno/verdict", "");
        assert!(verdict.contains("lost-edit (1)") != sends, "{verdict}");
        assert!(sends || verdict.contains("edit anna-1 of"), "{verdict}");
        assert!(verdict.contains("your server reported 1 row at the start"), "{verdict}");
        assert_eq!(serving.ended().0, Some(code), "{verdict}");
        let (replayed, text) = said(&desk, "replay session.jsonl");
        assert!(replayed == Some(0) && text.contains("lost-edit (1)") != sends, "{text}");
    }
}

#[test]
fn rows_of_a_file_are_read_when_the_verdict_is_given() {
    for (row, code) in [("a", 11), ("mine", 0)] {
        let desk = desk();
        let serving = Serving::of(&desk, "--upstream http://127.0.0.1:1 --backend note=rows.json");
        let says = |line: Json| assert_eq!(serving.ask("POST /_syncdyno/observe", &line.to_string()).0, 204);
        says(json!({ "kind": "row", "entity": "note", "key": "n1", "values": { "text": "a" } }));
        says(json!({ "kind": "edit", "id": "1", "entity": "note", "key": "n1", "do": "update",
            "values": { "text": "mine" } }));
        std::thread::sleep(Duration::from_millis(700));
        says(json!({ "kind": "shows", "entity": "note", "rows": [{ "id": "n1", "text": "mine" }] }));
        says(json!({ "kind": "waits", "edits": [] }));
        let rows = json!([{ "id": "n1", "text": row }]).to_string();
        fs::write(desk.path().join("rows.json"), rows).expect("there is room");
        let (exit, out) = serving.signalled("-TERM");
        assert_eq!(exit, Some(code), "{out}");
        assert_eq!(out.contains("lost-edit (1)"), code == 11, "{out}");
    }
}

#[test]
fn without_a_word_of_the_server_the_verdict_says_what_to_run() {
    let desk = desk();
    let serving = Serving::of(&desk, "--upstream http://127.0.0.1:1");
    let line = json!({ "kind": "edit", "id": "1", "entity": "note", "key": "n1", "do": "delete" });
    assert_eq!(serving.ask("POST /_syncdyno/observe", &line.to_string()).0, 204);
    let (exit, out) = serving.signalled("-TERM");
    let again = "syncdyno judge notes.toml out/history.jsonl --backend ENTITY=FILE";
    assert!(exit == Some(4) && out.contains(again) && !out.contains("calibrate"), "{exit:?} {out}");
}

#[test]
fn a_lost_edit_is_found_at_sigterm_and_at_sigint() {
    for name in ["-TERM", "-INT"] {
        let desk = desk();
        let serving = Serving::of(&desk, "");
        serving.works(false);
        let (code, out) = serving.signalled(name);
        assert_eq!(code, Some(11), "{out}");
        assert!(out.contains("lost-edit 1") || out.contains("lost-edit (1)"), "{out}");
    }
}

#[test]
fn a_session_in_which_nothing_was_said_tests_nothing() {
    let desk = desk();
    let serving = Serving::of(&desk, "");
    assert_eq!(serving.ask("GET /pull?limit=1", "").0, 200);
    let (code, out) = serving.signalled("-TERM");
    assert!(code == Some(4) && out.contains("never reported their rows"), "{code:?} {out}");
}

#[test]
fn what_cannot_be_served_is_refused_in_words() {
    let desk = desk();
    for (words, code, word) in [
        ("serve none.toml", 2, "there is no none.toml"),
        ("serve notes.toml --protocol couchbd", 2, "did you mean `couchdb`"),
        ("serve notes.toml --option conflict=detect", 2, "has no option `conflict`"),
        ("serve notes.toml --option conflicts=maybe", 2, "takes one of"),
        ("serve notes.toml --upstream https://localhost", 2, "plain HTTP"),
        ("serve notes.toml --upstream localhost:3000", 2, "is not an address such as"),
        ("serve notes.toml --record s.jsonl", 2, "--record needs --bodies"),
        ("serve notes.toml --origin *", 2, "is not an origin such as"),
        ("serve notes.toml --host *", 2, "is not a name such as"),
        ("serve notes.toml --speed 0", 2, "a speed must be"),
        ("serve notes.toml --token short", 2, "16 letters"),
        ("serve notes.toml --listen nowhere", 2, "invalid"),
        ("serve notes.toml --tunnel localhost:3000", 2, "--ports"),
        ("serve notes.toml --tunnel localhost --ports 9001", 2, "is not an address such as localhost:3000"),
        (
            "serve notes.toml --tunnel localhost:1 --ports 9001 --upstream http://localhost",
            2,
            "cannot be used with",
        ),
        ("serve notes.toml --tunnel localhost:1 --ports 9001 --listen 0.0.0.0:0", 2, "loopback only"),
        ("serve notes.toml --ports 65535 --listen 127.0.0.1:0", 2, "--ports must be at most 65534"),
        ("serve notes.toml --backend note=rows.json", 2, "--upstream or --tunnel"),
        ("serve notes.toml --backend nte=rows.json --upstream http://localhost:1", 2, "did you mean `note`"),
        ("serve notes.toml --variant other", 3, "no variant `other`"),
        ("serve notes.toml --listen 192.0.2.1:1", 20, "cannot listen on 192.0.2.1:1"),
    ] {
        let (was, text) = said(&desk, words);
        assert!(was == Some(code) && text.contains(word), "{words}: {was:?} {text}");
    }
}

#[test]
fn a_log_that_is_none_is_refused_with_its_line() {
    let desk = desk();
    for (text, word) in [
        ("{\"syncdyno_session\":2}\n", "version 2"),
        ("{\"syncdyno_session\":1}\n", "line 1"),
        ("{\"syncdyno_session\"", "line 1"),
    ] {
        fs::write(desk.path().join("log.jsonl"), text).expect("there is room");
        let (code, said) = said(&desk, "replay log.jsonl");
        assert!(code == Some(3) && said.contains(word), "{text}: {code:?} {said}");
    }
}

#[test]
fn a_start_that_fails_leaves_no_log() {
    let desk = desk();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let at = taken.local_addr().expect("it has one");
    let (code, text) = said(&desk, &format!("serve notes.toml --listen {at} --record s.jsonl --bodies"));
    assert!(code == Some(20) && text.contains("cannot listen on"), "{text}");
    assert!(!desk.path().join("s.jsonl").exists());
    let (code, text) =
        said(&desk, "serve notes.toml --listen 127.0.0.1:0 --for 1ms --record none/s.jsonl --bodies -o out");
    assert!(code == Some(20) && text.contains("cannot write none/s.jsonl"), "{text}");
    fs::write(desk.path().join("s.jsonl"), "kept").expect("there is room");
    let (code, text) =
        said(&desk, "serve notes.toml --listen 127.0.0.1:0 --for 1ms --record s.jsonl --bodies -o out");
    assert!(code == Some(2) && text.contains("already exists"), "{text}");
    assert_eq!(fs::read_to_string(desk.path().join("s.jsonl")).expect("it is there"), "kept");
}

#[test]
fn who_asks_hears_why_nothing_was_judged() {
    // A folder is in the place of the history, which thus cannot be written, as on a full disk.
    let desk = desk();
    fs::create_dir_all(desk.path().join("out/history.jsonl/other")).expect("there is room");
    let serving = Serving::of(&desk, "");
    serving.works(true);
    let (status, text) = serving.ask("POST /verdict", "");
    assert!(status == 500 && text.contains("not judged: cannot write"), "{status} {text}");
    assert_eq!(serving.ended().0, Some(20));
    // Only the requests are missing: the history is there, and judged.
    let desk = self::desk();
    fs::create_dir_all(desk.path().join("out/requests.csv/other")).expect("there is room");
    let serving = Serving::of(&desk, "");
    serving.works(true);
    let (status, text) = serving.ask("POST /verdict", "");
    assert!(status == 200 && text.contains("notes: pass") && text.contains("no requests: "), "{text}");
    assert!(desk.path().join("out/history.jsonl").is_file());
    assert_eq!(serving.ended().0, Some(20));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_log_is_told_at_once() {
    let desk = desk();
    let words = "serve notes.toml --listen 127.0.0.1:0 -o out --record /dev/full --bodies";
    let mut child =
        program(desk.path(), words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let told = lines.map_while(Result::ok).find(|line| line.contains("/dev/full ends here"));
    child.kill().expect("it goes on");
    assert!(told.expect("it is told while it runs").contains("No space left"));
    child.wait().expect("it ends");
}

#[test]
fn a_log_that_tests_nothing_does_not_pass() {
    let desk = desk();
    let serving = Serving::of(&desk, "--record s.jsonl --bodies");
    serving.works(true);
    serving.ask("POST /verdict", "");
    serving.ended();
    let log = fs::read_to_string(desk.path().join("s.jsonl")).expect("it is there");
    let replayed = |text: &str| {
        fs::write(desk.path().join("other.jsonl"), text).expect("there is room");
        said(&desk, "replay other.jsonl")
    };
    let (code, text) = replayed(log.lines().next().expect("there is a head"));
    assert!(code == Some(4) && text.contains("nothing was tested") && !text.contains("nanosecond"), "{text}");
    let (code, text) = replayed(&format!("\u{feff}\n{log}"));
    assert!(code == Some(0) && text.contains("the history is the same"), "{text}");
    // As after `kill -9`.
    let (code, text) = replayed(&log[..log.len() - 20]);
    assert!(code == Some(0) && text.contains("its last line is incomplete"), "{text}");
    assert!(
        text.contains("ends before the end of the session") && text.contains("2 requests ended"),
        "{text}"
    );
    let (code, text) =
        replayed(&log.replace("\"kind\":\"stop\"", "\"kind\":\"cut\",\"device\":0,\"ms\":86400001"));
    assert!(code == Some(3) && text.contains("from 0 to 86400000") && text.contains("line "), "{text}");
}
