//! A runner without a simulation, for the tests of this room and of the command line: the variant's name says what happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::runner::{Record, Runner, Watch};
use crate::base::Time;
use crate::report::fixture;
use crate::scenario::Plan;
use crate::world::{Ending, Outcome};

/// `lost` loses rows, `panics` panics, `endless` runs until it is interrupted, `moody` never has the same digest twice; all others
/// are well.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    /// Runs so far.
    pub(crate) runs: AtomicU64,
}

impl Runner for Fake {
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Outcome {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        watch.progress(Time::ZERO + plan.duration, plan.duration);
        let mut outcome = match plan.variant.as_deref() {
            Some("lost") => fixture::lost(plan.seed.0 + 1),
            Some("panics") => panic!("invariant broken in seed {}", plan.seed.0),
            Some("endless") => {
                while !watch.interrupted() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Outcome { ending: Ending::Interrupted, ..fixture::outcome() }
            }
            _ => fixture::outcome(),
        };
        outcome.digest = format!("{:032x}", plan.seed.0);
        if plan.variant.as_deref() == Some("moody") {
            outcome.digest = format!("{run:032x}");
        }
        // Later cells are faster, so that threads end them out of order.
        std::thread::sleep(Duration::from_micros(2_000 / (plan.seed.0 + 1)));
        outcome
    }

    fn lives(&self, plan: &Plan, records: &[Record], _: &dyn Watch) -> Vec<(Record, Vec<String>)> {
        let told = records.iter().map(|record| {
            let line = format!("seed {}: {} was written and never seen again", plan.seed.0, record.1);
            (record.clone(), vec![line])
        });
        told.collect()
    }
}
