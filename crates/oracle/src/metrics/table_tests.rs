//! Tests of the names of metrics and of their parts.

use super::*;

#[test]
fn every_metric_has_a_name_of_three_parts_of_its_own() {
    let mut seen = std::collections::BTreeSet::new();
    for (i, metric) in TABLE.iter().enumerate() {
        assert_eq!(metric.id as usize, i);
        assert!(seen.insert(metric.name), "{} is there twice", metric.name);
        assert_eq!(metric.name.split('.').count(), 3, "{}", metric.name);
        assert!(
            metric.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)),
            "{}",
            metric.name
        );
        assert!(metric.how.ends_with('.'), "{}: {}", metric.name, metric.how);
    }
}

fn read(folder: &std::path::Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|file| !file.ends_with("table.rs"));
    sources
        .map(|file| if file.is_dir() { read(&file) } else { std::fs::read_to_string(file).unwrap() })
        .collect()
}

#[test]
fn every_metric_is_fed_by_a_collector_or_by_name() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let [collectors, others, world] =
        ["oracle/src/metrics", "oracle/src/oracle", "world/src/world"].map(|room| read(&crates.join(room)));
    for metric in TABLE {
        let id = format!("Id::{:?}", metric.id);
        let mut fed = collectors.split(&id).skip(1);
        let is_fed = fed.any(|rest| !rest.starts_with(char::is_alphanumeric));
        let name = format!("\"{}\"", metric.name);
        let is_named = others.contains(&name) || world.contains(&name);
        assert!(is_fed || is_named, "nothing feeds {}", metric.name);
    }
}

#[test]
fn a_split_metric_is_found_by_its_whole_name_and_no_other_is() {
    assert_eq!(find("engine.session.duration@1d").unwrap().id, Id::SessionDuration);
    assert_eq!(find("engine.session.duration/Login").unwrap().id, Id::SessionDuration);
    assert_eq!(find("oracle.lost.rows").unwrap().unit, Unit::Rows);
    assert_eq!(parts("a.b.c/Login"), ("a.b.c", Some(('/', "Login"))));
    assert_eq!(parts("a.b.c"), ("a.b.c", None));
    for wrong in [
        "engine.session",
        "oracle.lost.rows@1d",
        "engine.first_rows.duration/Login",
        "engine.session.duration@",
    ] {
        assert_eq!(find(wrong), None, "{wrong}");
    }
}
