//! Files that once had a wrong figure, verdict or answer, and others of the same kinds.
//!
//! Other modules test the rest of these kinds. `lost`: edits by their fate, waits that never end,
//! requests and their errors, copies that stay as made. `never`: edits discarded next to edits that
//! were sent, restarts without a network. `practices`: apps with one fault each, with all and with
//! none, checked with the checklist. `tuned_apps`: limits of a search on a link with gaps. The
//! library tests warnings.

use syncdyno::analysis::{assemble, judge};
use syncdyno::metrics::NEVER;
use syncdyno::record::{Judged, Verdict};
use syncdyno::render::{Paint, story};
use syncdyno::scenario::{Document, Plan, Practice, Question, Request};
use syncdyno::world::{Ending, Outcome};

use crate::practices::{self, SOUND};
use crate::worlds::{self, document, figure, run, try_plans, value};
use crate::{lost, tuned_apps};

const SECOND: u64 = 1_000_000_000;
const SAFE: &str = "engine.write_acknowledged.duration";
const USABLE: &str = "engine.usable_after_login.duration";

/// The only cell of a file in `tests/it/cases`, with these settings.
fn cell(name: &str, sets: &[&str]) -> Plan {
    worlds::plan(&format!("tests/it/cases/{name}.toml"), sets)
}

fn ran(name: &str, sets: &[&str]) -> Outcome {
    run(&cell(name, sets))
}

/// The text at the end of a run of one cell, in one line, with its verdict.
fn said(plan: &Plan, outcome: &Outcome) -> (Verdict, String) {
    let judged: Judged = judge(plan, "cell", outcome);
    let record = assemble("reports/x", std::slice::from_ref(plan), vec![judged], &[]);
    let words = story(&record, Paint(false), 110, false);
    (record.verdict, words.split_whitespace().collect::<Vec<_>>().join(" "))
}

const MADE: &str = r#"event.work={at="+12m",edits={action="make",count=6,over="10m"}}"#;
const NAMED: &str = r#"event.names={at="+13m",edits={action="name",count=4,over="10m"}}"#;
const BOOKED: &str = r#"event.books={at="+12m",edits={action="book",count=7,over="10m"}}"#;
const DROPPED: &str = r#"event.drops={at="+15m",edits={action="drop",count=2,over="10m"}}"#;

/// The fate of edits: settings, how many edits are saved, the count for each end of [`ENDS`], and
/// how many people were not notified.
type Befalls = (&'static [&'static str], u64, &'static [(&'static str, u64)], u64);

