//! The oracle does not know the table of metrics; what it counts must be in there all the same.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use syncdyno::base::{EntityId, Key, Span, Stamp, Time, Value};
use syncdyno::contract::{Capabilities, Schema};
use syncdyno::metrics;
use syncdyno::oracle::{Clock, Oracle, Patience, Retries, Setting, Truth};

/// A backend without rows.
struct Nothing;

impl Truth for Nothing {
    fn row(&self, _: EntityId, _: &str) -> Option<(Stamp, Vec<Value>)> {
        None
    }
    fn for_each(&self, _: EntityId, _: &mut dyn FnMut(&Key, Stamp, &[Value])) {}
}

#[test]
fn the_figures_of_the_oracle_are_the_ones_of_the_table() {
    let (schema, units, initial) = (Arc::new(Schema::default()), Arc::from([]), Rc::new(Nothing));
    let oracle = Oracle::new(Setting {
        schema,
        units,
        clock: Clock::default(),
        attributes: Vec::new(),
        durable: true,
        patience: Patience::Stated(Span::secs(600)),
        retries: Retries::UNKNOWN,
        capabilities: Capabilities::ALL,
        definition: Default::default(),
        initial,
    });
    let verdict = oracle.begin_check(Time::ZERO, &Nothing, &|| false).finish();
    let found: BTreeSet<&str> = verdict.figures.keys().copied().collect();
    let table: BTreeSet<&str> = metrics::names().filter(|name| name.starts_with("oracle.")).collect();
    assert_eq!(found, table);
    let collected = metrics::Collector::new(metrics::Setting::default()).finish(Time::ZERO, &verdict.figures);
    assert_eq!(collected.figures["oracle.divergent.devices"].stat("value"), Some(0));
}

/// The list of metrics in `scenarios/README.md`.
fn written() -> String {
    let mut text = String::from("| metric | unit | better | what it is |\n|---|---|---|---|\n");
    for metric in metrics::TABLE {
        let word = |value: serde_json::Value| value.as_str().expect("a name").to_owned();
        let unit = word(serde_json::to_value(metric.unit).expect("a unit has a name"));
        let better = word(serde_json::to_value(metric.better).expect("a direction has a name"));
        text.push_str(&format!("| `{}` | {unit} | {better} | {} |\n", metric.name, metric.how));
    }
    text
}

#[test]
fn the_list_of_metrics_is_written_down() {
    const BEGIN: &str = "<!-- metrics: written by a program, checked by a test -->\n";
    const END: &str = "<!-- end of metrics -->\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md");
    let text = std::fs::read_to_string(&path).expect("the page is there");
    let (before, rest) = text.split_once(BEGIN).expect("the list begins");
    let (committed, after) = rest.split_once(END).expect("the list ends");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", written()))
            .expect("the page is written");
    } else {
        assert_eq!(committed, written(), "SYNCDYNO_BLESS=1 writes it again");
    }
}
