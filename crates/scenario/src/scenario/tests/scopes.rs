//! Lints on rows that reach devices without the rows that they refer to, and on rows that no unit
//! sends.

use super::{Request, document, plan, stacks, with_sets};
use crate::base::Ppm;

/// The warnings with their help, except warnings about unused attributes.
fn told(text: &str) -> Vec<(String, String)> {
    let plan = plan(text);
    let asked =
        plan.source.warnings.iter().filter(|one| !one.title.starts_with("nothing uses the attribute"));
    asked.map(|one| (one.title.clone(), one.help.to_string())).collect()
}

fn fleet(attributes: &str) -> String {
    format!("\n[fleet.p]\ndevices = 8\nattributes = {{ {attributes} }}\n")
}

const ORDERS: &str = r#"name = "w"
[entity.order]
rows = 100
scope = { region = "device.region" }
schema = { id = "uuid key", region = "text", s = "text" }
"#;

fn lines(rows: u32, more: &str) -> String {
    format!("{ORDERS}[entity.line]\nrows = {rows}\n{more}{}", fleet("region = 2, team = 2"))
}

const LINE: &str = "schema = { id = \"uuid key\", order = \"ref order\", q = \"int 1..9\" }\n";

#[test]
fn a_child_without_its_parents_scope_is_told_with_the_lines_that_mend_it() {
    let share = |text: &str| {
        let told = told(text);
        assert_eq!(told.len(), 1, "{told:?}");
        let (_, share) = told[0].0.split_once(": ")?;
        share.split(' ').find_map(|word| word.parse::<u32>().ok())
    };
    assert!((40..=60).contains(&share(&lines(1_000, LINE)).unwrap()));
    assert_eq!(share(&lines(0, LINE)), None, "rows that come in the run have no share yet");
    // Scoped by another attribute, and by a window of days on the parent alone.
    let team = "scope = { team = \"device.team\" }\n\
                schema = { id = \"uuid key\", order = \"ref order\", team = \"text\" }\n";
    assert!(share(&lines(1_000, team)).unwrap() > 40);
    let days = lines(1_000, LINE).replace("region = \"device.region\"", "at = \"0d..7d\"");
    let days = days.replace("region = \"text\"", "at = \"timestamp -7d..7d\"");
    assert!(share(&days).unwrap() > 40);
}

#[test]
fn the_lines_that_mend_a_child_do_so_for_its_children_too() {
    let item =
        "[entity.item]\nrows = 1000\nschema = { id = \"uuid key\", line = \"ref line\", q = \"int 1..9\" }\n";
    let text = lines(1_000, LINE) + item;
    let help = &told(&text)[0].1;
    assert!(help.contains("region = \"fold order.region via order\""), "{help}");
    assert!(help.contains("scope = { region = \"device.region\" }"), "{help}");
    let scope = "scope = { region = \"device.region\" }\n";
    let mended = LINE.replace("q =", "region = \"fold order.region via order\", q =");
    let text = lines(1_000, &(mended + scope)) + item;
    let of_items = told(&text);
    assert_eq!(of_items.len(), 1, "the items of those lines are left: {of_items:?}");
    assert!(of_items[0].1.contains("region = \"attribute region\""), "{of_items:?}");
    let item = item.replace("q =", "region = \"attribute region\", q =") + scope;
    let start = text.find("[entity.item]").unwrap();
    assert_eq!(told(&format!("{}{item}", &text[..start])), []);
}

#[test]
fn who_holds_all_of_a_parent_is_told_nothing() {
    assert_eq!(told(&lines(1_000, LINE).replace("region = 2, team = 2", "region = 1")), []);
    let open = lines(1_000, LINE).replace("scope = { region = \"device.region\" }\n", "");
    assert_eq!(told(&open.replace(&fleet("region = 2, team = 2"), "\n[fleet.p]\ndevices = 8\n")), []);
    assert_eq!(told(&lines(1_000, &format!("delivery = \"on-open of order\"\n{LINE}"))), []);
}

#[test]
fn copies_that_stay_as_made_are_told_where_what_they_copy_moves() {
    let text = "schema = { id = \"uuid key\", order = \"ref order\", name = \"text\", \
                region = \"fold order.region via order\" }\n\
                scope = { region = \"device.region\" }\n";
    let text = lines(400, text);
    let moves = "[action.move]\nentity = \"order\"\nkind = \"update\"\ncolumns = [\"region\"]\n\
                 per_device = 3\non_devices = 0\n";
    let as_made = "[backend]\ncopies = \"as-made\"\n";
    let number = |text: String| told(&text).len();
    assert_eq!(number(format!("{text}{moves}{as_made}")), 1);
    assert_eq!(number(format!("{text}{moves}")), 0, "they follow");
    assert_eq!(number(format!("{text}{as_made}")), 0, "nothing moves");
    assert_eq!(number(format!("{text}{}{as_made}", moves.replace("= 3", "= 0"))), 0, "nobody moves it");
    let by_people = moves.replace("on_devices = 0\n", "");
    assert_eq!(number(format!("{text}{by_people}{as_made}")), 0, "they write their own region");
    // A column that is generated for an attribute follows its order when it is created. It does not
    // follow a later move.
    let attribute = text.replace("fold order.region via order", "attribute region");
    assert_eq!(number(format!("{attribute}{moves}")), 1);
    assert_eq!(number(attribute), 0);
}

