//! Which practices plans show, for an app that follows the whole checklist and for the app with one
//! change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::super::{Document, Mend, Plan, Practice, Question, Request};
use super::{plan, stacks, with_sets};

#[path = "../../../../../tests/it/apps/faults.rs"]
mod faults;

use faults::{Fault, SOUND, changed, faults};

/// The practice that each question of the checklist is about.
static ASKED: LazyLock<Vec<(String, Practice)>> = LazyLock::new(|| {
    let all = Document::checklist();
    let plans = all.iter().map(|of| of.plans(&Request::default(), &stacks()).expect("it is sound").remove(0));
    let asked = |plan: Plan| {
        let asked = |of: &Question| (of.name.clone(), of.does.unwrap_or_else(|| panic!("{}", of.name)));
        plan.judged.questions.iter().map(asked).collect::<Vec<_>>()
    };
    plans.flat_map(asked).collect()
});

fn seen(text: &str) -> BTreeMap<String, Option<bool>> {
    let plan = plan(text);
    ASKED.iter().map(|(name, does)| (name.clone(), does.seen_in(&plan).does)).collect()
}

fn lacking(seen: &BTreeMap<String, Option<bool>>) -> Vec<&str> {
    seen.iter().filter(|(_, does)| **does == Some(false)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn each_fault_shows_in_its_question_and_in_no_other() {
    let sound = seen(SOUND);
    assert_eq!(lacking(&sound), Vec::<&str>::new());
    for Fault { name, lacks, changes } in &faults() {
        let seen = seen(&changed(changes));
        let found: BTreeSet<&str> = lacking(&seen).into_iter().collect();
        assert_eq!(found, *lacks, "{name:?}: {changes}");
        let others: BTreeSet<_> = seen.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        let same: BTreeSet<_> = sound.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        assert_eq!(others, same, "{changes}");
    }
}

#[test]
fn a_list_that_joins_is_mended_whatever_narrows_it() {
    let steps = "[entity.step]\nrows = 90\nscope = { region = \"device.region\" }\n[entity.step.schema]\n\
                 id = \"uuid key\"\nvisit = \"ref visit\"\nregion = \"fold visit.region via visit\"\n\
                 [fleet.phones]";
    for like in ["visit.customer", "visit.customer_name", "visit.state", "visit"] {
        let list = format!("of = \"step\"\nthrough = [\"visit\"]\nlike = \"{like}\"\nevery");
        let text = SOUND.replace("[fleet.phones]", steps).replace("of = \"visit\"\nevery", &list);
        let lacks = Practice::FlatLists.seen_in(&plan(&text));
        assert_eq!(lacks.does, Some(false), "{like}");
        let value = |mend: &Mend| format!("{}={}", mend.key, mend.value.as_deref().expect("it is set"));
        let sets: Vec<String> = lacks.mends.iter().map(value).collect();
        let mended = with_sets(&text, &sets.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(Practice::FlatLists.seen_in(&mended).does, Some(true), "{like}");
        assert!(mended.queries[0].query.like.is_some_and(|like| like.through.is_none()), "{like}");
    }
}

#[test]
fn what_no_unit_sends_by_itself_is_named() {
    let by_hand = r#"$OFTEN => on = ["manual"] | on = ["login"] => on = ["login", "resume"]"#;
    let seen = |changes: &str| Practice::StartsByItself.seen_in(&plan(&changed(changes)));
    assert_eq!(seen(by_hand).does, Some(true), "nobody edits a customer");
    let edited = r#"[query => [action.name]\nentity = "customer"\nkind = "update"\ncolumns = ["name"]\nper_device = 1\n[query"#;
    let seen = seen(&format!("{by_hand} | {edited}"));
    let because = "no unit that pushes `customer` starts when people save or when the network comes";
    assert_eq!((seen.does, seen.because.as_str()), (Some(false), because));
    let mends: Vec<String> = seen.mends.iter().map(ToString::to_string).collect();
    assert_eq!(mends.len(), 1, "{mends:?}");
    assert!(mends[0].starts_with("unit.Everything.on = ") && mends[0].contains("\"save\""), "{mends:?}");
}

#[test]
fn rows_below_rows_get_a_scope_each() {
    let note = r#"[entity.note]\nschema = { id = "uuid key", visit = "ref visit" }"#;
    let mark = r#"[entity.mark]\nschema = { id = "uuid key", note = "ref note" }"#;
    let text = changed(&format!("[fleet => {note}\\n{mark}\\n[fleet"));
    let seen = Practice::OwnRows.seen_in(&plan(&text));
    assert_eq!(seen.because, "all rows of `note` and `mark` come to every phone");
    let set = |mend: &Mend| format!("{}={}", mend.key, mend.value.as_deref().unwrap_or_default());
    let sets: Vec<String> = seen.mends.iter().map(set).collect();
    let again = "entity.mark.schema.note_visit_region=\"attribute region\"".to_owned();
    assert!(sets.contains(&again), "a folded column is not folded again: {sets:?}");
    let mended = with_sets(&text, &sets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(Practice::OwnRows.seen_in(&mended).does, Some(true));
}

#[test]
fn each_long_column_that_phones_write_is_a_photo() {
    let two = r#"$VISIT => | log = => front = "long-text 20kB..40kB"\nback = "long-text 20kB..40kB"\nlog ="#;
    let seen = |changes: &str| Practice::PhotosBeside.seen_in(&plan(&changed(changes)));
    let both = seen(two);
    assert_eq!(both.because, "`visit.back` and `visit.front` go in their rows");
    assert_eq!(both.mends.len(), 3, "{:?}", both.mends);
    // An attachment cannot replace a column that edits change.
    let updated = format!(r#"{two} | ["state"] => ["state", "front"]"#);
    let alone = format!(r#"{updated} | per_device = 4 => per_device = 4\non_devices = 0"#);
    let found = [&updated, &alone].map(|changes| seen(changes)).map(|seen| (seen.because, seen.mends.len()));
    let [first, second] =
        ["`visit.back` and `visit.front` go in their rows", "`visit.front` goes in its row"];
    assert_eq!(found, [(first.to_owned(), 0), (second.to_owned(), 0)]);
}

#[test]
fn a_timeout_that_is_too_short_is_mended_by_what_the_links_take() {
    let tried = |changes: &str| {
        let seen = Practice::FittingTimeout.seen_in(&plan(&changed(changes)));
        seen.mends.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let short = r#"request_timeout = "1m" => request_timeout = "5s""#;
    assert_eq!(tried(short), ["engine.request_timeout = \"60s\""]);
    let pages = r#"chunk_rows = 200 => chunk_rows = 20000, chunk_bytes = "64MiB" | [engine] => [backend]\npage_cap = 20000\n[engine]"#;
    let large = format!("{short} | rows = 900 => rows = 20000 | $SCOPE => | {pages}");
    let [mend] = tried(&large).try_into().unwrap();
    let seconds: u64 = mend.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    assert!(seconds > 60 && seconds.is_multiple_of(10), "{mend}");
    let enough = format!(r#"{large} | "5s" => "{seconds}s""#);
    assert_eq!(Practice::FittingTimeout.seen_in(&plan(&changed(&enough))).does, Some(true));
}
