//! What is said of broken files: place, caret, what would be right.

use super::{MINIMAL, complaint};

/// Everything that must be said of `MINIMAL` with more lines.
fn says(more: &str, wanted: &[&str]) {
    let said = complaint(&format!("{MINIMAL}{more}\n"), &[]);
    for part in wanted {
        assert!(said.contains(part), "{more}\nshould make it say: {part}\nbut it says:\n{said}");
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let said = complaint(&format!("{MINIMAL}\n[engine]\npull = {{ chunk_row = 500 }}\n"), &[]);
    let want = r#"error: unknown key `chunk_row` in `engine.pull`
  --> test.toml:11:10
   |
11 | pull = { chunk_row = 500 }
   |          ^^^^^^^^^
   |
   = help: did you mean `chunk_rows`? there are `chunk_rows`, `chunk_bytes`, "#;
    assert!(said.starts_with(want), "{said}");
}

#[test]
fn a_row_on_a_device_has_more_than_its_key() {
    let only_key = "`note` but its key";
    for set in ["entity.note.project=[]", "entity.note.project=[\"id\"]"] {
        let said = complaint(MINIMAL, &[set]);
        assert!(said.contains(only_key) && said.contains(" --> --set:1:21"), "{said}");
    }
    let bare = "name = \"x\"\n[fleet.p]\ndevices = 1\n[entity.note.schema]\nid = \"uuid key\"\n";
    assert!(complaint(bare, &[]).contains(only_key));
}

#[test]
fn what_an_empty_file_lacks_is_told_with_its_name() {
    let said = complaint("", &[]);
    assert_eq!(said.matches("is missing\n --> test.toml:1:1").count(), 3, "{said}");
}

#[test]
fn who_waits_for_no_sync_is_told_that_a_stagger_is_idle() {
    for idle in ["stagger = 1", "when = \"after\""] {
        let event = format!("[event.e]\nat = \"+1m\"\npower_loss = {{ {idle} }}\n");
        says(&event, &["without a sync this has no effect", "write `at_sync` too"]);
    }
}

#[test]
fn two_kinds_set_at_once_are_one_too_many() {
    let both = "event.e={ at = \"+1m\", kill = {}, power_loss = {} }";
    assert!(complaint(MINIMAL, &[both]).contains("`event.e` cannot be both `kill` and `power_loss`"));
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let text = r#"
nam = "x"
duration = "1 parsec"
[entity.note]
schema = { id = "uuid key", title = "txt" }
[fleet.phones]
devices = 0
class = "middle"
[gate.g]
metric = "oracle.lost.row"
max = 0
"#;
    let said = complaint(text, &[]);
    let titles: Vec<&str> = said.lines().filter(|l| l.starts_with("error")).collect();
    assert_eq!(
        titles,
        [
            "error: unknown key `nam`",
            "error: `duration` is wrong",
            "error: `entity.note.schema.title` is wrong",
            "error: `fleet.phones.devices` is wrong",
            "error: there is no class `middle`",
            "error: there is no metric `oracle.lost.row`",
        ]
    );
    for help in
        ["a whole number from 1 to 1000000", "did you mean `oracle.lost.rows`?", "\"text 10..40\"", "\"30s\""]
    {
        assert!(said.contains(help), "{help} in:\n{said}");
    }
}

#[test]
fn what_is_no_toml_is_told_in_the_same_way() {
    let said = complaint("name = \"x\nduration = 3h\n", &[]);
    assert!(said.contains("error: this is not TOML") && said.contains("--> test.toml:1:"), "{said}");
    assert!(said.matches("error:").count() >= 2, "both lines:\n{said}");
    let twice = complaint("name = \"x\"\nname = \"y\"\n", &[]);
    assert!(twice.contains("duplicate") && twice.contains("test.toml:2:1"), "{twice}");
}

#[test]
fn a_number_without_its_unit_is_refused_with_the_forms() {
    says("[engine]\nrequest_timeout = 30", &["`engine.request_timeout` is wrong", "\"1h30m\"", "^^"]);
    says("[engine]\npull.chunk_bytes = \"1 MB/s\"", &["`engine.pull.chunk_bytes` is wrong", "\"64KiB\""]);
    says("[link.l]\nrtt = \"1ms\"\nup = \"1Mbit/s\"\ndown = 5", &["`link.l.down` is wrong", "\"1.6Mbit/s\""]);
    says("[backend]\npoison = \"200%\"", &["`backend.poison` is wrong", "between 0 and 1"]);
}

#[test]
fn hooks_are_told_by_name_with_what_there_is() {
    says("[hooks.on_sync_finish]", &["unknown key `on_sync_finish` in `hooks`", "`on_sync_complete`", "^^"]);
    says(
        "[hooks.on_sync_error]\ntriggers = \"Onlin\"",
        &["there is no unit `Onlin`", "did you mean `Online`?", "test.toml:10:12"],
    );
    says("[hooks.on_sync_start]\nunit = \"Sned\"", &["there is no unit `Sned`", "`Send`"]);
    says("[hooks.network_status_changed]\nunit = \"Send\"", &["unknown key `unit`"]);
    says("[hooks.on_sync_start]\nthrows = 2", &["`hooks.on_sync_start.throws` is wrong", "between 0 and 1"]);
    says("[hooks.on_sync_start.calls]\nresponse = \"1GiB\"", &["from 0B to 64MiB"]);
    says("[engine]\nhook_timeout = \"0s\"", &["`engine.hook_timeout` is wrong", "from 1ns"]);
}

#[test]
fn a_figure_out_of_range_is_told_with_the_range() {
    says("[engine]\npull.chunk_rows = 0", &["a whole number from 1 to 10000000"]);
    says("[store]\npage_size = 1000", &["`page_size` must be a power of two"]);
    says("[backend]\nstamp_precision = \"0s\"", &["from 1us to 1d"]);
}

#[test]
fn of_a_one_of_there_is_exactly_one() {
    says(
        "[event.e]\nat = \"+1m\"\noutage = { for = \"1s\" }\nkill = {}",
        &["`event.e` cannot be both `kill` and `outage`", "exactly one of outage, flap, captive_portal"],
    );
    says("[event.e]\nat = \"+1m\"", &["`event.e` says nothing of what it is"]);
    says("[event.e]\noutage = { for = \"1s\" }", &["`event.e.at` is missing", "\"10:10\""]);
}

#[test]
fn what_is_pinned_and_not_built_is_refused_as_such() {
    says(
        "[event.e]\nat = \"+1m\"\nscope_change = {}",
        &["`event.e.scope_change` is not supported", "so far"],
    );
}

#[test]
fn a_state_from_before_the_start_cannot_be_gone_back_to() {
    for kind in ["restore", "restore_gateway"] {
        let more = format!("[event.e]\nat = \"+1m\"\n{kind} = {{ of = \"2m\" }}");
        says(&more, &["there was nothing yet to go back to"]);
    }
}

#[test]
fn names_that_nothing_has_are_told_with_what_there_is() {
    for (more, parts) in [
        ("link = \"wifi-god\"", ["there is no link `wifi-god`", "did you mean `wifi-good`?"]),
        ("class = { low = 0.5, mdi = 0.5 }", ["there is no class `mdi`", "did you mean `mid`?"]),
        ("[backend]\nprofile = \"sql\"", ["`backend.profile` cannot be \"sql\"", "`sql-modern`"]),
        (
            "[unit.U]\non = [\"login\"]\npull = [\"nots\"]",
            ["there is no entity `nots`", "did you mean `note`?"],
        ),
        ("[unit.U]\non = [\"logn\"]\npull = [\"*\"]", ["`unit.U.on[0]` is wrong", "\"every 5m\""]),
        (
            "[action.a]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"titel\"]\nper_device = 1",
            ["there is no column of `note` `titel`", "did you mean `title`?"],
        ),
        (
            "[event.e]\nat = \"+1m\"\ntrigger = { unit = \"Logon\" }",
            ["there is no unit `Logon`", "did you mean `Login`?"],
        ),
        (
            "[event.e]\nat = \"+1m\"\nkill = { point = \"pull.chunk-aplied\" }",
            ["there is no crash point `pull.chunk-aplied`", "did you mean `pull.chunk-applied`?"],
        ),
        ("[event.e]\nat = \"+1m\"\nkill = { devices = [4] }", ["there is no device 4", "from 0 to 3"]),
        (
            "[event.e]\nat = \"+1m\"\nkill = { by = \"clinic\" }",
            ["there is no attribute of a fleet `clinic`", "there is none"],
        ),
        ("[expect]\nviolation = \"lots\"", ["there is no check `lots`", "did you mean `lost`?"]),
        (
            "[expect]\n\"oracle.lots.rows\" = 0",
            ["there is no metric `oracle.lots.rows`", "did you mean `oracle.lost.rows`?"],
        ),
        ("[engine]\nname = \"bultin\"", ["there is no engine `bultin`", "did you mean `builtin`?"]),
        (
            "[gate.g]\nmetric = \"engine.session.duration\"\nstat = \"p95\"\nmax = \"5s\"\nstart = \"1d\"",
            ["there is no state at the start `1d`", "`empty`"],
        ),
    ] {
        says(more, &parts);
    }
}

#[test]
fn a_gate_takes_figures_of_its_metrics_unit() {
    let gate = |metric: &str, bound: &str| {
        let stat = if metric.ends_with("duration") { "max" } else { "value" };
        format!("[gate.g]\nmetric = \"{metric}\"\nstat = \"{stat}\"\n{bound}")
    };
    says(
        &gate("engine.session.duration", "max = \"5kB\""),
        &["this does not fit the metric's unit", "\"5s\""],
    );
    says(&gate("engine.up.bytes", "max = \"5s\""), &["this does not fit the metric's unit", "\"64KiB\""]);
    says(&gate("oracle.lost.rows", "max = 0.5"), &["this does not fit the metric's unit", "a whole number"]);
    says(
        &gate("engine.session.duration", "max = 360"),
        &["this figure has no unit", "\"360s\"", "test.toml:12:7"],
    );
    says(
        "[expect]\n\"oracle.lost.row_ns\" = { min = 90 }",
        &["this figure has no unit", "\"90 row·s\"", "test.toml:10:32"],
    );
    says(&gate("oracle.lost.rows", ""), &["no bound"]);
    says(&gate("oracle.lost.rows", "min = 2\nmax = 1"), &["nothing lies between these bounds"]);
}

#[test]
fn a_statistic_is_one_that_the_metric_has() {
    let gate = |metric: &str, stat: &str| format!("[gate.g]\nmetric = \"{metric}\"\n{stat}max = 1");
    let number = gate("oracle.lost.rows", "stat = \"p95\"\n");
    says(&number, &["`oracle.lost.rows` has no `p95`", "a single number and has `value`", "test.toml:11:8"]);
    let silent = gate("engine.session.duration", "");
    says(
        &silent,
        &["has no `value`", "`count`, `min`, `mean`, `p50`, `p95`, `p99`, `max`", "test.toml:10:10"],
    );
    says("[expect]\n\"engine.session.duration\" = 1", &["a distribution and has `count`", "test.toml:10:1"]);
    says("[expect]\n\"oracle.lots.rows\" = 0", &["there is no metric `oracle.lots.rows`", "test.toml:10:1"]);
    super::plan(&format!("{MINIMAL}\n[expect]\n\"engine.session.duration.p95\" = {{ max = \"5s\" }}\n"));
}

#[test]
fn a_part_of_a_metric_is_a_unit_by_which_it_is_kept() {
    let expect = |name: &str| format!("[expect]\n\"{name}\" = 1");
    says(&expect("engine.session.duration.count/Sends"), &["no sync unit `Sends`", "`Send`"]);
    let whole = ["`engine.requests.count` is not kept by sync unit", "write `engine.requests.count`"];
    says(&expect("engine.requests.count/Send"), &whole);
    super::plan(&format!("{MINIMAL}\n{}\n", expect("engine.session.duration.count/Send")));
}

#[test]
fn the_beginning_of_a_metric_s_name_is_completed() {
    let gate = "[gate.g]\nmetric = \"engine.usable_after_login\"\nmax = 1";
    let said = complaint(&format!("{MINIMAL}{gate}\n"), &[]);
    assert!(
        said.contains("there is `engine.usable_after_login.duration`\n")
            || said.ends_with("there is `engine.usable_after_login.duration`"),
        "{said}"
    );
}

#[test]
fn a_word_that_is_none_is_told_with_those_that_are() {
    says("[gateway]\nmode = \"mirror\"", &["help: there are `ota`, `persistent`"]);
}

#[test]
fn a_replica_that_nobody_keeps_is_refreshed_by_nobody() {
    let refresh = "[gateway]\nrefresh = { every = \"5m\" }";
    let told = ["a gateway in mode \"ota\" has no replica to refresh", "mode = \"persistent\" keeps one"];
    says(refresh, &told);
    says(&format!("{refresh}\nmode = \"ota\""), &told);
    let kept = super::plan(&format!("{MINIMAL}{refresh}\nmode = \"persistent\"\n"));
    assert_eq!(kept.gateway.refresh.every, crate::base::Span::secs(300));
    assert!(kept.backend.whole);
}

#[test]
fn a_natural_key_has_enough_combinations_for_the_rows() {
    let few = "[entity.x]\nrows = 100\nunique = [\"a\"]\nschema = { id = \"uuid key\", a = \"int 1..10\" }";
    says(few, &["100 rows of `x` cannot differ in their natural key", "10 combinations", "test.toml:11:10"]);
    super::plan(&format!("{MINIMAL}{}\n", few.replace("1..10", "1..100")));
}

#[test]
fn shares_come_to_one() {
    says("link = { edge = 0.5, geo = 0.4 }", &["the shares in `fleet.phones.link` come to 0.9, not to 1"]);
    says("start = { empty = 0.5, yesterday = 0.5 }", &["a wrong name, `yesterday`", "such as `1d`"]);
    says(
        "[workload]\nlogin.a = { share = 0.5, at = \"+1m\" }",
        &["the shares of `workload.login` come to 0.5, not to 1"],
    );
}

#[test]
fn times_lie_within_the_script() {
    says(
        "[event.e]\nat = \"07:59\"\nkill = {}",
        &["07:59 is before the scenario starts", "2026-03-02T08:00:00+01:00"],
    );
    says("[event.e]\nat = \"+1h\"\nkill = {}", &["`event.e` comes after the end", "lasts 1h"]);
    says("[event.e]\nat = \"25:00\"\nkill = {}", &["`event.e.at` is wrong", "\"+2h\""]);
    says("[workload]\nhours = { from = \"+1h\", until = \"+30m\" }", &["work ends before it begins"]);
}

#[test]
fn entities_hang_together() {
    let entity = |text: &str| format!("[entity.x]\nschema = {{ {text} }}");
    says(&entity("a = \"text\""), &["`entity.x` has 0 key columns"]);
    says(&entity("a = \"int key\""), &["rows of `x` cannot be made with such keys"]);
    says(
        &entity("id = \"uuid key\", a = \"ref nte\""),
        &["there is no entity `nte`", "did you mean `note`?"],
    );
    says(
        &entity("id = \"uuid key\", a = \"text\", b = \"fold note.title via a\""),
        &["`a` does not point to `note`", "\"ref note\""],
    );
    let scoped = |scope: &str| format!("{}\nscope = {{ {scope} }}", entity("id = \"uuid key\", a = \"int\""));
    says(&scoped("b = \"device.c\""), &["there is no column of `x` `b`", "test.toml:11:11"]);
    says(
        &scoped("a = \"device.c\""),
        &["`a` is no text", "test.toml:10:33", "a = \"text\" or a = \"attribute c\""],
    );
    says(&scoped("a = \"-1d..1d\""), &["`a` is no timestamp"]);
    says("[entity.x]\nrows = 5", &["`entity.x` has no columns"]);
    let unit = "[unit.U]\non = [\"login\"]\n";
    says(unit, &["`unit.U` syncs nothing"]);
    let hidden =
        format!("{}\ndelivery = \"backend-only\"\n{unit}pull = [\"x\"]", entity("id = \"uuid key\""));
    says(&hidden, &["`x` cannot be pulled"]);
    let made = |extra: &str| {
        let kept = format!("{}\ndelivery = \"backend-only\"", entity("id = \"uuid key\", a = \"text\""));
        format!("{kept}\n[action.snap]\nentity = \"x\"\nkind = \"create\"\n{extra}")
    };
    let refused =
        ["they have no `x`: its delivery is \"backend-only\"", "\"upload-only\" has apps make rows"];
    says(
        &made("per_device = 15"),
        &[&["`action.snap` is for devices", "test.toml:13:10"][..], &refused].concat(),
    );
    says(&made("per_device = 15\non_devices = 0.5"), &["test.toml:16:14"]);
    let later = "per_device = 0\n[event.late]\nat = \"+1m\"\nedits = { action = \"snap\", count = 1 }";
    says(&made(later), &[&["these edits are made on devices", "test.toml:18:20"][..], &refused].concat());
}

#[test]
fn of_a_file_that_is_no_scenario_the_first_mistakes_are_told_and_the_others_counted() {
    for (lines, rest) in [(50, ""), (51, "and 1 more mistake"), (52, "and 2 more mistakes")] {
        let prose: String = (0..lines).map(|n| format!("this is line {n}, which is no TOML\n")).collect();
        let said = complaint(&prose, &[]);
        assert_eq!(said.matches("error: ").count(), 50, "{said}");
        assert!(said.ends_with(rest) && said.contains("more") != rest.is_empty(), "{said}");
    }
}

#[test]
fn a_table_that_every_scenario_needs_is_shown() {
    let said = complaint("name = \"x\"\n", &[]);
    assert!(
        said.contains("[entity.note] with schema") && said.contains("[fleet.phones] with devices"),
        "{said}"
    );
}

#[test]
fn a_table_where_a_value_belongs_and_the_other_way_round_are_told() {
    says("[engine]\npull = 5", &["`engine.pull` is wrong", "it takes a table"]);
    says("[engine]\nname = { a = 1 }", &["`engine.name` is wrong", "it takes a text"]);
    let said = complaint("name = \"x\"\nentity = 5\nfleet = []\n", &[]);
    assert!(said.contains("`entity` is wrong") && said.contains("`fleet` is wrong"), "{said}");
}

#[test]
fn devices_have_processors_memory_and_clocks_that_can_be() {
    let class = |figure: &str| format!("class = \"mid\"\n[class.mid]\n{figure}");
    says(&class("cpu = 0"), &["a processor takes time", "test.toml:11:7"]);
    says(&class("parse_rate = 0"), &["`class.mid.parse_rate` is wrong", "from 1B", "test.toml:11:14"]);
    says(
        &class("memory = \"64KiB\"\n[entity.long]\nschema = { id = \"uuid key\", body = \"text 40000\" }"),
        &["class `mid` has not the memory for a row of `long`", "a row of 40080 bytes", "test.toml:11:10"],
    );
    says(&class("memory = \"63KiB\""), &["`class.mid.memory` is wrong", "from 64KiB", "test.toml:11:10"]);
    says("clock = \"wrong\"", &["`fleet.phones.clock`"]);
    says("clock = { offset = \"5\" }", &["`fleet.phones.clock.offset` is wrong", "\"-1h\""]);
    says("clock = { drift = \"20000ppm\" }", &["`fleet.phones.clock.drift` is wrong", "at most 10000ppm"]);
    says(
        "[event.e]\nat = \"+1m\"\nclock_step = { by = \"now\" }",
        &["`event.e.clock_step.by` is wrong", "\"-2m\"", "test.toml:11:21"],
    );
    for step in ["clock_step", "backend_clock_step", "time_zone"] {
        let text = format!("[event.e]\nat = \"+1m\"\n{step} = {{ by = \"-99999d\" }}");
        says(&text, &["before 1970 or after 9999", "test.toml:11:"]);
    }
    says("[event.e]\nat = \"+1m\"\nclock_step = { share = 0.5 }", &["`event.e.clock_step.by` is missing"]);
    says("[event.e]\nat = \"+1m\"\nslow_disk = { for = \"1m\", factor = 0 }", &["from 1 to 1000"]);
    says("[event.e]\nat = \"+1m\"\ndisk_full = {}", &["`event.e.disk_full.for` is missing"]);
    says("[workload]\nforeground = { queries = -1 }", &["`workload.foreground.queries` is wrong"]);
    says(
        "[workload]\nforeground = { queries = 0.0004 }",
        &["`workload.foreground.queries` is wrong", "the least above 0 is 0.001", "test.toml:10:26"],
    );
}

#[test]
fn a_backend_that_contradicts_itself_is_refused_where_it_does() {
    for (more, parts) in [
        (
            "[backend.maintenance]\na = { from = \"22:00\", for = \"4h\" }\nb = { from = \"20:30\", for = \"1h\", zone = \"UTC\" }",
            ["`b` and `a` overlap", " --> test.toml:10:"],
        ),
        (
            "[backend]\nmaintenance.a = { from = \"22:00\", for = \"25h\" }\n",
            ["`a` lasts until it comes again", " --> test.toml:10:"],
        ),
        (
            "[backend]\nmaintenance.a = { from = \"22:00\", for = \"1h\", zone = \"Europe/Bern\" }",
            [
                "`backend.maintenance.a.zone` is wrong",
                "did you mean `Europe/Berlin`? there are `Europe/Amsterdam`",
            ],
        ),
        (
            "[backend]\nmaintenance.a = { from = \"22:00\", for = \"1h\", days = \"saturday\" }",
            ["`backend.maintenance.a.days[0]` cannot be", "`sat`"],
        ),
        (
            "[backend]\nquota = { requests = 0, per = \"5m\" }",
            ["`backend.quota.requests` is wrong", "from 1"],
        ),
        ("[backend]\nquota = { requests = 10 }", ["`per` belongs to", " --> test.toml:10:1"]),
        ("[backend]\nquota = { per = \"5m\" }", ["`per` belongs to", "such as"]),
        ("[backend]\nquota = { by = \"all\" }", ["this quota limits nothing", "concurrent"]),
        ("[backend]\nquota = { burst = 5 }", ["`burst` and `rate` belong together", " --> test.toml:10:1"]),
        ("[backend]\nquota = { burst = 5, rate = 0 }", ["stays empty at this rate", " --> test.toml:10:"]),
        (
            "[backend]\nmaintenance.m = { from = \"+5m\", for = \"1m\", days = [\"sat\"] }",
            ["`days` is of no use here", "a local time"],
        ),
        (
            "[backend]\nbusy = { from = \"+5m\", until = \"+6m\", factor = 2, zone = \"Asia/Tokyo\" }",
            ["`zone` is of no use here", "a local time"],
        ),
        ("[backend]\navailability = { share = \"0%\" }", ["it is never up", "99.5%"]),
        ("[gateway]\nleg.availability = { share = 0 }", ["it is never up", " --> test.toml:10:"]),
        ("[gateway]\nleg = { rate = \"0bit/s\" }", ["`gateway.leg.rate` is wrong", "1.6Mbit/s"]),
        ("[gateway]\nleg = { link = \"lte-god\" }", ["there is no link `lte-god`", "`lte-good`"]),
        (
            "[backend]\nbusy = { from = \"09:00\", until = \"17:00\", factor = 0 }",
            ["nothing takes no time", "twice"],
        ),
        (
            "[backend]\nbusy = { from = \"09:00\", until = \"+2h\", factor = 2 }",
            ["this is no time after `from`", " --> test.toml:10:34"],
        ),
        (
            "[backend]\nprovisioning = \"none\"",
            [
                "this backend keeps none",
                "a backend that stamps its rows (full; with `reconcile` also stamps-only",
            ],
        ),
        (
            "[backend]\nprovisioning = \"soft-delete-only\"",
            ["this backend keeps none", "it may be `{ change_log = {} }` or `{ hash = {} }`"],
        ),
        (
            "[event.e]\nat = \"+1m\"\nbackend_clock_step = { by = \"0\" }",
            ["`event.e.backend_clock_step.by` is wrong", "\"-2m\""],
        ),
    ] {
        says(more, &parts);
    }
}

#[test]
fn maintenance_that_overlaps_is_one_mistake() {
    for windows in [
        "a = { from = \"10:00\", for = \"25h\" }",
        "a = { from = \"10:00\", for = \"14h\" }\nb = { from = \"22:00\", for = \"13h\" }",
        "a = { from = \"10:00\", for = \"2h\" }\nb = { from = \"11:00\", for = \"24h\" }",
    ] {
        let said = complaint(&format!("{MINIMAL}[backend.maintenance]\n{windows}\n"), &[]);
        assert_eq!(said.matches("error: ").count(), 1, "{windows}\n{said}");
    }
}

#[test]
fn more_faults_than_can_be_told_and_names_that_no_file_can_have_are_refused() {
    says(
        "[chaos]\noutage_mtbf = \"1ns\"\noutage_mean = \"1s\"",
        &["faults would be drawn", "at most 500000"],
    );
    let often = "flap = { every = \"1ms\", for = \"5h\" }";
    says(&format!("[event.e]\nat = \"+1m\"\n{often}"), &["faults would be drawn"]);
    let brief = "backend.availability={ share = \"50%\", mean_outage = \"1ms\" }";
    assert!(complaint(MINIMAL, &["duration=\"300d\"", brief]).contains("faults would be drawn"));
    for period in [
        "[gateway]\nmode = \"persistent\"\nrefresh = { upload_every = \"1ns\" }",
        "[backend]\navailability = { share = \"50%\", mean_outage = \"1us\" }",
    ] {
        says(period, &["from 1ms to"]);
    }
    let long = format!("name=\"{}\"", "x".repeat(81));
    for name in ["name=\"a\\u001bb\"", &long] {
        assert!(complaint(MINIMAL, &[name]).contains("a scenario cannot have this name"), "{name}");
    }
}

#[test]
fn a_login_that_nobody_wrote_comes_on_the_day_on_which_people_begin() {
    let late = "start = \"2026-03-02T20:00:00+01:00\"\nduration = \"5h\"\n[workload]\nhours = { from = \"23:59\", until = \"+4h30m\" }";
    let plan = super::plan(&MINIMAL.replace("\n[entity.note]", &format!("\n{late}\n[entity.note]")));
    assert_eq!(plan.workload.logins[0].at, plan.workload.hours.0);
}

#[test]
fn devices_and_a_share_of_all_are_not_asked_for_at_once() {
    let event = "[event.e]\nat = \"+1m\"\noutage = { for = \"1s\", devices = [1], share = 0.5 }";
    says(event, &["both `devices` and `share`", "test.toml:11:47", "a share is of all devices"]);
    super::plan(&format!("{MINIMAL}{}", event.replace("0.5", "1")));
}

#[test]
fn several_connections_are_of_http_1_1_alone() {
    for protocol in ["http/2", "bare"] {
        let more = format!("[transport]\nprotocol = \"{protocol}\"\nconnections = 4");
        says(&more, &["only HTTP/1.1 has several connections", "test.toml:11:15", "\"http/2\" has one"]);
        super::plan(&format!("{MINIMAL}{}", more.replace('4', "1")));
    }
}

#[test]
fn rows_follow_and_count_rows_of_other_entities_alone() {
    let schema = "rows = 10\nschema = { id = \"uuid key\", up = \"ref task\", title = \"text\", n = \"int\"";
    let folds = format!("[entity.task]\n{schema}, above = \"fold task.title via up\" }}");
    says(&folds, &["`task` is folded into rows of its own kind", "test.toml:11:"]);
    let counts =
        format!("[entity.task]\n{schema} }}\ncount.n = {{ of = \"task\", where = {{ title = \"title\" }} }}");
    says(&counts, &["`task` counts rows of its own kind", "test.toml:12:18"]);
}

#[test]
fn what_is_too_long_to_be_read_is_told_by_its_beginning_and_end() {
    let long = format!("first{}last", "x".repeat(300_000));
    let other = format!("other{}", "y".repeat(300_000));
    for (more, wanted) in [
        (format!("[engine]\n{long} = 1"), "error: unknown key `firstxxx"),
        (format!("[{long}]\na = 1"), "error: unknown key `firstxxx"),
        (format!("[link.{long}]\nrtt = 5"), "xxxlast.rtt` is wrong"),
        (format!("[link.{long}]\nrtt = \"{other}\""), "xxxlast.rtt` is wrong"),
        (format!("[engine]\nidentity = \"{long}\""), "`engine.identity` cannot be \"firstxxx"),
        (format!("[fleet.more]\ndevices = 1\nlink = \"{long}\"\n[link.{other}]\nrtt = \"9ms\""), "firstxxx"),
        (format!("[variant.a.set]\n\"engine.{long}\" = 1"), "error: unknown key `firstxxx"),
        (format!("[engine]\n\"{}\" = 1", "`a".repeat(100_000)), "error: unknown key ``a"),
    ] {
        let said = complaint(&format!("{MINIMAL}{more}\n"), &[]);
        assert!(said.contains(wanted) && said.contains("--> test.toml:"), "{wanted}\n{said:.3000}");
        assert!(said.len() < 5_000 * said.matches("error: ").count(), "{} bytes: {said:.3000}", said.len());
    }
    let said = complaint(MINIMAL, &[&format!("engine.{long}=1"), &format!("engine.identity={other}")]);
    assert!(said.len() < 10_000, "{} bytes: {said:.3000}", said.len());
}

#[test]
fn what_a_conflict_policy_is_never_asked_is_refused() {
    let callback = "policy = \"callback\", callback = { hangs = \"60%\", panics = \"50%\" }";
    says(
        &format!("[engine]\nconflict = {{ {callback} }}"),
        &["`hangs`, `panics` and `nonsense` are more than all edits together", "at most 1", "^^^^^"],
    );
    let dated = "[engine]\npush = { sync_date = \"start\" }";
    says(dated, &["nothing goes by the date of the last sync"]);
}

#[test]
fn a_backend_that_says_what_it_cannot_keep_is_refused() {
    let of = |of: &str| format!("[backend]\n{of}");
    for kept in ["1ns", "1ms", "999ms"] {
        says(&of(&format!("tombstones_kept = \"{kept}\"")), &["is of no use to anybody", "at least 1s"]);
    }
    says(&of("authorisation = \"refuse\""), &["no entity has a scope"]);
    let line = "[entity.line]\non_delete = { note = \"set-null\" }\n[entity.line.schema]\nid = \"uuid key\"";
    let required = format!("{line}\nnote = \"ref note\"");
    says(&required, &["`note` is never null, so that it cannot be made so", "\"ref note null 0%\""]);
}

#[test]
fn families_that_something_parts_are_refused() {
    let line = "[entity.line]\non_delete = { note = \"cascade\" }\n[entity.line.schema]\nid = \"uuid key\"\nnote = \"ref note\"";
    let with = |of: &str| format!("{line}\n{of}");
    let goes = "[engine.push]\nunit = \"family\"";
    says(goes, &["no row is part of another", "on_delete = { COLUMN = \"cascade\" }"]);
    says(&with(goes), &["of two edits of a row the second would be left behind", "squash = true"]);
    let newest = format!("{goes}\nsquash = true\norder = \"bottom-up\"");
    says(&with(&newest), &["a family goes from the top down"]);
    let calls = format!("[engine]\nrequests = \"per-entity\"\n{goes}\nsquash = true");
    says(&with(&calls), &["in one request of their own", "per-direction"]);
    let replica = format!("{goes}\nsquash = true\n[gateway]\nmode = \"persistent\"");
    says(&with(&replica), &["a gateway with a replica brings each edit by itself"]);
    let late = "[backend]\ncommits = \"families\"\ncommit_delay = { share = \"5%\", upto = \"1s\" }";
    says(&with(late), &["each row would be late by itself"]);
}
