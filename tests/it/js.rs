//! The stack `js`: a user's app in JavaScript, its faults, its kills, and what ends a cell.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use syncdyno::analysis;
use syncdyno::contract::{ConnectionId, DeviceId, Seed, ServerError, ServerPorts, SyncServer, http};
use syncdyno::record::Verdict;
use syncdyno::world::{self, Outcome, Stacks, Unwatched};

use crate::tiny_stack::{planned, run};
use crate::worlds::{every_place, value};

mod apart;
mod own_rules;
mod words;

const APP: &str = "examples/js-own-app/app.js";

fn scenario(name: &str) -> String {
    format!("examples/js-own-app/{name}.toml")
}

/// The app with some texts replaced.
fn app(changes: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(APP).expect("it is there");
    for (from, to) in changes {
        assert!(text.contains(from), "the app says {from}");
        text = text.replace(from, to);
    }
    text
}

/// The setting with which a scenario uses this bundle.
fn bundled(folder: &tempfile::TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("app.js");
    fs::write(&path, text).expect("it can be written");
    format!("engine.options.bundle={:?}", path.to_str().expect("it is text"))
}

fn run_seed(name: &str, sets: &[&str], seed: u64) -> Outcome {
    let mut plan = planned(syncdyno_js::stack(), &scenario(name), sets).unwrap_or_else(|why| panic!("{why}"));
    plan.seed = Seed(seed);
    let stacks = Stacks::builtin().with(syncdyno_js::stack());
    world::run(&plan, &stacks, &Unwatched).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_app_in_javascript_passes_twice_alike() {
    for name in ["calm", "contended", "lossy", "kills"] {
        let (plan, outcome) = run(syncdyno_js::stack(), &scenario(name), &[]);
        let judged = analysis::judge(&plan, name, &outcome);
        assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()), "{name}");
        if name == "lossy" || every_place() {
            assert_eq!(outcome.digest, run(syncdyno_js::stack(), &scenario(name), &[]).1.digest, "{name}");
        }
    }
}

#[test]
fn phones_that_start_synced_ask_for_what_came_after_that() {
    let synced = run_seed("calm", &["fleet.phones.start=\"1d\""], 1);
    let found = ["oracle.lost_edit.count", "oracle.divergent.devices"].map(|of| value(&synced, of));
    assert_eq!((found, synced.violations.len()), ([0, 0], 0));
    let down = |outcome: &Outcome| value(outcome, "net.down.bytes");
    let empty = run_seed("calm", &[], 1);
    assert!(down(&synced) < down(&empty), "{} and {}", down(&synced), down(&empty));
}

#[test]
fn one_thread_and_two_give_the_same() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let digests = |jobs: &str| {
        let out = folder.path().join(jobs);
        let mut command = assert_cmd::Command::cargo_bin("syncdyno").expect("it is built");
        command.args(["run", &scenario("kills"), "--seeds", "1..=2", "-j", jobs, "--out"]).arg(&out);
        command.assert().success();
        let run = fs::read_to_string(out.join("run.json")).expect("it is written");
        let run: serde_json::Value = serde_json::from_str(&run).expect("it is JSON");
        let cells = run["cells"].as_array().expect("there are cells").iter();
        cells.map(|cell| cell["digest"].to_string()).collect::<Vec<_>>()
    };
    let one = digests("1");
    assert_eq!((one.len(), &one), (2, &digests("2")));
}

