//! The families of figures, and the reports on them.

use super::figures::{Figure, Report, Section};
use super::{backoff, chunks, cursors, downloads, energy, flash, losses, measured, queues};

/// A family of related figures: its subject, and the function that simulates them.
pub(super) type Family = (&'static str, fn() -> Vec<Figure>);

pub(super) const FAMILIES: &[Family] = &[
    ("chunks that outages cut, repair immune", chunks::figures),
    ("the best chunk under outages", chunks::best),
    ("work between checkpoints, repair restartable", chunks::checkpoints),
    ("queues, herds, quotas and a measured gateway", queues::figures),
    ("backoff under contention, 100 clients", backoff::figures),
    ("cursors over unchanging rows", cursors::still),
    ("cursors over changing rows", cursors::moving),
    ("long transfers under loss", losses::throughput),
    ("losses in bursts, Gilbert and Elliott", losses::bursts),
    ("radio energy by the models of 2009 (runs use that of 2G alone)", energy::figures),
    ("databases on measured devices", flash::figures),
    ("first downloads reported by vendors", downloads::figures),
];

/// Simulates all families. With `with_transfers`, also predicts the measured transfers.
pub(super) fn report(with_transfers: bool) -> Report {
    let mut sections = simulated(|_| true);
    if with_transfers {
        let ours = "the reference is well formed";
        sections.push(measured::transfers(measured::TRANSFERS.as_bytes()).expect(ours).0);
        sections.push(measured::outages(measured::OUTAGES.as_bytes()).expect(ours).0);
    }
    Report::of(&sections)
}

pub(super) fn cursor_report() -> Report {
    Report::of(&simulated(|name| name.starts_with("cursors ")))
}

fn simulated(wanted: impl Fn(&str) -> bool) -> Vec<Section> {
    let families = FAMILIES.iter().filter(|(name, _)| wanted(name));
    families.map(|(name, figures)| Section::of(name, &figures())).collect()
}
