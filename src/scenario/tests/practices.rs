//! What plans show of what the checklist asks for: an app that does all of it, the same with one
//! thing changed, and one with nearly every fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::super::{Document, Plan, Practice, Question, Request};
use super::{plan, stacks};

const SOUND: &str = include_str!("../../../tests/it/apps/sound.toml");
const FAULTY: &str = include_str!("../../../tests/it/apps/faulty.toml");

const PROJECTS: [&str; 2] = [
    "project = [\"id\", \"name\", \"town\"]",
    "project = [\"id\", \"region\", \"customer\", \"due\", \"state\", \"customer_name\"]",
];
const SCOPE: &str = "scope = { region = \"device.region\" }";
const UNITS: [&str; 3] = [
    "[unit.Login]\non = [\"login\"]\npull = [\"*\"]\n",
    "[unit.SendVisits]\non = [\"save\"]\npush = [\"visit\"]\n",
    "[unit.Everything]\non = [\"online\", \"resume\", \"every 10m\"]\npull = [\"*\"]\npush = [\"*\"]\ndiscard_pending = true\n",
];
const TRIGGERS: [&str; 2] = ["on = [\"save\"]", "on = [\"online\", \"resume\", \"every 10m\"]"];
const POLICY: &str = "policy = \"manual\"";
const PAGE: &str = "resolver = { takes = \"columns\", delay = \"3m\" }\n";
const CURSOR: &str = "cursor = \"entity\"";
const TIMEOUT: &str = "request_timeout = \"1m\"";
const DISCARD: &str = "discard_pending = true\n";
const PAGES: &str = "chunk_rows = 200";
const ENGINE: &str = "[engine]\n";
const LIST: &str = "of = \"visit\"\nevery";
const CREATED: &str = "kind = \"create\"\nper_device = 4\n";

