//! Messages about mistakes that show nowhere else: request loops, missing routes, names that
//! nothing calls; and the last sentence of a life.

use std::fs;

use syncdyno::contract::Seed;
use syncdyno::world::{self, Outcome, Stacks, Threw, Unwatched};
use syncdyno::{analysis, campaign, render};

use super::{FAULTS, app, bundled, ended, ends, planned, run_seed, scenario};

const PULL: &str = "async function pull(table) {";

fn warned(changes: &[(&str, &str)]) -> Vec<Threw> {
    let folder = tempfile::tempdir().expect("there is a folder");
    let outcome = run_seed("contended", &[&bundled(&folder, &app(changes)), "expect={}"], 4);
    outcome.said.threw.into_iter().filter(|one| one.is_warning).collect()
}

#[test]
fn a_sync_that_never_stops_asking_ends_the_cell_early() {
    let line = app(&[]).lines().position(|text| text == PULL).expect("it is there") + 1;
    let loops = format!("{PULL} for (;;) await fetch(`/pull?table=${{table}}&since=0`);");
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(&[(PULL, &loops)]));
    let words = ended(|| run_seed("calm", &[&set, "engine.options.most_requests=200"], 1));
    assert!(words.contains("one sync has made 200 requests, the last of them GET /pull?table="), "{words}");
    assert!(words.contains(&format!("pull (app.js:{line}:")), "{words}");
    // Our sync makes about six requests; requests outside of a sync do not count.
    let set = "engine.options.most_requests=8";
    assert_eq!(run_seed("calm", &[set], 1).violations.len(), 0);
    let words = ended(|| run_seed("calm", &["engine.options.most_requests=1"], 1));
    assert!(words.contains("one sync has made 1 requests"), "{words}");
    let folder = tempfile::tempdir().expect("there is a folder");
    let beside = app(&[(
        "    bench = given\n",
        "    bench = given\n    setInterval(() => fetch('/pull?table=photo').catch(() => {}), 10000)\n",
    )]);
    let sets = ["engine.options.most_requests=200", &*bundled(&folder, &beside), "expect={}"];
    assert_eq!(run_seed("calm", &sets, 1).said.threw, []);
}

#[test]
fn a_route_that_is_not_there_is_told_with_those_that_are() {
    let wrong = ("ask(`/pull?table", "ask(`/pul?table");
    let told = warned(&[
        wrong,
        (
            "if (!response.ok) throw new Error(`HTTP ${response.status}`)",
            "if (!response.ok) return { rows: [], deleted: [], refused: [], cursor: 0 }",
        ),
    ]);
    let [one] = &told[..] else { panic!("{told:?}") };
    assert_eq!(one.what, "the server has no GET /pul; it has `GET /pull`, `POST /push`");
    assert!(one.count > 20, "{one:?}");
    assert_eq!(warned(&[]), []);
}

#[test]
fn a_line_of_the_log_for_what_nobody_edited_is_warned_of() {
    let rename = "bench.log({ id: row.id })";
    let told = warned(&[(
        "    for (const row of refused) {",
        "    bench.log({ id: 'visit-1' })\n    for (const row of refused) {",
    )]);
    let [one] = &told[..] else { panic!("{told:?}") };
    assert!(one.what.starts_with("`bench.log` names a row without a known edit") && one.count > 5, "{one:?}");
    assert_eq!(
        warned(&[(rename, "bench.log({ id: row.id }); bench.log({ id: row.id })")]),
        [],
        "twice is no mistake"
    );
}

#[test]
fn a_name_that_is_nearly_right_is_asked_about_before_the_run() {
    for (changes, says) in [
        (&[("  pending: () =>", "  pendng: () =>")][..], &["has `pendng`", "did you mean `pending`?"][..]),
        (&[("  provision(", "  provison(")], &["has `provison`", "did you mean `provision`?"]),
        (&[("  pull: (since", "  pul: (since")], &["`server`", "did you mean `pull`?"]),
        (
            &[("export default {", "export const capabilites = { stamps: true }\nexport default {")],
            &["has `capabilites`", "did you mean `capabilities`?"],
        ),
    ] {
        let folder = tempfile::tempdir().expect("there is a folder");
        let refused = planned(syncdyno_js::stack(), &scenario("calm"), &[&bundled(&folder, &app(changes))]);
        let words = refused.expect_err("it is refused");
        assert!(says.iter().all(|part| words.contains(part)), "{says:?} in {words}");
    }
    // The adapter may have further functions of its own.
    let folder = tempfile::tempdir().expect("there is a folder");
    let own = app(&[("  async sync(unit)", "  row() {},\n  openAll() {},\n  async sync(unit)")]);
    assert!(planned(syncdyno_js::stack(), &scenario("calm"), &[&bundled(&folder, &own)]).is_ok());
}

