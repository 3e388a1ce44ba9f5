//! The checklist with apps that have one fault each: it finds the fault and its cost, and nothing
//! else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syncdyno::analysis::{self, Void};
use syncdyno::record::{AnswerRecord, Finding, RunRecord, Stand};

#[path = "apps/faults.rs"]
mod faults;

pub(crate) use faults::SOUND;
use faults::{Fault, changed};

/// An app with nearly every fault.
const FAULTY: &str = include_str!("apps/faulty.toml");

fn named(name: &str) -> Fault {
    faults::faults().into_iter().find(|fault| fault.name == Some(name)).unwrap_or_else(|| panic!("{name}"))
}

impl Fault {
    /// Checks the app with files of the checklist: it lacks exactly what it should lack.
    fn asked(&self, files: &[&str]) -> RunRecord {
        let paths: Vec<String> =
            files.iter().map(|file| format!("scenarios/checklist/{file}.toml")).collect();
        let args: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (exit, told, record) = asked(&changed(&self.changes), &args);
        assert_eq!(exit, 0, "{told}");
        let record = record.unwrap_or_else(|| panic!("{told}"));
        let put: BTreeSet<&str> = record.answers.iter().map(|one| one.question.as_str()).collect();
        assert!(!lacking(&record).is_empty(), "{told}");
        assert_eq!(lacking(&record), self.lacks.intersection(&put).copied().collect(), "{told}");
        record
    }
}

/// The exit code, output and record when questions are asked about an app.
pub(crate) fn asked(app: &str, args: &[&str]) -> (i32, String, Option<RunRecord>) {
    let desk = tempfile::TempDir::new().unwrap();
    let file = desk.path().join("app.toml");
    std::fs::write(&file, app).unwrap();
    let out = desk.path().join("out");
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("GITHUB_STEP_SUMMARY");
    let run = command.arg("run").args(args).arg("--for").arg(&file).args(["--progress", "none", "--out"]);
    let run = run.arg(&out).output().unwrap();
    let record =
        std::fs::read_to_string(out.join("run.json")).ok().map(|text| RunRecord::parse(&text).unwrap());
    let told = [run.stdout, run.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (run.status.code().unwrap_or(-1), told, record)
}

fn whole(app: &str) -> RunRecord {
    let (exit, told, record) = asked(app, &[]);
    assert_eq!(exit, 0, "{told}");
    record.unwrap_or_else(|| panic!("{told}"))
}

/// Whether the app has what each question asks for.
fn stands(record: &RunRecord) -> BTreeMap<&str, Option<Stand>> {
    record.answers.iter().map(|one| (one.question.as_str(), one.stands)).collect()
}

fn lacking(record: &RunRecord) -> BTreeSet<&str> {
    let lacks = record.answers.iter().filter(|one| one.stands == Some(Stand::Without));
    lacks.map(|one| one.question.as_str()).collect()
}

pub(crate) fn answer<'r>(record: &'r RunRecord, question: &str) -> &'r AnswerRecord {
    record.answers.iter().find(|one| one.question == question).unwrap_or_else(|| panic!("{question}"))
}

/// True if the variation with the measure is better, and its figures count.
pub(crate) fn helps(record: &RunRecord, question: &str) -> bool {
    let lists = analysis::by_list(record);
    let mut all = lists.iter().flat_map(|list| &list.answers);
    let one = all.find(|one| one.first.question == question).unwrap_or_else(|| panic!("{question}"));
    let is_better = matches!(one.first.finding, Finding::Shown | Finding::Less);
    is_better && one.void.is_none() && one.weighed.as_ref().is_none_or(|of| of.harms.is_empty())
}

pub(crate) fn faults(record: &RunRecord) -> BTreeMap<String, Vec<String>> {
    let named =
        |fault: &analysis::Fault<'_>| fault.mended_by.iter().map(|(one, _)| one.question.clone()).collect();
    analysis::own_faults(record).iter().map(|fault| (fault.check.to_owned(), named(fault))).collect()
}

#[test]
fn a_sound_app_lacks_nothing_that_is_asked() {
    let record = whole(SOUND);
    assert_eq!(lacking(&record), BTreeSet::new());
    assert_eq!(faults(&record), BTreeMap::new());
    let unanswered: BTreeSet<&str> =
        stands(&record).into_iter().filter(|(_, s)| s.is_none()).map(|(q, _)| q).collect();
    assert_eq!(unanswered, ["checklist-7", "field-6", "field-7"].into());
    let not_asked =
        record.answers.iter().filter(|one| one.stands.is_none() && one.finding == Finding::NotAsked);
    assert!(not_asked.clone().count() == 1 && not_asked.clone().all(|one| !one.says.is_empty()));
    assert!(!stands(&record).contains_key("checklist-4-photos"), "it has none, and is asked nothing");
    assert!(!helps(&record, "checklist-7"), "who lends rows keeps people from editing");
}

