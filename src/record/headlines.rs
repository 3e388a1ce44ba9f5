//! Which figures stand first, and are gated where nobody named others.

use crate::oracle;

/// The figures that answer what users ask first, the weightiest first.
pub const HEADLINE: &[&str] = &[
    "oracle.saved_edits.lost",
    "engine.usable_after_login.duration",
    "engine.write_acknowledged.duration",
    "engine.write_visible.duration",
    "engine.session.duration",
    "engine.first_screen.duration",
    "device.screen.blocked",
    "engine.session.failed",
    "engine.rows.rate",
    "engine.down.bytes",
    "engine.up.bytes",
    "engine.wasted.bytes",
    "engine.requests.count",
    "engine.requests.failed",
    "engine.conflicts.found",
    "backend.request.service",
    "backend.requests.count",
    "backend.scanned.rows",
    "engine.bytes.rate",
    "engine.wasted.rows",
    "engine.echoed.rows",
    "engine.retries.count",
    "engine.session.count",
    "engine.pull.response_rows",
    "engine.pull.response_bytes",
    "attachment.whole.wait",
    "attachment.rows_wait.time",
    "attachment.sent.bytes",
    "attachment.again.bytes",
    "attachment.stored.count",
    "workload.edits.made",
    "workload.edits.missed",
    "workload.edits.prevented",
    "workload.edits.refused",
    "workload.edits.unplaced",
    "device.kills.count",
    "device.power_losses.count",
    "net.outages.count",
];

/// Whether a metric is gated where nobody named others: it is a headline or the oracle's.
pub fn is_gated(name: &str) -> bool {
    name.starts_with("oracle.") || HEADLINE.contains(&name)
}

/// Where a metric stands: what was lost or overwritten or the oracle found, the headline ones, the
/// rest.
pub fn weight(name: &str) -> usize {
    let place = HEADLINE.iter().position(|headline| *headline == name);
    let of_loss = ["oracle.saved_edits.lost", "oracle.overwritten.columns", "oracle.stale_copies.rows"];
    if of_loss.contains(&name) || oracle::is_of_check(name) {
        return 0;
    }
    place.map_or(usize::MAX, |place| place + 1)
}
