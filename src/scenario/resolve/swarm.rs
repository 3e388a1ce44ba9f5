//! What differs from seed to seed, and what many seeds must come to.

use super::super::swarm::{Situations, Swarm};
use super::super::words::Occurs;
use super::World;
use super::view::View;
use crate::base::Word;
use crate::metrics::Situation;

/// Of so many cells on a swarm is held to what its figures have to come to at least.
const CELLS: u64 = 200;

/// What a seed has a part of.
pub(super) fn swarm(world: &World<'_>) -> Option<Swarm> {
    let view = world.root.at("swarm").present()?;
    let kinds = kinds(world);
    let known: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let always = view.at("always").items().inspect(|kind| {
        world.wrong.find(*kind, "kind of trouble", kind.text(), &known);
    });
    Some(Swarm {
        on: view.at("on").share(),
        always: always.map(|kind| kind.text().to_owned()).collect(),
        sizes: view.at("sizes").flag(),
    })
}

/// The kinds of trouble that a swarm may leave out.
fn kinds(world: &World<'_>) -> Vec<String> {
    let under = |table: &'static str| {
        let names = world.root.at(table).entries().map(|(name, _)| name);
        names.map(move |name| format!("{table}.{name}")).collect::<Vec<_>>()
    };
    let singles = ["workload.contention", "backend.poison"].map(str::to_owned);
    [under("chaos"), under("event"), under("action"), singles.into()].concat()
}

/// What a run of many seeds must come to.
pub(super) fn situations(world: &World<'_>) -> Situations {
    let view = world.root.at("situations");
    let Some(view) = view.present() else { return Situations { seeds: CELLS, ..Situations::default() } };
    let asked: Vec<Occurs> = view.at("occur").items().map(View::word).collect();
    let is_asked = |situation: &&Situation| {
        asked.iter().any(|one| matches!(one, Occurs::All) || *one == Occurs::One(**situation))
    };
    let occur = Situation::VALUES.iter().filter(is_asked).copied().collect();
    Situations { occur, seeds: u64::from(view.at("seeds").count()) }
}