/// A planted bug: its name, the changed lines of the app, the figure that finds it.
type Planted = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const FAULTS: [Planted; 5] = [
    (
        "the cursor is the phone's clock",
        &[("run(table, cursor)", "run(table, Date.now() * 1000)")],
        "oracle.divergent.devices",
    ),
    ("what is sent again is written again", &[("{ key: dirty }", "{}")], "oracle.duplicate.rows"),
    (
        "a pull overwrites what waits",
        &[("IS NOT NULL`).get(row.id)) return", "IS NOT NULL`).get(row.id)) {}")],
        "oracle.lost_edit.count",
    ),
    (
        "tombstones are missed",
        &[("    for (const id of deleted) take(table, { id }, true)\n", "")],
        "oracle.divergent.devices",
    ),
    (
        "an error is swallowed",
        &[(
            "const { refused } = await ask('/push', { table, rows })",
            "let refused = []\n  try { ({ refused } = await ask('/push', { table, rows })) } catch {}",
        )],
        "oracle.lost_edit.count",
    ),
];

#[test]
fn five_planted_faults_are_found_and_the_sound_app_has_none() {
    for seed in 1..=if every_place() { 5 } else { 1 } {
        let outcome = run_seed("lossy", &[], seed);
        for (_, _, figure) in FAULTS {
            assert_eq!(value(&outcome, figure), 0, "{figure}, seed {seed}");
        }
    }
    for (fault, changes, figure) in FAULTS {
        let folder = tempfile::tempdir().expect("there is a folder");
        let set = bundled(&folder, &app(changes));
        assert!(comes("lossy", &[&set, "expect={}"], figure), "{fault}: no {figure}");
    }
}

/// Customers are deleted that visits refer to: an edit of such a visit is refused.
#[test]
fn an_edit_that_is_refused_is_lost_unless_its_person_is_told() {
    let rename = "action.rename={ entity=\"customer\", kind=\"update\", columns=[\"name\"], per_device=6, on_devices=0.5 }";
    let lost = |sets: &[&str]| value(&run_seed("contended", sets, 4), "oracle.lost_edit.count");
    assert_eq!(lost(&[rename]), 0);
    let folder = tempfile::tempdir().expect("there is a folder");
    let untold = bundled(&folder, &app(&[("bench.log({ id: row.id })", "")]));
    assert!(lost(&[rename, &untold, "expect={}"]) > 0);
}

#[test]
fn five_hundred_kills_leave_no_leak_and_lose_nothing() {
    let sets = ["chaos.kill_mtbf=\"1m\"", "fleet.phones.devices=12", "expect={}"];
    let outcome = run_seed("kills", &sets, 3);
    assert!(value(&outcome, "device.kills.count") >= 500, "{}", value(&outcome, "device.kills.count"));
    assert_eq!(["oracle.lost_edit.count", "oracle.divergent.devices"].map(|of| value(&outcome, of)), [0, 0]);
}

/// Sends back what it hears.
struct Echo(ServerPorts);

impl SyncServer for Echo {
    fn refuse(&self, _: &ServerError) -> Vec<u8> {
        Vec::new()
    }
    fn on_connect(&mut self, _: DeviceId, _: ConnectionId, hello: &[u8]) -> Result<(), ServerError> {
        let hello = http::read_request(hello).map_err(|why| ServerError::BadRequest(why.to_string()))?;
        assert!(["/live?x=1", "/events"].contains(&hello.uri().to_string().as_str()), "{hello:?}");
        Ok(())
    }
    fn on_word(&mut self, _: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        self.0.phones.send(connection, message.to_vec());
        true
    }
}

#[test]
fn a_socket_carries_texts_and_bytes_both_ways() {
    let talk = "const heard = []
        const talk = said => new Promise(done => {
          const socket = new WebSocket('wss://app.example/live?x=1')
          socket.binaryType = 'arraybuffer'
          socket.onopen = () => socket.send(said)
          socket.onmessage = ({ data }) => { heard.push(typeof data === 'string' ? data : new Uint8Array(data).join()); socket.close() }
          socket.onclose = ({ code, wasClean }) => { heard.push(code, wasClean); done() }
        })
        await talk('hello')
        await talk(new Uint8Array([1, 2]))
        setTimeout(() => { throw new Error(heard.join(' ')) })
        await new Promise(() => {})";
    let folder = tempfile::tempdir().expect("there is a folder");
    let sync = "for (const table of unit.push) await push(table)";
    let set = bundled(&folder, &app(&[(sync, talk)]));
    let stack = syncdyno_js::stack().server(|_, _, ports| Box::new(Echo(ports)));
    let ended = catch_unwind(AssertUnwindSafe(|| run(stack, &scenario("calm"), &[&set])));
    let words = ended.expect_err("it ends the cell");
    let words = words.downcast_ref::<String>().expect("in words");
    assert!(words.contains("Error: hello 1000 true 1,2 1000 true"), "{words}");
}

