//! What is not overwritten, not said without need, and not searched for nothing.

use insta::assert_snapshot;

use super::tests::Desk;
use crate::campaign::validate::measured::TRANSFERS;
use crate::metrics::{Figure, Unit};
use crate::record;
use crate::record::fixture::{self, TIES};

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.write("ties.toml", TIES);
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
    desk
}

#[cfg(unix)]
#[test]
fn what_is_there_is_not_written_over_by_whatever_name() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    desk.write("mine.txt", "mine");
    for (to, link) in [("mine.txt", "link.txt"), ("nowhere.txt", "dangling.txt")] {
        std::os::unix::fs::symlink(to, desk.path(link)).unwrap();
    }
    for command in [
        "report @out --format md -o @out/run.json",
        "report @out/run.json --format html -o @out/../out/run.json",
        "replay @out --trace @out/run.json",
        "replay @out/run.json --requests @out/run.json",
        "replay @ties.toml --trace @ties.toml",
        "report @out -o @mine.txt",
        "report @out --format md -o @out/summary.md",
        "replay @out --requests @mine.txt",
        "replay @out --requests @new.csv --trace @mine.txt",
        "report @out -o @link.txt",
        "report @out -o @dangling.txt",
    ] {
        assert_eq!(desk.run(command), 2, "{command}: {}", desk.err);
        assert!(desk.err.contains(" is already there: "), "{command}: {}", desk.err);
    }
    assert!(!desk.path("new.csv").exists(), "nothing is written before all is checked");
    let kept = ["mine.txt", "out/run.json", "ties.toml"].map(|name| desk.read(name));
    assert_eq!(kept, ["mine", &record, TIES]);
    assert_eq!(desk.run("report @out --format md -o @out/page.md"), 0, "{}", desk.err);
    assert_eq!(desk.read("out/page.md"), desk.read("out/summary.md"));
    assert_eq!(desk.run("report @out --format md -o /dev/null"), 0, "{}", desk.err);
}

#[test]
fn a_report_that_was_moved_tells_commands_that_find_it() {
    let mut desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}\n[variant.lost]\nset = {{ seed = 1 }}\n"));
    assert_eq!(desk.run("run @ties.toml --seed 3 --out @out --progress none"), 11, "{}", desk.err);
    std::fs::rename(desk.path("out"), desk.path("moved")).unwrap();
    std::fs::copy(desk.path("moved/run.json"), desk.path("alone.json")).unwrap();
    for at in ["moved", "alone.json"] {
        assert_eq!(desk.run(&format!("report @{at}")), 0, "{}", desk.err);
        let command = format!("syncdyno replay {}#ties.lost.s3", desk.path(at).display());
        assert!(desk.out.contains(&command), "{}", desk.out);
        assert_eq!(desk.run(&format!("replay @{at}#ties.lost.s3")), 11, "{}", desk.err);
    }
}

#[test]
fn a_run_that_has_come_to_its_end_says_so_to_who_wants_to_go_on_with_it() {
    let mut desk = desk();
    let ended = desk.session("run @ties.toml --resume @out --progress none");
    std::fs::remove_file(desk.path("out/run.json")).unwrap();
    assert_snapshot!(ended + &desk.session("run @ties.toml --resume @out --progress none"));
}

#[test]
fn what_is_no_record_is_refused_with_the_reason() {
    let mut desk = desk();
    let whole = desk.read("out/run.json");
    std::fs::create_dir(desk.path("bad")).unwrap();
    std::fs::write(desk.path("bad/run.json"), b"{\n  \"schema_version\": \"\xFF\xFE").unwrap();
    desk.write("cut.json", "{\"schema_version\":");
    desk.write("empty.json", "");
    desk.write("newer.json", &whole.replacen("\"schema_version\": \"3.", "\"schema_version\": \"4.", 1));
    desk.write("other.json", "{ \"schema_version\": \"3.0.0\" }");
    assert_snapshot!(desk.session(
        "replay @bad
         replay @bad/run.json#ties.s1
         report @bad
         compare @out @bad
         compare @bad @out
         baseline save main @bad --reason why
         run @ties.toml --out @new --progress none --baseline @bad/run.json
         report @cut.json --format html
         report @empty.json
         report @newer.json
         report @other.json
         report @nowhere
         report @out -o @out/run.json/page.html"
    ));
}

