//! A remark on networks that are unusable for any app.

use crate::analysis::verdict::case::{Ruling, Trial};
use crate::metrics::human;
use crate::record::{CellRecord, Judged};

/// If more than half of all requests got no response, figures say more about the network than about
/// the app.
pub(in crate::analysis::verdict) fn unusable(_: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let of = |cell: &CellRecord, metric: &str| cell.stat(metric, "value").unwrap_or_default();
    let without =
        |cell: &CellRecord| 2 * of(cell, "engine.requests.failed") > of(cell, "engine.requests.count");
    let cells = judged.iter().filter(|judged| without(&judged.cell)).count() as u64;
    let text = format!(
        "more than half of the requests got no response in {} of {}: figures there describe the network more than the app",
        cells,
        human::count(judged.len() as u64, "cell")
    );
    (cells > 0).then_some(Ruling::Remark(text)).into_iter().collect()
}
