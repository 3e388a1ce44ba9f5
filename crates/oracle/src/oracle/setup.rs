//! The configuration of the oracle.

use std::rc::Rc;

use crate::base::EntityId;
use crate::contract::{Attributes, Capabilities, Combine};
use crate::oracle::final_checks::Definition;
use crate::oracle::model::Truth;
use crate::oracle::watch::Patience;
use crate::oracle::words::Labels;

/// What the oracle must know before the first event.
#[derive(Clone)]
pub struct OracleSetup {
    /// The entities and units.
    pub labels: Labels,
    /// By device number, the attributes of the device.
    pub attributes: Vec<Attributes>,
    /// True if a device's commits survive a power loss.
    pub durable: bool,
    /// True if a new version of the app empties the database of the old version.
    pub resets: bool,
    /// The longest silence of a run, and the longest delay of its start.
    pub patience: Patience,
    /// What the oracle may check of the stack.
    pub capabilities: Capabilities,
    /// The columns whose values the stack combines, by position in the backend's columns, and how.
    pub combined: Vec<(EntityId, usize, Combine)>,
    /// The stack's definition of a conflict.
    pub definition: Definition,
    /// The backend's rows at virtual time zero. They are read while events are processed, so they
    /// must not depend on the source of the events. Called once per row with events.
    pub initial: Rc<dyn Truth>,
}