#[test]
fn a_record_that_was_edited_is_refused_by_whatever_reads_it() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    let value: serde_json::Value = serde_json::from_str(&record).unwrap();
    desk.write("whole/run.json", &value.to_string());
    desk.write("marked/run.json", &format!("\u{feff}{value}"));
    desk.write("edited/run.json", &record.replacen("\"exit_code\": 0", "\"exit_code\": 1", 1));
    desk.write("older/run.json", &record.replacen(record::SCHEMA_VERSION, "1.1.0", 1));
    let readers =
        ["report @X", "compare @out @X", "compare @X @out", "replay @X", "baseline save main @X --reason y"];
    for (folder, said) in [("edited", "the record was edited"), ("older", "schema version 1.1.0")] {
        for command in readers.map(|reader| reader.replace('X', folder)) {
            assert_eq!(desk.run(&command), 2, "{command}: {}", desk.err);
            assert!(desk.err.contains(said), "{command}: {}", desk.err);
        }
    }
    assert_eq!(desk.run("report @whole"), 0, "{}", desk.err);
    assert_eq!(desk.run("report @marked"), 0, "after a byte order mark: {}", desk.err);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_by_whatever_reads_it() {
    let mut desk = desk();
    std::fs::create_dir_all(desk.path("folder/run.json")).unwrap();
    desk.write("back.csv", "start,rows,bytes,duration_ms,outcome\n0,1,1,5,ok\n0,1,1,-5,ok\n");
    // It takes no room on the disk, and would take all memory.
    for file in ["vast.toml", "vast/run.json", "vast.csv"] {
        let path = desk.write(file, "");
        std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    }
    assert_snapshot!(desk.session(
        "calibrate @out
         validate tcp @out
         replay @folder
         replay @folder#cell
         run /dev/zero
         check /dev/zero
         replay /dev/zero
         calibrate /dev/zero
         validate tcp /dev/zero
         validate tcp-outage /dev/zero
         run @vast.toml
         report @vast
         validate tcp @vast.csv
         calibrate @vast.csv
         calibrate @none.csv
         calibrate @back.csv"
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_no_memory_holds_is_refused_before_it_starts() {
    let mut desk = desk();
    let many = "name = \"many\"\nduration = \"30d\"\ndrain = \"12h\"\n[entity.note]\nrows = 10\nschema = { id = \"uuid key\", title = \"text\" }\n\
                [fleet.phones]\ndevices = 1000000\nlink = \"mine\"\n[link.mine]\nrtt = \"9ms\"\nup = \"1Mbit/s\"\ndown = \"1Mbit/s\"\n[workload]\nresumes_per_hour = 0\n\
                [action.no]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 0\n";
    desk.write("many.toml", many);
    for command in ["run @many.toml", "sweep @many.toml --axis engine.pull.chunk_rows=1,2"] {
        assert_eq!(desk.run(&format!("{command} --out @new")), 20, "{command}: {}", desk.err);
        assert!(desk.err.contains("GiB of memory needed, by an estimate, and"), "{command}: {}", desk.err);
        assert!(!desk.path("new").exists(), "{command}");
    }
    assert_eq!(desk.run("check -q @many.toml"), 0, "{}", desk.err);
}

#[test]
fn two_scenarios_are_compared_as_a_choice_and_never_as_a_regression() {
    let mut desk = desk();
    desk.write("other.toml", &TIES.replace("name = \"ties\"", "name = \"other\""));
    assert_eq!(desk.run("run @other.toml --out @more --progress none"), 0, "{}", desk.err);
    assert_snapshot!(desk.session(
        "compare @out @more
         compare @out @more --fail-on-worse
         compare @out @out --fail-on-worse"
    ));
}

/// The record of `folder` with this figure in each cell, as `name`.
fn altered(desk: &Desk, folder: &str, name: &str, metric: &'static str, unit: Unit, value: u64) {
    let mut record = desk.record(folder);
    for cell in &mut record.cells {
        cell.metrics.insert(metric.into(), Figure::number(unit, value));
    }
    desk.write(name, &fixture::written(&record));
}

#[test]
fn a_disaster_in_one_seed_is_not_green_and_a_small_change_can_be_tolerated() {
    let mut desk = desk();
    let set = "run @ties.toml --set engine.pull.chunk_rows=16 --out @more --progress none";
    assert_eq!(desk.run(set), 0, "{}", desk.err);
    for (folder, name, value) in [("out", "good.json", 1_000), ("more", "worse.json", 1)] {
        altered(&desk, folder, name, "engine.rows.rate", Unit::MilliRowsPerSecond, value);
    }
    for (name, value) in [("was.json", 1_000_000), ("is.json", 1_000_700)] {
        altered(&desk, "out", name, "device.cpu.busy", Unit::Ns, value);
    }
    assert_snapshot!(desk.session(
        "compare -q @good.json @worse.json
         compare -q @good.json @worse.json --fail-on-worse
         compare -q @was.json @is.json --fail-on-worse
         compare -q @was.json @is.json --fail-on-worse --tolerance 0.06%
         compare -q @was.json @is.json --fail-on-worse --tolerance 1%"
    ));
}

#[test]
fn what_a_cell_of_the_candidate_alone_fails_with_is_the_exit_unless_the_page_has_another_before_it() {
    let mut desk = desk();
    let slower = |record: &mut record::RunRecord, value| {
        let figure = Figure::number(Unit::Ns, value);
        record.cells[0].metrics.insert("device.cpu.busy".into(), figure);
    };
    let mut base = desk.record("out");
    slower(&mut base, 1_000_000);
    desk.write("base.json", &fixture::written(&base));
    for (code, cpu, exit) in [
        (10, 1_000_000, 10),
        (11, 1_000_000, 11),
        (12, 2_000_000, 12),
        (11, 2_000_000, 11),
        (10, 2_000_000, 13),
    ] {
        let mut candidate = base.clone();
        slower(&mut candidate, cpu);
        candidate.cells[0].verdict = record::Verdict::Fail;
        (candidate.verdict, candidate.exit_code) = (record::Verdict::Fail, code);
        candidate.cells[0].reasons = vec![record::Reason::Broken { exit_code: code, text: "so".to_owned() }];
        desk.write("candidate.json", &fixture::written(&candidate));
        let told = desk.run("compare @base.json @candidate.json --fail-on-worse");
        assert_eq!(told, exit, "{code} and {cpu} ns: {}{}", desk.out, desk.err);
    }
}

#[test]
fn a_quiet_sweep_says_its_verdict_and_where_the_report_is() {
    let mut desk = desk();
    let sweep = "sweep @ties.toml --axis engine.pull.chunk_rows=16..64*2 --progress none --out @swept";
    assert_eq!(desk.run(sweep), 0, "{}", desk.err);
    let told = desk.out.lines().count();
    assert_eq!(desk.run(&format!("{sweep} -q")), 0);
    assert!(desk.out.starts_with("ties: pass") && desk.out.contains("report: "), "{}", desk.out);
    assert!(desk.out.lines().count() < 5 && told > 8, "{told} lines, and quiet:\n{}", desk.out);
}

#[test]
fn a_search_goes_no_further_than_the_answers_of_the_backend() {
    let mut desk = desk();
    let tune = "tune @ties.toml --metric engine.session.duration --no-field --out @tuned --progress none \
                --set backend.page_cap=700";
    // A replica has no such cap.
    for (more, capped) in [("", true), (" --set gateway.mode=persistent", false)] {
        assert_eq!(desk.run(&format!("{tune}{more}")), 0, "{}", desk.err);
        assert_eq!(desk.err.contains("searched up to 700: "), capped, "{}", desk.err);
        let cells = desk.record("tuned").cells;
        let of = |cell: &record::CellRecord| cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        // The present value is shown beside the best, whatever it is.
        let most = cells.iter().map(of).filter(|rows| *rows != 500).max().unwrap();
        assert_eq!(most <= 700, capped, "{most}");
    }
}

#[test]
fn a_knob_that_a_place_cannot_turn_is_refused_before_anything_runs() {
    let mut desk = desk();
    let before = desk.runs();
    let flags = "--set gateway.serve.capture.flag={} --knob engine.pull.prefetch";
    assert_eq!(desk.run(&format!("tune @ties.toml {flags} --progress none --out @tuned")), 3, "{}", desk.out);
    assert!(desk.err.contains("sets the flags of its page"), "{}", desk.err);
    assert_eq!(desk.runs(), before);
    let knobs = "--knob engine.pull.streams --knob engine.pull.prefetch --no-field";
    let tune =
        format!("tune @ties.toml {knobs} --metric engine.session.duration --progress none --out @tuned");
    assert_eq!(desk.run(&tune), 0, "{}", desk.err);
}

#[test]
fn what_no_report_has_put_there_is_neither_overwritten_nor_removed() {
    let mut desk = desk();
    let theirs = ["own-1/summary.md", "own-2/run.json", "own-3/inputs/depots.csv", "own-4/hist/mine.txt"];
    for name in theirs {
        desk.write(name, "mine");
        let folder = name.split_once('/').unwrap().0;
        assert_eq!(desk.run(&format!("run @ties.toml --out @{folder} --progress none")), 2, "{name}");
        assert!(desk.err.contains("would be overwritten"), "{}", desk.err);
        assert_eq!(desk.read(name), "mine");
    }
    desk.write("beside/notes.txt", "mine");
    for own in ["out", "beside"] {
        assert_eq!(desk.run(&format!("run @ties.toml --out @{own} --progress none")), 0, "{}", desk.err);
    }
}

#[test]
fn of_an_earlier_report_goes_what_it_wrote_and_what_others_put_there_stays() {
    let mut desk = desk();
    let theirs = [
        "hist/mine",
        "hist/mine.txt",
        "hist/more/x.hlog",
        "hist/latency.hlog",
        "hist/film.part",
        "repro/book.part",
        "inputs/mine",
        "inputs/depots.csv",
        "repro/mine",
        "repro/mine.toml",
        "repro/copy.toml",
    ];
    let reduced = "# old.s1, reduced to one cell.\n";
    let ours = [
        "hist/engine.old.duration.hlog",
        "hist/engine.old.part",
        "inputs/0123abcd-0-rows.csv",
        "repro/0123abcd-0-rows.csv",
        "repro/old.s1.toml",
    ];
    for name in theirs.iter().chain(&ours) {
        desk.write(&format!("out/{name}"), reduced);
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
    for name in theirs {
        assert_eq!(desk.read(&format!("out/{name}")), reduced, "{name}");
    }
    for name in ours {
        assert!(!desk.path(&format!("out/{name}")).exists(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_report_follows_no_link_out_of_its_folder() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    for name in ["hist", "repro", "inputs", "cells.jsonl", "report.html", "cells.csv"] {
        let link = desk.path(&format!("out/{name}"));
        let _ = std::fs::remove_dir_all(&link);
        let _ = std::fs::remove_file(&link);
        desk.write("other/a.hlog", "mine");
        let target = if name.contains('.') { "../other/a.hlog" } else { "../other" };
        std::os::unix::fs::symlink(target, &link).unwrap();
        for place in ["--out", "--resume"] {
            let run = format!("run @ties.toml --progress none {place} @out");
            assert_eq!(desk.run(&run), 2, "{name}: {}", desk.err);
            let said = format!("{name} is a link, and a report writes nothing outside its folder");
            assert!(desk.err.contains(&said), "{}", desk.err);
        }
        assert_eq!(std::fs::read_dir(desk.path("other")).unwrap().count(), 1);
        assert_eq!(desk.read("other/a.hlog"), "mine");
        assert_eq!(desk.read("out/run.json"), record);
        std::fs::remove_file(&link).unwrap();
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_in_a_report_is_told_and_not_waited_for() {
    let stranger = |path: &std::path::Path, kind: &str| {
        let _ = std::fs::remove_file(path);
        match kind {
            "a pipe" => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
            "a socket" => drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
            _ => std::fs::create_dir(path).unwrap(),
        }
    };
    let mut told = String::new();
    for kind in ["a pipe", "a socket", "a folder"] {
        let mut desk = desk();
        stranger(&desk.path("out/cells.jsonl"), kind);
        told += &desk.session(
            "run @ties.toml --progress none --resume @out
             run @ties.toml --progress none --out @out
             report @out --format csv -o @cells.csv",
        );
        stranger(&desk.path("out/run.json"), kind);
        told += &desk.session(
            "report @out
             compare @out @out
             run @ties.toml --progress none --out @out",
        );
    }
    assert_snapshot!(told);
}

#[cfg(unix)]
#[test]
fn what_stands_in_the_way_of_a_report_leaves_an_earlier_one_whole() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    let files = ["report.html", "cells.csv", "series.csv", "summary.md", "junit.xml", "timing.json"];
    for name in files.into_iter().chain(["hist", "repro", "inputs"]) {
        let (path, aside) = (desk.path(&format!("out/{name}")), desk.path("aside"));
        let was_there = std::fs::rename(&path, &aside).is_ok();
        let is_file = files.contains(&name);
        if is_file { std::fs::create_dir(&path) } else { std::fs::write(&path, "mine") }.unwrap();
        let said = format!("{name}: it is a {}", if is_file { "folder" } else { "file" });
        for place in ["--out", "--resume"] {
            assert_eq!(desk.run(&format!("run @ties.toml --progress none {place} @out")), 20, "{name}");
            assert!(desk.err.contains(&said), "{}", desk.err);
        }
        assert_eq!(desk.read("out/run.json"), record, "{name}");
        if is_file { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) }.unwrap();
        if was_there {
            std::fs::rename(&aside, &path).unwrap();
        }
        assert!(name == "cells.csv" || desk.path("out/cells.csv").exists(), "{name}");
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
}

#[test]
fn predictions_replace_earlier_predictions_and_nothing_else() {
    let mut desk = Desk::new();
    let lines: Vec<&str> = TRANSFERS.lines().take(4).collect();
    desk.write("mine.csv", &lines.join("\n"));
    desk.write("keep.txt", "important\n");
    desk.write("heat.csv", "date,temperature,predicted_s\n2026,12,9\n");
    assert_eq!(desk.run("validate tcp-outage -o @outages.csv"), 0, "{}", desk.err);
    for other in ["keep.txt", "mine.csv", "heat.csv", "outages.csv"] {
        let before = desk.read(other);
        assert_eq!(desk.run(&format!("validate tcp @mine.csv -o @{other}")), 2, "{}", desk.err);
        assert_eq!(desk.read(other), before);
    }
    desk.write("new.csv", "");
    for (from, to) in [("mine", "new"), ("mine", "new"), ("new", "again")] {
        assert_eq!(desk.run(&format!("validate tcp @{from}.csv -o @{to}.csv")), 0, "{}", desk.err);
        assert!(desk.read(&format!("{to}.csv")).starts_with(lines[0]));
    }
    assert_eq!(desk.read("again.csv"), desk.read("new.csv"));
}

#[test]
fn a_script_of_millions_of_edits_is_not_written_to_be_checked() {
    let mut desk = Desk::new();
    for (edits, is_written) in [(10, true), (1_000_000, false)] {
        let action = "[action.make]\nentity = \"appointment\"\nkind = \"create\"";
        desk.write("many.toml", &format!("{TIES}\n{action}\nper_device = {edits}\n"));
        assert_eq!(desk.run("check @many.toml"), 0, "{}", desk.err);
        assert_eq!(desk.err.contains("edits of action make"), is_written, "{}", desk.err);
    }
}
