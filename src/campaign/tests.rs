//! Tests of campaigns with a fake runner, which simulates nothing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::fake::Fake;
use super::*;
use crate::analysis::{Held, Recorded, assemble};
use crate::base::{EntityId, Key, Span, Time};
use crate::record::fixture::plan;
use crate::record::{Build, CellRecord, Exit, RunRecord};
use crate::scenario::Plan;

type Pressed = fn(&Signals) -> &AtomicBool;

/// Records all events. When it hears a certain text, it sends a signal such as Ctrl-C.
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
}

/// Runs the cells that are not in the journal, and counts them.
fn gone_on(plans: &[Plan], jobs: usize, heard: &Heard, journal: Option<&Journal>) -> (RunRecord, u64) {
    let fake = Fake::default();
    let campaign = run(plans, None, &fake, &on(jobs), &heard.signals, heard, journal);
    let record = assemble("reports/x", plans, campaign.judged, &campaign.notes);
    (record, fake.runs.load(Ordering::Relaxed))
}

fn ran(plans: &[Plan], options: &CampaignOptions) -> RunRecord {
    let campaign = run(plans, None, &Fake::default(), options, &Signals::default(), &Heard::default(), None);
    assemble("reports/x", plans, campaign.judged, &campaign.notes)
}

fn fine(seeds: std::ops::Range<u64>) -> Vec<Plan> {
    seeds.map(|seed| plan(Some("fine"), seed)).collect()
}

fn on(jobs: usize) -> CampaignOptions {
    CampaignOptions { jobs, ..CampaignOptions::default() }
}

#[test]
fn lives_are_told_for_the_worst_and_the_first_failing_cells() {
    let plans: Vec<Plan> = (0..10).map(|seed| plan(Some("lost"), seed)).collect();
    let record = ran(&plans, &on(3));
    let told: Vec<usize> = record.cells.iter().map(|cell| cell.lives.len()).collect();
    assert_eq!(told, [1, 2, 0, 0, 0, 0, 0, 0, 0, 3], "the worst and the first, at most three records");
    assert_eq!(record.cells[1].lives[1].record, "appointment/k1");
    assert_eq!(record.cells[1].lives[1].lines, ["seed 1: k1 was written and never seen again"]);
}

fn in_short(of: &str, record: &RunRecord) -> String {
    let RunRecord { exit_code, complete, verdict, notes, .. } = record;
    let mut told = format!("{of}: exit {exit_code}, {verdict:?}, complete: {complete}, {notes:?}\n");
    for cell in &record.cells {
        let (reasons, lives) = (&cell.reasons, cell.lives.len());
        told += &format!("  {} {:?}, {reasons:?}, {lives} lives\n", cell.id, cell.verdict);
    }
    told
}

#[test]
fn what_stops_a_run_starts_no_more_cells_and_is_told() {
    let three = |second| [plan(None, 0), plan(Some(second), 1), plan(None, 2)];
    let limit = |millis| CampaignOptions { time_limit: Some(Duration::from_millis(millis)), ..on(1) };
    let pressed =
        |at, signal: Pressed, second| gone_on(&three(second), 1, &Heard::pressing(at, signal), None).0;
    let mut told = in_short("fail-fast", &ran(&three("lost"), &CampaignOptions { fail_fast: true, ..on(1) }));
    told += &in_short("time limit", &ran(&three("endless"), &limit(50)));
    told += &in_short("time limit that is met", &ran(&three("fine"), &limit(600_000)));
    told += &in_short("SIGINT", &pressed("start 1", |signals| &signals.interrupt, "fine"));
    told += &in_short("SIGINT at the end", &pressed("end 2", |signals| &signals.interrupt, "lost"));
    let late = CampaignOptions { time_limit: Some(Duration::from_millis(150)), ..on(1) };
    told += &in_short("time limit at the end", &ran(&three("slow-lost"), &late));
    told += &in_short("SIGTERM", &pressed("start 1", |signals| &signals.terminate, "endless"));
    insta::assert_snapshot!(told);
}

#[test]
fn what_breaks_a_cell_is_the_failure_of_that_cell_alone() {
    let mut theirs = plan(Some("panics"), 1);
    (theirs.is_third_party, theirs.engine_name) = (true, "acme".to_owned());
    let twice = CampaignOptions { twice: true, ..on(1) };
    let mut told = in_short("panic", &ran(&[plan(Some("panics"), 1), plan(Some("lost"), 2)], &on(2)));
    told += &in_short("panic of a stack", &ran(&[theirs, plan(None, 0)], &on(1)));
    told += &in_short("no such plan", &ran(&[plan(Some("senseless"), 0), plan(None, 1)], &on(1)));
    told += &in_short("twice", &ran(&[plan(Some("moody"), 1), plan(None, 2)], &twice));
    told += &in_short("once", &ran(&[plan(Some("moody"), 1)], &on(1)));
    insta::assert_snapshot!(told);
}

