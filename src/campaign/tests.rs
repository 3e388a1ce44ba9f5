//! Campaigns of cells that are not simulated.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::fake::Fake;
use super::*;
use crate::base::{EntityId, Key, Span, Time};
use crate::record::fixture::plan;
use crate::record::{Build, CellRecord, EndingKind, Exit, RunRecord, Verdict, assemble};
use crate::scenario::Plan;

type Pressed = fn(&Signals) -> &AtomicBool;

/// Writes down what it hears, and presses Ctrl-C or more as it hears one thing.
#[derive(Default)]
struct Heard {
    said: Mutex<Vec<String>>,
    presses: Option<(String, Pressed)>,
    signals: Signals,
}

impl Heard {
    fn pressing(at: &str, signal: Pressed) -> Heard {
        Heard { presses: Some((at.to_owned(), signal)), ..Heard::default() }
    }
    fn hear(&self, said: String) {
        if let Some((at, signal)) = &self.presses {
            signal(&self.signals).fetch_or(said.starts_with(at), Ordering::Relaxed);
        }
        self.said.lock().unwrap().push(said);
    }
    /// What began with this word.
    fn said(&self, word: &str) -> Vec<String> {
        let said = self.said.lock().unwrap();
        said.iter().filter(|said| said.starts_with(word)).cloned().collect()
    }
}

impl Listener for Heard {
    fn started(&self, cell: usize) {
        self.hear(format!("start {cell}"));
    }
    fn progressed(&self, cell: usize, now: Time, of: Span) {
        assert!(now.since(Time::ZERO) <= of);
        self.hear(format!("at {cell}"));
    }
    fn ended(&self, cell: usize, record: &CellRecord) {
        self.hear(format!("end {cell} {:?}", record.verdict));
    }
    fn observed(&self, id: &str, observed: &Observed) {
        self.hear(format!("series {id} {}", observed.series.len()));
    }
}

/// Runs what a journal does not have, and counts how many cells that were.
fn gone_on(plans: &[Plan], jobs: usize, heard: &Heard, journal: Option<&Journal>) -> (RunRecord, u64) {
    let fake = Fake::default();
    let campaign = run_kept(plans, &fake, &on(jobs), &heard.signals, heard, journal);
    let record = assemble("reports/x", plans, campaign.judged, &campaign.notes);
    (record, fake.runs.load(Ordering::Relaxed))
}

fn ran(plans: &[Plan], options: &CampaignOptions) -> RunRecord {
    let campaign = run(plans, &Fake::default(), options, &Signals::default(), &Heard::default());
    assemble("reports/x", plans, campaign.judged, &campaign.notes)
}

fn fine(seeds: std::ops::Range<u64>) -> Vec<Plan> {
    seeds.map(|seed| plan(Some("fine"), seed)).collect()
}

fn on(jobs: usize) -> CampaignOptions {
    CampaignOptions { jobs, ..CampaignOptions::default() }
}

#[test]
fn the_record_does_not_depend_on_the_number_of_threads() {
    let plans: Vec<Plan> =
        (0..40).map(|seed| plan(Some(if seed % 7 == 3 { "lost" } else { "fine" }), seed)).collect();
    let alone = ran(&plans, &on(1));
    assert_eq!(alone.cells.len(), 40);
    assert!(alone.cells.iter().map(|cell| cell.seed.parse::<u64>().unwrap()).eq(0..40));
    for jobs in [2, 5, 64] {
        assert_eq!(ran(&plans, &on(jobs)).to_json(), alone.to_json(), "{jobs} threads");
    }
}

#[test]
fn series_come_in_the_order_of_the_plans_whichever_cell_ends_first() {
    let (plans, heard) = (fine(0..30), Heard::default());
    run(&plans, &Fake::default(), &on(6), &Signals::default(), &heard);
    let ids = crate::analysis::cell_ids(&plans);
    assert_eq!(heard.said("series"), ids.iter().map(|id| format!("series {id} 1")).collect::<Vec<_>>());
}

#[test]
fn lives_are_told_for_the_first_failing_cells_of_the_list() {
    let plans: Vec<Plan> = (0..10).map(|seed| plan(Some("lost"), seed)).collect();
    let record = ran(&plans, &on(3));
    let told: Vec<usize> = record.cells.iter().map(|cell| cell.lives.len()).collect();
    assert_eq!(told, [1, 2, 3, 0, 0, 0, 0, 0, 0, 0], "as many records as are lost, at most three");
    assert_eq!(record.cells[1].lives[1].record, "appointment/k1");
    assert_eq!(record.cells[1].lives[1].lines, ["seed 1: k1 was written and never seen again"]);
}

