//! Servers in JavaScript with their own rules: they refuse, keep the newer value, and answer a
//! repeated edit by its remembered name.

use std::fs;

use super::{bundled, run_seed};
use crate::worlds::{every_place, value};

/// Many edits of few rows wait together in a tunnel.
const BUSY: [&str; 5] = [
    "action.tick-off={ entity=\"visit\", kind=\"update\", columns=[\"done\"], per_device=40, on_devices=1.0, aim=\"shown\" }",
    "action.note={ entity=\"visit\", kind=\"update\", columns=[\"note\"], per_device=8, on_devices=1.0, aim=\"shown\" }",
    "workload.contention.deletes=\"0%\"",
    "entity.visit.rows=8",
    "expect={}",
];
/// Edits of two columns.
const BOTH: &str = "action.both={ entity=\"visit\", kind=\"update\", columns=[\"note\", \"done\"], per_device=20, on_devices=1.0, aim=\"shown\" }";

/// The app with an outbox whose operations have the names of their edits, with other code for what
/// its server writes.
fn outbox(changes: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string("examples/js-own-app/outbox.js").expect("it is there");
    let named = [
        ("edit({ entity, kind,", "edit({ id: name, entity, kind,"),
        ("put.run(crypto.randomUUID(), entity,", "put.run(name, entity,"),
        ("for (const { table, row } of refused)", "for (const { table, row, name } of refused)"),
        ("bench.log({ id: row.id })", "bench.log({ id: row.id, edit: name })"),
        ("refused.push({ table, row:", "refused.push({ name, table, row:"),
    ];
    for (from, to) in named.iter().chain(changes) {
        assert!(text.contains(from), "the app says {from}");
        text = text.replace(from, to);
    }
    text
}

/// True if a figure is above 0 in one of the first contended worlds.
fn comes(text: &str, figure: &str) -> bool {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, text);
    let sets: Vec<&str> = BUSY.into_iter().chain([&*set]).collect();
    super::comes("contended", &sets, figure)
}

fn sums<const N: usize>(name: &str, text: &str, more: &[&str], figures: [&str; N]) -> [u64; N] {
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, text);
    let sets: Vec<&str> = BUSY.into_iter().chain([&*set]).chain(more.iter().copied()).collect();
    let mut sums = [0; N];
    for seed in 1..=if every_place() { 3 } else { 1 } {
        let outcome = run_seed(name, &sets, seed);
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum += value(&outcome, figure);
        }
    }
    sums
}

const WRITES: &str = "      const { ok, current } = kind";
/// A rule: no note together with a tick of its row in one request.
const BESIDE: &str =
    "values?.note !== undefined && ops.some(op => op.id === id && op.values && op.values.note === undefined)";

#[test]
fn an_edit_that_a_server_refuses_is_neither_done_nor_lost() {
    let figures = [
        "oracle.acknowledged_without_commit.count",
        "oracle.lost_edit.count",
        "oracle.refused_and_committed.count",
        "engine.edits.rejected",
        "oracle.unasked_commit.count",
        "engine.never_safe.refused",
        "engine.never_safe.lost",
        "engine.never_safe.unconfirmed",
    ];
    let [_, lost_edits, refused_and_committed, ..] = figures;
    let tells = "refused.push({ name, table, row: db.get(table, id) ?? { id, _deleted: true } }); continue";
    let refuse = "db.refuse(table, id, { key: name, why: 'not beside a tick' })";
    let sound = outbox(&[(WRITES, &format!("      if ({BESIDE}) {{ {refuse}; {tells} }}\n{WRITES}"))]);
    let [acknowledged, lost, both, rejected, unasked, refused, never, unconfirmed] =
        sums("contended", &sound, &[], figures);
    assert_eq!([acknowledged, lost, both, unasked], [0; 4]);
    assert!(rejected > 3, "{rejected}");
    // It is neither lost nor unconfirmed, and nobody waits for it.
    assert!(refused > 0 && [never, unconfirmed] == [0, 0], "{refused} {never} {unconfirmed}");
    // A server without a reason loses nothing either, if people are notified.
    let silent = outbox(&[(WRITES, &format!("      if ({BESIDE}) {{ {tells} }}\n{WRITES}"))]);
    assert_eq!(sums("contended", &silent, &[], figures)[..3], [0; 3]);
    // If they are not, edits are lost.
    let unheard = silent.replace("bench.log({ id: row.id, edit: name })", "");
    assert!(comes(&unheard, lost_edits));
    // A server that writes before it checks its rule.
    let late = outbox(&[(
        "      if (!ok)",
        &format!("      if ({BESIDE}) {{ {refuse}; {tells} }}\n      if (!ok)"),
    )]);
    assert!(comes(&late, refused_and_committed));
    // A server whose phones notify nobody.
    let untold = sound.replace("bench.log({ id: row.id, edit: name })", "");
    assert!(comes(&untold, lost_edits));
}

