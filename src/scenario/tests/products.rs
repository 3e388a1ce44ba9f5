//! Architectures named after products: defaults that a file may write over.

use super::{MINIMAL, document, plan, plans, with_sets};
use crate::base::Span;
use crate::gateway::{Capture, CursorHolder, Mode};
use crate::scenario::{Library, Profile, Request};

fn product(name: &str, more: &str) -> String {
    format!("product = \"{name}\"\n{MINIMAL}\n{more}\n")
}

#[test]
fn every_product_reads_back_as_itself_and_no_other_says_the_same() {
    let products = Library::Products.profiles();
    for (i, profile) in products.iter().enumerate() {
        let plan_of = plan(&product(&profile.name, ""));
        assert_eq!(plan(&plan_of.resolved).digest, plan_of.digest, "{}", profile.name);
        let said = |of: &Profile| of.figures.iter().map(|f| (f.key, f.value.clone())).collect::<Vec<_>>();
        assert!(products[..i].iter().all(|other| said(other) != said(profile)), "{}", profile.name);
    }
}

#[test]
fn the_older_server_and_offline_objects_are_kept_apart() {
    let figures = |name| Library::Products.find(name).unwrap().figures.iter().map(|f| f.key);
    for older in ["voltmx-ota", "voltmx-persistent"] {
        assert!(
            !figures(older).any(|key| key.contains("chunk")),
            "nobody says how much {older} moves at once"
        );
    }
    assert_eq!(plan(&product("voltmx-ota", "")).gateway.mode, Mode::Ota);
    assert_eq!(plan(&product("voltmx-persistent", "")).gateway.mode, Mode::Persistent);
    let objects = plan(&product("voltmx-offline-objects", ""));
    assert_eq!((objects.engine.pull.chunk_rows, objects.engine.push.chunk_rows), (500, 50));
}

#[test]
fn what_a_file_a_variant_or_a_set_writes_goes_before_the_product() {
    let own = "[gateway.serve]\ncapture = { last_modified = { bound = \"strict\" } }\n\
               [engine.pull]\nchunk_rows = 7\n\
               [variant.a]\n[variant.b]\nset = { \"engine.pull.chunk_rows\" = 8 }";
    let text = product("pouchdb", own);
    let cells = plans(&text, &Request::default());
    assert_eq!(cells.iter().map(|p| p.engine.pull.chunk_rows).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(cells[0].engine.push.chunk_rows, 100, "of which nothing is written");
    assert!(matches!(cells[0].gateway.serve, Capture::LastModified(_)));
    let sets = vec!["engine.pull.chunk_rows=9".to_owned()];
    let all = document(&text).provenance(Some("a"), &sets).unwrap();
    let from = |key: &str| all.iter().find(|p| p.key == key).map(|p| (p.value.as_str(), p.from.as_str()));
    assert_eq!(from("engine.push.chunk_rows"), Some(("100", "profile pouchdb")));
    assert_eq!(from("engine.pull.chunk_rows"), Some(("9", "--set")));
}

#[test]
fn a_product_can_be_a_variant_and_what_it_makes_idle_is_passed_over() {
    let base = "[gateway]\nrefresh = { every = \"3m\" }\n[gateway.serve]\ncapture = { flag = {} }\n\
                cursor_held_by = \"server\"\n\
                [variant.a]\nset = { product = \"datasync\" }\n\
                [variant.b]\nset = { product = \"powersync\" }";
    let cells = plans(&format!("{MINIMAL}\n{base}\n"), &Request::default());
    assert!(matches!(cells[0].gateway.serve, Capture::Flag(_)), "written, so it stays");
    assert!(matches!(cells[0].gateway.cursors, CursorHolder::Server(_)));
    assert_eq!((cells[1].gateway.mode, &cells[1].gateway.serve), (Mode::Persistent, &Capture::default()));
    assert_eq!(cells[1].gateway.refresh.every, Span::secs(180));
    let idle = format!("{MINIMAL}[gateway.serve]\ncapture = {{ flag = {{}} }}\n");
    assert_eq!(with_sets(&idle, &["product=voltmx-persistent"]).gateway.mode, Mode::Persistent);
}

#[test]
fn what_a_product_brings_for_the_other_mode_is_passed_over() {
    let over_the_air = plan(&product("powersync", "[gateway]\nmode = \"ota\""));
    assert_eq!(over_the_air.gateway.mode, Mode::Ota);
    assert_eq!(over_the_air.engine.pull.chunk_rows, 1000);
    assert_eq!(plan(&over_the_air.resolved).digest, over_the_air.digest);
    let replica = plan(&product("pouchdb", "[gateway]\nmode = \"persistent\""));
    assert!(matches!(replica.gateway.refresh.capture, Capture::LastModified(_)));
}
