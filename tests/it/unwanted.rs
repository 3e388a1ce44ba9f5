//! An interrupted run does not finish building its world.

use std::sync::atomic::{AtomicUsize, Ordering};

use syncdyno::base::{Span, Time};
use syncdyno::scenario::Plan;
use syncdyno::world::{ASKED_EVERY, Ending, Stacks, Watch, run};

use crate::worlds::written;

fn plan(fleet: &str) -> Plan {
    let text = format!(
        "name = \"rows\"\n[fleet.phones]\ndevices = 1\n{fleet}[entity.note]\nrows = 20000\n\
         schema = {{ id = \"uuid key\", title = \"text\" }}\n"
    );
    written(&text)
}

/// A watcher that interrupts when it is asked for the `until`th time.
struct Patient {
    until: usize,
    asked: AtomicUsize,
}

impl Watch for Patient {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.until
    }
}

/// How often the watcher is asked, and how the run ends.
fn asked(plan: &Plan, until: usize) -> (usize, Ending) {
    let patient = Patient { until, asked: AtomicUsize::new(0) };
    let outcome = run(plan, &Stacks::builtin(), &patient).expect("it can be run");
    (patient.asked.into_inner(), outcome.ending)
}

#[test]
fn nobody_waits_for_a_check_whose_verdict_is_not_wanted() {
    let plan = plan("start = { 1d = 1.0 }\n");
    let (all, ending) = asked(&plan, usize::MAX);
    assert_eq!(ending, Ending::Drained);
    // Of the backend for the expected rows, of the device, and of the backend for the digest.
    let of_check = 3 * (20_000 / ASKED_EVERY as usize);
    for late in [1, of_check / 2, of_check] {
        let (asked, ending) = asked(&plan, all - late);
        assert_eq!((asked, ending), (all - late + 1, Ending::Interrupted), "{late} before the last");
    }
}

#[test]
fn nobody_waits_for_rows_that_are_loaded_in_vain() {
    let plan = plan("");
    for until in [1, 2, 20_000 / ASKED_EVERY as usize] {
        assert_eq!(asked(&plan, until), (until + 1, Ending::Interrupted), "it is not asked again");
    }
}
