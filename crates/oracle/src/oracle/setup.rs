//! The configuration of the oracle.

use std::rc::Rc;

use crate::base::EntityId;
use crate::contract::{Attributes, Capabilities, Combine};
use crate::oracle::final_checks::Definition;
use crate::oracle::model::Truth;
use crate::oracle::watch::Patience;
use crate::oracle::words::Labels;

/// The facts that the oracle needs before the first event.
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
    /// The stack's capabilities. They decide which checks apply.
    pub capabilities: Capabilities,
    /// The columns whose values the stack merges: the entity, the position in the backend's
    /// columns, the rule.
    pub combined: Vec<(EntityId, usize, Combine)>,
    /// The stack's definition of a conflict.
    pub definition: Definition,
    /// The backend's rows at virtual time zero. The oracle reads them while it processes an event,
    /// so they must not be read from the sender of the events.
    pub initial: Rc<dyn Truth>,
}
