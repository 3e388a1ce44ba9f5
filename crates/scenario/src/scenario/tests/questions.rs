//! Questions answered by two variants, and the same questions applied to another scenario.

use super::super::{Document, Mend, Practice, Request, Seen};
use super::{MINIMAL, document, plan, plans, stacks};
use crate::setup::ClockModel;

pub(super) const VARIANTS: &str = "
[variant.small]
set = { \"engine.pull.chunk_rows\" = 20 }
[variant.large]
set = { \"engine.pull.chunk_rows\" = 2000 }
";

const FIGURE: &str = "figure.n = { metric = \"engine.requests.count\", less = 2.5 }";

fn with(says: &str, more: &str) -> String {
    format!(
        "{MINIMAL}{VARIANTS}[question.checklist-9]\nasks = \"Large?\"\nwithout = \"small\"\n\
         with = \"large\"\nsays = \"{says}\"\n{more}\n"
    )
}

/// Two entities, one of which names its columns.
const TWO: &str = "
name = \"two\"
[entity.note]
project = [\"id\", \"title\"]
schema = { id = \"uuid key\", title = \"text\", body = \"text\" }
[entity.tag]
schema = { id = \"uuid key\", name = \"text\" }
unique = [\"name\"]
[fleet.phones]
devices = 4
";

fn set(text: &str, variant: &str) -> super::super::Plan {
    plan(&format!("{text}[variant.one]\n{variant}\n"))
}

#[test]
fn a_star_stands_for_every_name_there() {
    let rows = |set: &str| {
        plan(&format!("{TWO}[variant.one]\nset = {{ \"{set}\" = 7 }}\n")).source.resolved.to_string()
    };
    assert_eq!(rows("entity.*.rows").matches("rows = 7\n").count(), 2);
    assert_eq!(rows("entity.*:unique.rows").matches("rows = 7\n").count(), 1);
    let all = set(TWO, "set = { \"unit.*.pull\" = [\"*\"] }");
    let every = all.units.iter().all(|unit| unit.pull.len() == 2);
    assert!(every && all.units.len() == 4, "of units that nobody wrote, too: {:?}", all.units);
}

#[test]
fn what_is_unset_is_as_if_it_were_not_written() {
    let never = TWO.replace("project = [\"id\", \"title\"]\n", "");
    let unset = set(TWO, "unset = [\"entity.*.project\"]");
    assert_eq!(unset.source.digest, plan(&never).source.digest);
    assert_ne!(unset.source.digest, plan(TWO).source.digest);
    assert_eq!(
        set(TWO, "unset = [\"hooks\", \"engine.pull.prefetch\"]").source.digest,
        plan(TWO).source.digest
    );
}

#[test]
fn another_scenario_is_asked_by_what_the_variants_set() {
    let of = document(&with("{n}", FIGURE));
    let own = document(&format!("{TWO}[variant.mine]\nset = {{ \"entity.tag.rows\" = 3 }}\n"));
    let asked = own.asked("checklist-9", &of, &Seen::default());
    let plans = asked.plans(&Request::default(), &stacks()).unwrap();
    let variants: Vec<_> = plans.iter().filter_map(|plan| plan.source.variant.as_deref()).collect();
    assert_eq!(variants, ["checklist-9-large", "checklist-9-small"]);
    let rows: Vec<u32> = plans.iter().map(|plan| plan.engine.pull.chunk_rows).collect();
    assert_eq!(rows, [2_000, 20]);
    assert!(plans.iter().all(|plan| plan.source.scenario == "two" && plan.judged.questions[0].with == "checklist-9-large"));
}

/// A question whose variants differ in page size but share the same clocks.
fn with_clocks() -> Document {
    let clock = ", \"fleet.*.clock\" = { offset = \"1m\" } }";
    let text = with("{n}", FIGURE);
    document(&["20", "2000"].iter().fold(text, |text, rows| {
        text.replace(&format!("chunk_rows\" = {rows} }}"), &format!("chunk_rows\" = {rows}{clock}"))
    }))
}

#[test]
fn the_half_that_a_scenario_is_like_is_the_scenario() {
    let own = document(TWO);
    let rows = |does, mends: &[Mend]| {
        let seen = Seen { does, mends: mends.to_vec(), ..Seen::default() };
        let asked = own.asked("checklist-9", &with_clocks(), &seen);
        let plans = asked.plans(&Request::default(), &stacks()).unwrap();
        let clocks = plans.iter().map(|plan| plan.fleets[0].clock).collect::<Vec<_>>();
        assert!(clocks.iter().all(|clock| *clock == clocks[0] && *clock != ClockModel::Good), "{clocks:?}");
        plans.iter().map(|plan| (plan.engine.pull.chunk_rows, plan.data[1].rows)).collect::<Vec<_>>()
    };
    // In name order, the large half comes first. It is the `with` half.
    let mend = Mend { key: "entity.tag.rows".to_owned(), value: Some("7".to_owned()) };
    let mends = std::slice::from_ref(&mend);
    assert_eq!(rows(Some(true), mends), [(500, 1_000), (20, 1_000)]);
    assert_eq!(rows(Some(false), mends), [(2_000, 7), (500, 1_000)]);
    assert_eq!(rows(None, mends), [(2_000, 1_000), (20, 1_000)]);
}

#[test]
fn a_clock_that_is_fast_already_stays_as_it_is() {
    let dates = Practice::ServerDates;
    let clocks = |clock: &str, more: &str| {
        let text = format!(
            "{TWO}clock = {clock}\n[fleet.others]\ndevices = 2\n[fleet.\"old ones\"]\ndevices = 2\n\
             clock = {{ offset = \"90s\" }}\n{more}"
        );
        let asked = document(&text).asked("checklist-9", &with_clocks(), &dates.seen_in(&plan(&text)));
        let plans = asked.plans(&Request::default(), &stacks()).unwrap();
        let offset = |model: ClockModel| match model {
            ClockModel::Told { offset, .. } => offset / 1_000_000,
            _ => 0,
        };
        let offsets = |plan: &super::super::Plan| -> Vec<i64> {
            plan.fleets.iter().map(|fleet| offset(fleet.clock)).collect()
        };
        assert_eq!(offsets(&plans[0]), offsets(&plans[1]));
        offsets(&plans[0])
    };
    let all = |first| [90, 60, first];
    assert_eq!(clocks("\"good\"", ""), all(60));
    assert_eq!(clocks("{ offset = \"5s\" }", ""), all(5));
    assert_eq!(clocks("{ drift = \"200ppm\" }", ""), all(0), "it is 17 s ahead in a day");
    assert_eq!(clocks("{ offset = \"-5s\" }", ""), all(60), "a slow clock passes over nothing");
    let by_date = "[engine.pull]\ncursor = \"last-sync-on\"\n";
    assert_eq!(clocks("\"good\"", by_date), [90, 0, 0], "a date ahead of all records is refused");
    let whose = format!("{by_date}[gateway.serve.capture.last_modified]\nsource = \"client-clock\"\n");
    assert_eq!(clocks("\"good\"", &whose), all(60));
}

#[test]
fn a_key_set_by_hand_is_no_longer_asked_about() {
    let of = with_clocks();
    let held =
        |set: &str, mends: &[Mend]| of.held_by("checklist-9", mends, &[set.to_owned()]).map(str::to_owned);
    let pages = "engine.pull.chunk_rows";
    assert_eq!(held("engine.pull.chunk_rows=7", &[]).as_deref(), Some(pages));
    assert_eq!(held("engine.pull={ chunk_rows = 7 }", &[]).as_deref(), Some("engine.pull"));
    assert_eq!(held("fleet.phones.clock={ offset = \"2m\" }", &[]), None, "both have a clock");
    assert_eq!(held("entity.tag.rows=7", &[]), None);
    let mend = Mend { key: "entity.tag.rows".to_owned(), value: Some("8".to_owned()) };
    assert_eq!(held("entity.tag.rows=7", &[mend]).as_deref(), Some("entity.tag.rows"));
}

#[test]
fn a_scenario_lacks_what_a_question_needs() {
    let needing = |need: &str| {
        let needs = format!("needs = {{ \"{need}\" = \"there is none\" }}");
        document(&with("{n}", &format!("{FIGURE}\n{needs}")))
    };
    let (two, least) = (document(TWO), document(MINIMAL));
    for (need, of, lacks) in [
        ("entity.*.project", &two, false),
        ("entity.*.project", &least, true),
        ("entity.*.unique", &least, true),
        ("unit.*.blocking=true", &two, false),
        ("unit.*.discard_pending=true", &two, false),
        ("event.*.trigger", &two, true),
    ] {
        let said = of.lacks("checklist-9", &needing(need), &[]);
        assert_eq!(said.as_deref(), lacks.then_some("there is none"), "{need}");
    }
}

fn claiming(claim: &str) -> String {
    format!("{MINIMAL}{VARIANTS}[shows.R51]\nfails = \"small\"\nmends = \"large\"\n{claim}\n")
}

#[test]
fn every_variant_knows_the_claims_and_none_means_another_thing_by_them() {
    let without = plans(&format!("{MINIMAL}{VARIANTS}"), &Request::default());
    let with = plans(&claiming("metric = \"oracle.lost.rows\""), &Request::default());
    assert!(with.iter().all(|plan| plan.judged.claims.len() == 1));
    let digests =
        |plans: &[super::Plan]| plans.iter().map(|plan| plan.source.digest.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&with), digests(&without));
    assert!(!with[0].source.resolved.contains("shows"), "the text of a cell has no other variant");
}

#[test]
fn what_is_shown_counts_as_covered_once() {
    let text =
        claiming("metric = \"oracle.lost.rows\"").replace("[entity", "covers = [\"R9\", \"R51\"]\n[entity");
    assert_eq!(document(&text).covers(), ["R51", "R9"]);
}

fn said(text: &str) -> String {
    let wrong = document(text).plans(&Request::default(), &stacks()).err();
    wrong.map_or_else(String::new, |wrong| wrong.to_string())
}

#[test]
fn a_claim_names_the_keys_in_which_its_variants_differ_and_no_others() {
    let with = |keys: &str| said(&claiming(&format!("metric = \"oracle.lost.rows\"\nkeys = {keys}")));
    assert_eq!(with("[\"engine.pull.chunk_rows\"]"), "");
    assert_eq!(with("\"engine.pull\""), "", "a table stands for what is in it");
    let too = with("[\"engine.pull.chunk_rows\", \"engine.push.squash\"]");
    assert!(too.contains("`small` and `large` do not differ in `engine.push.squash`"), "{too}");
    let other = with("[\"engine.push\"]");
    assert!(other.contains("`small` and `large` differ in `engine.pull.chunk_rows` too"), "{other}");
    let none = with("[\"engine.chunks\"]");
    assert!(none.contains("no scenario has a key `engine.chunks`"), "{none}");
}

#[test]
fn a_variant_that_must_be_refused_has_no_cells_and_fails_if_it_is_not() {
    let variant = |set: &str, refused: &str| {
        format!("{MINIMAL}{VARIANTS}[variant.odd]\nset = {{ {set} }}\nrefused = \"{refused}\"\n")
    };
    let ahead = "\"backend.provisioning\" = \"none\"";
    let refused = variant(ahead, "this backend keeps none");
    assert_eq!(said(&refused), "");
    let all = plans(&refused, &Request::default());
    assert!(all.iter().all(|plan| plan.source.variant.as_deref() != Some("odd")));
    let alone = Request { variants: vec!["odd".to_owned()], ..Request::default() };
    let wrong = document(&refused).plans(&alone, &stacks()).unwrap_err().to_string();
    assert!(wrong.contains("there is nothing to run"), "{wrong}");
    assert!(said(&variant(ahead, "something else")).contains("this backend keeps none"));
    let sound = said(&variant("\"engine.pull.chunk_rows\" = 7", "anything"));
    assert!(sound.contains("this variant must be refused with"), "{sound}");
}