#[test]
fn a_name_that_no_function_knows_ends_the_run() {
    let (push, options) = ("    const refused = []\n", "{ method: 'POST', body:");
    let log = "    for (const row of refused) {";
    let edit = "    if (kind === 'delete') db";
    let in_log = format!("    try {{ bench.log({{ id: 'x', edti: 'y' }}) }} catch {{}}\n{log}");
    let in_push = format!("{push}    db.refuse(table, rows[0].id, {{ kye: 'x' }})\n");
    let in_db = format!("{push}    db.change(table)\n");
    let gives = |value: &str| format!("    if (kind === 'create') return {value}\n{edit}");
    for (change, says) in [
        (("{ key: dirty }", "{ kye: dirty }"), "`db.put` has no `kye`: did you mean `key`?"),
        ((push, &*in_push), "`db.refuse` has no `kye`: did you mean `key`?"),
        ((push, &*in_db), "`db` has no `change`: did you mean `changes`?"),
        ((log, &*in_log), "`bench.log` has no `edti`: did you mean `edit`?"),
        ((options, "{ method: 'POST', row: [], body:"), "fetch has no `row`: did you mean `rows`?"),
        (
            (options, "{ method: 'POST', rows: [['vist', 'x']], body:"),
            "`rows` of fetch names the table `vist`: did you mean `visit`?",
        ),
        ((edit, &*gives("'exist'")), "`edit` returned \"exist\": return nothing, `exists`, `missing`,"),
        ((edit, &*gives("true")), "`edit` returned true: return nothing, `exists`"),
    ] {
        let words = ends(&[change]);
        assert!(words.contains(says), "{says}: {words}");
    }
    let words = ends(&[(log, &*in_log)]);
    assert!(words.contains("app.js:"), "where it is: {words}");
}

#[test]
fn a_run_that_is_stuck_says_which_route_is_not_there() {
    let reasons = |changes: &[(&str, &str)]| {
        let folder = tempfile::tempdir().expect("there is a folder");
        let sets = [&*bundled(&folder, &app(changes)), "duration=\"25m\"", "drain=\"20m\"", "expect={}"];
        let plan = planned(syncdyno_js::stack(), &scenario("calm"), &sets).expect("it is a scenario");
        let outcome = run_seed("calm", &sets, 1);
        render::reasons_of(&analysis::judge(&plan, "calm", &outcome).cell).join("\n")
    };
    let said = reasons(&[("ask('/push'", "ask('/psuh'")]);
    let route = "stuck: the server has no POST /psuh; it has `GET /pull`, `POST /push` (";
    assert!(said.contains(route) && said.contains("did not come to rest"), "{said}");
    let said = reasons(&[("if (!response.ok) throw", "if (body) throw")]);
    assert!(said.contains("stuck: device"), "{said}");
}

#[test]
fn the_console_is_kept_of_a_run_that_ends_early() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let wrong = format!("{PULL}\n  console.warn('one\\ntwo')\n  nowhere()\n");
    let set = bundled(&folder, &app(&[(PULL, &wrong)]));
    let out = folder.path().join("out");
    let mut command = assert_cmd::Command::cargo_bin("syncdyno").expect("it is built");
    command.args(["run", &scenario("calm"), "--set", &set, "--out"]).arg(&out);
    let told = command.assert().code(12).get_output().stdout.clone();
    let told = String::from_utf8(told).expect("it is a text");
    assert!(told.contains(" warn: one\n") && !told.contains("\\n"), "{told}");
    let console = fs::read_to_string(out.join("console.txt")).expect("it is written");
    let lines: Vec<&str> = console.lines().collect();
    assert!(lines[0].starts_with("js-own-calm.s1 ") && lines[0].ends_with(" warn: one"), "{console}");
    assert_eq!(lines[1], "    two");
}