#[test]
fn what_a_sync_throws_is_told_with_its_stack_and_counted() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let push = "  if (rows.length === 0) return\n";
    let wrong = app(&[(push, &format!("{push}  console.warn('so many', rows.length)\n  rows.unheard.of\n"))]);
    let at = wrong.lines().position(|line| line.contains("unheard")).expect("it is there") + 1;
    let set = bundled(&folder, &wrong);
    let outcome = run_seed("calm", &[&set, "expect={}"], 1);
    let [threw] = &outcome.said.threw[..] else { panic!("{:?}", outcome.said.threw) };
    assert!(threw.what.contains("TypeError: cannot read property 'of' of undefined"), "{threw:?}");
    assert!(threw.stack.starts_with(&format!("push (app.js:{at}:")) && threw.count > 10, "{threw:?}");
    assert!(outcome.said.lines[0].contains(" warn: so many 1"), "{:?}", outcome.said.lines);
    let out = folder.path().join("out");
    let mut command = assert_cmd::Command::cargo_bin("syncdyno").expect("it is built");
    command.env("RUST_BACKTRACE", "1").args(["run", &scenario("calm"), "--set", &set, "--out"]).arg(&out);
    let told = command.assert().get_output().stdout.clone();
    let told = String::from_utf8(told).expect("it is a text");
    assert!(
        told.contains("ended with an exception of the app: TypeError") && told.contains("push (app.js:"),
        "{told}"
    );
    let console = fs::read_to_string(out.join("console.txt")).expect("it is written");
    assert!(console.lines().next().is_some_and(|line| line.contains("js-own-calm.s1 ")), "{console}");
}

#[test]
fn a_fault_of_a_bundle_shows_no_frames_of_ours() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(
        &folder,
        &app(&[("async function pull(table) {", "async function pull(table) { nowhere();")]),
    );
    let mut command = assert_cmd::Command::cargo_bin("syncdyno").expect("it is built");
    command.env("RUST_BACKTRACE", "full").args(["run", &scenario("calm"), "--set", &set, "--out"]);
    let output = command.arg(folder.path().join("out")).assert().get_output().clone();
    let [out, err] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("it is a text"));
    assert!(out.contains("ReferenceError: nowhere is not defined at pull (app.js:"), "{out}{err}");
    for ours in ["panicked", ".rs:", "backtrace", "(bench:"] {
        assert!(!out.contains(ours) && !err.contains(ours), "{ours}: {out}{err}");
    }
}

#[test]
fn a_tombstone_that_is_missed_was_never_removed() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(&[FAULTS[3].1[0]]));
    let sets = [&*set, "expect={}"];
    let figures = ["oracle.undetected_delete.rows", "oracle.resurrected.rows"];
    let of_seed = |seed| figures.map(|figure| value(&run_seed("contended", &sets, seed), figure));
    let [missed, back] = of_seed(1);
    assert!(missed > 0 && back == 0, "{missed} {back}");
}