#[test]
fn fail_fast_starts_nothing_after_a_failure() {
    let plans: Vec<Plan> = (0..9).map(|n| plan(Some(if n == 2 { "lost" } else { "fine" }), n)).collect();
    let record = ran(&plans, &CampaignOptions { fail_fast: true, ..on(1) });
    assert_eq!((record.cells.len(), record.complete, record.exit_code), (3, false, 11));
    assert_eq!(record.notes, ["stopped at the first failing cell: 3 of 9 cells ran to their end"]);
    assert!(!record.cells[2].lives.is_empty(), "the failing cell still tells its story");
}

#[test]
fn an_interrupt_starts_no_more_cells_and_lets_the_running_one_finish() {
    let heard = Heard::pressing("start 2", |signals| &signals.interrupt);
    let (record, _) = gone_on(&fine(0..5), 1, &heard, None);
    assert_eq!((record.cells.len(), record.exit_code, record.complete), (3, 130, false));
    assert_eq!(record.verdict, Verdict::Incomplete);
    assert!(record.cells.iter().all(|cell| cell.verdict == Verdict::Pass));
    assert_eq!(record.notes, ["interrupted: 3 of 5 cells ran to their end"]);
}

#[test]
fn a_signal_that_comes_as_the_last_cell_ends_cuts_nothing_off() {
    let heard = Heard::pressing("end 1", |signals| &signals.interrupt);
    let (record, _) = gone_on(&[plan(None, 0), plan(Some("lost"), 1)], 1, &heard, None);
    assert_eq!((record.cells.len(), record.exit_code, record.complete), (2, 11, true));
    assert!(record.notes.is_empty(), "{:?}", record.notes);
}

#[test]
fn the_time_limit_ends_a_cell_that_would_not() {
    let plans = [plan(None, 0), plan(Some("endless"), 1), plan(None, 2)];
    let options = CampaignOptions { time_limit: Some(Duration::from_millis(50)), ..on(1) };
    let record = ran(&plans, &options);
    assert_eq!((record.exit_code, record.complete, record.verdict), (124, false, Verdict::Incomplete));
    let verdicts: Vec<Verdict> = record.cells.iter().map(|cell| cell.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Incomplete]);
}

#[test]
fn a_time_limit_that_is_met_is_no_reason_to_fail() {
    let options = CampaignOptions { time_limit: Some(Duration::from_secs(600)), ..on(2) };
    assert_eq!(ran(&[plan(None, 0), plan(None, 1)], &options).exit_code, 0);
}

#[test]
fn termination_ends_the_running_cell_too() {
    let heard = Heard::pressing("start 0", |signals| &signals.terminate);
    let (record, _) = gone_on(&[plan(Some("endless"), 0), plan(None, 1)], 1, &heard, None);
    assert_eq!((record.exit_code, record.cells.len()), (143, 1));
    assert_eq!(record.cells[0].ending.kind, EndingKind::Interrupted);
}

#[test]
fn a_panic_is_the_failure_of_its_own_cell() {
    let plans = [plan(None, 0), plan(Some("panics"), 1), plan(Some("lost"), 2)];
    let record = ran(&plans, &on(2));
    assert_eq!((record.exit_code, record.cells.len(), record.complete), (1, 3, true));
    assert_eq!(record.cells[1].reasons[0].exit(), Exit::Internal);
    assert_eq!(record.cells[2].verdict, Verdict::Fail);
}

#[test]
fn a_panic_of_a_stack_of_ones_own_is_no_bug_of_ours() {
    let mut theirs = plan(Some("panics"), 1);
    (theirs.brought, theirs.engine_name) = (true, "acme".to_owned());
    let record = ran(&[theirs, plan(None, 0)], &on(1));
    assert_eq!((record.exit_code, record.cells.len()), (12, 2));
    assert_eq!(record.cells[0].reasons[0].exit(), Exit::Stuck);
    assert_eq!(record.cells[1].verdict, Verdict::Pass);
}

#[test]
fn a_plan_that_cannot_be_run_is_an_invalid_scenario() {
    let record = ran(&[plan(Some("senseless"), 0), plan(None, 1)], &on(1));
    assert_eq!((record.exit_code, record.cells.len()), (3, 2));
    assert_eq!(record.cells[0].reasons[0].exit(), Exit::Invalid);
}

#[test]
fn a_cell_run_twice_must_have_the_same_digest() {
    let plans = [plan(Some("moody"), 1), plan(None, 2)];
    let record = ran(&plans, &CampaignOptions { twice: true, ..on(1) });
    assert_eq!(record.exit_code, 15);
    assert_eq!(record.cells[1].verdict, Verdict::Pass);
    assert_eq!(ran(&plans, &on(1)).exit_code, 0, "run once, nobody can know");
}

