//! Bugs in what the app is told, and shows, of the sync.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use super::order;
use crate::contract::Progress;
use crate::engine::{Rules, StatusRule, Wheel};

/// Overrides one method of the status rule.
macro_rules! status_rule {
    ($name:ident: $method:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block) => {
        fn $name(rules: Rules) -> Rules {
            struct Broken;
            impl StatusRule for Broken {
                fn $method(&self $(, $argument: $type)*) -> $answer $body
            }
            Rules { status: Rc::new(Broken), ..rules }
        }
    };
}

status_rule!(counts_nothing: pending(_waiting: u32) -> u32 { 0 });
status_rule!(syncs_for_ever: heeds_failures() -> bool { false });
status_rule!(stands: progress(_wheel: Wheel) -> Progress { Progress::default() });
status_rule!(stays_offline: heeds_network() -> bool { false });
status_rule!(stays_failed: forgives() -> bool { false });
status_rule!(
    counts_tries: progress(wheel: Wheel) -> Progress {
        let percent = (u64::from(wheel.rows) * 100 / u64::from(wheel.steps.max(1))).min(255);
        Progress { percent: percent as u8, rows: wheel.rows }
    }
);

/// Each is caught by what was so, as other events tell it.
pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "all-synced-too-soon",
        check: "wrong-status",
        mechanism: "the app says that all is synced, and has looked at runs alone: edits that wait are not counted",
        seen_in: "readest #5674, and people who find their reports on the phone two weeks later",
        breaks: Breaks::Rule(counts_nothing),
    },
    Bug {
        id: "syncing-for-ever",
        check: "wrong-status",
        mechanism: "a run that fails does not end what is shown: \"syncing\" stays until one ends well",
        seen_in: "powersync.dart #307, behind a captive portal",
        breaks: Breaks::Rule(syncs_for_ever),
    },
    Bug {
        id: "progress-never-moves",
        check: "wrong-status",
        mechanism: "the progress of a run is shown as it was when the run began",
        seen_in: "realm-java #6005",
        breaks: Breaks::Rule(stands),
    },
    Bug {
        id: "progress-beyond-its-end",
        check: "wrong-status",
        mechanism: "rows that came are counted against the steps that were known: more than all is done",
        seen_in: "a progress bar that is fed with rows and sized by entities",
        breaks: Breaks::Rule(counts_tries),
    },
    Bug {
        id: "offline-for-ever",
        check: "wrong-status",
        mechanism: "what is shown follows the network as it goes, and not as it comes back",
        seen_in: "rxdb #6257",
        breaks: Breaks::Rule(stays_offline),
    },
    Bug {
        id: "failed-for-ever",
        check: "wrong-status",
        mechanism: "a run that ends well does not take back what a failed one has shown",
        seen_in: "an error banner that somebody has to close",
        breaks: Breaks::Rule(stays_failed),
    },
    Bug {
        id: "completes-twice",
        check: "event-without-end",
        mechanism: "that a run ended well is told twice, and the app does twice what it does then",
        seen_in: "services that sync objects side by side, each of which signals the end",
        breaks: Breaks::Rule(|rules| Rules { order: order::completes_twice(), ..rules }),
    },
];