#[test]
fn what_an_app_teaches_all_objects_is_its_own_affair() {
    let (given, open) = ("    bench = given\n", "    bench = given\n    teach()\n");
    let plain = "const teach = () => { Object.prototype.toJSON = () => 'taught'; Array.prototype.toJSON = () => 'list' }
        function plain(value) {
          delete Object.prototype.toJSON; delete Array.prototype.toJSON
          try { return JSON.stringify(value) } finally { teach() }
        }
        async function ask(";
    let changes = [(given, open), ("async function ask(", plain), ("JSON.stringify(body)", "plain(body)")];
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(&changes));
    let outcome = run_seed("calm", &[&set], 1);
    assert_eq!((outcome.violations.len(), value(&outcome, "oracle.saved_edits.lost")), (0, 0));
}

#[test]
fn a_period_counts_the_time_in_the_foreground_alone() {
    let periods = "unit.Sync.on=[\"every 2m\"]";
    let runs = |resumes: &str| value(&run_seed("calm", &[periods, resumes], 1), "engine.syncs.useful");
    let (looked_at, visited) = (runs("workload.resumes_per_hour=0"), runs("workload.resumes_per_hour=6"));
    assert!((150..=200).contains(&looked_at), "six phones, an hour: {looked_at}");
    assert!(visited > 0 && visited * 3 < looked_at * 2, "visits of two minutes: {visited} of {looked_at}");
}

/// True if a figure is above 0 in one of the first worlds of a scenario.
fn comes(name: &str, sets: &[&str], figure: &str) -> bool {
    (1..=5).any(|seed| value(&run_seed(name, sets, seed), figure) > 0)
}

#[test]
fn an_outbox_may_send_each_edit_of_a_row_by_itself() {
    let outbox = fs::read_to_string("examples/js-own-app/outbox.js").expect("it is there");
    let sound = "engine.options.bundle=\"outbox.js\"";
    // Many edits of few rows wait together in a tunnel.
    let busy = "action.tick-off={ entity=\"visit\", kind=\"update\", columns=[\"note\", \"done\"], per_device=60, on_devices=1.0 }";
    let few = "entity.visit.rows=8";
    for name in ["contended", "lossy", "kills"] {
        for seed in 1..=if every_place() { 3 } else { 1 } {
            let outcome = run_seed(name, &[sound, busy, few, "expect={}"], seed);
            let found: Vec<_> = outcome.violations.iter().map(|found| &found.text).collect();
            assert!(found.is_empty(), "{name} {seed}: {found:?}");
        }
    }
    let folder = tempfile::tempdir().expect("there is a folder");
    let forgetful = bundled(&folder, &outbox.replace("{ key: name }", "{}"));
    assert!(comes("lossy", &[&forgetful, busy, few, "expect={}"], "oracle.duplicate.rows"));
}

#[test]
fn what_nobody_edited_there_is_unasked_and_ends_nothing() {
    let all = &[(" WHERE dirty IS NOT NULL`).all()\n  if", "`).all()\n  if")];
    let folder = tempfile::tempdir().expect("there is a folder");
    let sets = [&*bundled(&folder, &app(all)), "expect={}"];
    assert!(comes("contended", &sets, "oracle.unasked_commit.count"));
}

#[test]
fn the_journal_outlives_what_an_app_rolls_back() {
    let edit = "    else save(entity, { ...there, ...values, id: key, deleted: 0 }, crypto.randomUUID())";
    let save = "save(entity, { ...there, ...values, id: key, deleted: 0 }, crypto.randomUUID())";
    for before in [
        format!("{{ db.exec('BEGIN; SAVEPOINT \"s 1\"'); {save}; db.exec('ROLLBACK TO \"s 1\"')"),
        format!(
            "{{ db.exec('SAVEPOINT a; SAVEPOINT b'); {save}; db.exec('RELEASE b; ROLLBACK TRANSACTION TO SAVEPOINT a')"
        ),
        format!(
            "{{ db.exec('BEGIN'); {save}; try {{ db.exec(\"INSERT OR ROLLBACK INTO cursor VALUES('x', 1), ('x', 1)\") }} catch {{}}; db.exec('BEGIN')"
        ),
    ] {
        let folder = tempfile::tempdir().expect("there is a folder");
        let again = format!("    else {before}; {save}; db.exec('COMMIT') }}");
        let set = bundled(&folder, &app(&[(edit, &again)]));
        let outcome = run_seed("calm", &[&set], 1);
        let figures = ["workload.edits.made", "oracle.saved_edits.lost", "oracle.saved_edits.waiting"];
        let [made, lost, waiting] = figures.map(|figure| value(&outcome, figure));
        assert!(made > 0 && (lost, waiting) == (0, 0), "{before}: {made} {lost} {waiting}");
    }
}

