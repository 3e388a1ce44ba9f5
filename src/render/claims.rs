//! What two variants show side by side, in words.

use std::collections::BTreeMap;

use crate::analysis::{unit_in, variant};
use crate::metrics::human;
use crate::record::{CellRecord, ClaimRecord, RunRecord};

/// What is shown, a line for each claim: both figures under the first seed, and under how many it
/// holds.
pub(super) fn shown(record: &RunRecord) -> String {
    let cells: BTreeMap<&str, &CellRecord> =
        record.cells.iter().map(|cell| (cell.id.as_str(), cell)).collect();
    let mut by_claim: Vec<(&ClaimRecord, [&CellRecord; 2], [usize; 2])> = Vec::new();
    for claim in &record.claims {
        let Some(pair) = cells.get(claim.fails.as_str()).zip(cells.get(claim.mends.as_str())) else {
            continue;
        };
        let pair = [*pair.0, *pair.1];
        let is_its = |of: &[&CellRecord; 2]| {
            of[0].scenario == pair[0].scenario && (0..2).all(|i| of[i].variant == pair[i].variant)
        };
        let held = usize::from(claim.pass);
        match by_claim.iter_mut().find(|(first, of, _)| first.id == claim.id && is_its(of)) {
            Some((.., [held_in, of])) => {
                *held_in += held;
                *of += 1;
            }
            None => by_claim.push((claim, pair, [held, 1])),
        }
    }
    by_claim.into_iter().map(|(claim, pair, held)| told(claim, pair, held)).collect()
}

fn told(claim: &ClaimRecord, [fails, mends]: [&CellRecord; 2], [held, of]: [usize; 2]) -> String {
    let seeds = match of {
        1 => String::new(),
        _ => format!(" under seed {}; holds under {held} of {of} seeds", mends.seed),
    };
    let is = if held == of { "is shown" } else { "is NOT shown" };
    format!("{} {is}: {}{seeds}\n", claim.id, both_figures(claim, [fails, mends]))
}

/// The figure of a claim in both cells, in words.
pub(super) fn both_figures(claim: &ClaimRecord, [fails, mends]: [&CellRecord; 2]) -> String {
    let unit = unit_in(mends, &claim.metric);
    let show = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |n| human::figure(unit, n));
    let [failing, mending] = [fails, mends].map(variant);
    let [is_there, is_mended] = [claim.fails_value, claim.mends_value].map(show);
    format!("{} {is_there} in `{failing}`, {is_mended} in `{mending}`", claim.metric)
}
