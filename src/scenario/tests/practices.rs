//! What plans show of what the checklist asks for: an app that does all of it, and the same with
//! one thing changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::super::{Document, Plan, Practice, Question, Request};
use super::{plan, stacks, with_sets};

const SOUND: &str = include_str!("../../../tests/it/apps/sound.toml");

/// What of the sound app changes stand for.
const WORDS: [(&str, &str); 7] = [
    ("$CUSTOMER", "project = [\"id\", \"name\", \"town\"]"),
    ("$VISIT", "project = [\"id\", \"region\", \"customer\", \"due\", \"state\", \"customer_name\"]"),
    ("$SCOPE", "scope = { region = \"device.region\" }"),
    ("$LOGIN", "[unit.Login]\non = [\"login\"]\npull = [\"*\"]"),
    ("$SEND", "[unit.SendVisits]\non = [\"save\"]\npush = [\"visit\"]"),
    ("$OFTEN", "on = [\"online\", \"resume\", \"every 10m\"]"),
    ("$PAGE", "resolver = { takes = \"columns\", delay = \"3m\" }"),
];

/// Apps with one fault each, three of a kind: the questions that ask for what it does not do, and
/// what of the sound app is replaced by what.
const CHANGES: &str = r#"
checklist-1 | $CUSTOMER => | $VISIT =>
checklist-1 | $CUSTOMER =>
checklist-1 | $VISIT =>
checklist-1-flat | of = "visit" => of = "visit"\nthrough = ["customer"]
checklist-1-flat | of = "visit" => of = "visit"\nthrough = ["customer"]\nlike = "customer.name"
checklist-1-flat | [query.today] => [query.all]\nof = "visit"\nthrough = ["customer"]\n[query.today]
checklist-2-rows | $SCOPE =>
checklist-2-rows | $SCOPE => scope = { due = "0d..7d" }
checklist-2-rows | [fleet => [entity.note]\nschema = { id = "uuid key", visit = "ref visit" }\n[fleet
checklist-2-rows | [fleet => [entity.route]\nschema = { id = "uuid key", of = "attribute region" }\n[fleet
checklist-2-timeout | request_timeout = "1m" => request_timeout = "5s"
checklist-2-timeout | request_timeout = "1m" => request_timeout = "2s"
checklist-2-timeout | request_timeout = "1m" => request_timeout = "8s"
checklist-3 | discard_pending = true => discard_pending = true\nblocking = true
checklist-3 | on = ["login"] => on = ["login"]\nblocking = true
checklist-3 | push = ["visit"] => push = ["visit"]\nblocking = true
checklist-4 | [engine] => [hooks]\non_sync_start.takes = "10s"\non_sync_complete.takes = "10s"\n[engine]
checklist-4 | [engine] => [hooks]\non_sync_start.calls = {}\n[engine]
checklist-4 | [engine] => [hooks]\non_sync_error.throws = 0.5\n[engine]
checklist-5 | [engine] => [engine]\nnetwork_poll = "5m"
checklist-5 | [engine] => [engine]\nnetwork_poll = "30s"
checklist-5 | [engine] => [engine]\nnetwork_poll = "1m"
checklist-6 checklist-9 checklist-10 | $LOGIN => | $SEND => | discard_pending = true =>
    | $OFTEN => on = ["login", "save", "online", "resume", "every 10m"]
checklist-6 checklist-9 checklist-10 | $LOGIN => | $SEND => | discard_pending = true =>
    | $OFTEN => on = ["login", "save", "online", "every 10m"] | pull = ["*"] => pull = ["visit", "customer"]
checklist-6 checklist-9 | $LOGIN => $LOGIN\npush = ["*"] | push = ["visit"] => pull = ["*"]\npush = ["*"]
checklist-8 field-2 | $PAGE => | "manual" => "last-write-wins"
checklist-8 | $PAGE => | "manual" => "field-merge"
checklist-8 field-2 | $PAGE => | "manual" => "none" | [engine] => [backend]\nwrites = "blind"\n[engine]
checklist-8 field-2 | [engine] => [backend]\nwrites = "blind"\n[engine]
checklist-8 field-2 | $PAGE => | "manual" => "server-wins"
checklist-9 | cursor = "entity" => cursor = "unit"
checklist-9 field-1 | cursor = "entity" => cursor = "last-sync-on"
checklist-9 | push = ["visit"] => push = ["*"] | cursor = "entity" => cursor = "unit"
checklist-10 | discard_pending = true =>
checklist-10 | discard_pending = true => | push = ["visit"] => push = ["visit"]\ndiscard_pending = true
checklist-10 | discard_pending = true => discard_pending = false
checklist-11 | on = ["save"] => on = ["login"] | $OFTEN => on = ["manual"]
checklist-11 | on = ["save"] => on = ["manual"] | $OFTEN => on = ["every 20m"]
checklist-11 | $OFTEN => on = ["manual"]
checklist-12 | [engine] => [engine]\nstatus = false
field-1 | [engine] => [gateway.serve.capture.last_modified]\nsource = "client-clock"\n[engine]
field-1 | [engine] => [gateway.serve.capture.last_modified]\nsource = "client-local"\n[engine]
field-1 | [engine] => [backend]\nstamped_by = "device"\n[engine]
field-5 | [engine] => [engine]\npush = { capture = "dirty-flags" }
field-5 | [engine] => [engine]\npush = { capture = "updated-after-last-sync" }
field-4 | [engine] => [engine]\npush = { sends = "row" }
field-3-resume | chunk_rows = 200 => chunk_rows = 1000000, chunk_bytes = "64MiB"
    | [engine] => [backend]\npage_cap = 1000000\n[engine]
field-3-resume | chunk_rows = 200 => chunk_rows = 50000 | [engine] => [backend]\npage_cap = 50000\n[engine]
field-3-resume | chunk_rows = 200 => chunk_rows = 200, checkpoint = "session"
field-6 | $SCOPE => $SCOPE\nunique = ["customer", "due"]
field-6 | $SCOPE => $SCOPE\nunique = ["customer", "due"]\ndoubles = true
checklist-4-photos | [entity.visit] => [entity.visit]\nattachment = { least = "50kB" }
checklist-4-photos | [entity.visit] => [entity.visit]\nattachment = { least = "50kB" }
    | [engine] => [engine]\nattachments = { queue = "before" }
checklist-4-photos | [query => [action.shoot]\nentity = "photo"\nkind = "create"\nper_device = 2\n[query
    | [fleet => [entity.photo]\nrows = 0\ndelivery = "upload-only"\nschema = { id = "uuid key", image = "long-text 20kB..40kB" }\n[fleet
"#;

/// The sound app with these changes.
fn changed(changes: &str) -> String {
    changes.split(" | ").fold(SOUND.to_owned(), |text, change| {
        let change =
            WORDS.iter().fold(change.replace("\\n", "\n"), |text, (word, of)| text.replace(word, of));
        let (from, to) = change.split_once(" =>").expect("a change has an arrow");
        assert!(text.contains(from), "{from}");
        text.replacen(from, to.trim_start(), 1)
    })
}

/// What each question of the checklist asks for.
static ASKED: LazyLock<Vec<(String, Practice)>> = LazyLock::new(|| {
    let all = Document::checklist();
    let plans = all.iter().map(|of| of.plans(&Request::default(), &stacks()).expect("it is sound").remove(0));
    let asked = |plan: Plan| {
        let asked = |of: &Question| (of.name.clone(), of.does.unwrap_or_else(|| panic!("{}", of.name)));
        plan.questions.iter().map(asked).collect::<Vec<_>>()
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
    for line in CHANGES.trim().replace("\n    ", " ").lines() {
        let (lacks, changes) = line.split_once(" | ").expect("a line begins with questions");
        let lacks: BTreeSet<&str> = lacks.split(' ').collect();
        let seen = seen(&changed(changes));
        let found: BTreeSet<&str> = lacking(&seen).into_iter().collect();
        assert_eq!(found, lacks, "{changes}");
        let others: BTreeSet<_> = seen.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        let same: BTreeSet<_> = sound.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        assert_eq!(others, same, "{changes}");
    }
}

#[test]
fn what_no_unit_sends_by_itself_is_named() {
    let by_hand = r#"$OFTEN => on = ["manual"] | on = ["login"] => on = ["login", "resume"]"#;
    let seen = |changes: &str| Practice::StartsByItself.seen_in(&plan(&changed(changes)));
    assert_eq!(seen(by_hand).does, Some(true), "nobody edits a customer");
    let edited = r#"[query => [action.name]\nentity = "customer"\nkind = "update"\ncolumns = ["name"]\nper_device = 1\n[query"#;
    let seen = seen(&format!("{by_hand} | {edited}"));
    let because = "no unit that pushes `customer` starts as people save or as the network comes";
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
    let sets: Vec<String> = seen.mends.iter().map(ToString::to_string).collect();
    let mended = with_sets(&text, &sets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(Practice::OwnRows.seen_in(&mended).does, Some(true));
    let again = "note_visit_region = \"attribute region\"";
    assert!(mended.resolved.contains(again), "a folded column is not folded again: {}", mended.resolved);
}

#[test]
fn each_long_column_that_phones_write_is_a_photo() {
    let two = r#"$VISIT => | log = => front = "long-text 20kB..40kB"\nback = "long-text 20kB..40kB"\nlog ="#;
    let seen = |changes: &str| Practice::PhotosBeside.seen_in(&plan(&changed(changes)));
    let both = seen(two);
    assert_eq!(both.because, "`visit.back` and `visit.front` go in their rows");
    assert_eq!(both.mends.len(), 3, "{:?}", both.mends);
    // No attachment takes the place of one that an edit replaces.
    let updated = format!(r#"{two} | ["state"] => ["state", "front"]"#);
    let alone = format!(r#"{updated} | per_device = 4 => per_device = 4\non_devices = 0"#);
    let found = [&updated, &alone].map(|changes| seen(changes)).map(|seen| (seen.because, seen.mends.len()));
    let [first, second] =
        ["`visit.back` and `visit.front` go in their rows", "`visit.front` goes in its row"];
    assert_eq!(found, [(first.to_owned(), 0), (second.to_owned(), 0)]);
}
