//! Which figures stand first, and are gated where nobody named others.

/// The figures that answer what users ask first: how long do I wait, is it on the server yet, what
/// does it cost, what went wrong.
pub const HEADLINE: &[&str] = &[
    "attachment.again.bytes",
    "attachment.rows_wait.time",
    "attachment.sent.bytes",
    "attachment.stored.count",
    "attachment.whole.wait",
    "backend.request.service",
    "backend.requests.count",
    "backend.scanned.rows",
    "device.kills.count",
    "device.power_losses.count",
    "device.screen.blocked",
    "engine.bytes.rate",
    "engine.conflicts.found",
    "engine.down.bytes",
    "engine.echoed.rows",
    "engine.first_screen.duration",
    "engine.pull.chunk_bytes",
    "engine.pull.chunk_rows",
    "engine.requests.count",
    "engine.requests.failed",
    "engine.retries.count",
    "engine.rows.rate",
    "engine.session.count",
    "engine.session.duration",
    "engine.session.failed",
    "engine.up.bytes",
    "engine.usable_after_login.duration",
    "engine.wasted.bytes",
    "engine.wasted.rows",
    "engine.write_acknowledged.duration",
    "engine.write_visible.duration",
    "net.outages.count",
    "workload.edits.made",
    "workload.edits.missed",
    "workload.edits.prevented",
    "workload.edits.refused",
    "workload.edits.unplaced",
];

/// Whether a metric is gated where nobody named others: it is a headline or the oracle's.
pub fn is_gated(name: &str) -> bool {
    name.starts_with("oracle.") || HEADLINE.contains(&name)
}