#[test]
fn what_differs_is_told_with_what_is_shown_and_what_was_meant() {
    let takes = "    for (const row of rows) take(table, row, false)\n    for";
    let wrong = "    for (const row of rows) take(table, table === 'visit' ? { ...row, done: 1 } : row, false)\n    for";
    let folder = tempfile::tempdir().expect("there is a folder");
    let outcome = run_seed("calm", &[&bundled(&folder, &app(&[(takes, wrong)])), "expect={}"], 1);
    let told = outcome.violations.iter().find(|found| found.check == "divergent").expect("it is found");
    assert!(told.text.contains(": it shows done=1, and the backend has done=0"), "{}", told.text);
}

/// The last sentences of lives that a check found, over the seeds of a changed app up to the first
/// with this part.
fn last_words(name: &str, changes: &[(&str, &str)], sets: &[&str], [check, part]: [&str; 2]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &app(changes));
    let sets: Vec<&str> = sets.iter().copied().chain([&*set, "expect={}"]).collect();
    let mut words = Vec::new();
    for seed in 1..=3 {
        let mut plan =
            planned(syncdyno_js::stack(), &scenario(name), &sets).unwrap_or_else(|why| panic!("{why}"));
        plan.seed = Seed(seed);
        let stacks = Stacks::builtin().with(syncdyno_js::stack());
        let run = |subjects: &[_]| -> (Outcome, Vec<_>) {
            world::run_recording(&plan, &stacks, &Unwatched, subjects).expect("it can be run")
        };
        let subjects = campaign::suspects(&run(&[]).0);
        let subjects: Vec<_> = subjects
            .into_iter()
            .filter(|of| of.found.is_some_and(|(found, _)| check.contains(found)))
            .collect();
        if subjects.is_empty() {
            continue;
        }
        words.extend(run(&subjects).1.into_iter().filter_map(|life| life.lines.last().cloned()));
        if words.iter().any(|line| line.contains(part)) {
            break;
        }
    }
    words
}

#[test]
fn the_last_sentence_says_whose_mistake_it_is() {
    let said = |name: &str, changes: &[(&str, &str)], check: &str, part: &str| {
        let often: &[&str] = if name == "kills" { &["chaos.kill_mtbf=\"1m\""] } else { &[] };
        let words = last_words(name, changes, often, [check, part]);
        assert!(words.iter().any(|line| line.contains(part)), "{name} {check}: {words:?}");
        words
    };
    let found = "lost undetected-delete divergent";
    let words = said("contended", FAULTS[0].1, found, "its cursor is ahead of the rows that it got");
    assert!(!words.iter().any(|line| line.contains("the server")), "{words:?}");
    said("contended", FAULTS[3].1, "undetected-delete", "so its cursor skipped it");
    // The cursor is saved before the rows, and the app dies between the two.
    let keeps = "    db.prepare('REPLACE INTO cursor VALUES(?, ?)').run(table, cursor)\n  })()";
    let takes = "  db.transaction(() => {\n    for (const row of rows) take";
    let first = format!(
        "  db.prepare('REPLACE INTO cursor VALUES(?, ?)').run(table, cursor)\n  await new Promise(done => setTimeout(done, 500))\n{takes}"
    );
    said(
        "kills",
        &[(keeps, "  })()"), (takes, &first)],
        "lost undetected-delete divergent",
        "its process died at",
    );
}

#[test]
fn the_last_sentence_names_the_pull_or_the_push_that_lost_an_edit() {
    let first = |fault: usize| {
        let part = "in short: edit d";
        let words = last_words("lossy", FAULTS[fault].1, &[], ["lost-edit", part]);
        words.into_iter().find(|line| line.contains(part)).expect("it is found")
    };
    let [over, swallowed] = [2, 4].map(first);
    assert!(over.contains(" a pull of d") && over.contains(" over the edit"), "{over}");
    assert!(
        swallowed.contains(" got no response (") && swallowed.contains(" no longer kept it"),
        "{swallowed}"
    );
}