/// An app by one change of the sound one: texts that are replaced, and what it then does not do.
type Change = (&'static [(&'static str, &'static str)], &'static [&'static str]);

/// By the fault, three of a kind.
const CHANGES: &[Change] = &[
    (&[(PROJECTS[0], ""), (PROJECTS[1], "")], &["checklist-1"]),
    (&[(PROJECTS[0], "")], &["checklist-1"]),
    (&[(PROJECTS[1], "")], &["checklist-1"]),
    (&[(LIST, "of = \"visit\"\nthrough = [\"customer\"]\nevery")], &["checklist-1-flat"]),
    (
        &[(LIST, "of = \"visit\"\nthrough = [\"customer\"]\nlike = \"customer.name\"\nevery")],
        &["checklist-1-flat"],
    ),
    (
        &[("[query.today]", "[query.all]\nof = \"visit\"\nthrough = [\"customer\"]\n[query.today]")],
        &["checklist-1-flat"],
    ),
    (&[(SCOPE, "")], &["checklist-2-rows"]),
    (
        &[(
            "[fleet.phones]",
            "[entity.note]\nschema = { id = \"uuid key\", visit = \"ref visit\" }\n[fleet.phones]",
        )],
        &["checklist-2-rows"],
    ),
    (
        &[(
            "[fleet.phones]",
            "[entity.route]\nschema = { id = \"uuid key\", of = \"attribute region\" }\n[fleet.phones]",
        )],
        &["checklist-2-rows"],
    ),
    (&[(TIMEOUT, "request_timeout = \"5s\"")], &["checklist-2-timeout"]),
    (&[(TIMEOUT, "request_timeout = \"2s\"")], &["checklist-2-timeout"]),
    (&[(TIMEOUT, "request_timeout = \"8s\"")], &["checklist-2-timeout"]),
    (&[(DISCARD, "discard_pending = true\nblocking = true\n")], &["checklist-3"]),
    (&[("on = [\"login\"]", "on = [\"login\"]\nblocking = true")], &["checklist-3"]),
    (&[("push = [\"visit\"]", "push = [\"visit\"]\nblocking = true")], &["checklist-3"]),
    (
        &[(ENGINE, "[hooks]\non_sync_start.takes = \"10s\"\non_sync_complete.takes = \"10s\"\n[engine]\n")],
        &["checklist-4"],
    ),
    (&[(ENGINE, "[hooks]\non_sync_start.calls = {}\n[engine]\n")], &["checklist-4"]),
    (&[(ENGINE, "[hooks]\non_sync_error.throws = 0.5\n[engine]\n")], &["checklist-4"]),
    (&[(ENGINE, "[engine]\nnetwork_poll = \"5m\"\n")], &["checklist-5"]),
    (&[(ENGINE, "[engine]\nnetwork_poll = \"30s\"\n")], &["checklist-5"]),
    (&[(ENGINE, "[engine]\nnetwork_poll = \"1m\"\n")], &["checklist-5"]),
    (
        &[
            (UNITS[0], ""),
            (UNITS[1], ""),
            (
                UNITS[2],
                "[unit.All]\non = [\"login\", \"save\", \"online\", \"resume\", \"every 10m\"]\npull = [\"*\"]\npush = [\"*\"]\n",
            ),
        ],
        &["checklist-6", "checklist-9", "checklist-10"],
    ),
    (
        &[
            (UNITS[0], ""),
            (UNITS[1], ""),
            (
                UNITS[2],
                "[unit.All]\non = [\"login\", \"save\", \"online\", \"every 10m\"]\npull = [\"visit\", \"customer\"]\npush = [\"visit\", \"customer\"]\n",
            ),
        ],
        &["checklist-6", "checklist-9", "checklist-10"],
    ),
    (
        &[
            (UNITS[0], "[unit.Login]\non = [\"login\"]\npull = [\"*\"]\npush = [\"*\"]\n"),
            (UNITS[1], "[unit.SendVisits]\non = [\"save\"]\npull = [\"*\"]\npush = [\"*\"]\n"),
        ],
        &["checklist-6", "checklist-9"],
    ),
    (&[(PAGE, ""), (POLICY, "policy = \"last-write-wins\"")], &["checklist-8", "field-2"]),
    (&[(PAGE, ""), (POLICY, "policy = \"field-merge\"")], &["checklist-8"]),
    (
        &[(PAGE, ""), (POLICY, "policy = \"none\""), (ENGINE, "[backend]\nwrites = \"blind\"\n[engine]\n")],
        &["checklist-8", "field-2"],
    ),
    (&[(ENGINE, "[backend]\nwrites = \"blind\"\n[engine]\n")], &["checklist-8", "field-2"]),
    (&[(PAGE, ""), (POLICY, "policy = \"server-wins\"")], &["checklist-8", "field-2"]),
    (&[(CURSOR, "cursor = \"unit\"")], &["checklist-9"]),
    (&[(CURSOR, "cursor = \"last-sync-on\"")], &["checklist-9", "field-1"]),
    (
        &[(UNITS[1], "[unit.SendVisits]\non = [\"save\"]\npush = [\"*\"]\n"), (CURSOR, "cursor = \"unit\"")],
        &["checklist-9"],
    ),
    (&[(DISCARD, "")], &["checklist-10"]),
    (
        &[(DISCARD, ""), ("push = [\"visit\"]", "push = [\"visit\"]\ndiscard_pending = true")],
        &["checklist-10"],
    ),
    (&[(DISCARD, "discard_pending = false\n")], &["checklist-10"]),
    (&[(TRIGGERS[0], "on = [\"login\"]"), (TRIGGERS[1], "on = [\"manual\"]")], &["checklist-11"]),
    (&[(TRIGGERS[0], "on = [\"manual\"]"), (TRIGGERS[1], "on = [\"every 20m\"]")], &["checklist-11"]),
    (&[(TRIGGERS[1], "on = [\"manual\"]")], &["checklist-11"]),
    (&[(ENGINE, "[engine]\nstatus = false\n")], &["checklist-12"]),
    (
        &[(ENGINE, "[gateway.serve.capture.last_modified]\nsource = \"client-clock\"\n[engine]\n")],
        &["field-1"],
    ),
    (
        &[(ENGINE, "[gateway.serve.capture.last_modified]\nsource = \"client-local\"\n[engine]\n")],
        &["field-1"],
    ),
    (&[(ENGINE, "[backend]\nstamped_by = \"device\"\n[engine]\n")], &["field-1"]),
    (&[(ENGINE, "[engine]\npush = { capture = \"dirty-flags\" }\n")], &["field-5"]),
    (&[(ENGINE, "[engine]\npush = { capture = \"updated-after-last-sync\" }\n")], &["field-5"]),
    (&[(ENGINE, "[engine]\npush = { sends = \"row\" }\n")], &["field-4"]),
    (
        &[
            (PAGES, "chunk_rows = 1000000, chunk_bytes = \"64MiB\""),
            (ENGINE, "[backend]\npage_cap = 1000000\n[engine]\n"),
        ],
        &["field-3-resume"],
    ),
    (
        &[(PAGES, "chunk_rows = 50000"), (ENGINE, "[backend]\npage_cap = 50000\n[engine]\n")],
        &["field-3-resume"],
    ),
    (&[(PAGES, "chunk_rows = 200, checkpoint = \"session\"")], &["field-3-resume"]),
    (&[(SCOPE, "scope = { region = \"device.region\" }\nunique = [\"customer\", \"due\"]")], &["field-6"]),
    (
        &[(
            SCOPE,
            "scope = { region = \"device.region\" }\nunique = [\"customer\", \"due\"]\ndoubles = true",
        )],
        &["field-6"],
    ),
    (&[("[entity.visit]\n", "[entity.visit]\nattachment = { least = \"50kB\" }\n")], &["checklist-4-photos"]),
    (
        &[
            ("[entity.visit]\n", "[entity.visit]\nattachment = { least = \"50kB\" }\n"),
            (ENGINE, "[engine]\nattachments = { queue = \"before\" }\n"),
        ],
        &["checklist-4-photos"],
    ),
    (
        &[
            (
                "[fleet.phones]",
                "[entity.photo]\nrows = 0\ndelivery = \"upload-only\"\nschema = { id = \"uuid key\", image = \"long-text 20kB..40kB\" }\n[fleet.phones]",
            ),
            (
                CREATED,
                "kind = \"create\"\nper_device = 4\n[action.shoot]\nentity = \"photo\"\nkind = \"create\"\nper_device = 2\n",
            ),
        ],
        &["checklist-4-photos"],
    ),
];

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
fn a_sound_app_does_what_is_asked_for() {
    let seen = seen(SOUND);
    assert_eq!(lacking(&seen), Vec::<&str>::new());
    let hidden: Vec<_> =
        seen.iter().filter(|(_, does)| does.is_none()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(hidden, ["checklist-4-photos", "checklist-7", "field-6", "field-7"]);
}

#[test]
fn each_fault_shows_in_its_question_and_in_no_other() {
    let sound = seen(SOUND);
    for (changes, lacks) in CHANGES {
        let text = changes.iter().fold(SOUND.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let seen = seen(&text);
        let found: BTreeSet<&str> = lacking(&seen).into_iter().collect();
        assert_eq!(found, lacks.iter().copied().collect(), "{changes:?}");
        let others: BTreeSet<_> = seen.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        let same: BTreeSet<_> = sound.iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect();
        assert_eq!(others, same, "{changes:?}");
    }
}

#[test]
fn an_app_with_every_fault_lacks_nearly_all() {
    let all = [
        "checklist-1",
        "checklist-10",
        "checklist-11",
        "checklist-2-rows",
        "checklist-2-timeout",
        "checklist-3",
        "checklist-4",
        "checklist-5",
        "checklist-6",
        "checklist-8",
        "checklist-9",
        "field-1",
        "field-2",
        "field-3-resume",
        "field-4",
        "field-5",
        "field-6",
        "field-8",
    ];
    assert_eq!(lacking(&seen(FAULTY)), all);
}