const BEFALLS: &[Befalls] = &[
    (&[MADE], 18, &[], 0),
    (&[MADE, r#"event.x={at="+29m",reinstall={}}"#], 18, &[("reinstalled", 18)], 18),
    (&[MADE, r#"event.x={at="+28m",restore={devices=[1,2],of="20m"}}"#], 18, &[("restored", 12)], 12),
    (
        &[
            MADE,
            NAMED,
            r#"event.x={at="+28m",upgrade={on_mismatch="reset",adds={entity="tool",column="weight",type="real"}}}"#,
        ],
        30,
        &[("upgraded", 30)],
        30,
    ),
    (
        &[
            MADE,
            r#"event.wipe={at="+25m",reinstall={devices=[0]}}"#,
            r#"event.copy={at="+26m",clone={from=1,to=2}}"#,
            r#"event.fire={at="+50m",restore_backend={of="45m"}}"#,
        ],
        18,
        &[("reinstalled", 6), ("copied", 6), ("backend_restored", 6)],
        18,
    ),
    (
        &[
            BOOKED,
            DROPPED,
            r#"engine.on_logout="discard""#,
            r#"event.out={at="+28m",logout={devices=[1],for="5m"}}"#,
        ],
        27,
        &[("discarded", 9)],
        0,
    ),
    (&[MADE, NAMED, r#"backend.poison="100%""#], 30, &[("refused", 30)], 0),
];

#[test]
fn a_run_never_says_that_nothing_was_lost_where_edits_were() {
    for (sets, saved, ends, untold) in BEFALLS {
        let plan = cell("saved", sets);
        let outcome = run(&plan);
        let of = |end: &str| value(&outcome, &format!("oracle.saved_edits.{end}"));
        assert_eq!(
            (value(&outcome, "workload.edits.made"), lost::ends(&outcome)),
            (*saved, *saved),
            "{sets:?}"
        );
        let found: Vec<_> = ends.iter().map(|(end, _)| (*end, of(end))).collect();
        assert_eq!(found, *ends, "{sets:?}");
        let all = ends.iter().map(|(_, edits)| edits).sum::<u64>();
        assert_eq!([of("lost"), of("untold")], [all, *untold], "{sets:?}");
        let (verdict, words) = said(&plan, &outcome);
        let line = format!("{all} of {saved} saved edits were lost");
        assert_eq!(words.contains(&line), all > 0, "{sets:?}: {words}");
        assert_eq!(words.contains("nothing was lost"), all == 0, "{sets:?}: {words}");
        assert_eq!(verdict == Verdict::Fail, *untold > 0, "{sets:?}: {words}");
    }
}

const AWAY: &str = r#"event.away={at="+10m",outage={devices=[0,1],for="70m"}}"#;
const READ: &str = r#"event.reads={at="+15m",edits={action="read",count=8,over="20m"}}"#;
const OUT: &str = r#"event.out={at="+50m",logout={devices=[0,1],for="30m"}}"#;

#[test]
fn a_variant_that_sends_less_is_never_the_faster_one() {
    for (sets, worse, better, never) in [
        (&[AWAY, READ, OUT][..], r#"engine.on_logout="discard""#, r#"engine.on_logout="keep""#, 16),
        (&["action.fill.per_device=20"], r#"backend.poison="100%""#, r#"backend.poison="0%""#, 60),
        (
            &["action.fill.per_device=10", "action.read.per_device=10"],
            r#"unit.Forms.on=["login"]"#,
            r#"unit.Forms.on=["login","save"]"#,
            0,
        ),
        (&[AWAY, READ], r#"event.x={at="+40m",reinstall={devices=[1]}}"#, "engine.debounce=\"1m\"", 8),
    ] {
        let halves = [worse, better].map(|set| ran("pairs", &[sets, &[set]].concat()));
        let of = |stat: &str| halves.each_ref().map(|half| figure(half, SAFE, stat));
        let [count, lost] = [of("count"), of("never")];
        assert_eq!(lost, [never, 0], "{worse}");
        assert_eq!(count[0] + lost[0], count[1], "{worse}: the same edits");
        let [worse_95, better_95] = of("p95");
        assert!(worse_95 > better_95 && better_95 < NEVER, "{worse}: {worse_95} and {better_95} ns");
        assert_eq!(worse_95 == NEVER, never > 0, "{worse}");
    }
}

#[test]
fn a_restart_without_a_network_is_no_wait_of_a_person() {
    let gone = r#"event.away={at="+10m",outage={devices=[0,2],for="50m"}}"#;
    let longest = |sets: &[&str]| figure(&ran("offline", sets), USABLE, "max");
    let plain = longest(&[gone]);
    for what in [
        r#"kill={devices=[0,2]}"#,
        r#"power_loss={devices=[0,2]}"#,
        r#"clone={from=1,to=0}"#,
        r#"reinstall={devices=[0,2]}"#,
        r#"logout={devices=[2],for="20m"}"#,
    ] {
        for blocking in ["unit.Sites.blocking=true", "unit.Rest.blocking=true", "unit.Rest.blocking=false"] {
            let max = longest(&[gone, &format!("event.x={{at=\"+15m\",{what}}}"), blocking]);
            assert!(max < plain + 5 * SECOND, "{what} {blocking}: {max} ns beside {plain} ns");
        }
    }
    // The network fails during a first load.
    let cut = [
        r#"fleet.phones.start="empty""#,
        "workload.foreground=\"3h\"",
        r#"workload.login.all={at="+1m",spread="0s"}"#,
        r#"event.away={at="+63s",outage={devices=[0,1],for="30m"}}"#,
    ];
    let plain = longest(&cut);
    for what in ["kill={}", "power_loss={}"] {
        let max = longest(&[&cut[..], &[&format!("event.x={{at=\"+5m\",{what}}}")]].concat());
        assert!(max < plain + 5 * SECOND, "{what}: {max} ns beside {plain} ns");
    }
}

#[test]
fn new_rows_of_one_event_share_a_key_of_references() {
    let keys = [
        r#"["note"]"#,
        r#"["note","nurse"]"#,
        r#"["nurse"]"#,
        r#"["nurse","ward"]"#,
        r#"["pos","ward"]"#,
        r#"["ward","note","pos","nurse"]"#,
    ];
    // Devices, scopes, and how often each device makes the row.
    let fleets = [(2, 1, 3), (3, 1, 4), (4, 2, 3), (5, 1, 1)];
    let doubled = |key: &str, (devices, scopes, count): (u64, u64, u64), ids: &[&str]| {
        let sets = [
            format!("entity.shift.unique={key}"),
            format!("fleet.phones.devices={devices}"),
            format!("fleet.phones.attributes.site={scopes}"),
            format!("event.both.edits.count={count}"),
        ];
        let sets: Vec<&str> = sets.iter().map(String::as_str).chain(ids.iter().copied()).collect();
        let outcome = ran("links", &sets);
        assert_eq!(value(&outcome, "workload.edits.made"), devices * count);
        value(&outcome, "oracle.doubled.rows")
    };
    for key in keys {
        assert_eq!(doubled(key, fleets[0], &[]), 5, "{key}");
    }
    for fleet @ (devices, scopes, count) in fleets {
        let key = r#"["nurse","ward"]"#;
        assert_eq!(doubled(key, fleet, &[]), devices * count - scopes, "{fleet:?}");
        let once = [r#"entity.shift.ids="natural-key""#, "entity.shift.doubles=false"];
        assert_eq!(doubled(key, fleet, &once), 0, "{fleet:?}");
    }
}

/// A scope with further settings of its children, and whether phones get a row without the row that
/// it refers to.
const BELOW: &[(&[&str], bool)] = &[
    (&[], true),
    (&[LOT], true),
    (&[r#"entity.line.schema.region="fold order.region via order""#, OF_LINE, LOT], true),
    (&[r#"entity.line.schema.region="fold order.region via order""#, OF_LINE], false),
    (&[BY_TEAM, r#"entity.line.schema.region="fold order.region via order""#, OF_LINE], true),
    (
        &[
            BY_TEAM,
            r#"entity.line.schema.region="fold order.region via order""#,
            r#"entity.line.schema.team="fold order.team via order""#,
            r#"entity.line.scope={region="device.region",team="device.team"}"#,
        ],
        false,
    ),
    // One region holds everything; a line of an order without a scope needs nothing.
    (&["fleet.vans.attributes.region=1"], false),
    (&[BY_TEAM, "fleet.vans.attributes={region=1,team=2}"], true),
];
const LOT: &str = r#"entity.lot={rows=800,schema={id="uuid key",line="ref line",amount="int 1..9"}}"#;
const OF_LINE: &str = r#"entity.line.scope={region="device.region"}"#;
const BY_TEAM: &str = r#"entity.order={scope={region="device.region",team="device.team"},schema={id="uuid key",region="text",team="attribute team",text="text"}}"#;

#[test]
fn what_is_warned_of_a_scope_is_what_the_checklist_says() {
    for (sets, apart) in BELOW {
        let team = "fleet.vans.attributes={region=3,team=2}";
        let mut sets = sets.to_vec();
        if sets.contains(&BY_TEAM) && !sets.iter().any(|set| set.starts_with("fleet")) {
            sets.push(team);
        }
        let both = |sets: &[&str]| {
            let plan = cell("children", sets);
            let doubts = plan.source.warnings.iter().filter(|one| one.title.contains("that do not hold the"));
            (doubts.count() > 0, Practice::OwnRows.seen_in(&plan))
        };
        let (warned, seen) = both(&sets);
        assert_eq!((warned, seen.does), (*apart, Some(!apart)), "{sets:?}");
        let mends: Vec<String> = seen
            .mends
            .iter()
            .map(|mend| format!("{}={}", mend.key, mend.value.as_deref().unwrap_or_default()))
            .collect();
        let mended: Vec<&str> = sets.iter().copied().chain(mends.iter().map(String::as_str)).collect();
        let (warned, seen) = both(&mended);
        assert_eq!((warned, seen.does), (false, Some(true)), "{mended:?}");
    }
}

#[test]
fn nobody_edits_what_no_unit_sends_unless_the_file_says_so() {
    let news = r#"entity.news={rows=40,scope={shop="device.shop"},schema={id="uuid key",shop="text 3..6",cents="int 1..99"}}"#;
    let shops = "fleet.kiosks.attributes={shop=2}";
    let nobody = r#"action.none={entity="price",kind="update",columns=["name"],per_device=0}"#;
    for (sets, edited, doubts) in [
        (&[][..], false, 1),
        (&[news, shops, "fleet.kiosks.devices=5", "seed=7"], false, 1),
        (&[nobody], false, 0),
        (&[r#"unit.Notes={on=["login","save"],push=["note"]}"#], true, 1),
    ] {
        let plan = cell("readers", sets);
        let outcome = run(&plan);
        assert_eq!(outcome.ending, Ending::Drained, "{sets:?}");
        assert_eq!(value(&outcome, "workload.edits.made") > 0, edited, "{sets:?}");
        assert_eq!(plan.source.warnings.len(), doubts, "{sets:?}");
        assert_eq!(said(&plan, &outcome).0, Verdict::Pass, "{sets:?}");
    }
    // Edits that no unit sends keep waiting.
    let asked = r#"action.set={entity="price",kind="update",columns=["name"],per_device=2,on_devices=1.0}"#;
    let plans = try_plans(
        &document("tests/it/cases/readers.toml"),
        &Request { sets: vec![asked.to_owned()], ..Request::default() },
    );
    assert!(plans.is_err() || matches!(run(&plans.unwrap()[0]).ending, Ending::Stuck(_)));
}

#[test]
fn a_best_chunk_size_does_not_depend_on_how_many_seeds_there_are() {
    let desk = tempfile::TempDir::new().unwrap();
    let text = include_str!("cases/inspections.toml");
    let every: &[&str] =
        if worlds::every_place() { &["1..=2", "1..=4", "1..=8", "1..=24"] } else { &["1..=8"] };
    for (link, seeds) in [("lte-poor", every), ("3g-hspa", &["1..=2"]), ("wifi-good", &["3..=4"])] {
        let app = desk.path().join("app.toml");
        std::fs::write(&app, text.replace("lte-poor", link)).unwrap();
        for seeds in seeds {
            let place = tuned_apps::tuned(&desk, &app, seeds, &["--no-field", "--limit=chunk=5s"]);
            assert!(place["rules"].is_null(), "{link}, {seeds}: {}", place["rules"]);
            let knob = &place["knobs"][0];
            let best: u64 = tuned_apps::best(&place).parse().unwrap();
            let reach = knob["reach"].as_u64().unwrap();
            assert!(best * 10 >= reach * 9 && reach < 500, "{link}, {seeds}: {best} of {reach}");
        }
    }
}

/// Changes of the app of a practice with four clinics, and the questions that should then find
/// something lacking.
const CHANGES: &[(&[&str], &[&str])] = &[
    (&[], &[]),
    (
        &["-resolver", r#"engine.conflict.policy="none""#, r#"backend.writes="blind""#],
        &["checklist-8", "field-2"],
    ),
    (&["-resolver", r#"engine.conflict.policy="server-wins""#], &["checklist-8", "field-2"]),
    (&["-resolver", r#"engine.conflict.policy="field-merge""#], &["checklist-8"]),
    (&[r#"hooks.on_sync_start.takes="10s""#, r#"hooks.on_sync_complete.takes="10s""#], &["checklist-4"]),
    (&[r#"hooks.on_sync_error.calls={}"#], &["checklist-4"]),
    (&[r#"hooks.on_sync_complete.hangs="1%""#], &["checklist-4"]),
    (&[r#"unit.Send.on=["login"]"#, r#"unit.Online.on=["manual"]"#], &["checklist-11"]),
    (&[r#"unit.Send.on=["resume"]"#, r#"unit.Online.on=["every 1h"]"#], &["checklist-11"]),
    (&[r#"unit.Send.on=["manual"]"#, r#"unit.Online.on=["login"]"#], &["checklist-11"]),
    (&["-units", r#"unit.All={on=["login","save","online","every 15m"],pull=["*"],push=["*"]}"#], ONE_UNIT),
    (
        &["-units", r#"unit.All={on=["login","save","online"],pull=["doctor","appointment"],push=["*"]}"#],
        ONE_UNIT,
    ),
    (
        &["-units", r#"unit.All={on=["save","login","resume","every 5m"],pull=["*"],push=["appointment"]}"#],
        ONE_UNIT,
    ),
    (
        &[
            "-resolver",
            "-units",
            "-scope",
            "-shown",
            r#"entity.appointment.ids="client""#,
            r#"unit.All={on=["login","every 30m"],pull=["*"],push=["*"],blocking=true}"#,
            r#"gateway.serve.capture.last_modified.source="client-clock""#,
            r#"engine.pull={chunk_rows=1000000,chunk_bytes="64MiB",cursor="unit"}"#,
            r#"engine.push={capture="dirty-flags",sends="row"}"#,
            r#"engine.request_timeout="5s""#,
            r#"engine.network_poll="5m""#,
            r#"engine.conflict.policy="none""#,
            r#"backend={writes="blind",page_cap=1000000}"#,
            r#"hooks.on_sync_start.takes="20s""#,
        ],
        &[
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
        ],
    ),
];
const ONE_UNIT: &[&str] = &["checklist-10", "checklist-6", "checklist-9"];

#[test]
fn another_app_lacks_what_it_lacks_and_nothing_else() {
    let of = |of: &Document| worlds::plans(of, &Request::default()).remove(0).judged.questions.to_vec();
    let asked: Vec<Question> = Document::checklist().iter().flat_map(of).collect();
    assert!(asked.len() >= 25);
    let text = include_str!("cases/appointments.toml");
    for (changes, lacks) in CHANGES {
        let begins = |line: &str, all: &[&str]| all.iter().any(|head| line.starts_with(head));
        let without = |text: &str, heads: &[&str]| {
            text.lines()
                .filter(|line| !begins(line, heads))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let mut text = text.to_owned();
        for change in *changes {
            text = match *change {
                "-resolver" => without(&text, &["resolver = "]),
                "-scope" => without(&text, &["scope = "]),
                "-shown" => without(&text, &["project = "]),
                "-units" => {
                    let (before, units) = text.split_once("[unit.").unwrap();
                    format!("{before}[engine]{}", units.split_once("[engine]").unwrap().1)
                }
                _ => text,
            };
        }
        let sets = changes.iter().filter(|change| !change.starts_with('-'));
        let sets = sets.map(|set| (*set).to_owned()).collect();
        let app = Document::parse("appointments.toml", &text).unwrap_or_else(|why| panic!("{why}"));
        let plan = worlds::plans(&app, &Request { sets, ..Request::default() }).remove(0);
        let is_lacking =
            |one: &&Question| one.does.is_some_and(|does| does.seen_in(&plan).does == Some(false));
        let mut found: Vec<&str> = asked.iter().filter(is_lacking).map(|one| one.name.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, *lacks, "{changes:?}");
    }
}

/// The sound app with clocks, and with further settings of `[engine]` or of the cursor.
fn app(clock: &str, engine: &str, cursor: &str) -> String {
    let clock = if clock.is_empty() { String::new() } else { format!("clock = {{ {clock} }}\n") };
    SOUND
        .replace("[fleet.phones]\n", &format!("[fleet.phones]\n{clock}"))
        .replace("[engine]\n", &format!("{engine}\n[engine]\n"))
        .replace("cursor = \"entity\"", &format!("cursor = \"{cursor}\""))
}

const BY_PHONES: &str = "[gateway.serve.capture.last_modified]\nsource = \"client-clock\"\n";

#[test]
fn a_question_of_dates_costs_what_the_files_own_clocks_cost() {
    for (clock, engine, cursor) in [
        ("offset = \"90s\"", BY_PHONES, "entity"),
        ("offset = \"20s\", drift = \"2000ppm\"", BY_PHONES, "entity"),
        ("", "[engine.push]\nsync_date = \"end\"\n", "last-sync-on"),
        ("offset = \"90s\"", "", "last-sync-on"),
    ] {
        let (exit, told, record) =
            practices::asked(&app(clock, engine, cursor), &["scenarios/checklist/stamps.toml"]);
        assert_eq!(exit, 0, "{told}");
        let record = record.unwrap();
        assert_eq!(record.cells.len(), 2, "{clock} {cursor}: the file itself is the half without it");
        let one = practices::answer(&record, "field-1");
        let figure = |metric: &str| {
            let figure = one.figures.iter().find(|figure| figure.metric == metric);
            figure.and_then(|figure| figure.without.zip(figure.with)).unwrap_or_else(|| panic!("{metric}"))
        };
        let faults = practices::faults(&record);
        let is_reloaded = !clock.is_empty() && cursor == "last-sync-on";
        if is_reloaded {
            // The gateway accepts no date beyond all of its records: everything is sent again.
            let (without, with) = figure("oracle.repeated.rows");
            assert!(without > 2 * with && faults.is_empty(), "{without} and {with}, {faults:?}");
            assert!(!told.contains("nothing of this happened"), "{told}");
            continue;
        }
        assert!(practices::helps(&record, "field-1"), "{told}");
        assert!(!faults.is_empty(), "{clock} {cursor}");
        for (check, mends) in &faults {
            assert_eq!(*mends, ["field-1"], "{check}");
        }
        let (without, with) = figure("oracle.divergent.devices");
        assert!(without > 0 && with == 0, "{without} and {with} apart");
    }
}

#[test]
fn a_fault_of_the_file_itself_silences_no_other_question() {
    let hooks = format!("{BY_PHONES}[hooks.on_sync_start]\ntakes = \"4s\"\n");
    let files = ["own-actions", "automatic", "quick-hooks"].map(|f| format!("scenarios/checklist/{f}.toml"));
    let args: Vec<&str> = files.iter().map(String::as_str).collect();
    for (clock, engine) in [("offset = \"90s\"", &*hooks), ("offset = \"40s\"", BY_PHONES)] {
        let (exit, told, record) = practices::asked(&app(clock, engine, "entity"), &args);
        assert_eq!(exit, 0, "{told}");
        let record = record.unwrap();
        assert!(!practices::faults(&record).is_empty(), "the file has its fault in both halves");
        for question in ["checklist-4", "checklist-9", "checklist-11"] {
            assert!(practices::helps(&record, question), "{question}: {told}");
        }
    }
}
