//! Tests what commands do not overwrite, do not print, and do not search.

use insta::assert_snapshot;

use super::tests::Desk;
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
    assert_snapshot!(desk.session(
        "report @out/run.json --format html -o @out/../out/run.json
         replay @ties.toml --trace @ties.toml
         replay @out --requests @new.csv --trace @mine.txt
         report @out -o @link.txt
         report @out -o @dangling.txt
         report @out --format md -o @out/page.md
         report @out --format md -o /dev/null"
    ));
    assert!(!desk.path("new.csv").exists(), "nothing is written before all is checked");
    let kept = ["mine.txt", "out/run.json", "ties.toml"].map(|name| desk.read(name));
    assert_eq!(kept, ["mine", &record, TIES]);
    assert_eq!(desk.read("out/page.md"), desk.read("out/summary.md"));
}

#[test]
fn a_report_that_was_moved_tells_commands_that_find_it() {
    let mut desk = Desk::with("\n[variant.lost]\nset = { seed = 1 }\n");
    assert_eq!(desk.run("run @ties.toml --seed 3 --out @out --progress none"), 11, "{}", desk.err);
    std::fs::rename(desk.path("out"), desk.path("moved")).unwrap();
    std::fs::copy(desk.path("moved/run.json"), desk.path("alone.json")).unwrap();
    for at in ["moved", "alone.json"] {
        assert_eq!(desk.run(&format!("report @{at}")), 0, "{}", desk.err);
        let command = format!("replay {}#ties.lost.s3", desk.path(at).display());
        assert!(desk.out.contains(&command), "{}", desk.out);
        assert_eq!(desk.run(&command), 11, "{}", desk.err);
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
    desk.write("older.json", &whole.replacen(record::SCHEMA_VERSION, "1.1.0", 1));
    desk.write("other.json", "{ \"schema_version\": \"3.0.0\" }");
    let edited = whole.replacen("\"exit_code\": 0", "\"exit_code\": 1", 1);
    assert!(matches!(record::RunRecord::parse(&edited), Err(record::RecordError::Edited { .. })));
    desk.write("edited.json", &edited);
    for reader in ["report @edited.json", "compare @out @edited.json", "replay @edited.json"] {
        assert_eq!(desk.run(reader), 2, "{reader}");
    }
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
         report @older.json
         report @other.json
         report @nowhere
         report @out -o @out/run.json/page.html"
    ));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_by_whatever_reads_it() {
    let mut desk = desk();
    std::fs::create_dir_all(desk.path("folder/run.json")).unwrap();
    desk.write("back.csv", "start,rows,bytes,duration_ms,outcome\n0,1,1,5,ok\n0,1,1,-5,ok\n");
    // Sparse files use no disk space, but reading them would use all memory.
    for file in ["vast.toml", "vast/run.json", "vast.csv"] {
        let path = desk.write(file, "");
        std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    }
    assert_snapshot!(desk.session(
        "calibrate @out
         replay @folder
         replay @folder#cell
         run /dev/zero
         check /dev/zero
         replay /dev/zero
         calibrate /dev/zero
         run @vast.toml
         report @vast
         calibrate @vast.csv
         calibrate @none.csv
         calibrate @back.csv"
    ));
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
fn a_search_goes_no_further_than_the_answers_of_the_backend() {
    let mut desk = desk();
    let tune = "tune @ties.toml --metric engine.session.duration --no-field --out @tuned --progress none \
                --set backend.page_cap=700";
    // A replica has no page cap.
    for (more, capped) in [("", true), (" --set gateway.mode=persistent", false)] {
        assert_eq!(desk.run(&format!("{tune}{more}")), 0, "{}", desk.err);
        let cells = desk.record("tuned").cells;
        let of = |cell: &record::CellRecord| cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        // The present value is always shown next to the best.
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
    assert_eq!(desk.runs(), before);
    let knobs = "--knob engine.pull.streams --knob engine.pull.prefetch --no-field";
    let tune =
        format!("tune @ties.toml {knobs} --metric engine.session.duration --progress none --out @tuned");
    assert_eq!(desk.run(&tune), 0, "{}", desk.err);
}

#[test]
fn what_no_report_has_put_there_is_neither_overwritten_nor_removed() {
    let mut desk = desk();
    for name in ["own-1/summary.md", "own-2/run.json", "own-3/inputs/depots.csv", "own-4/hist/mine.txt"] {
        desk.write(name, "mine");
        let folder = name.split_once('/').unwrap().0;
        assert_eq!(desk.run(&format!("run @ties.toml --out @{folder} --progress none")), 2, "{name}");
        assert_eq!(desk.read(name), "mine");
    }
    let theirs =
        ["notes.txt", "hist/more/x.hlog", "hist/latency.hlog", "repro/mine.toml", "inputs/depots.csv"];
    let ours = ["hist/engine.old.duration.hlog", "inputs/0123abcd-0-rows.csv", "repro/old.s1.toml"];
    for name in theirs.iter().chain(&ours) {
        desk.write(&format!("out/{name}"), "# old.s1, reduced to one cell.\n");
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
    let kept = |name: &&&str| desk.path(&format!("out/{name}")).exists();
    assert_eq!((theirs.iter().filter(kept).count(), ours.iter().filter(kept).count()), (theirs.len(), 0));
}

#[cfg(unix)]
#[test]
fn a_report_follows_no_link_out_of_its_folder() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    desk.write("other/a.hlog", "mine");
    for (name, target) in [("hist", "../other"), ("cells.jsonl", "../other/a.hlog")] {
        let link = desk.path(&format!("out/{name}"));
        let _ = std::fs::remove_dir_all(&link);
        std::os::unix::fs::symlink(target, &link).unwrap();
        for place in ["--out", "--resume"] {
            assert_eq!(desk.run(&format!("run @ties.toml --progress none {place} @out")), 2, "{}", desk.err);
        }
        assert_eq!(
            (desk.read("other/a.hlog"), desk.read("out/run.json")),
            ("mine".to_owned(), record.clone())
        );
        std::fs::remove_file(&link).unwrap();
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
}