#[test]
fn a_listener_hears_each_cell_start_move_and_end() {
    let heard = Heard::default();
    gone_on(&[plan(None, 0), plan(Some("lost"), 1)], 1, &heard, None);
    let said = heard.said.into_inner().unwrap();
    assert_eq!(said, ["start 0", "at 0", "end 0 Pass", "start 1", "at 1", "end 1 Fail"]);
}

#[test]
fn a_replay_holds_the_digests_against_the_recorded_ones() {
    let (fake, plan, digest) = (Fake::default(), plan(None, 7), format!("{:032x}", 7));
    let figures = crate::record::fixture::outcome().figures_digest;
    let records = [(EntityId(0), Key::new("k9"))];
    let (ours, theirs) = (None, Some("build 5c"));
    for (digest, figures_digest, other_build, held, exit) in [
        (&*digest, &*figures, ours, Held::Same, None),
        ("feed", &figures, ours, Held::Other, Some(Exit::NotDeterministic)),
        (&digest, "feed", ours, Held::OtherFigures, Some(Exit::NotDeterministic)),
        ("feed", "", theirs, Held::Other, Some(Exit::NoBaseline)),
        (&digest, "feed", theirs, Held::OtherFigures, None),
        (&digest, "", theirs, Held::Same, None),
    ] {
        let recorded = Recorded {
            digest: digest.to_owned(),
            figures_digest: figures_digest.to_owned(),
            other_build: other_build.map(str::to_owned),
        };
        let (again, is) = replay(&plan, "ties.s7", Some(&recorded), &records, &fake, &|| false);
        assert_eq!(is, held);
        let exits = again.cell.reasons.iter().map(|reason| reason.exit());
        assert!(exits.eq(exit), "{:?}", again.cell.reasons);
        assert_eq!(again.cell.lives[0].record, "appointment/k9");
    }
    assert_eq!(replay(&plan, "ties.s7", None, &[], &fake, &|| false).1, Held::Nothing);
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
fn half_a_line_or_a_changed_one_and_what_follows_it_are_run_again() {
    let (plans, folder) = (fine(0..5), tempfile::tempdir().unwrap());
    begun(folder.path(), &plans, 4);
    let path = folder.path().join("cells.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let third = text.match_indices('\n').nth(2).unwrap().0;
    let [head, rest] = [&text[..=third], &text[third + 1..]].map(str::as_bytes);
    // One digit is changed.
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
    other.source_mut().digest = "other".to_owned();
    let plans = [other, plan(Some("fine"), 2), plan(Some("fine"), 3)];
    assert_eq!(gone_on(&plans, 1, &Heard::default(), Some(&journal)).1, 2);
}

/// Changes the build in the first line of a journal and in its first `cells` cells.
fn of_build(folder: &std::path::Path, source: &str, cells: usize) {
    let path = folder.join("cells.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let [own, theirs] = [&*Build::this().source, source].map(|source| format!("\"source\":\"{source}\""));
    let changed = text.lines().enumerate().map(|(at, line)| match line.split_once(' ') {
        Some((_, text)) if at <= cells => journal::seal(&text.replace(&own, &theirs)),
        _ => format!("{line}\n"),
    });
    std::fs::write(&path, changed.collect::<String>()).unwrap();
}

#[test]
fn a_run_goes_on_from_another_build_only_if_told_and_says_so() {
    let (plans, folder) = (fine(0..5), tempfile::tempdir().unwrap());
    let path = folder.path().join("cells.jsonl");
    begun(folder.path(), &plans, 3);
    let own = std::fs::read_to_string(&path).unwrap();
    of_build(folder.path(), "feed", 2);
    let theirs = std::fs::read_to_string(&path).unwrap();
    // Another build wrote the first line, or a single cell.
    for (head, cells) in [(&theirs, &own), (&own, &theirs)] {
        let [head, cells] = [head.split_once('\n').unwrap().0, cells.split_once('\n').unwrap().1];
        std::fs::write(&path, format!("{head}\n{cells}")).unwrap();
        assert_eq!(Journal::resume(folder.path(), "a run", false).unwrap_err().exit, Exit::Usage);
    }
    let journal = Journal::resume(folder.path(), "a run", true).unwrap();
    let (record, runs) = gone_on(&plans, 1, &Heard::default(), Some(&journal));
    assert_eq!(runs, 2);
    let mixed = record.mixed().unwrap();
    let theirs = Build { source: "feed".to_owned(), ..Build::this().clone() };
    assert!([Build::this(), &theirs].iter().all(|build| mixed.contains(&build.to_string())), "{mixed}");
    assert_eq!(record.build_of(&record.cells[0]).source, "feed");
    assert_eq!(RunRecord::parse(&record.to_json()).unwrap().mixed(), Some(mixed));
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
    for head in [journal::seal("{\"shape\":1}"), "{\"shape\":1".to_owned()] {
        std::fs::write(&path, head).unwrap();
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
    run(&plans, None, &Fake::default(), &options, &Signals::default(), &Heard::default(), Some(&journal));
    assert_eq!(journal.cells(), 0);
}