#[test]
fn a_row_that_is_shown_is_not_missing() {
    let is_there = "if (kind === 'create' ? there";
    let never = format!("if (kind === 'update') return 'missing'\n    {is_there}");
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(&[(is_there, &never)]));
    let words = ended(|| run_seed("contended", &[&set], 1));
    assert!(
        words.contains("`edit` returned `missing` for visit")
            && words.contains("`rows('visit')` shows this row"),
        "{words}"
    );
}

#[test]
fn an_app_may_not_touch_what_the_bench_keeps() {
    let open = "    db = new Database('app.db')\n";
    for text in [
        "CREATE TABLE bench_edits(x)",
        "INSERT INTO \"bench_edits\" VALUES(1, 99, 'x', 0, 0, NULL, NULL, '')",
    ] {
        let words = ends(&[(open, &format!("{open}    db.exec({text:?})\n"))]);
        assert!(words.contains("tables that begin with `bench_`") && words.contains("app.js"), "{words}");
    }
}

/// The text with which a cell ends after these changes of its app.
fn ends(changes: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(changes));
    ended(|| run_seed("calm", &[&set, "duration=\"25m\""], 1))
}

/// The text with which a cell ends.
fn ended(run: impl FnOnce() -> Outcome) -> String {
    let Err(words) = catch_unwind(AssertUnwindSafe(run)) else { panic!("it does not end the cell") };
    words.downcast_ref::<String>().cloned().expect("in words")
}

#[test]
fn what_nobody_catches_ends_the_cell_with_file_and_line() {
    let pull = "async function pull(table) {";
    let line = app(&[]).lines().position(|text| text == pull).expect("it is there") + 1;
    let at = |words: &str| format!("{words} (app.js:{line}:");
    for (put, says, place) in [
        ("for (;;) {}", "an endless loop", at("pull")),
        ("nowhere()", "ReferenceError: nowhere is not defined", at("pull")),
        (
            "setTimeout(() => { throw new Error('late') })",
            "Error: late",
            format!("<anonymous> (app.js:{line}:"),
        ),
        ("Promise.reject(new TypeError('alone'))", "TypeError: alone", at("pull")),
        ("const all = []; for (;;) all.push(new Uint8Array(1e7))", "the heap is full", at("pull")),
        (
            "const again = () => setImmediate(again); again()",
            "an endless loop of timers",
            format!("again (app.js:{line}:"),
        ),
        ("for (let n = 0; n < 5000; n++) fetch('/x')", "requests under way at once", at("pull")),
        ("for (let n = 0; n < 500; n++) new WebSocket('wss://x/y')", "connections at once", at("pull")),
        ("for (let n = 0; n < 2e5; n++) setTimeout(() => {}, 1e6)", "timers that wait", at("pull")),
    ] {
        let words = ends(&[(pull, &format!("{pull} {put};"))]);
        assert!(words.contains(says) && words.contains(&place), "{put}: {words}");
    }
    let words = ends(&[("push({ table, rows }, { db }) {", "push({ table, rows }, { db }) { nowhere();")]);
    assert!(words.contains("the server's JavaScript, at /push") && words.contains("nowhere"), "{words}");
    let words = ends(&[("rows: table =>", "rows: table => setTimeout ? new Promise(() => {}) :")]);
    assert!(words.contains("it must return without waiting"), "{words}");
}

