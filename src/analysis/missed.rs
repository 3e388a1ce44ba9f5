//! What a scenario plans and what did not come; what is made of it is said in `untested`.

use crate::record::MissedRecord;
use crate::world::{InVain, Missed};

/// Devices that a record names.
const NAMED: usize = 20;
/// What of a world's plan did not come, as a record holds it.
pub(super) fn recorded(missed: &[Missed]) -> Vec<MissedRecord> {
    let record = |of: &Missed| MissedRecord {
        event: of.event.clone(),
        why: of.why.clone(),
        missed: of.devices.len() as u64,
        of: of.of,
        devices: of.devices.iter().take(NAMED).map(ToString::to_string).collect(),
    };
    missed.iter().map(record).collect()
}

/// The same of an action of a swarm: it may need another, which this seed has not.
pub(super) fn in_vain(of: &InVain) -> MissedRecord {
    let why =
        "none of its edits was made, as no app ran or no row was there, or they were refused".to_owned();
    MissedRecord { event: format!("action.{}", of.action), why, missed: 0, of: 0, devices: Vec::new() }
}

/// In a reason of a cell that was to try something and did not.
pub(super) const NOTHING: &str = " tested nothing:";

/// The reason of a cell in which no edit of an event was made.
pub fn event_in_vain(event: &str) -> String {
    format!(
        "event {event}{NOTHING} none of its edits was made, as no app ran, the row was not there, or it was \
         refused; `optional` = true of its action says that this may be"
    )
}