#[test]
fn a_listener_hears_each_cell_start_move_and_end() {
    let heard = Heard::default();
    run(&[plan(None, 0), plan(Some("lost"), 1)], &Fake::default(), &on(1), &Signals::default(), &heard);
    let mut said = heard.said("");
    said.retain(|said| !said.starts_with("series"));
    assert_eq!(said, ["start 0", "at 0", "end 0 Pass", "start 1", "at 1", "end 1 Fail"]);
}

#[test]
fn a_replay_holds_the_digest_against_the_recorded_one() {
    let fake = Fake::default();
    let plan = plan(Some("lost"), 7);
    let digest = format!("{:032x}", 7);
    let record = (EntityId(0), Key::new("k9"));
    let figures = crate::record::fixture::outcome().figures_digest;
    let of = |digest, figures_digest, other_build| Recorded { digest, figures_digest, other_build };
    let again = |recorded: Option<Recorded<'_>>| {
        replay(&plan, "ties.lost.s7", recorded, std::slice::from_ref(&record), &fake, &|| false)
    };
    let fails_by =
        |replay: &Replay, exit: Exit| replay.judged.cell.reasons.iter().any(|reason| reason.exit() == exit);
    let same = again(Some(of(&digest, &figures, None)));
    assert_eq!((same.same, same.counted_otherwise), (Some(true), false));
    assert_eq!(same.judged.cell.lives[0].record, "appointment/k9");
    assert!(same.judged.cell.reasons.iter().all(|r| r.exit() == Exit::Correctness));
    let other = again(Some(of("feed", &figures, None)));
    assert_eq!(other.same, Some(false));
    assert!(fails_by(&other, Exit::NotDeterministic) && !fails_by(&other, Exit::NoBaseline));
    let other = again(Some(of(&digest, "feed", None)));
    assert!(other.counted_otherwise && fails_by(&other, Exit::NotDeterministic));
    assert_eq!(again(None).same, None);
}

#[test]
fn another_build_that_differs_is_not_comparable_and_not_indeterminate() {
    let (fake, plan) = (Fake::default(), plan(None, 7));
    let digest = format!("{:032x}", 7);
    let again = |digest, figures_digest| {
        let recorded = Recorded { digest, figures_digest, other_build: Some("build 5c of syncdyno 0.1.0") };
        replay(&plan, "ties.s7", Some(recorded), &[], &fake, &|| false)
    };
    let other = again("feed", "");
    let [reason] = other.judged.cell.reasons.as_slice() else { panic!("{:?}", other.judged.cell.reasons) };
    assert_eq!(reason.exit(), Exit::NoBaseline);
    let counted = again(&digest, "feed");
    assert!(counted.counted_otherwise && counted.judged.cell.reasons.is_empty());
    let same = again(&digest, "");
    assert!(!same.counted_otherwise && same.judged.cell.reasons.is_empty(), "an older record has one digest");
}

/// Runs the first `cells` of the plans with a journal in `folder`.
fn begun(folder: &std::path::Path, plans: &[Plan], cells: usize) {
    let heard = Heard::pressing(&format!("start {}", cells - 1), |signals| &signals.interrupt);
    let journal = Journal::begin(folder, "a run").unwrap();
    let (record, _) = gone_on(plans, 1, &heard, Some(&journal));
    assert_eq!((record.cells.len(), journal.cells()), (cells, cells));
    journal.close(false).unwrap();
}

#[test]
fn a_run_that_goes_on_runs_only_what_is_missing_and_comes_to_the_same() {
    let plans: Vec<Plan> =
        (0..9).map(|seed| plan(Some(if seed % 4 == 1 { "lost" } else { "fine" }), seed)).collect();
    let (whole, heard) = (Heard::default(), Heard::default());
    let (alone, _) = gone_on(&plans, 1, &whole, None);

    let folder = tempfile::tempdir().unwrap();
    begun(folder.path(), &plans, 6);
    let journal = Journal::resume(folder.path(), "a run", false).unwrap();
    let (record, runs) = gone_on(&plans, 2, &heard, Some(&journal));
    assert_eq!(runs, 3, "six of nine were done");
    assert_eq!(record.to_json(), alone.to_json(), "lives of lost records too");
    assert_eq!(heard.said("series"), whole.said("series"));
    journal.close(true).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of what is complete");
}

