//! A mistake is told once: what only follows from it is not.

use super::complaint;

const SOUND: &str = r#"name = "b"
start = "2026-03-02T08:00:00+01:00"
duration = "2h"

[entity.team]
rows = 10
schema = { id = "uuid key", name = "text", team = "text" }

[entity.task]
rows = 500
scope = { team = "device.team", due = "-7d..28d" }
unique = ["title"]
project = ["title", "state", "due", "team", "boss"]
[entity.task.schema]
id = "uuid key"
team = "text"
boss = "ref team"
bossname = "fold team.name via boss"
title = "text 10..60"
state = "one of open|done"
due = "timestamp -7d..28d /1h"

[fleet.phones]
devices = 20
attributes = { team = 4 }
start = { empty = 0.2, 1d = 0.8 }

[unit.Login]
on = ["login"]
pull = ["team", "task"]
blocking = true
[unit.Online]
on = ["online", "every 5m"]
pull = ["*"]
push = ["task"]

[engine]
pull = { chunk_rows = 500 }

[workload]
hours = { from = "08:10", until = "09:30" }
login.all = { share = 1, at = "08:12" }
peak.a = { from = "08:20", until = "08:40", share = 0.5 }

[action.tick]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 30
on_devices = 0.8
near = { column = "due", before = "1h", after = "1h" }

[event.lift]
at = "09:20"
outage = { share = 0.5, for = "2m" }
[event.crash]
at = "+30m"
kill = { devices = [19], point = "pull.chunk-applied" }
[event.go]
at = "+31m"
trigger = { unit = "Login" }
[event.ed]
at = "+31m"
edits = { action = "tick", count = 2, over = "1m" }
[event.imp]
at = "+32m"
bulk_import = { entity = "task", rows = 10, of_one = "team" }

[expect]
"oracle.lost.rows" = 0

[gate.usable]
metric = "engine.usable_after_login.duration"
stat = "p95"
max = "30s"
start = "1d"
"#;