#[test]
fn a_bundle_that_is_wrong_is_refused_as_the_run_is_planned() {
    for (changes, says) in [
        (&[("let db, bench\n", "let db = ;\n")][..], &["app.js:8:10", "let db = ;", "^"][..]),
        (&[("export default {", "export const none = {")], &["no default export"]),
        (&[("  async sync(unit)", "  async sink(unit)")], &["lacks `sync`"]),
        (&[("export const server", "const server")], &["no export `server`"]),
        (
            &[("export default {", "export const capabilities = { stomps: true }\nexport default {")],
            &["has no `stomps`", "did you mean `stamps`?"],
        ),
        (
            &[("export default {", "export const capabilities = { merge: 'convergez' }\nexport default {")],
            &["did you mean `converges`?"],
        ),
        (&[("'bench:sqlite'", "'sqlite'")], &["sqlite", "esbuild"]),
        (&[("let db, bench\n", "let db = nothing.there\n")], &["throws while it is loaded", "app.js:8"]),
    ] {
        let folder = tempfile::tempdir().expect("there is a folder");
        let refused = planned(syncdyno_js::stack(), &scenario("calm"), &[&bundled(&folder, &app(changes))]);
        let words = refused.expect_err("it is refused");
        assert!(says.iter().all(|part| words.contains(part)), "{says:?} in {words}");
    }
    for (sets, says) in [
        (
            &["engine.options.idempotent=\"by-edit\""][..],
            &["the server `js` has no option `idempotent`", "watermelondb"][..],
        ),
        (
            &["engine.options.server=\"couchdb\"", "engine.options.idempotent=\"by-edit\""],
            &["the server `couchdb` has no option `idempotent`"],
        ),
    ] {
        let refused = planned(syncdyno_js::stack(), &scenario("calm"), sets).expect_err("it is refused");
        assert!(says.iter().all(|part| refused.contains(part)), "{says:?} in {refused}");
    }
    let refused = planned(syncdyno_js::stack(), &scenario("calm"), &["engine.options={}"]);
    assert!(refused.expect_err("it is refused").contains("has no bundle"));
}

#[test]
fn a_new_app_runs_as_it_is_written() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let syncdyno = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("syncdyno").expect("it is built");
        command.current_dir(folder.path()).args(args).assert()
    };
    syncdyno(&["new", "--js", "my-app"]).success();
    syncdyno(&["run", "my-app/my-app.toml", "--seeds", "1..=2", "--out", "out"]).success();
    syncdyno(&["new", "--js", "my-app"]).code(2);
    syncdyno(&["new", "--js", "--typescript", "typed"]).success();
    let unbuilt = syncdyno(&["run", "typed/typed.toml"]).code(3).get_output().stderr.clone();
    let unbuilt = String::from_utf8(unbuilt).expect("it is a text");
    assert!(unbuilt.contains("write the file with `npm run build`"), "{unbuilt}");
    for (file, says) in [
        ("app.ts", "const adapter: Adapter = {"),
        ("package.json", "esbuild@0.25.12 app.ts"),
        ("package.json", "\"file:./syncdyno-bench\""),
        ("package.json", "stripTypeScriptTypes"),
        ("typed.toml", "bundle = \"bundle.js\""),
        ("syncdyno-bench/modules.d.ts", "declare module 'bench:sqlite'"),
        ("tsconfig.json", "\"strict\": true"),
    ] {
        let text = fs::read_to_string(folder.path().join("typed").join(file)).expect("it is written");
        assert!(text.contains(says), "{file}: {text}");
    }
    syncdyno(&["new", "--js", "My app"]).code(2);
    for file in ["package.json", "bench.test.js"] {
        let text = fs::read_to_string(folder.path().join("my-app").join(file)).expect("it is written");
        assert!(text.contains("my-app") && !text.contains("NAME"), "{file}: {text}");
    }
}