#[test]
fn an_app_with_every_fault_is_asked_in_spite_of_them() {
    let record = whole(FAULTY);
    let all = [
        "checklist-1",
        "checklist-2-rows",
        "checklist-2-timeout",
        "checklist-3",
        "checklist-4",
        "checklist-5",
        "checklist-6",
        "checklist-8",
        "checklist-9",
        "checklist-10",
        "checklist-11",
        "field-1",
        "field-2",
        "field-3-resume",
        "field-4",
        "field-5",
        "field-6",
        "field-8",
    ];
    assert_eq!(lacking(&record), all.into());
    let unmeasured: Vec<&str> =
        all.into_iter().filter(|one| answer(&record, one).figures.is_empty()).collect();
    assert_eq!(unmeasured, Vec::<&str>::new(), "each is run both ways");
    assert!(!faults(&record).is_empty(), "what it loses comes first");
}

#[test]
fn what_a_blind_app_loses_is_mended_by_its_question() {
    let record = named("blind").asked(&["merged", "conflict-page"]);
    let faults = faults(&record);
    let mended = faults.get("silent-discard").unwrap_or_else(|| panic!("{faults:?}"));
    assert!(mended.contains(&"field-2".to_owned()), "{mended:?}");
    assert!(helps(&record, "field-2"));
}

#[test]
fn slow_hooks_are_found_with_their_seconds() {
    let record = named("slow-hooks").asked(&["quick-hooks"]);
    let one = answer(&record, "checklist-4");
    assert!(one.because.contains("`on_sync_start` takes 10"), "{}", one.because);
    assert!(helps(&record, "checklist-4"));
}

#[test]
fn an_app_that_syncs_at_logins_alone_does_not_start_by_itself() {
    let record = named("login-alone").asked(&["automatic"]);
    assert!(helps(&record, "checklist-11"));
    assert!(!answer(&record, "checklist-11").tried.is_empty(), "its own units are set");
}

#[test]
fn one_unit_for_all_is_no_unit_for_a_moment() {
    let one = named("one-unit");
    let record = one.asked(&["sync-units", "own-actions", "cleared-queue"]);
    assert_eq!(lacking(&record), one.lacks);
}

#[test]
fn each_fault_alone_costs_what_its_question_says() {
    let all = faults::faults();
    let files = all.iter().filter_map(|fault| Some((fault, fault.name?)));
    let alone = files.filter(|(_, name)| Path::new(&format!("scenarios/checklist/{name}.toml")).exists());
    assert!(alone.clone().count() >= 10);
    for (fault, file) in alone {
        let record = fault.asked(&[file]);
        // Making one of two rows overrules an edit of the other: that is a trade-off.
        let is_trade = file == "two-foo";
        assert!(lacking(&record).iter().all(|question| helps(&record, question) != is_trade), "{file}");
    }
}

#[test]
fn what_is_set_on_the_command_line_stays_in_both_halves() {
    let args = ["scenarios/checklist/deadline.toml", "scenarios/checklist/triggered.toml"];
    let set = ["--set", "engine.request_timeout=7s"];
    let (exit, told, record) = asked(SOUND, &[&args[..], &set].concat());
    assert_eq!(exit, 0, "{told}");
    let record = record.unwrap();
    let held = answer(&record, "checklist-2-timeout");
    assert_eq!((held.finding, held.stands), (Finding::NotAsked, None));
    assert!(held.says.contains("--set engine.request_timeout"), "{}", held.says);
    assert_eq!(answer(&record, "checklist-3").stands, Some(Stand::With));
    assert!(record.resolved.values().all(|text| text.contains("request_timeout = \"7s\"")));
}

#[test]
fn a_run_says_how_long_it_will_take_and_one_without_answers_fails() {
    let (exit, told, _) = asked(SOUND, &["scenarios/checklist/triggered.toml", "-j", "1"]);
    assert!(exit == 0 && told.contains("on 1 thread, by an estimate"), "{told}");
    let (exit, told, record) = asked(SOUND, &["scenarios/checklist/photos.toml"]);
    assert_eq!((exit, record.is_none()), (4, true), "{told}");
    let idle = changed(
        r#"per_device = 12 => per_device = 0 | per_device = 4 => per_device = 0 | share = "30%",  =>"#,
    );
    let (exit, told, record) = asked(&idle, &["scenarios/checklist/avoided-conflicts.toml"]);
    assert_eq!(exit, 4, "{told}");
    let record = record.unwrap();
    let lists = analysis::by_list(&record);
    assert_eq!(lists[0].answers[0].void, Some(Void::NothingHappened), "{told}");
}
