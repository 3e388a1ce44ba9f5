//! What two variants answer, and the same asked of another scenario.

use super::super::Request;
use super::shows::VARIANTS;
use super::{MINIMAL, document, plan, stacks};

const FIGURE: &str = "figure.n = { metric = \"engine.requests.count\", less = 2.5 }";

fn with(says: &str, more: &str) -> String {
    format!(
        "{MINIMAL}{VARIANTS}[question.checklist-9]\nasks = \"Large?\"\nwithout = \"small\"\n\
         with = \"large\"\nsays = \"{says}\"\n{more}\n"
    )
}

/// Two entities, of which one names its columns.
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
    let rows =
        |set: &str| plan(&format!("{TWO}[variant.one]\nset = {{ \"{set}\" = 7 }}\n")).resolved.to_string();
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
    assert_eq!(unset.digest, plan(&never).digest);
    assert_ne!(unset.digest, plan(TWO).digest);
    assert_eq!(set(TWO, "unset = [\"hooks\", \"engine.pull.prefetch\"]").digest, plan(TWO).digest);
}

#[test]
fn another_scenario_is_asked_by_what_the_variants_set() {
    let of = document(&with("{n}", FIGURE));
    let own = document(&format!("{TWO}[variant.mine]\nset = {{ \"entity.tag.rows\" = 3 }}\n"));
    let asked = own.asked("checklist-9", &of);
    let plans = asked.plans(&Request::default(), &stacks()).unwrap();
    let variants: Vec<_> = plans.iter().filter_map(|plan| plan.variant.as_deref()).collect();
    assert_eq!(variants, ["checklist-9-large", "checklist-9-small"]);
    let rows: Vec<u32> = plans.iter().map(|plan| plan.engine.pull.chunk_rows).collect();
    assert_eq!(rows, [2_000, 20]);
    assert!(plans.iter().all(|plan| plan.scenario == "two" && plan.questions[0].with == "checklist-9-large"));
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
