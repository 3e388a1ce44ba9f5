//! Replaces random draws of a scenario by written ones: faults and edits become events with a time.
//!
//! A plan describes a cell before it runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use toml::{Table, Value};

use super::script::{Part, Script};
use crate::base::{DeviceId, Time, Word};
use crate::campaign::run::{WatchWithoutProgress, attempt};
use crate::campaign::runner::Runner;
use crate::contract::{EditKind, Event, Node, Occurrence, Schema};
use crate::scenario::{Drawn, Plan};
use crate::world::{DrawnFault, Ear};

/// A random fault with a probability that applies to the whole script.
struct Steady {
    /// The key in the table `chaos`, which is also the kind of the event.
    key: &'static str,
    /// The key of the probability in the event.
    share: &'static str,
}

const STEADY: [Steady; 5] = [
    Steady { key: "response_loss", share: "loss" },
    Steady { key: "foreign_responses", share: "responses" },
    Steady { key: "bad_rows", share: "rows" },
    Steady { key: "put_off", share: "edits" },
    Steady { key: "refused_deletes", share: "deletes" },
];
/// If a scenario has more edits, they stay random, because each would become an event.
const EDITS_MAX: usize = 3_000;

/// An edit that a person made.
#[derive(Clone, Debug, PartialEq)]
struct HeardEdit {
    at: Time,
    device: DeviceId,
    entity: String,
    key: String,
    kind: EditKind,
    columns: Vec<String>,
}

/// The faults and edits of a run. A script with them repeats the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    faults: Vec<DrawnFault>,
    edits: Vec<HeardEdit>,
}

struct Listener {
    schema: Arc<Schema>,
    edits: Vec<HeardEdit>,
}

impl Ear for Listener {
    fn on(&mut self, occurrence: &Occurrence<'_>) {
        let (Node::Device(device), Event::EditMade { edit, .. }) = (occurrence.node, &occurrence.event)
        else {
            return;
        };
        let Some(entity) = self.schema.entities.get(usize::from(edit.entity.0)) else { return };
        let name = |(at, _): &(usize, _)| entity.columns.get(*at).map(|column| column.name.clone());
        self.edits.push(HeardEdit {
            at: occurrence.at,
            device,
            entity: entity.name.clone(),
            key: edit.key.to_string(),
            kind: edit.kind,
            columns: edit.values.iter().filter_map(name).collect(),
        });
    }
}