#[test]
fn people_edit_by_default_only_what_a_unit_pushes() {
    let text = |push: &str| {
        format!(
            "name = \"x\"\n[entity.item]\nschema = {{ id = \"uuid key\", name = \"text\" }}\n\
             [entity.note]\nschema = {{ id = \"uuid key\", name = \"text\" }}\n\
             [fleet.pc]\ndevices = 2\n[unit.Sync]\non = [\"login\", \"every 5m\"]\npull = [\"*\"]\n{push}"
        )
    };
    let by_people = |push: &str| {
        let plan = plan(&text(push));
        let own = plan.workload.actions.iter().filter(|action| action.on_devices > Ppm(0));
        (own.map(|action| action.name.clone()).collect::<Vec<_>>(), plan.source.warnings.len())
    };
    assert_eq!(by_people(""), (vec![], 1));
    assert_eq!(by_people("push = [\"note\"]\n"), (vec!["edit-note".to_owned()], 1));
    assert_eq!(by_people("push = \"note\"\n"), (vec!["edit-note".to_owned()], 1));
    assert_eq!(by_people("push = [\"*\"]\n").0.len(), 2);
    assert_eq!(by_people("push = [\"*\"]\n").1, 0);
    let office = plan(&text("")).workload.actions.iter().map(|action| action.per_device_milli).sum::<u32>();
    assert_eq!(office, 10_000, "the office edits each entity as often as beside people");
    let none = text("") + "[action.none]\nentity = \"item\"\nkind = \"delete\"\nper_device = 0\n";
    assert_eq!(told(&none), [], "who says that nobody edits knows it");
}

#[test]
fn what_a_scenario_says_itself_wins_over_its_product() {
    let text = format!(
        "{}product = \"outsystems\"\n{}",
        "name = \"x\"\n",
        &lines(0, LINE)["name = \"w\"\n".len()..]
    );
    let key = |plan: &super::Plan, key: &str| {
        let resolved: toml::Table = plan.source.resolved.parse().unwrap();
        let mut value = Some(&toml::Value::Table(resolved)).cloned();
        for name in key.split('.') {
            value = value.and_then(|value| value.get(name).cloned());
        }
        value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let by = |sets: &[&str], name: &str| key(&with_sets(&text, sets), name);
    assert_eq!(by(&[], "backend.writes"), "blind");
    assert_eq!(by(&["engine.push.capture=outbox"], "engine.push.capture"), "outbox");
    let policy = ["engine.conflict.policy=last-write-wins"];
    assert_eq!(by(&policy, "backend.writes"), "checked", "what goes with a policy goes with that one");
    assert_eq!(by(&["backend.writes=checked"], "engine.conflict.policy"), "last-write-wins");
    assert_eq!(by(&["engine.pull.cursor=entity"], "gateway.serve.capture.last_modified.source"), "records");
    let log = ["engine.pull.cursor=entity", "gateway.serve.capture={ change_log = {} }"];
    assert_eq!(by(&log, "gateway.serve.capture.last_modified.source"), "", "one way to find changes");
    let wrong = document(&text.replace("outsystems", "outsystem"));
    assert!(wrong.plans(&Request::default(), &stacks()).unwrap_err().to_string().contains("`outsystems`?"));
}

#[test]
fn keys_that_do_not_fit_are_named_with_what_brings_each() {
    let product = |product: &str, changes: &str| {
        let head = format!("name = \"x\"\nproduct = \"{product}\"\n");
        head + &lines(0, LINE)["name = \"w\"\n".len()..] + changes
    };
    let said = |text: &str| document(text).plans(&Request::default(), &stacks()).unwrap_err().to_string();
    let two = said(&product("outsystems", "[variant.two.set]\nengine.sessions = 2\n"));
    for source in
        ["`sessions = 2` comes from variant `two`", "`queue = \"blocks\"` comes from product `outsystems`"]
    {
        assert!(two.contains(source), "{two}");
    }
    // The message does not list the value at its place as a further source.
    let own = said(&product("outsystems", "[engine]\nsessions = 2\n"));
    assert!(!own.contains("`sessions = 2` comes") && own.contains("product `outsystems`"), "{own}");
    let persistent = said(&product("outsystems", "[variant.kept.set]\ngateway.mode = \"persistent\"\n"));
    let sources = "`capture = \"dirty-flags\"` comes from product `outsystems`; `mode = \"persistent\"` comes from variant `kept`";
    assert!(
        persistent.contains(sources) && persistent.contains("gateway.mode = \"persistent\""),
        "{persistent}"
    );
}
