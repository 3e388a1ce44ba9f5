//! Validation: our models compared with known results.
//!
//! Each family of figures is a file and a line in [`FAMILIES`]. It runs our own parts in the
//! smallest world that shows one thing, and returns the result with its reference. [`measured`]
//! predicts files of measured transfers; `decoders` checks what decoders must refuse.
//!
//! Invariants: a figure is simulated, so it is the same on every machine; its tolerance is the one
//! on the validation page, and no constant is fitted to a figure.

mod backoff;
mod chunks;
mod cursors;
mod decoders;
mod downloads;
mod energy;
mod figures;
mod flash;
mod losses;
pub mod measured;
mod queues;
mod rig;

pub use decoders::decoder_report;
pub use figures::{Figure, Report, Section};

/// A family of related figures: its subject, and the function that simulates them.
pub type Family = (&'static str, fn() -> Vec<Figure>);

pub const FAMILIES: &[Family] = &[
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

/// Simulates all families and, if asked for, predicts the measured transfers too.
pub fn report(with_transfers: bool) -> Report {
    let mut sections = simulated(|_| true);
    if with_transfers {
        let ours = "the reference is well formed";
        sections.push(measured::transfers(measured::TRANSFERS.as_bytes()).expect(ours).0);
        sections.push(measured::outages(measured::OUTAGES.as_bytes()).expect(ours).0);
    }
    Report::of(&sections)
}

pub fn cursor_report() -> Report {
    Report::of(&simulated(|name| name.starts_with("cursors ")))
}

fn simulated(wanted: impl Fn(&str) -> bool) -> Vec<Section> {
    let families = FAMILIES.iter().filter(|(name, _)| wanted(name));
    families.map(|(name, figures)| Section::of(name, &figures())).collect()
}
