//! What is not overwritten, not said without need, and not searched for nothing.

use super::tests::Desk;
use crate::record;
use crate::record::fixture::TIES;

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.write("ties.toml", TIES);
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
    desk
}

#[test]
fn what_is_there_is_not_written_over_by_whatever_name() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    desk.write("mine.txt", "mine");
    #[cfg(unix)]
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
        #[cfg(unix)]
        "report @out -o @link.txt",
        #[cfg(unix)]
        "report @out -o @dangling.txt",
    ] {
        assert_eq!(desk.run(command), 2, "{command}: {}", desk.err);
        assert!(
            desk.err.ends_with(" is already there: give another name, or remove it\n"),
            "{command}: {}",
            desk.err
        );
    }
    assert!(!desk.path("new.csv").exists(), "nothing is written before all is checked");
    assert_eq!(desk.read("mine.txt"), "mine");
    assert_eq!(desk.read("out/run.json"), record);
    assert_eq!(desk.read("ties.toml"), TIES);
    assert_eq!(desk.run("report @out --format md -o @out/page.md"), 0, "{}", desk.err);
    assert_eq!(desk.read("out/page.md"), desk.read("out/summary.md"));
    #[cfg(unix)]
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
    assert_eq!(desk.run("run @ties.toml --resume @out --progress none"), 2);
    assert!(desk.err.contains("has come to its end: nothing of it is left to do"), "{}", desk.err);
    std::fs::remove_file(desk.path("out/run.json")).unwrap();
    assert_eq!(desk.run("run @ties.toml --resume @out --progress none"), 2);
    assert!(desk.err.contains("nothing was begun there, or it has come to its end"), "{}", desk.err);
}

#[test]
fn a_record_that_is_no_text_is_refused_with_the_place_of_the_byte() {
    let mut desk = desk();
    let damaged = || {
        let mut bytes = b"{\n  \"schema_version\": \"".to_vec();
        bytes.extend([0xFF, 0xFE]);
        bytes
    };
    std::fs::create_dir(desk.path("bad")).unwrap();
    std::fs::write(desk.path("bad/run.json"), damaged()).unwrap();
    for (command, exit, what) in [
        ("replay @bad", 2, "a run record"),
        ("replay @bad/run.json#ties.s1", 2, "a run record"),
        ("report @bad", 2, "a run record"),
        ("compare @out @bad", 2, "a run record"),
        ("compare @bad @out", 2, "a run record"),
        ("baseline save main @bad --reason why", 2, "a run record"),
        ("run @ties.toml --out @new --progress none --baseline @bad/run.json", 14, "a baseline"),
    ] {
        assert_eq!(desk.run(command), exit, "{command}: {}", desk.err);
        let said = format!("run.json: not {what}: the byte 0xFF at line 2 column 22 is not UTF-8");
        assert!(desk.err.contains(&said), "{command}: {}", desk.err);
    }
}

#[test]
fn a_record_that_was_edited_is_refused_by_whatever_reads_it() {
    let mut desk = desk();
    let record = desk.read("out/run.json");
    let value: serde_json::Value = serde_json::from_str(&record).unwrap();
    desk.write("whole/run.json", &value.to_string());
    desk.write("marked/run.json", &format!("\u{feff}{value}"));
    desk.write("edited/run.json", &record.replacen("\"exit_code\": 0", "\"exit_code\": 1", 1));
    desk.write("older/run.json", &record.replacen(record::SCHEMA_VERSION, "1.0.0", 1));
    for (folder, said) in [("edited", "the record was edited"), ("older", "schema version 1.0.0")] {
        for command in ["report @", "compare @out @", "compare @FOLDER @out", "replay @"] {
            let command = match command {
                whole if whole.contains("FOLDER") => whole.replace("FOLDER", folder),
                begun => format!("{begun}{folder}"),
            };
            assert_eq!(desk.run(&command), 2, "{command}: {}", desk.err);
            assert!(desk.err.contains(said), "{command}: {}", desk.err);
        }
        let save = format!("baseline save main @{folder} --reason why");
        assert_eq!(desk.run(&save), 2, "{}", desk.err);
    }
    assert_eq!(desk.run("report @whole"), 0, "{}", desk.err);
    assert_eq!(desk.run("report @marked"), 0, "after a byte order mark: {}", desk.err);
}

#[test]
fn where_no_scenario_can_be_made_of_a_log_its_code_is_told() {
    let mut desk = Desk::new();
    for (n, took, code) in [(40, 400, "[sizes.one]"), (1, 400, "[responses.few]"), (40, 0, "[responses.few]")]
    {
        let lines: String = (0..n).map(|i| format!("{},500,45000,{took},ok\n", i * 10)).collect();
        desk.write("log.csv", &format!("start,rows,bytes,duration_ms,outcome\n{lines}"));
        assert_eq!(desk.run("calibrate @log.csv -o @made.toml"), 3, "{}", desk.err);
        assert!(desk.err.contains(code), "{}", desk.err);
    }
}

