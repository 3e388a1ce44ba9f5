//! Tests of the digest, of the resolved text, and of the origin of values.

use super::super::{Document, Request};
use super::{MINIMAL, committed, document, plan, plans, stacks};
use crate::{backend, engine, gateway, net, store};

#[test]
fn comments_order_and_spelling_do_not_change_the_digest() {
    let other = r#"
        fleet.phones.devices = 4  # the same, said otherwise
        duration = "60m"
        engine.pull.chunk_bytes = "1024KiB"
        [entity.note.schema]
        title = "text"
        id = "uuid key"
        [entity.note]
        changed_daily = 0.01
    "#;
    let other = format!("name = \"least\"\n{other}");
    assert_eq!(plan(&other).source.digest, plan(MINIMAL).source.digest);
}

#[test]
fn meaning_changes_the_digest_and_the_seed_does_not() {
    let digest = |sets: &[&str]| {
        let sets = sets.iter().map(|s| (*s).to_owned()).collect();
        plans(MINIMAL, &Request { sets, ..Request::default() }).remove(0).source.digest.clone()
    };
    let base = digest(&[]);
    assert_eq!(digest(&["seed=7"]), base);
    assert_eq!(digest(&["covers=[\"R1\"]"]), base);
    for set in [
        "fleet.phones.devices=5",
        "engine.pull.chunk_rows=499",
        "entity.note.rows=999",
        "entity.note.schema.title=\"text 9\"",
        "fleet.phones.link=\"edge\"",
        "link.wifi-good.rtt=\"16ms\"",
        "unit.Login.blocking=false",
    ] {
        assert_ne!(digest(&[set]), base, "{set}");
    }
}

#[test]
fn a_seed_changes_the_seed_alone() {
    let request = Request { seeds: vec![1, 2], ..Request::default() };
    let [one, two] = &plans(MINIMAL, &request)[..] else { panic!("two seeds are two cells") };
    assert_eq!((one.seed.0, two.seed.0), (1, 2));
    assert_eq!(one.source.digest, two.source.digest);
    assert!(
        std::sync::Arc::ptr_eq(&one.source.resolved, &two.source.resolved),
        "the text of thousands of seeds is there once"
    );
}

#[test]
fn the_defaults_are_those_of_the_rooms() {
    let plan = plan(MINIMAL);
    assert_eq!(plan.engine, engine::EngineOptions::default());
    assert_eq!(plan.store, store::StoreOptions::default());
    assert_eq!(plan.backend, backend::BackendOptions::default());
    assert_eq!(plan.gateway, gateway::GatewayOptions::default());
    assert_eq!(plan.transport, net::TransportOptions::default());
    let refreshed = self::plan(&format!("{MINIMAL}\n[gateway]\nmode = \"persistent\"\n"));
    assert_eq!(refreshed.gateway.refresh, gateway::RefreshOptions::default());
    assert!(refreshed.backend.serves_all_owners);
    let compared = self::plan(&format!("{MINIMAL}\n[gateway.serve.capture]\nhash = {{}}\n"));
    assert_eq!(compared.gateway.serve, gateway::HashOptions::default().into());
}

#[test]
fn every_value_tells_where_it_came_from() {
    let text = format!("{MINIMAL}\n[variant.slow]\nset = {{ \"engine.retry.base\" = \"2s\" }}\n");
    let all = document(&text).provenance(Some("slow"), &["fleet.phones.devices=8".to_owned()]).unwrap();
    let from = |key: &str| {
        let found = all.iter().find(|p| p.key == key).unwrap_or_else(|| panic!("no {key}"));
        (found.value.as_str(), found.from.as_str())
    };
    assert_eq!(from("name"), ("\"least\"", "test.toml:2"));
    assert_eq!(from("engine.push.chunk_rows"), ("50", "default"));
    assert_eq!(from("engine.retry.base"), ("\"2s\"", "variant slow"));
    assert_eq!(from("backend.workers"), ("8", "profile sql-modern"));
    assert_eq!(from("link.wifi-good.rtt"), ("\"15ms\"", "profile wifi-good"));
    assert_eq!(from("fleet.phones.devices"), ("8", "--set"));
}

#[test]
fn blanks_around_the_equals_sign_of_a_setting_mean_nothing() {
    let plan = |set: &str| {
        let request = Request { sets: vec![set.to_owned()], ..Request::default() };
        document(MINIMAL).plans(&request, &stacks()).unwrap_or_else(|e| panic!("{e}")).remove(0)
    };
    assert_eq!(plan("duration = \"17m\"").source.digest, plan("duration=17m").source.digest);
}

#[test]
fn every_committed_scenario_is_right_and_reads_back_as_itself() {
    let paths = committed();
    assert!(paths.len() > 200, "only {} scenarios", paths.len());
    for path in paths {
        let dir = path.parent().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let document = Document::of_file(&path, &text).unwrap();
        let plans = document.plans(&Request::default(), &stacks()).unwrap_or_else(|e| panic!("{e}"));
        // The rows of a stuck cell are not checked.
        let watched = plans.iter().all(|p| {
            p.judged.expect.metrics.contains_key("oracle.lost.rows")
                || p.judged.expect.violations.iter().any(|v| v == "stuck")
        });
        assert!(watched, "{} expects nothing of rows", path.display());
        for plan in &plans {
            // A repro is in the same folder as the CSV files that it needs.
            let repro = tempfile::tempdir().unwrap();
            for file in &plan.source.files {
                let to = repro.path().join(file);
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(dir.join(file), to).unwrap();
            }
            let copy = repro.path().join("copy.toml");
            let again = Document::of_file(&copy, &plan.source.resolved).unwrap();
            let again = again.plans(&Request::default(), &stacks()).unwrap_or_else(|e| panic!("{e}"));
            let both = [&again[0], plan].map(|plan| (&plan.source.digest, &plan.source.resolved));
            assert_eq!(both[0], both[1], "{}", path.display());
        }
    }
}
