//! Tests of the command line with a fake runner: its output, its files, its exit codes.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::{Surroundings, execute};
use crate::campaign::fake::Fake;
use crate::record::fixture::TIES;
use crate::record::{Exit, RunRecord};

const LOST: &str = "\n[variant.lost]\nset = { seed = 1 }\n";
const FINE: &str = "\n[variant.fine]\nset = { seed = 1 }\n";
const MOODY: &str = "\n[variant.moody]\nset = { seed = 1 }\n";

/// A folder to work in, and the last output.
pub(super) struct Desk {
    dir: TempDir,
    pub(super) fake: Fake,
    pub(super) surroundings: Surroundings,
    pub(super) out: String,
    pub(super) err: String,
}

impl Desk {
    pub(super) fn new() -> Desk {
        Desk {
            dir: TempDir::new().unwrap(),
            fake: Fake::default(),
            surroundings: Surroundings::default(),
            out: String::new(),
            err: String::new(),
        }
    }
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
    pub(super) fn record(&self, folder: &str) -> RunRecord {
        RunRecord::parse(&self.read(&format!("{folder}/run.json"))).unwrap()
    }
    /// Runs `args`. An `@` at the start of a word stands for the folder.
    pub(super) fn run(&mut self, args: &str) -> u8 {
        let here = format!("{}/", self.dir.path().display());
        let words: Vec<String> = args.split(' ').map(|word| word.replacen('@', &here, 1)).collect();
        let words = ["syncdyno".to_owned()].into_iter().chain(words);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = execute(words, &self.fake, &self.surroundings, &mut out, &mut err);
        self.out = String::from_utf8(out).unwrap();
        self.err = String::from_utf8(err).unwrap();
        exit.code()
    }
    pub(super) fn runs(&self) -> u64 {
        self.fake.runs.load(Ordering::Relaxed)
    }
    /// Runs one command per line. Returns each with its exit code and output, for a snapshot.
    pub(super) fn session(&mut self, commands: &str) -> String {
        let mut told = String::new();
        for command in commands.lines().map(str::trim).filter(|command| !command.is_empty()) {
            let code = self.run(command);
            let said = format!("{}{}", self.out, self.err);
            let said = said.replace(&format!("{}/", self.dir.path().display()), "@");
            let said = said.lines().filter(|line| !line.starts_with("on this host: "));
            let said: String = said.map(|line| format!("  {}\n", few(line.trim_end()))).collect();
            told += &format!("{command} -> {code}\n{said}");
        }
        told
    }
    /// A desk with the shortest scenario. `below` is added to the scenario.
    pub(super) fn with(below: &str) -> Desk {
        let desk = Desk::new();
        desk.write("ties.toml", &format!("{TIES}{below}"));
        desk
    }
}

/// Shortens a list of all names, because the list grows with each version.
fn few(line: &str) -> String {
    match line.split_once("there are `") {
        Some((head, list)) if list.matches(',').count() > 6 => {
            let first: Vec<&str> = list.split(", ").take(3).collect();
            format!("{head}there are `{}, …", first.join(", "))
        }
        _ => line.to_owned(),
    }
}

#[test]
fn a_failing_cell_is_named_with_the_command_that_runs_it_again_and_that_command_does() {
    let mut desk = Desk::with(&format!("{LOST}{FINE}"));
    // If only one cell fails, it need not be named. The fake runner loses rows only for this
    // variant.
    insta::assert_snapshot!(desk.session(
        "run @ties.toml --seed 7 --out @out --progress none
         replay @out#ties.lost.s7
         replay @out/run.json#ties.fine.s7 -q
         replay @out -q
         replay @out -q --trace @time.json
         replay @out -q --trace @out/run.json/time.json
         replay @out/repro/ties.lost.s7.toml -q
         replay @out#ties.s7"
    ));
    assert_eq!(desk.read("time.json"), "[]\n");
}

#[test]
fn a_replay_that_differs_says_so_and_exits_15() {
    let mut desk = Desk::with(MOODY);
    insta::assert_snapshot!(desk.session(
        "run @ties.toml --out @out --progress none -q
         replay @out -q
         run @ties.toml --out @out --progress none --twice -q"
    ));
}

#[test]
fn a_replay_tells_the_life_of_a_record_that_is_asked_for() {
    insta::assert_snapshot!(Desk::with("").session(
        "run @ties.toml --seed 4 --out @out --progress none -q
         replay @out -q --record appointment/k5
         replay @out -q --record appointment/silent
         replay @out --record appointment/silently
         replay @out --record visit/k5"
    ));
}

#[test]
fn stdout_carries_the_record_and_nothing_else_when_json_is_asked_for() {
    let mut desk = Desk::with(LOST);
    assert_eq!(desk.run("run @ties.toml --out @out --format json --progress none"), 11);
    assert_eq!(desk.out, desk.read("out/run.json"));
    assert!(desk.err.contains("syncdyno replay"), "{}", desk.err);
}