#[test]
fn a_mark_of_the_byte_order_is_not_shown_with_a_mistake() {
    let mut desk = desk();
    desk.write("marked.toml", "\u{feff}nam = \"x\"\n");
    assert_eq!(desk.run("check @marked.toml"), 3);
    assert!(desk.err.contains("unknown key `nam`") && !desk.err.contains('\u{feff}'), "{}", desk.err);
}

#[test]
fn what_is_no_file_is_refused_by_whatever_reads_it() {
    let mut desk = desk();
    std::fs::create_dir_all(desk.path("folder/run.json")).unwrap();
    let mut wrong = vec![
        ("calibrate @out", "it is a folder, not a file"),
        ("validate tcp @out", "it is a folder, not a file"),
        ("replay @folder", "it is a folder, not a file"),
        ("replay @folder#cell", "it is a folder, not a file"),
    ];
    #[cfg(unix)]
    {
        let device = "cannot read /dev/zero: it is a device, not a file";
        wrong.extend([
            ("run /dev/zero", device),
            ("check /dev/zero", device),
            ("replay /dev/zero", device),
            ("calibrate /dev/zero", device),
            ("validate tcp /dev/zero", device),
            ("validate tcp-outage /dev/zero", device),
        ]);
    }
    for (command, said) in wrong {
        assert_eq!(desk.run(command), 20, "{command}: {}", desk.err);
        assert!(desk.err.contains(said), "{command}: {}", desk.err);
    }
    // It takes no room on the disk, and would take all memory.
    std::fs::create_dir(desk.path("vast")).unwrap();
    for (file, command, limit) in [
        ("vast.toml", "run @vast.toml", "64 MiB"),
        ("vast/run.json", "report @vast", "4096 MiB"),
        ("vast.csv", "validate tcp @vast.csv", "256 MiB"),
    ] {
        std::fs::File::create(desk.path(file)).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(desk.run(command), 2, "{command}: {}", desk.err);
        let said = format!("it is larger than {limit}, the most that is read");
        assert!(desk.err.contains(&said), "{command}: {}", desk.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_no_memory_holds_is_refused_before_it_starts() {
    let mut desk = desk();
    let many = "name = \"many\"\nduration = \"30d\"\ndrain = \"12h\"\n[entity.note]\nrows = 10\nschema = { id = \"uuid key\", title = \"text\" }\n\
                [fleet.phones]\ndevices = 1000000\nlink = \"mine\"\n[link.mine]\nrtt = \"9ms\"\nup = \"1Mbit/s\"\ndown = \"1Mbit/s\"\n[workload]\nresumes_per_hour = 0\n\
                [action.no]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 0\n";
    desk.write("many.toml", many);
    for command in
        ["run @many.toml --out @new", "sweep @many.toml --axis engine.pull.chunk_rows=1,2 --out @new"]
    {
        assert_eq!(desk.run(command), 20, "{command}: {}", desk.err);
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
    assert_eq!(desk.run("compare @out @more"), 0, "{}", desk.err);
    assert!(desk.out.contains("other and ties are two scenarios"), "{}", desk.out);
    assert_eq!(desk.run("compare @out @more --fail-on-worse"), 14);
    assert!(desk.err.contains("neither is a regression"), "{}", desk.err);
    assert_eq!(desk.run("compare @out @out --fail-on-worse"), 0);
    assert!(!desk.out.contains("two scenarios"), "{}", desk.out);
}

#[test]
fn a_disaster_in_one_seed_is_not_green_and_a_small_change_can_be_tolerated() {
    let mut desk = desk();
    let set = "run @ties.toml --set engine.pull.chunk_rows=16 --out @more --progress none";
    assert_eq!(desk.run(set), 0, "{}", desk.err);
    for (folder, name, value) in [("out", "good.json", 1_000), ("more", "worse.json", 1)] {
        let mut record = desk.record(folder);
        for cell in &mut record.cells {
            let figure =
                crate::metrics::Figure::Value { unit: crate::metrics::Unit::MilliRowsPerSecond, value };
            cell.metrics.insert("engine.rows.rate".into(), figure);
        }
        desk.write(name, &record.to_json());
    }
    assert_eq!(desk.run("compare @good.json @worse.json"), 0, "{}", desk.err);
    assert!(desk.out.contains("cannot be judged from 1 seed, it takes 6 in common"), "{}", desk.out);
    assert_eq!(desk.run("compare @good.json @worse.json --fail-on-worse"), 14, "{}", desk.out);
    assert!(desk.err.contains("run both with --seeds 1..=8"), "{}", desk.err);
    assert_eq!(desk.run("compare -q @good.json @worse.json"), 0, "{}", desk.err);
    assert_eq!(desk.out.lines().count(), 1, "{}", desk.out);

    let mut close = desk.record("out");
    let slower = |value: u64| crate::metrics::Figure::Value { unit: crate::metrics::Unit::Ns, value };
    for cell in &mut close.cells {
        cell.metrics.insert("device.cpu.busy".into(), slower(1_000_000));
    }
    desk.write("was.json", &close.to_json());
    for cell in &mut close.cells {
        cell.metrics.insert("device.cpu.busy".into(), slower(1_000_700));
    }
    desk.write("is.json", &close.to_json());
    assert_eq!(desk.run("compare @was.json @is.json --fail-on-worse"), 13, "{}", desk.out);
    assert_eq!(desk.run("compare @was.json @is.json --fail-on-worse --tolerance 0.06%"), 13);
    assert_eq!(desk.run("compare @was.json @is.json --fail-on-worse --tolerance 1%"), 0, "{}", desk.err);
    assert!(desk.err.contains("1 figure worse by no more than 1 %: tolerated"), "{}", desk.err);
    for wrong in ["1", "-1%", "NaN%", "much"] {
        assert_eq!(desk.run(&format!("compare @was.json @is.json --tolerance={wrong}")), 2, "{wrong}");
    }
}

#[test]
fn what_a_cell_of_the_candidate_alone_fails_with_is_the_exit_unless_the_page_has_another_before_it() {
    let mut desk = desk();
    let slower = |record: &mut record::RunRecord, value| {
        let figure = crate::metrics::Figure::Value { unit: crate::metrics::Unit::Ns, value };
        record.cells[0].metrics.insert("device.cpu.busy".into(), figure);
    };
    let mut base = desk.record("out");
    slower(&mut base, 1_000_000);
    desk.write("base.json", &base.to_json());
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
        candidate.cells[0].reasons = vec![record::Reason { exit_code: code, text: "so".to_owned() }];
        desk.write("candidate.json", &candidate.to_json());
        let told = desk.run("compare @base.json @candidate.json --fail-on-worse");
        assert_eq!(told, exit, "{code} and {cpu} ns: {}{}", desk.out, desk.err);
    }
}

#[test]
fn measurements_none_of_which_count_are_not_judged_and_not_met() {
    let mut desk = Desk::new();
    let header =
        "profile,congestion_control,response_bytes,outage_start_s,outage_s,samples,median_s,min_s,max_s";
    desk.write("edge.csv", &format!("{header}\nlte,cubic,2000000,0.6,0.1,2,1.6,1.6,3.2\n"));
    assert_eq!(desk.run("validate tcp-outage @edge.csv"), 4, "{}", desk.out);
    assert!(desk.out.contains("not judged") && !desk.out.contains(" met"), "{}", desk.out);
    assert!(desk.err.contains("nothing was judged"), "{}", desk.err);
    assert!(desk.err.contains("edge of the staircase: "), "{}", desk.err);
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
    let tune = "tune @ties.toml --metric engine.session.duration --no-field --out @tuned --progress none";
    assert_eq!(desk.run(&format!("{tune} --set backend.page_cap=700")), 0, "{}", desk.err);
    assert!(desk.err.contains("searched up to 700: the backend gives no more rows at once"), "{}", desk.err);
    let rows = |desk: &Desk| {
        let cells = desk.record("tuned").cells;
        let of = |cell: &record::CellRecord| cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        // The present value is shown beside the best, whatever it is.
        cells.iter().map(of).filter(|rows| *rows != 500).max().unwrap()
    };
    assert!(rows(&desk) <= 700, "{}", rows(&desk));
    assert_eq!(desk.run(&format!("{tune} --set backend.page_cap=700 --set gateway.mode=persistent")), 0);
    assert!(!desk.err.contains("searched up to"), "a replica has no such cap: {}", desk.err);
    assert!(rows(&desk) > 700);
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
    for name in ["summary.md", "run.json", "inputs/depots.csv", "hist/mine.txt"] {
        let folder = format!("own-{}", name.len());
        desk.write(&format!("{folder}/{name}"), "mine");
        assert_eq!(desk.run(&format!("run @ties.toml --out @{folder} --progress none")), 2, "{name}");
        assert!(desk.err.contains("would be overwritten") && desk.err.contains("--out"), "{}", desk.err);
        assert_eq!(desk.read(&format!("{folder}/{name}")), "mine");
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "a report is its own: {}", desk.err);
    desk.write("beside/notes.txt", "mine");
    assert_eq!(desk.run("run @ties.toml --out @beside --progress none"), 0, "{}", desk.err);
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
    let mut desk = desk();
    let stranger = |desk: &Desk, name: &str, kind: &str| {
        let path = desk.path(&format!("out/{name}"));
        let _ = std::fs::remove_file(&path);
        match kind {
            "a pipe" => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
            "a socket" => drop(std::os::unix::net::UnixListener::bind(&path).unwrap()),
            _ => std::fs::create_dir(&path).unwrap(),
        }
        path
    };
    for kind in ["a pipe", "a socket", "a folder"] {
        let journal = stranger(&desk, "cells.jsonl", kind);
        assert_eq!(desk.run("run @ties.toml --progress none --resume @out"), 20, "{}", desk.err);
        assert!(desk.err.contains(&format!("it is {kind}, not a file")), "{}", desk.err);
        assert_eq!(desk.run("run @ties.toml --progress none --out @out"), 20, "{}", desk.err);
        assert!(desk.err.contains(&format!("it is {kind}, not a file")), "{}", desk.err);
        assert_eq!(desk.run("report @out"), 0, "{}", desk.err);
        let record = stranger(&desk, "run.json", kind);
        for command in ["report @out", "compare @out @out"] {
            assert_eq!(desk.run(command), 20, "{command}: {}", desk.err);
            assert!(desk.err.contains(&format!("it is {kind}, not a file")), "{command}: {}", desk.err);
        }
        assert_eq!(desk.run("run @ties.toml --progress none --out @out"), 2, "{}", desk.err);
        assert!(desk.err.contains(&format!("run.json: it is {kind}, not a file")), "{}", desk.err);
        for path in [journal, record] {
            let removed =
                if kind == "a folder" { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
            removed.unwrap();
        }
        desk = self::desk();
    }
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
        if files.contains(&name) { std::fs::create_dir(&path) } else { std::fs::write(&path, "mine") }
            .unwrap();
        for place in ["--out", "--resume"] {
            let run = format!("run @ties.toml --progress none {place} @out");
            assert_eq!(desk.run(&run), 20, "{name}: {}", desk.err);
            assert!(
                desk.err.contains(&format!("{name}: it is a fi"))
                    || desk.err.contains(&format!("{name}: it is a fo")),
                "{}",
                desk.err
            );
        }
        assert_eq!(desk.read("out/run.json"), record, "{name}");
        if path.is_dir() { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) }.unwrap();
        if was_there {
            std::fs::rename(&aside, &path).unwrap();
        }
        assert!(name == "cells.csv" || desk.path("out/cells.csv").exists(), "{name}");
    }
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0, "{}", desk.err);
}

#[test]
fn a_new_scenario_is_not_called_what_check_refuses() {
    let mut desk = desk();
    assert_eq!(desk.run(&format!("new @{}", "x".repeat(81))), 2, "{}", desk.err);
    assert!(desk.err.contains("1 to 80 characters"), "{}", desk.err);
    assert_eq!(desk.run(&format!("new @{}", "x".repeat(80))), 0, "{}", desk.err);
}

#[test]
fn a_scenario_that_is_no_text_is_shown_with_its_line() {
    let mut desk = desk();
    let path = desk.path("latin.toml");
    std::fs::write(path, b"name = \"x\"\nabout = \"caf\xe9\"\n").unwrap();
    assert_eq!(desk.run("check @latin.toml"), 3);
    assert!(desk.err.contains("latin.toml:2") && desk.err.contains("0xE9"), "{}", desk.err);
}

#[test]
fn a_name_that_is_set_keeps_its_cells() {
    let mut desk = desk();
    assert_eq!(desk.run("check @ties.toml --set name=other"), 0, "{}", desk.err);
    assert!(!desk.out.contains(" 0 cells"), "{}", desk.out);
}

#[test]
fn predictions_replace_earlier_predictions_and_nothing_else() {
    let mut desk = Desk::new();
    let lines: Vec<&str> = crate::campaign::validate::measured::TRANSFERS.lines().take(4).collect();
    desk.write("mine.csv", &lines.join("\n"));
    desk.write("keep.txt", "important\n");
    desk.write("weather.csv", "date,temperature,predicted_s\n2026,12,9\n");
    assert_eq!(desk.run("validate tcp-outage -o @outages.csv"), 0, "{}", desk.err);
    for other in ["keep.txt", "mine.csv", "weather.csv", "outages.csv"] {
        let before = desk.read(other);
        assert_eq!(desk.run(&format!("validate tcp @mine.csv -o @{other}")), 2, "{}", desk.err);
        assert!(desk.err.contains("would be overwritten"), "{}", desk.err);
        assert_eq!(desk.read(other), before);
    }
    desk.write("new.csv", "");
    for _ in 0..2 {
        assert_eq!(desk.run("validate tcp @mine.csv -o @new.csv"), 0, "{}", desk.err);
        assert!(desk.read("new.csv").starts_with(lines[0]), "{}", desk.read("new.csv"));
    }
    assert_eq!(desk.run("validate tcp @new.csv -o @again.csv"), 0, "{}", desk.err);
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
