//! Says how saved edits were lost.

use crate::metrics::human;
use crate::oracle::{Loss, losses};
use crate::record::CellRecord;

/// The kinds of losses of saved edits that `counts` accepts, the most frequent first.
pub(super) fn lost_how(cell: &CellRecord, counts: impl Fn(&Loss) -> bool) -> Vec<(u64, &'static str)> {
    let of = |loss: Loss| Some((cell.stat(loss.metric, "value").filter(|edits| *edits > 0)?, loss.how));
    let mut by: Vec<_> = losses().filter(counts).filter_map(of).collect();
    by.sort_by_key(|(edits, _)| std::cmp::Reverse(*edits));
    by
}

pub(super) fn in_numbers(by: &[(u64, &str)]) -> String {
    let each = by.iter().map(|(edits, how)| format!("{} {how}", human::thousands(*edits)));
    each.collect::<Vec<_>>().join(", ")
}
