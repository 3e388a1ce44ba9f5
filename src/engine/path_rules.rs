//! Nulls that do not come down: what is there stays.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::options::EngineOptions;
use super::path::owned;
use super::rules::{Applied, ApplyRule, Part, Place, Rules};
use crate::base::{Cell, EntityId};
use crate::protocol::WireRow;
use crate::store::{Stored, Tx};

/// The rules of an engine with these options: where a null is not sent down, what was there stays.
pub(super) fn rules(options: &EngineOptions, rules: Rules) -> Rules {
    let places = options.paths.without_nulls();
    if places.is_empty() {
        return rules;
    }
    Rules { apply: Rc::new(OldStays { places, rule: rules.apply }), ..rules }
}

/// Writes what comes over what is there, but for nulls in these places.
struct OldStays {
    places: BTreeMap<EntityId, Vec<usize>>,
    rule: Rc<dyn ApplyRule>,
}

impl ApplyRule for OldStays {
    fn takes(&self, place: usize) -> bool {
        self.rule.takes(place)
    }

    fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Stored<Applied> {
        let places = self.places.get(&place.id).filter(|_| !place.dirty);
        let hollow = |values: &[Cell<'_>], places: &[usize]| {
            places.iter().any(|place| values.get(*place) == Some(&Cell::Null))
        };
        let (Some(places), Some(values)) = (places, row.values) else {
            return self.rule.apply(tx, place, row);
        };
        let held = if hollow(values, places) { tx.row(place.id, row.key)? } else { None };
        let Some(held) = held else { return self.rule.apply(tx, place, row) };
        let mut kept = values.to_vec();
        for place in places.iter().filter(|place| values.get(**place) == Some(&Cell::Null)) {
            kept[*place] = owned(&held.values[*place]);
        }
        self.rule.apply(tx, place, WireRow { values: Some(&kept), ..row })
    }

    fn apply_part(&self, tx: &Tx<'_>, part: &Part<'_>, place: Place, row: WireRow<'_>) -> Stored<()> {
        self.rule.apply_part(tx, part, place, row)
    }
}
