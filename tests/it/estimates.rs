//! The estimate of `plan` knows each key that costs: each is doubled, and if the cost of a run
//! grows, its estimate must grow. One key in five is tried; all with `SYNCDYNO_EVERY=1`.

use allocation_counter::measure;
use syncdyno::scenario::{Cost, Document, Plan, Request};
use toml::Value;

use crate::worlds::{document, every_place, run, try_plans};

const WORLDS: [&str; 2] = ["tests/it/estimates/phones.toml", "tests/it/estimates/integration.toml"];

/// The cost of a run without a clock: allocations stand for time, as they are proportional to work,
/// and the most bytes held at once for memory.
#[derive(Clone, Copy, Debug)]
struct Taken {
    work: f64,
    memory: f64,
}

fn taken(plan: &Plan) -> Taken {
    let mut taken = None;
    let counted = measure(|| taken = Some(run(plan).events));
    assert!(taken.is_some());
    Taken { work: counted.count_total as f64, memory: counted.bytes_max as f64 }
}

/// The estimate, without the constant part of the program and of a cell.
fn told(plan: &Plan) -> Taken {
    let (cost, any) = (Cost::of(plan), Cost::default());
    let memory = |cost| Cost::memory(&[cost], 1).1 as f64;
    Taken { work: cost.time().0 as f64 - any.time().0 as f64, memory: memory(cost) - memory(any) }
}

/// Doubles a number, a duration, a size or a share; `None` if that is not possible.
fn doubled(value: &str) -> Option<String> {
    let value = toml::from_str::<toml::Table>(&format!("v = {value}")).ok()?.remove("v")?;
    match value {
        Value::Integer(n) if n > 0 => Some((2 * n).to_string()),
        Value::Float(x) if x > 0.0 => Some((2.0 * x).to_string()),
        Value::String(text) => {
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            let number: f64 = text[..text.len() - unit.len()].parse().ok().filter(|n| *n > 0.0)?;
            let is_unit = !unit.is_empty() && unit.chars().all(|c| c.is_alphabetic() || "%/".contains(c));
            is_unit.then(|| Value::from(format!("{}{unit}", 2.0 * number)).to_string())
        }
        _ => None,
    }
}

fn plan(document: &Document, set: Option<String>) -> Option<Plan> {
    let request = Request { sets: set.into_iter().collect(), ..Request::default() };
    Some(try_plans(document, &request).ok()?.remove(0))
}

#[test]
fn an_estimate_moves_with_each_key_that_costs() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for world in WORLDS {
        let document = document(world);
        let base = plan(&document, None).unwrap();
        let (taken_once, told_once) = (taken(&base), told(&base));
        let keys = document.provenance(None, &[]).unwrap();
        let doubled = keys.iter().filter_map(|key| Some((&key.key, doubled(&key.value)?)));
        let every = if every_place() { 1 } else { 5 };
        for (key, value) in doubled.step_by(every) {
            let set = format!("{key}={value}");
            let Some(twice) = plan(&document, Some(set.clone())) else { continue };
            tried += 1;
            let (taken, told) = (taken(&twice), told(&twice));
            for (what, taken, told) in [
                ("work", taken.work / taken_once.work, told.work / told_once.work),
                ("memory", taken.memory / taken_once.memory, told.memory / told_once.memory),
            ] {
                // Allocations grow less than time: a sixth of their growth shows that a key counts.
                if taken > 1.25 && told < 1.0 + (taken - 1.0) / 6.0 || taken < 1.1 && told > 1.6 {
                    wrong.push(format!("{set}: {what} × {taken:.2}, told × {told:.2}"));
                }
            }
        }
    }
    assert!(tried > if every_place() { 150 } else { 30 }, "{tried}");
    assert!(wrong.is_empty(), "{tried} keys: {wrong:#?}");
}
