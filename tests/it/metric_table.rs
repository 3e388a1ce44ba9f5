//! The oracle does not know the table of metrics; what it counts must be in there all the same.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use syncdyno::base::{EntityId, Key, Stamp, Time, Value};
use syncdyno::contract::Schema;
use syncdyno::metrics;
use syncdyno::oracle::{Oracle, Setting, Truth};

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
    let oracle = Oracle::new(Setting { schema, units, attributes: Vec::new(), initial });
    let verdict = oracle.begin_check(Time::ZERO, &Nothing).finish();
    let found: BTreeSet<&str> = verdict.figures.keys().copied().collect();
    let table: BTreeSet<&str> = metrics::names().filter(|name| name.starts_with("oracle.")).collect();
    assert_eq!(found, table);
    let collected = metrics::Collector::new(metrics::Setting::default()).finish(Time::ZERO, &verdict.figures);
    assert_eq!(collected.figures["oracle.divergent.devices"].stat("value"), Some(0));
}