/// A three-way merge: what somebody changed since the phone read it stays.
const MERGES: [(&str, &str); 3] = [
    (
        "JSON.stringify({ kind, values }))",
        "JSON.stringify({ kind, values, was: Object.fromEntries(Object.keys(values ?? {}).map(name => [name, there?.[name] ?? null])) }))",
    ),
    (
        "for (const { name, table, kind, id, values } of ops)",
        "for (const { name, table, kind, id, values, was } of ops)",
    ),
    (
        "db.put(table, { id, ...values }, { key: name })",
        "db.put(table, { id, ...merged(db.get(table, id), values, was) }, { key: name })",
    ),
];

#[test]
fn a_column_that_is_newer_on_the_server_may_stay() {
    let merged = |stays: &str| {
        format!(
            "const plain = value => (typeof value === 'boolean' ? Number(value) : value ?? null)
            const merged = (now, values, was) => {{
              if (!now || now._deleted) return values
              return Object.fromEntries(Object.entries(values).filter(([name], at) => !({stays})))
            }}
            export const server"
        )
    };
    let with = |stays: &str| {
        let server = merged(stays);
        let changes: Vec<(&str, &str)> =
            MERGES.into_iter().chain([("export const server", &*server)]).collect();
        let figures =
            ["oracle.unasked_commit.count", "oracle.lost_edit.count", "oracle.saved_edits.superseded"];
        sums("lossy", &outbox(&changes), &[BOTH], figures)
    };
    let [unasked, lost, gave_way] = with("plain(now[name]) !== plain(was[name])");
    assert_eq!([unasked, lost], [0, 0]);
    assert!(gave_way > 0, "of some edits nothing was written");
    assert_eq!(with("false")[2], 0, "here all is");
    // A merge that leaves out what nobody else changed.
    assert!(with("at > 0")[0] > 0);
}

/// A server that remembers the names of changes, and does not write one twice.
const REMEMBERS: (&str, &str) = (
    "    const refused = []\n    for",
    "    const refused = []
    db.sql.exec('CREATE TABLE IF NOT EXISTS done(name TEXT PRIMARY KEY)')
    const known = new Set(db.sql.prepare('SELECT name FROM done').pluck().all())
    ops = ops.filter(op => !known.has(op.name))
    for (const op of ops) db.sql.prepare('INSERT INTO done VALUES(?)').run(op.name)
    for",
);

#[test]
fn a_repeat_that_is_answered_from_memory_counts_as_done() {
    let figures = ["engine.never_safe.unconfirmed", "engine.conflicts.remote_won"];
    for name in ["lossy", "kills"] {
        let plain = sums(name, &outbox(&[]), &[], figures);
        let remembers = sums(name, &outbox(&[REMEMBERS]), &[], figures);
        assert_eq!((remembers, plain), ([0; 2], [0; 2]), "{name}");
    }
}

#[test]
fn conflicts_are_counted_where_a_server_tells_them() {
    let counts = |sets: &[&str]| {
        let outcome = run_seed("contended", sets, 1);
        let has = |figure: &str| outcome.figures.keys().any(|name| **name == *figure);
        let all = ["engine.conflicts.found", "engine.conflicts.miscounted", "oracle.conflicts.missed"];
        (all.map(has), has("oracle.conflicts.count"))
    };
    assert_eq!(counts(&[]), ([false; 3], true));
}