#[test]
fn mistakes_of_all_files_are_told_at_once_with_their_places() {
    let mut desk = Desk::new();
    desk.write("s/a.toml", &TIES.replace("duration", "durations"));
    desk.write("s/b/c.toml", "name = ");
    desk.write("s/ok.toml", TIES);
    let no_toml = desk.session("run @s");
    desk.write("s/b/c.toml", &TIES.replace("rows = 20", "rows = \"many\""));
    insta::assert_snapshot!(no_toml + &desk.session("check @s"));
    assert_eq!(desk.runs(), 0);
}

#[test]
fn check_and_plan_tell_cells_and_run_none_of_them() {
    let mut desk = Desk::new();
    desk.write("s/ties.toml", &format!("{TIES}{FINE}{LOST}"));
    let mut told = desk.session("check @s --seeds 1..=2");
    assert_eq!(desk.runs(), 0);
    // The cost of a plan is measured on this host.
    let plans = desk.session(
        "plan @s --variant lost --seeds 1..=2
         plan @s/ties.toml --variant fine --axis engine.pull.chunk_rows=16,32",
    );
    for line in plans.lines() {
        match line.split_once("about ") {
            Some((cells, _)) => told += &format!("{cells}about …\n"),
            None => told += &format!("{line}\n"),
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_sweep_runs_every_combination_under_the_same_seeds_and_the_record_knows_its_axes() {
    let mut desk = Desk::with("");
    let sweep = "sweep @ties.toml --metric engine.session.duration:p50 --out @out --progress none \
                 --axis engine.pull.chunk_rows=16..64*2 --axis fleet.phones.link=edge,leo --seeds 3..=5";
    assert_eq!(desk.run(sweep), 0, "{}", desk.err);
    insta::assert_snapshot!(desk.session(&format!("report @out\n{sweep} -q")));
    assert_eq!(desk.record("out").cells.len(), 18);
    let header = desk.read("out/cells.csv").lines().next().unwrap().to_owned();
    assert!(header.contains(",engine.pull.chunk_rows,fleet.phones.link,"), "{header}");
}

#[test]
fn what_runs_nothing_prints_its_text() {
    let mut desk = Desk::new();
    for (args, start) in [
        ("--version", "syncdyno "),
        ("help", "A dynamometer"),
        ("schema report", "{\n"),
        ("schema scenario", "{\n"),
        ("completions bash", "_syncdyno"),
        ("profiles ls", "links\n  name "),
        ("profiles show edge", "edge (links)\n"),
    ] {
        assert_eq!(desk.run(args), 0, "{args}: {}", desk.err);
        assert!(desk.out.starts_with(start), "{args}: {}", desk.out);
        assert_eq!(desk.err, "", "{args}");
    }
    let shown =
        "profiles show vpn-over-edge\nprofiles show mid\nprofiles show sql-modern\nprofiles show powersync";
    insta::assert_snapshot!(desk.session(shown));
}

#[test]
fn quiet_says_the_verdict_the_reasons_and_the_command_that_shows_them_again() {
    let mut desk = Desk::with("");
    let run = "run @ties.toml -q --out @out --progress none";
    let fine = desk.session(run);
    desk.write("ties.toml", &format!("{TIES}{LOST}"));
    insta::assert_snapshot!(fine + &desk.session(run));
    desk.run("run @ties.toml --color always --out @out --progress none");
    assert!(desk.out.contains("\u{1b}[1;31mFAIL\u{1b}[0m"), "{}", desk.out);
    desk.surroundings.out_is_terminal = true;
    desk.surroundings.no_color = true;
    desk.run(run);
    assert!(!desk.out.contains('\u{1b}'), "NO_COLOR is heeded");
}

#[test]
fn a_new_scenario_has_the_name_that_was_typed_and_a_file_that_every_shell_takes() {
    let mut desk = Desk::new();
    let here = desk.path("a \"b\" $c").display().to_string();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = execute(["syncdyno", "new", &here], &desk.fake, &desk.surroundings, &mut out, &mut err);
    assert_eq!(exit, Exit::Success, "{}", String::from_utf8_lossy(&err));
    assert!(desk.read("a--b---c.toml").contains("name = 'a \"b\" $c'"), "{}", desk.read("a--b---c.toml"));
    assert_eq!(desk.run("check @a--b---c.toml"), 0, "{}", desk.err);
    assert_eq!(desk.run("new @my.app"), 0);
    assert!(desk.path("my.app.toml").is_file());
}

#[test]
fn what_is_doubtful_is_said_once_by_check_plan_and_run() {
    let mut desk = Desk::with("\n[unit.Login]\non = [\"login\"]\npull = [\"*\"]\n");
    for command in [
        "check @ties.toml",
        "check -q @ties.toml",
        "plan @ties.toml",
        "run @ties.toml --seeds 1..=3 --progress none --out @out",
    ] {
        desk.run(command);
        assert_eq!(desk.err.matches("warning: no unit pushes").count(), 1, "{command}: {}", desk.err);
    }
}

#[test]
fn rows_of_one_s_own_travel_with_the_repro_file() {
    let mut desk = Desk::new();
    desk.write(
        "data/rows.csv",
        "id,status,changed\n0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3,open,2026-03-01T00:00:00Z\n",
    );
    let rows = "rows = { csv = \"../data/rows.csv\", key = \"id\", updated_at = \"changed\" }";
    desk.write("s/ties.toml", &format!("{}{LOST}", TIES.replace("rows = 20", rows)));
    assert_eq!(desk.run("run @s/ties.toml --seed 3 --out @out --progress none"), 11, "{}", desk.err);
    fs::remove_dir_all(desk.path("data")).unwrap();
    assert_eq!(desk.run("replay @out/repro/ties.lost.s3.toml"), 0, "{}", desk.err);
    fs::remove_dir_all(desk.path("s")).unwrap();
    fs::rename(desk.path("out"), desk.path("moved")).unwrap();
    assert_eq!(desk.run("replay @moved#ties.lost.s3"), 11, "the report has the rows: {}", desk.err);
}

fn of_variants(variants: &str) -> Desk {
    let variant = |name: &str| format!("\n[variant.{name}]\nset = {{ seed = 1 }}\n");
    Desk::with(&variants.split_whitespace().map(variant).collect::<String>())
}

#[test]
fn the_command_that_a_replayed_file_names_replays_that_file() {
    let mut desk = of_variants("lost");
    desk.run("run @ties.toml --out @out --progress none");
    let repro = desk.path("out/repro/ties.lost.s1.toml").display().to_string();
    // The fake runner loses rows only for this variant, so the file gets the variant's name again.
    let text = fs::read_to_string(&repro).unwrap();
    fs::write(&repro, format!("{text}\n[variant.lost]\n")).unwrap();
    for how in ["", " -q"] {
        assert_eq!(desk.run(&format!("replay {repro}{how}")), 11, "{}{}", desk.out, desk.err);
        assert!(!desk.out.contains('#'), "{}", desk.out);
        let command = format!("syncdyno replay {repro}");
        assert!(how.is_empty() || desk.out.lines().any(|line| line == command), "{}", desk.out);
    }
}

#[test]
fn an_interrupted_run_counts_the_same_cells_everywhere_and_offers_no_more_than_it_kept() {
    let mut told = String::new();
    for (terminates, seeds) in [(false, "--seeds 1..=3"), (true, "--seeds 1..=3"), (false, "--seed 1")] {
        let mut desk = of_variants("");
        let signals = desk.surroundings.signals.clone();
        let flag = if terminates { &signals.terminate } else { &signals.interrupt };
        flag.store(true, Ordering::Relaxed);
        told += &desk.session(&format!("run @ties.toml {seeds} --out @out"));
    }
    let mut desk = of_variants("endless fine");
    told += &desk.session("run @ties.toml -j 1 --time-limit 1s --out @out");
    desk.fake.interrupts_after(2, &desk.surroundings.signals.clone());
    told += &desk.session("run @ties.toml --variant fine --seeds 1..=9 -j 1 --out @out -q");
    insta::assert_snapshot!(told);
}

#[test]
fn a_check_tells_of_edits_that_find_no_row_once_for_all_seeds() {
    let mut desk = of_variants("fine");
    let action = "\n[action.sign]\nentity = \"appointment\"\nkind = \"update\"\ncolumns = [\"status\"]\nper_device = 1\n";
    desk.write("edits.toml", &format!("{TIES}{action}"));
    // The second script takes long, and the third has no edits.
    insta::assert_snapshot!(desk.session(
        "check @edits.toml --seeds 1..=3
         check @edits.toml --set entity.appointment.rows=500001
         check @edits.toml --set action.sign.per_device=0"
    ));
}

#[test]
fn a_report_that_could_not_be_written_is_not_named() {
    let mut desk = of_variants("lost");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 11, "{}", desk.err);
    fs::remove_file(desk.path("out/repro/ties.lost.s1.toml")).unwrap();
    desk.write("out/repro/ties.lost.s1.toml/in-the-way", "");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 20, "{}", desk.err);
    assert!(!desk.out.contains("\nreport: "), "{}", desk.out);
    assert!(!desk.path("out/repro/ties.lost.s1.part").exists());
}

#[test]
fn a_cell_that_was_cut_off_is_replayed_without_a_digest_to_hold_it_against() {
    let mut desk = of_variants("endless");
    assert_eq!(desk.run("run @ties.toml --time-limit 100ms --out @out --progress none"), 124, "{}", desk.err);
    let id = desk.record("out").cells[0].id.clone();
    // For a cell of another variant, the fake runner ends normally.
    let mut record = desk.record("out");
    record.cells[0].variant = Some("fine".to_owned());
    desk.write("out/run.json", &record.to_json());
    assert_eq!(desk.run(&format!("replay @out#{id}")), 0, "{}{}", desk.out, desk.err);
}

#[test]
fn a_replay_of_another_build_that_differs_is_not_comparable() {
    let mut desk = of_variants("moody");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    let mut record = desk.record("out");
    record.build.source = "feed".to_owned();
    desk.write("out/run.json", &record.to_json());
    assert_eq!(desk.run("replay @out"), 14, "{}", desk.out);
}
