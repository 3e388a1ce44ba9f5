//! Apps with one fault each, for the tests of the library and of the program.

use std::collections::BTreeSet;

/// An app that does everything that the checklist asks for.
pub(crate) const SOUND: &str = include_str!("sound.toml");

/// Placeholders in changes, and the text of the sound app that they stand for.
const WORDS: [(&str, &str); 7] = [
    ("$CUSTOMER", "project = [\"id\", \"name\", \"town\"]"),
    ("$VISIT", "project = [\"id\", \"region\", \"customer\", \"due\", \"state\", \"customer_name\"]"),
    ("$SCOPE", "scope = { region = \"device.region\" }"),
    ("$LOGIN", "[unit.Login]\non = [\"login\"]\npull = [\"*\"]"),
    ("$SEND", "[unit.SendVisits]\non = [\"save\"]\npush = [\"visit\"]"),
    ("$OFTEN", "on = [\"online\", \"resume\", \"every 10m\"]"),
    ("$PAGE", "resolver = { takes = \"columns\", delay = \"3m\" }"),
];

/// Apps with one fault each, about three of a kind: the questions that should find the fault, an
/// optional name after `@`, and the replacements in the sound app. If a file of the checklist has
/// that name, the app is checked only with this file.
const CHANGES: &str = r#"
checklist-1 @light-entities | $CUSTOMER => | $VISIT =>
checklist-1 | $CUSTOMER =>
checklist-1 | $VISIT =>
checklist-1-flat | of = "visit" => of = "visit"\nthrough = ["customer"]
checklist-1-flat | of = "visit" => of = "visit"\nthrough = ["customer"]\nlike = "customer.name"
checklist-1-flat | [query.today] => [query.all]\nof = "visit"\nthrough = ["customer"]\n[query.today]
checklist-2-rows @own-rows | $SCOPE =>
checklist-2-rows | $SCOPE => scope = { due = "0d..7d" }
checklist-2-rows | [fleet => [entity.note]\nschema = { id = "uuid key", visit = "ref visit" }\n[fleet
checklist-2-rows | [fleet => [entity.route]\nschema = { id = "uuid key", of = "attribute region" }\n[fleet
checklist-2-timeout | request_timeout = "1m" => request_timeout = "5s"
checklist-2-timeout @deadline | request_timeout = "1m" => request_timeout = "2s"
checklist-2-timeout | request_timeout = "1m" => request_timeout = "8s"
checklist-3 @triggered | discard_pending = true => discard_pending = true\nblocking = true
checklist-3 | on = ["login"] => on = ["login"]\nblocking = true
checklist-3 | push = ["visit"] => push = ["visit"]\nblocking = true
checklist-4 @slow-hooks | [engine] => [hooks]\non_sync_start.takes = "10s"\non_sync_complete.takes = "10s"\n[engine]
checklist-4 | [engine] => [hooks]\non_sync_start.calls = {}\n[engine]
checklist-4 | [engine] => [hooks]\non_sync_error.throws = 0.5\n[engine]
checklist-5 @network-events | [engine] => [engine]\nnetwork_poll = "5m"
checklist-5 | [engine] => [engine]\nnetwork_poll = "30s"
checklist-5 | [engine] => [engine]\nnetwork_poll = "1m"
checklist-6 checklist-9 checklist-10 @one-unit | $LOGIN => | $SEND => | discard_pending = true =>
    | $OFTEN => on = ["login", "save", "online", "resume", "every 10m"]
checklist-6 checklist-9 checklist-10 | $LOGIN => | $SEND => | discard_pending = true =>
    | $OFTEN => on = ["login", "save", "online", "every 10m"] | pull = ["*"] => pull = ["visit", "customer"]
checklist-6 checklist-9 | $LOGIN => $LOGIN\npush = ["*"] | push = ["visit"] => pull = ["*"]\npush = ["*"]
checklist-8 field-2 @conflict-page | $PAGE => | "manual" => "last-write-wins"
checklist-8 | $PAGE => | "manual" => "field-merge"
checklist-8 field-2 @blind | $PAGE => | "manual" => "none" | [engine] => [backend]\nwrites = "blind"\n[engine]
checklist-8 field-2 | $PAGE => | "manual" => "none" | [engine] => [backend]\nwrites = "newer-date"\n[engine]
checklist-8 field-2 | [engine] => [backend]\nwrites = "blind"\n[engine]
checklist-8 field-2 | $PAGE => | "manual" => "server-wins"
checklist-9 @own-actions | cursor = "entity" => cursor = "unit"
checklist-9 field-1 | cursor = "entity" => cursor = "last-sync-on"
checklist-9 | push = ["visit"] => push = ["*"] | cursor = "entity" => cursor = "unit"
checklist-10 | discard_pending = true =>
checklist-10 | discard_pending = true => | push = ["visit"] => push = ["visit"]\ndiscard_pending = true
checklist-10 | discard_pending = true => discard_pending = false
checklist-11 @login-alone | on = ["save"] => on = ["login"] | $OFTEN => on = ["manual"]
checklist-11 | on = ["save"] => on = ["manual"] | $OFTEN => on = ["every 20m"]
checklist-11 | $OFTEN => on = ["manual"]
checklist-12 | [engine] => [engine]\nstatus = false
field-1 @stamps | [engine] => [gateway.serve.capture.last_modified]\nsource = "client-clock"\n[engine]
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
checklist-8 field-6 | $PAGE => | "manual" => "field-merge"
    | $SCOPE => $SCOPE\nunique = ["customer", "due"]\nids = "server"
field-6 @two-foo | $SCOPE => $SCOPE\nunique = ["customer", "due"]\ndoubles = true
    | by = "devices" => by = "devices", double_create = "40%"
field-6 | $SCOPE => $SCOPE\nunique = ["customer", "due"]\ndoubles = true
checklist-4-photos | [entity.visit] => [entity.visit]\nattachment = { least = "50kB" }
checklist-4-photos @photos | [entity.visit] => [entity.visit]\nattachment = { least = "100kB" }
checklist-4-photos | [entity.visit] => [entity.visit]\nattachment = { least = "50kB" }
    | [engine] => [engine]\nattachments = { queue = "before" }
checklist-4-photos | [query => [action.shoot]\nentity = "photo"\nkind = "create"\nper_device = 2\n[query
    | [fleet => [entity.photo]\nrows = 0\ndelivery = "upload-only"\nschema = { id = "uuid key", image = "long-text 20kB..40kB" }\n[fleet
"#;

/// One change of the sound app.
pub(crate) struct Fault {
    pub(crate) name: Option<&'static str>,
    /// The questions that should find the fault.
    pub(crate) lacks: BTreeSet<&'static str>,
    pub(crate) changes: String,
}

pub(crate) fn faults() -> Vec<Fault> {
    let mut all: Vec<Fault> = Vec::new();
    for line in CHANGES.trim().lines() {
        if let (Some(more), Some(last)) = (line.strip_prefix("    "), all.last_mut()) {
            last.changes = format!("{} {more}", last.changes);
            continue;
        }
        let (head, changes) = line.split_once(" | ").expect("a line begins with questions");
        let (lacks, name) = head.split_once(" @").map_or((head, None), |(lacks, name)| (lacks, Some(name)));
        all.push(Fault { name, lacks: lacks.split(' ').collect(), changes: changes.to_owned() });
    }
    all
}

/// The sound app with these changes.
pub(crate) fn changed(changes: &str) -> String {
    changes.split(" | ").fold(SOUND.to_owned(), |text, change| {
        let change =
            WORDS.iter().fold(change.replace("\\n", "\n"), |text, (word, of)| text.replace(word, of));
        let (from, to) = change.split_once(" =>").expect("a change has an arrow");
        assert!(text.contains(from), "{from}");
        text.replacen(from, to.trim_start(), 1)
    })
}
