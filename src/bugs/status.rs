//! Bugs in what the app is told, and shows, of the sync.

use super::bug::{Bug, bug};
use crate::contract::Progress;
use crate::engine::{StatusRule, Wheel};

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "all-synced-too-soon" caught by "wrong-status",
        "the app says that all is synced, and has looked at runs alone: edits that wait are not counted",
        "readest #5674, and people who find their reports on the phone two weeks later",
        status: StatusRule::pending(_: u32) -> u32 { 0 }
    ),
    bug!(
        "syncing-for-ever" caught by "wrong-status",
        "a run that fails does not end what is shown: \"syncing\" stays until one ends well",
        "powersync.dart #307, behind a captive portal",
        status: StatusRule::heeds_failures() -> bool { false }
    ),
    bug!(
        "progress-never-moves" caught by "wrong-status",
        "the progress of a run is shown as it was when the run began",
        "realm-java #6005",
        status: StatusRule::progress(_: Wheel) -> Progress { Progress::default() }
    ),
    bug!(
        "progress-beyond-its-end" caught by "wrong-status",
        "rows that came are counted against the steps that were known: more than all is done",
        "a progress bar that is fed with rows and sized by entities",
        status: StatusRule::progress(wheel: Wheel) -> Progress {
            let percent = (u64::from(wheel.rows) * 100 / u64::from(wheel.steps.max(1))).min(255);
            Progress { percent: percent as u8, rows: wheel.rows }
        }
    ),
    bug!(
        "offline-for-ever" caught by "wrong-status",
        "what is shown follows the network as it goes, and not as it comes back",
        "rxdb #6257",
        status: StatusRule::heeds_network() -> bool { false }
    ),
    bug!(
        "failed-for-ever" caught by "wrong-status",
        "a run that ends well does not take back what a failed one has shown",
        "an error banner that somebody has to close",
        status: StatusRule::forgives() -> bool { false }
    ),
];