impl Heard {
    /// Runs a plan and collects its faults and edits; `None` if the run does not end.
    pub(super) fn of(
        plan: &Plan,
        runner: &dyn Runner,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Option<Heard> {
        let ear = Rc::new(RefCell::new(Listener { schema: plan.schema.clone(), edits: Vec::new() }));
        let watch = WatchWithoutProgress(interrupted);
        let outcome = attempt(plan, "", || runner.heard(plan, ear.clone(), &watch)).ok()?;
        let edits = std::mem::take(&mut ear.borrow_mut().edits);
        Some(Heard { faults: outcome.spelled, edits })
    }

    /// The keys of `chaos` whose faults occurred at single instants.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let mut keys: Vec<&'static str> = self.faults.iter().map(|fault| fault.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The script in which the random faults of these keys are events.
    pub(super) fn with_faults(&self, script: &Script, keys: &[&str]) -> Script {
        let mut spelled = script.clone();
        for key in keys {
            spelled = spelled.without(&[Part::Key(key.split('.').map(str::to_owned).collect())]);
        }
        for fault in self.faults.iter().filter(|fault| keys.contains(&fault.key)) {
            let Ok(what) = fault.event.parse::<Table>() else { continue };
            let kind = what.keys().next().cloned().unwrap_or_default();
            spelled = with_event(spelled, &kind, fault.at, what);
        }
        spelled
    }

    /// The script in which the random edits of these actions are events; `None` if there are none
    /// or too many. If `office` is true, only edits on devices become events, and edits of the
    /// office stay.
    pub(super) fn with_edits(&self, script: &Script, actions: &[String], office: bool) -> Option<Script> {
        let mut spelled = script.clone();
        let mut creators: BTreeMap<(&str, &str), String> = BTreeMap::new();
        let mut written = 0;
        for edit in &self.edits {
            let Some(action) = action_of(script, edit, actions) else { continue };
            let row = (&*edit.entity, &*edit.key);
            let mut edits = Table::new();
            edits.insert("action".to_owned(), Value::String(action));
            edits.insert("devices".to_owned(), Value::Array(vec![Value::Integer(edit.device.0.into())]));
            match (edit.kind, creators.get(&row)) {
                (EditKind::Create, _) => drop(edits.insert("same_row".to_owned(), Value::Boolean(true))),
                (_, Some(creator)) => drop(edits.insert("row_of".to_owned(), Value::String(creator.clone()))),
                (_, None) => drop(edits.insert("row".to_owned(), Value::String(edit.key.clone()))),
            }
            let what = Table::from_iter([("edits".to_owned(), Value::Table(edits))]);
            let name = free_name(&spelled, edit.kind.word());
            if edit.kind == EditKind::Create {
                creators.insert(row, name);
            }
            spelled = with_event(spelled, edit.kind.word(), edit.at, what);
            written += 1;
        }
        if written == 0 || written > EDITS_MAX {
            return None;
        }
        for action in actions {
            let path = |key: &str| ["action", action, key].map(str::to_owned);
            spelled = match office {
                true => spelled.with(&path("on_devices"), Value::Integer(0)),
                false => spelled.with(&path("per_device"), Value::Integer(0)),
            };
        }
        let contention = ["workload", "contention"].map(str::to_owned);
        Some(if office { spelled } else { spelled.without(&[Part::Key(contention.to_vec())]) })
    }
}

/// The action that makes this edit. For an update, an action with the same columns.
fn action_of(script: &Script, edit: &HeardEdit, actions: &[String]) -> Option<String> {
    let says = |table: &Table, key: &str, word: &str| table.get(key).and_then(Value::as_str) == Some(word);
    let columns = |table: &Table| {
        let texts = table.get("columns").and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(|text| Some(text.as_str()?.to_owned())).collect::<Vec<_>>()
    };
    let alike = |table: &Table| says(table, "entity", &edit.entity) && says(table, "kind", edit.kind.word());
    let known: Vec<(&String, &Table)> =
        script.named("action").filter(|(name, table)| actions.contains(name) && alike(table)).collect();
    let fits = |table: &Table| {
        let own = columns(table);
        edit.kind != EditKind::Update || edit.columns.iter().all(|column| own.contains(column))
    };
    let fitting = known.iter().find(|(_, table)| fits(table)).or(known.first());
    fitting.map(|(name, _)| (*name).clone())
}

/// The actions that people perform at random times.
pub(super) fn random_actions(script: &Script) -> Vec<String> {
    let is_random = |table: &Table| match table.get("per_device") {
        Some(Value::Integer(n)) => *n > 0,
        Some(Value::Float(x)) => *x > 0.0,
        _ => false,
    };
    script.named("action").filter(|(_, table)| is_random(table)).map(|(name, _)| name.clone()).collect()
}

/// The script without its swarm (random choice of parts), but with the parts that the seed drew.
pub(super) fn without_swarm(script: &Script, drawn: &Drawn) -> Script {
    let mut fixed = script.without(&[Part::Key(vec!["swarm".to_owned()])]);
    for off in &drawn.off {
        let path: Vec<String> = off.split('.').map(str::to_owned).collect();
        fixed = match path.as_slice() {
            [kind, name] if kind == "event" => {
                fixed.without(&[Part::Named { kind: "event", name: name.clone() }])
            }
            [kind, name] if kind == "action" => {
                let path = [kind.clone(), name.clone(), "per_device".to_owned()];
                fixed.with(&path, Value::Integer(0))
            }
            _ => fixed.without(&[Part::Key(path)]),
        };
    }
    for (path, value) in &drawn.taken {
        // A value alone is not a TOML document.
        let table: Table = format!("value = {value}").parse().unwrap_or_default();
        if let Some(value) = table.get("value") {
            fixed = fixed.with(path, value.clone());
        }
    }
    for (key, size) in &drawn.sizes {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        fixed = fixed.with(&path, Value::Integer((*size).into()));
    }
    fixed
}

/// The script in which the probabilities of `chaos` are events that last for the whole script.
pub(super) fn with_steady_faults(script: &Script) -> Script {
    let mut spelled = script.clone();
    let Some(duration) = script.get(&["duration"]).cloned() else { return spelled };
    for Steady { key, share } in STEADY {
        let Some(value) = script.get(&["chaos", key]).cloned() else { continue };
        spelled = spelled.without(&[Part::Key(vec!["chaos".to_owned(), key.to_owned()])]);
        let what = Table::from_iter([(share.to_owned(), value), ("for".to_owned(), duration.clone())]);
        let what = Table::from_iter([(key.to_owned(), Value::Table(what))]);
        spelled = with_event(spelled, key, Time::ZERO, what);
    }
    spelled
}

fn with_event(script: Script, stem: &str, at: Time, mut what: Table) -> Script {
    let name = free_name(&script, stem);
    what.insert("at".to_owned(), Value::String(format!("+{}ns", at.0)));
    script.with(&["event".to_owned(), name], Value::Table(what))
}

/// An unused name of an event: this stem and the smallest free number.
fn free_name(script: &Script, stem: &str) -> String {
    let stem = stem.replace('_', "-");
    let taken = script.table.get("event").and_then(Value::as_table);
    let is_free = |name: &String| !taken.is_some_and(|events| events.contains_key(name));
    let from = taken.map_or(0, |events| events.keys().filter(|name| name.starts_with(&stem)).count());
    (from + 1..).map(|n| format!("{stem}-{n}")).find(is_free).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::super::script::script;
    use super::*;

    fn fault(key: &'static str, at: u64, event: &str) -> DrawnFault {
        DrawnFault { key, at: Time(at), event: event.to_owned() }
    }

    #[test]
    fn drawn_faults_become_events_instead_of_rates() {
        let rates = script("duration = \"1m\"\nchaos = { kill_mtbf = \"9s\", outage_mtbf = \"9s\" }");
        let faults = vec![
            fault("chaos.kill_mtbf", 5, "kill = { devices = [1] }"),
            fault("chaos.outage_mtbf", 7, "outage = { for = \"2s\" }"),
        ];
        let heard = Heard { faults, edits: Vec::new() };
        let spelled = heard.with_faults(&rates, &["chaos.kill_mtbf"]);
        assert_eq!(spelled.get(&["chaos"]).expect("it stays").to_string(), r#"{ outage_mtbf = "9s" }"#);
        let kill = spelled.get(&["event", "kill-1", "at"]).and_then(Value::as_str);
        assert_eq!(kill, Some("+5ns"));
        assert_eq!(spelled.named("event").count(), 1);
    }

    #[test]
    fn an_edit_of_a_new_row_refers_to_the_event_that_makes_it() {
        let text = "action.add = { entity = \"task\", kind = \"create\", per_device = 3 }\n\
                    action.drop = { entity = \"task\", kind = \"delete\", per_device = 1 }";
        let edit = |at, kind, key: &str| HeardEdit {
            at: Time(at),
            device: DeviceId(0),
            entity: "task".to_owned(),
            key: key.to_owned(),
            kind,
            columns: Vec::new(),
        };
        let made = [(1, EditKind::Create, "new"), (2, EditKind::Delete, "new"), (3, EditKind::Delete, "old")];
        let edits = made.map(|(at, kind, key)| edit(at, kind, key)).to_vec();
        let heard = Heard { faults: Vec::new(), edits };
        let text = script(text);
        let spelled = heard.with_edits(&text, &random_actions(&text), false).expect("there are edits");
        let of =
            |event: &str, key: &str| spelled.get(&["event", event, "edits", key]).and_then(Value::as_str);
        assert_eq!(of("delete-1", "row_of"), Some("create-1"));
        assert_eq!(of("delete-2", "row"), Some("old"));
        assert_eq!(random_actions(&spelled), Vec::<String>::new());
    }

    #[test]
    fn a_swarm_becomes_what_it_drew() {
        let text = "swarm = {}\nchaos = { bad_rows = 0.1, put_off = 0.2 }\nevent.a = {}\nevent.b = {}";
        let drawn = Drawn {
            off: vec!["chaos.put_off".to_owned(), "event.b".to_owned()],
            sizes: vec![("engine.pull.chunk_rows", 2)],
            taken: vec![(["store", "encrypted"].map(str::to_owned).to_vec(), "true".to_owned())],
            ..Drawn::default()
        };
        let fixed = without_swarm(&script(text), &drawn);
        let expected =
            "chaos = { bad_rows = 0.1 }\nevent.a = {}\nengine.pull.chunk_rows = 2\nstore.encrypted = true";
        let expected = script(expected);
        assert_eq!(fixed.table, expected.table);
    }
}
