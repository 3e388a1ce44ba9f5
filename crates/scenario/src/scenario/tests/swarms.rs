//! The draws of a swarm for each seed, and messages about wrong swarms.

use std::collections::BTreeSet;

use super::super::{Plan, Request};
use super::{MINIMAL, complaint, plans};
use crate::base::{Ppm, Span};

const TROUBLE: &str = r#"
[workload]
contention = { share = "30%" }
[action.tick]
entity = "note"
kind = "update"
columns = ["title"]
per_device = 3
[action.add]
entity = "note"
kind = "create"
per_device = 2
[event.first]
at = "+5m"
edits = { action = "tick" }
[event.second]
at = "+6m"
edits = { action = "tick", row_of = "first" }
[event.import]
at = "+7m"
bulk_import = { entity = "note", rows = 30 }
[chaos]
kill_mtbf = "5m"
response_loss = "5%"
"#;

fn swarm(keys: &str) -> Vec<Plan> {
    let seeds = (1..=200).collect();
    plans(&format!("{MINIMAL}{TROUBLE}[swarm]\n{keys}"), &Request { seeds, ..Request::default() })
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.events.iter().map(|event| event.name.as_str()).collect()
}

#[test]
fn each_seed_of_a_swarm_has_a_part_of_the_trouble() {
    let all = swarm("");
    let has = |what: fn(&Plan) -> bool| all.iter().filter(|plan| what(plan)).count();
    let kills = |plan: &Plan| plan.chaos.as_ref().unwrap().kill_mtbf > Span::ZERO;
    let losses = |plan: &Plan| plan.chaos.as_ref().unwrap().response_loss > Ppm(0);
    let contends = |plan: &Plan| plan.workload.contention.share > Ppm(0);
    let ticks =
        |plan: &Plan| plan.workload.actions.iter().any(|a| a.name == "tick" && a.per_device_milli > 0);
    for part in [has(kills), has(losses), has(contends), has(ticks)] {
        assert!((120..180).contains(&part), "three in four of 200: {part}");
    }
    assert!(all.iter().any(|plan| kills(plan) && !losses(plan)), "each by itself");
    for plan in &all {
        let names = names(plan);
        assert!(!names.contains(&"second") || names.contains(&"first"), "its row goes with the first");
        let drawn = plan.source.drawn.as_ref().unwrap();
        assert_eq!(drawn.on.contains(&"event.second".to_owned()), names.contains(&"second"));
        assert_eq!(drawn.on.len() + drawn.off.len(), 8);
    }
    let digests: BTreeSet<&str> = all.iter().map(|plan| plan.source.digest.as_str()).collect();
    assert_eq!(digests.len(), 1, "one scenario, whatever a seed has of it");
}

#[test]
fn a_seed_has_the_same_part_each_time() {
    let (once, again) = (swarm(""), swarm(""));
    for (once, again) in once.iter().zip(&again) {
        assert_eq!((&once.source.drawn, names(once)), (&again.source.drawn, names(again)));
    }
    let chunks: BTreeSet<u32> = once.iter().map(|plan| plan.engine.pull.chunk_rows).collect();
    assert!([1, 2, 29, 30, 31, 15, 10].iter().all(|size| chunks.contains(size)), "{chunks:?}");
}

#[test]
fn what_is_always_there_and_sizes_as_written_can_be_asked_for() {
    let all = swarm("on = 0.01\nalways = [\"event.import\"]\nsizes = false");
    assert!(all.iter().all(|plan| names(plan).contains(&"import")));
    assert!(all.iter().all(|plan| plan.engine.pull.chunk_rows == all[0].engine.pull.chunk_rows));
    assert!(all.iter().filter(|plan| names(plan).contains(&"first")).count() < 20);
    assert!(plans(MINIMAL, &Request::default())[0].source.drawn.is_none());
}

const ONE_OF: &str = r#"
one_of.hears = [{}, { "engine.pull.live" = "sse" }, { "engine.pull.live" = "push-message" }]
one_of.links = [{ "fleet.phones.link" = "3g-poor" }, { "fleet.phones.link" = "wifi-good" }]
[push_messages]
lost = "20%"
"#;

#[test]
fn each_seed_takes_one_table_of_each_list() {
    let all = swarm(ONE_OF);
    let medium = |plan: &Plan| plan.engine.pull.live.medium;
    let link = |plan: &Plan| plan.source.drawn.as_ref().unwrap().taken.last().unwrap().1.clone();
    let media: BTreeSet<_> = all.iter().map(|plan| format!("{:?}", medium(plan))).collect();
    let links: BTreeSet<_> = all.iter().map(link).collect();
    assert_eq!((media.len(), links.len()), (3, 2));
    let pairs: BTreeSet<_> = all.iter().map(|plan| (format!("{:?}", medium(plan)), link(plan))).collect();
    assert_eq!(pairs.len(), 6, "each with each");
    let digests: BTreeSet<&str> = all.iter().map(|plan| plan.source.digest.as_str()).collect();
    assert_eq!(digests.len(), 1, "one scenario, whatever a seed takes");
}

#[test]
fn the_resolved_text_of_a_swarm_gives_each_seed_the_same() {
    for plan in swarm(ONE_OF) {
        let request = Request { seeds: vec![plan.seed.0], ..Request::default() };
        let again = plans(&plan.source.resolved, &request).remove(0);
        assert_eq!(again.source.digest, plan.source.digest);
        assert_eq!(again.source.drawn, plan.source.drawn);
        assert_eq!(format!("{:?}", again.setup), format!("{:?}", plan.setup));
    }
}

#[test]
fn a_set_key_leaves_the_tables_that_seeds_take() {
    let sets = vec!["engine.pull.live=none".to_owned(), "fleet.phones.link=edge".to_owned()];
    let request = Request { sets, seeds: (1..=9).collect(), ..Request::default() };
    let text = format!("{MINIMAL}{TROUBLE}[swarm]\n{ONE_OF}");
    for plan in plans(&text, &request) {
        assert!(plan.source.drawn.as_ref().unwrap().taken.is_empty());
        let seeds = vec![plan.seed.0];
        let again = plans(&plan.source.resolved, &Request { seeds, ..Request::default() }).remove(0);
        assert_eq!(again.source.digest, plan.source.digest);
        assert_eq!(format!("{:?}", again.setup), format!("{:?}", plan.setup));
    }
}

#[test]
fn tables_that_do_not_fit_the_file_are_refused() {
    let refused = |lists: &str| complaint(&format!("{MINIMAL}{TROUBLE}[swarm]\n{lists}"), &[]);
    assert!(refused("one_of.a = []").contains("`swarm.one_of.a` has no table to take"));
    assert!(refused("one_of.a = [{ \"engine.pul.live\" = 1 }]").contains("pul"));
    assert!(refused("one_of.a = [{ product = \"pouchdb\" }]").contains("`product` is the same"));
    assert!(refused("one_of.a = [{ \"swarm.on\" = 1 }]").contains("`swarm` is the same"));
    let both = r#"one_of.a = [{ "fleet.phones.devices" = 2 }]
one_of.b = [{ "event.first.edits.devices" = [3] }]"#;
    assert!(refused(both).contains("tables of `swarm.one_of` that a seed takes together: a 1, b 1"));
}