#[test]
fn half_a_line_or_a_changed_one_and_what_follows_it_are_run_again() {
    let (plans, folder) = (fine(0..5), tempfile::tempdir().unwrap());
    begun(folder.path(), &plans, 4);
    let path = folder.path().join("cells.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let third = text.match_indices('\n').nth(2).unwrap().0;
    let [head, rest] = [&text[..=third], &text[third + 1..]].map(str::as_bytes);
    // A digit that somebody changed.
    let changed = text.replacen("\"wall_ns\":", "\"wall_ns\":1", 1).into_bytes();
    for (damaged, kept) in [
        (text.as_bytes()[..text.len() - 40].to_vec(), 3),
        ([head, b"\xff\xfe{]\n", rest].concat(), 2),
        (changed, 0),
    ] {
        std::fs::write(&path, damaged).unwrap();
        let journal = Journal::resume(folder.path(), "a run", false).unwrap();
        assert_eq!(journal.cells(), kept);
        assert_eq!(gone_on(&plans, 1, &Heard::default(), Some(&journal)).1, 5 - kept as u64);
        journal.close(false).unwrap();
        let whole = Journal::resume(folder.path(), "a run", false).unwrap().cells();
        assert_eq!(whole, 5, "it went on after the cut");
    }
}

#[test]
fn a_cell_of_another_scenario_or_seed_is_not_taken_for_one_that_was_done() {
    let folder = tempfile::tempdir().unwrap();
    begun(folder.path(), &[plan(Some("fine"), 1), plan(Some("fine"), 2)], 2);
    let journal = Journal::resume(folder.path(), "a run", false).unwrap();
    let mut other = plan(Some("fine"), 1);
    other.digest = "other".to_owned();
    let plans = [other, plan(Some("fine"), 2), plan(Some("fine"), 3)];
    assert_eq!(gone_on(&plans, 1, &Heard::default(), Some(&journal)).1, 2);
}

/// Makes a journal that of a build of these sources, its first line and its first `cells`.
fn of_build(folder: &std::path::Path, source: &str, cells: usize) {
    let path = folder.join("cells.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let own = format!("\"source\":\"{}\"", Build::this().source);
    let theirs = format!("\"source\":\"{source}\"");
    let changed = text.lines().enumerate().map(|(at, line)| match line.split_once(' ') {
        Some((_, cell)) if (1..=cells).contains(&at) => journal::seal(&cell.replace(&own, &theirs)),
        Some(_) if at > 0 => format!("{line}\n"),
        _ => line.replace(&own, &theirs) + "\n",
    });
    let changed: String = changed.collect();
    assert_ne!(text, changed);
    std::fs::write(&path, changed).unwrap();
}

#[test]
fn a_run_goes_on_from_another_build_only_if_told_and_says_so() {
    let (plans, folder) = (fine(0..5), tempfile::tempdir().unwrap());
    begun(folder.path(), &plans, 3);
    of_build(folder.path(), "feed", 2);
    let refused = Journal::resume(folder.path(), "a run", false).unwrap_err().to_string();
    assert!(refused.contains(&format!(" and this is {}", Build::this())), "{refused}");

    let journal = Journal::resume(folder.path(), "a run", true).unwrap();
    let (record, runs) = gone_on(&plans, 1, &Heard::default(), Some(&journal));
    assert_eq!(runs, 2);
    let mixed = record.mixed().unwrap();
    assert!(mixed.starts_with("builds are mixed: 3 cells by build "), "{mixed}");
    assert!(mixed.contains("2 cells by build feed of syncdyno "), "{mixed}");
    assert!(record.build_of(&record.cells[0]).source == "feed");
    let read = RunRecord::parse(&record.to_json()).unwrap();
    assert_eq!(read.mixed(), Some(mixed));
}

#[test]
fn a_single_cell_of_another_build_is_refused_like_all() {
    let (plans, folder) = (fine(0..3), tempfile::tempdir().unwrap());
    begun(folder.path(), &plans, 2);
    let first = std::fs::read_to_string(folder.path().join("cells.jsonl")).unwrap();
    let first = first.lines().next().unwrap().to_owned();
    of_build(folder.path(), "feed", 1);
    let path = folder.path().join("cells.jsonl");
    let cells = std::fs::read_to_string(&path).unwrap();
    let cells = cells.split_once('\n').unwrap().1;
    std::fs::write(&path, format!("{first}\n{cells}")).unwrap();
    assert!(matches!(Journal::resume(folder.path(), "a run", false), Err(JournalError::OtherBuild { .. })));
}

#[test]
fn a_run_goes_on_from_no_other_run_and_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cells.jsonl");
    let error = |name: &str| {
        let error = Journal::resume(folder.path(), name, false).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "DIR") + "\n"
    };
    let mut told = error("a run");
    begun(folder.path(), &[plan(None, 1)], 1);
    told += &error("another");
    for damaged in ["{}\n", "{\"journal\":1"] {
        std::fs::write(&path, damaged).unwrap();
        told += &error("a run");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn cells_that_did_not_end_by_themselves_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let plans = [plan(Some("panics"), 0), plan(Some("senseless"), 1), plan(Some("endless"), 2)];
    let journal = Journal::begin(folder.path(), "a run").unwrap();
    let options = CampaignOptions { time_limit: Some(Duration::from_millis(50)), ..on(1) };
    run_kept(&plans, &Fake::default(), &options, &Signals::default(), &Heard::default(), Some(&journal));
    assert_eq!(journal.cells(), 0);
}
