//! The checklist as the program prints it, and as it is applied to a user's own scenario.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syncdyno::record::{Finding, RunRecord};
use syncdyno::scenario::{CHECKLIST, QUESTION_LISTS, question_place};

/// The page that shows the answers.
const PAGE: &str = "docs/checklist.md";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The output of the program for these arguments, its exit code and its record.
fn ran(args: &[&str]) -> (String, i32, RunRecord) {
    let desk = tempfile::TempDir::new().unwrap();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(root("")).env_remove("GITHUB_STEP_SUMMARY");
    let out = desk.path().join("out");
    let run = command.args(args).args(["--progress", "none", "--out"]).arg(&out).output().unwrap();
    let record = std::fs::read_to_string(out.join("run.json")).expect("there is a record");
    let told = String::from_utf8(run.stdout).unwrap();
    (told, run.status.code().unwrap_or(-1), RunRecord::parse(&record).unwrap())
}

/// The part of the output with the answers.
fn answers(told: &str) -> &str {
    let from = told.find("the checklist for offline sync").expect("there is a checklist");
    let until = told.find("\nwarning:").or_else(|| told.find("\nreport:")).unwrap_or(told.len());
    told[from..until].trim_end()
}

#[test]
fn every_question_of_both_lists_is_answered_by_a_pair() {
    let (told, exit, record) = ran(&["run", "scenarios/checklist"]);
    assert_eq!(exit, 0, "{told}");
    let answered = |list: usize| -> BTreeSet<u32> {
        let shown = record.answers.iter().filter(|one| one.finding == Finding::Shown);
        shown.filter_map(|one| question_place(&one.question)).filter(|p| p.0 == list).map(|p| p.1).collect()
    };
    for (at, list) in QUESTION_LISTS.iter().enumerate() {
        assert_eq!(answered(at), (1..=list.questions).collect(), "{}", list.title);
    }
    let page = std::fs::read_to_string(root(PAGE)).unwrap();
    let (before, rest) = page.split_once("```text\n").expect("the page shows the answers");
    let (shown, behind) = rest.split_once("\n```").expect("and what follows them");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(root(PAGE), format!("{before}```text\n{}\n```{behind}", answers(&told))).unwrap();
    } else {
        assert_eq!(shown, answers(&told), "SYNCDYNO_BLESS=1 writes {PAGE} again");
    }
}

#[test]
fn the_embedded_checklist_is_that_of_the_folder() {
    let mut found: Vec<String> = std::fs::read_dir(root("scenarios/checklist"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    found.sort();
    let embedded: Vec<&str> = CHECKLIST.iter().map(|(name, _)| *name).collect();
    assert_eq!(embedded, found);
}

#[test]
fn a_change_that_changes_nothing_shows_nothing() {
    let desk = tempfile::TempDir::new().unwrap();
    let text = std::fs::read_to_string(root("scenarios/checklist/own-rows.toml")).unwrap();
    let idle = text.replace("unset = [\"entity.*.scope\"]\n", "");
    assert_ne!(text, idle);
    let path = desk.path().join("own-rows.toml");
    std::fs::write(&path, idle).unwrap();
    let (told, exit, record) = ran(&["run", path.to_str().unwrap()]);
    assert_eq!(exit, 10, "{told}");
    assert_eq!(record.answers[0].finding, Finding::Same);
}

#[test]
fn the_checklist_is_put_to_a_scenario_of_ones_own() {
    let (told, exit, record) = ran(&["run", "--for", "tests/it/worlds/tiny.toml"]);
    assert_eq!(exit, 0, "{told}");
    let asked: BTreeSet<(usize, u32)> =
        record.answers.iter().filter_map(|one| question_place(&one.question)).collect();
    assert_eq!(asked.len(), 20, "each is answered, or told why it is not: {told}");
    // An answer is wrapped at the width of the terminal.
    let whole = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for one in record.answers.iter().filter(|one| one.finding == Finding::NotAsked) {
        assert!(whole.contains(&one.says), "{told}");
    }
    let put = record.answers.iter().filter(|one| one.finding != Finding::NotAsked).count();
    assert!(put >= 10, "{told}");
}
