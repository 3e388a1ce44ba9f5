//! What the oracle must know before the first event.

use std::rc::Rc;

use super::patience::Patience;
use super::refused::Definition;
use super::truth::Truth;
use super::words::Labels;
use crate::base::EntityId;
use crate::contract::{Attributes, Capabilities, Combine};

/// What the oracle must know before the first event.
#[derive(Clone)]
pub struct OracleSetup {
    /// The entities and units.
    pub labels: Labels,
    /// What sets each device apart, by device.
    pub attributes: Vec<Attributes>,
    /// Whether what a device committed outlives a loss of power.
    pub durable: bool,
    /// Whether a new version of the app empties the database of the old one.
    pub resets: bool,
    /// How long a run may say nothing, and one that is to begin may wait.
    pub patience: Patience,
    /// What may be asked of the stack.
    pub capabilities: Capabilities,
    /// The columns whose values the stack combines, by position in the backend's, and how.
    pub combined: Vec<(EntityId, usize, Combine)>,
    /// What makes a conflict by its definition.
    pub definition: Definition,
    /// What the backend held at virtual time zero. It is asked while events are told, so it must
    /// not need what tells them; it is asked once for each row that something happens to.
    pub initial: Rc<dyn Truth>,
}