/// What is broken, how, and the one thing to be said of it.
const BROKEN: &[(&str, &str, &str)] = &[
    ("duration = \"2h\"", "duration = \"2 hourss\"", "`duration` is wrong"),
    ("duration = \"2h\"", "duration = 2", "`duration` is wrong"),
    ("duration = \"2h\"", "duraton = \"2h\"", "unknown key `duraton`"),
    ("start = \"2026-03-02T08:00:00+01:00\"", "start = \"2026-03-02T10:00:00\"", "`start` is wrong"),
    ("start = \"2026-03-02T08:00:00+01:00\"", "start = \"yesterday\"", "`start` is wrong"),
    ("id = \"uuid key\"\nteam", "id = \"uid key\"\nteam", "`entity.task.schema.id` is wrong"),
    ("due = \"timestamp -7d..28d /1h\"", "due = \"timestmp\"", "`entity.task.schema.due` is wrong"),
    ("title = \"text 10..60\"", "title = \"txt\"", "`entity.task.schema.title` is wrong"),
    ("team = \"text\"\nboss", "team = \"strng\"\nboss", "`entity.task.schema.team` is wrong"),
    ("boss = \"ref team\"", "boss = \"reff team\"", "`entity.task.schema.boss` is wrong"),
    ("boss = \"ref team\"", "boss = \"ref taem\"", "there is no entity `taem`"),
    ("[entity.task.schema]", "[entity.task.shema]", "unknown key `shema` in `entity.task`"),
    ("[entity.task.schema]", "[entity.taks.schema]", "`entity.task` has no columns"),
    ("[entity.task]", "[entity.tsk]", "`entity.tsk` has no columns"),
    ("[unit.Login]", "[unit.Logn]", "there is no unit `Login`"),
    ("pull = [\"team\", \"task\"]", "pull = [\"teem\", \"task\"]", "there is no entity `teem`"),
    ("pull = [\"team\", \"task\"]", "pull = 5", "`unit.Login.pull[0]` is wrong"),
    ("on = [\"login\"]", "on = [\"logn\"]", "`unit.Login.on[0]` is wrong"),
    ("entity = \"task\"\nkind", "entity = \"taks\"\nkind", "there is no entity `taks`"),
    ("entity = \"task\"\nkind", "kind", "`action.tick.entity` is missing"),
    ("kind = \"update\"", "kind = \"updat\"", "`action.tick.kind` cannot be \"updat\""),
    ("columns = [\"state\"]", "columns = 3", "`action.tick.columns[0]` is wrong"),
    ("devices = 20", "devices = \"20\"", "`fleet.phones.devices` is wrong"),
    ("devices = 20", "device = 20", "unknown key `device` in `fleet.phones`"),
    ("attributes = { team = 4 }", "attributes = { team = \"4\" }", "`fleet.phones.attributes.team` is wrong"),
    ("attributes = { team = 4 }", "attribute = { team = 4 }", "unknown key `attribute` in `fleet.phones`"),
    (
        "start = { empty = 0.2, 1d = 0.8 }",
        "start = { empty = 0.2, yesterday = 0.8 }",
        "`fleet.phones.start` has a wrong name, `yesterday`",
    ),
    (
        "start = { empty = 0.2, 1d = 0.8 }",
        "start = { empty = 0.2, 1d = \"x\" }",
        "`fleet.phones.start.1d` is wrong",
    ),
    ("at = \"08:12\"", "at = \"8:12\"", "`workload.login.all.at` is wrong"),
    ("share = 1, at", "share = \"all\", at", "`workload.login.all.share` is wrong"),
    ("until = \"09:30\"", "until = \"9:30\"", "`workload.hours.until` is wrong"),
    ("from = \"08:10\"", "from = \"0810\"", "`workload.hours.from` is wrong"),
    (
        "metric = \"engine.usable_after_login.duration\"",
        "metric = \"engine.usable_after_login\"",
        "there is no metric `engine.usable_after_login`",
    ),
    (
        "metric = \"engine.usable_after_login.duration\"\nstat = \"p95\"",
        "metric = \"oracle.lost.rows\"\nstat = \"p95\"",
        "`oracle.lost.rows` has no `p95`",
    ),
    ("stat = \"p95\"", "stat = \"p96\"", "`gate.usable.stat` cannot be \"p96\""),
    ("max = \"30s\"", "max = \"30 parsec\"", "this does not fit the metric's unit"),
    ("at = \"09:20\"", "at = \"9:20\"", "`event.lift.at` is wrong"),
    (
        "outage = { share = 0.5, for = \"2m\" }",
        "outag = { share = 0.5, for = \"2m\" }",
        "unknown key `outag` in `event.lift`",
    ),
    (
        "outage = { share = 0.5, for = \"2m\" }",
        "outage = { share = 0.5, for = \"2 m m\" }",
        "`event.lift.outage.for` is wrong",
    ),
    (
        "scope = { team = \"device.team\", due = \"-7d..28d\" }",
        "scope = { team = \"device.tem\", due = \"28d..-7d\" }",
        "`entity.task.scope.due` is wrong",
    ),
    (
        "scope = { team = \"device.team\", due = \"-7d..28d\" }",
        "scope = \"device.team\"",
        "`entity.task.scope` is wrong",
    ),
    ("rows = 500", "rows = \"500\"", "`entity.task.rows` is wrong"),
    ("rows = 500", "rows = { csv = \"nix.csv\" }", "cannot read nix.csv"),
    (
        "schema = { id = \"uuid key\", name = \"text\", team = \"text\" }",
        "schema = 5",
        "`entity.team.schema` is wrong",
    ),
    (
        "schema = { id = \"uuid key\", name = \"text\", team = \"text\" }\n",
        "schema = { id = \"uuid key\", name = \"text\", team = \"text\" \n",
        "this is not TOML: `{` is never closed",
    ),
    ("[action.tick]", "[action.tikc]", "there is no action `tick`"),
    ("[fleet.phones]", "[fleet.phones", "this is not TOML: unclosed table, expected `]`"),
    ("[fleet.phones]", "[flet.phones]", "unknown key `flet`"),
    ("hours = { from = \"08:10\", until = \"09:30\" }", "hours = \"8-9\"", "`workload.hours` is wrong"),
    ("share = 0.5 }\n\n[action", "share = 2 }\n\n[action", "`workload.peak.a.share` is wrong"),
    ("name = \"b\"\n", "", "`name` is missing"),
    ("per_device = 30", "per_device = \"many\"", "`action.tick.per_device` is wrong"),
    ("pull = { chunk_rows = 500 }", "pull = { chunk_rows = 500", "this is not TOML: `{` is never closed"),
];

#[test]
fn one_mistake_is_one_complaint() {
    super::plan(SOUND);
    for (sound, broken, said) in BROKEN {
        assert!(SOUND.contains(sound), "{sound}");
        let text = complaint(&SOUND.replacen(sound, broken, 1), &[]);
        let titles: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("error: ")).collect();
        assert!(
            titles.len() == 1 && titles[0].starts_with(said),
            "{sound} → {broken}\nshould say only: {said}\n{text}"
        );
    }
}

#[test]
fn independent_mistakes_are_all_told() {
    let text = SOUND.replace("\"2h\"", "\"soon\"").replace("\"pull.chunk-applied\"", "\"pull.chunk-aplied\"");
    let text = complaint(&text.replace("team = 4", "team = \"4\""), &[]);
    assert_eq!(text.matches("error: ").count(), 3, "{text}");
}

#[test]
fn a_name_that_nothing_has_is_told_once_with_how_often_it_is_used() {
    let text = complaint(
        &SOUND.replace("[entity.task]", "[entity.job]").replace("[entity.task.", "[entity.job."),
        &[],
    );
    assert_eq!(text.matches("there is no entity `task`").count(), 1, "{text}");
    assert!(text.contains("it is named in 3 other places too"), "{text}");
}

#[test]
fn a_bracket_that_is_never_closed_is_told_where_it_opens() {
    let said = complaint(&SOUND.replace("chunk_rows = 500 }", "chunk_rows = 500"), &[]);
    assert!(said.contains("`{` is never closed") && said.contains("test.toml:38:8"), "{said}");
}
