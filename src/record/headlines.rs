//! The metrics that a summary shows first, and the metrics that a baseline gates by default.
//!
//! A baseline is a file of figures that a run must reproduce. If it gates a metric, a different
//! figure fails the run.

use crate::metrics;
use crate::oracle;

/// A figure of the summary: how long people wait, or a cost such as bytes and requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headline {
    pub metric: &'static str,
    pub stat: &'static str,
    /// True if the figure is shown per person.
    pub each: bool,
    pub name: &'static str,
}

/// Requests for attachments. The summary adds them to other requests, because they use the same
/// links.
pub const ATTACHMENT_REQUESTS: &str = "attachment.requests.count";

const fn headline(metric: &'static str, stat: &'static str, each: bool, name: &'static str) -> Headline {
    Headline { metric, stat, each, name }
}

impl Headline {
    /// The metric, and other metrics that count the same kind of thing. The summary shows their
    /// sum.
    pub fn metrics(&self) -> impl Iterator<Item = &'static str> {
        let others = (self.metric == "engine.requests.count").then_some(ATTACHMENT_REQUESTS);
        [self.metric].into_iter().chain(others)
    }
}

/// The figures of the summary, the most important first.
pub const SUMMARY: &[Headline] = &[
    headline("engine.usable_after_login.duration", "p95", false, "work after login, 95 %"),
    headline("engine.session.duration", "p95", false, "a sync, 95 %"),
    headline("engine.write_acknowledged.duration", "p95", false, "an edit is safe, 95 %"),
    headline("engine.write_visible.duration", "p95", false, "an edit is seen, 95 %"),
    headline("device.screen.blocked_a_day", "value", false, "screen blocked per day"),
    headline("net.down.bytes", "value", true, "down per person"),
    headline("net.up.bytes", "value", true, "up per person"),
    headline("engine.requests.count", "value", true, "requests per person"),
    headline("engine.requests.failed", "value", true, "tries without a response per person"),
];

/// Figures in other sentences of the summary.
const SAID: &[Headline] = &[
    headline("engine.never_usable.devices", "value", false, "phones on which nobody could ever work"),
    headline("engine.first_screen.duration", "p95", false, "the first screen, 95 %"),
    headline("engine.wasted.bytes", "value", true, "wasted bytes of bodies per person"),
];

/// The figures that users ask for first, the most important first.
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

/// True if a baseline gates the metric by default: it is a headline or a metric of the oracle.
pub fn is_gated(name: &str) -> bool {
    name.starts_with("oracle.") || HEADLINE.contains(&name)
}

/// Metrics of losses that no check of the oracle (the judge of a run) counts.
const LOST: &[Headline] = &[
    headline("oracle.saved_edits.lost", "value", false, "saved edits lost"),
    headline(
        "oracle.overwritten.columns",
        "value",
        false,
        "values that were overwritten or superseded unseen",
    ),
    headline("oracle.stale_copies.rows", "value", false, "rows with stale copies of others"),
];

/// True if a metric counts what people lost.
pub fn is_loss(name: &str) -> bool {
    LOST.iter().any(|one| one.metric == name) || oracle::is_of_check(name)
}

/// The headline of a metric. Metrics of checks have no headline.
pub fn headline_of(metric: &str) -> Option<&'static Headline> {
    [SUMMARY, SAID, LOST].into_iter().flatten().find(|one| one.metric == metric)
}

/// True if a metric counts losses, or is in the summary. Metrics for one start state of devices
/// (`metric@state`) count as the metric itself.
pub fn is_summary(name: &str) -> bool {
    let stem = metrics::parts(name).0;
    let is_said = [SUMMARY, SAID].into_iter().flatten().any(|one| one.metric == stem);
    // Two cells may differ only in the metrics of one start state.
    is_loss(name) || is_said && (name == stem || name.contains('@'))
}

/// True if a figure of the summary is a cost. Otherwise it is a wait.
pub fn is_cost(name: &str) -> bool {
    let stem = metrics::parts(name).0;
    SUMMARY.iter().any(|one| one.each && one.metric == stem)
}

/// The position of a metric in a list: losses, then waits, the rest of the summary, other
/// headlines, and finally all other metrics.
pub fn weight(name: &str) -> usize {
    let is_wait = |name: &&str| name.ends_with(".duration") && SUMMARY.iter().any(|one| one.metric == *name);
    let metrics = |of: &'static [Headline]| of.iter().map(|one| one.metric);
    let losses = oracle::check_names().filter_map(oracle::metric_of).chain(metrics(LOST));
    let waits = HEADLINE.iter().copied().filter(is_wait);
    let mut order = losses.chain(waits).chain(metrics(SUMMARY)).chain(HEADLINE.iter().copied());
    order.position(|one| one == name).unwrap_or(usize::MAX)
}
