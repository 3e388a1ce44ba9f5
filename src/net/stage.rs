//! A transfer and who drives it.

use super::conditions::Conditions;
use super::tcp::{Broken, Sender, Transfer};
use crate::base::Time;

pub(super) type Ended = Option<Result<Time, Broken>>;

#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) transfer: Transfer,
    pub(super) sender: Sender,
}

impl Stage {
    pub(super) fn run(&mut self, conditions: &dyn Conditions, until: Time) -> Ended {
        self.transfer.run(&mut self.sender, conditions, until)
    }

    /// Bytes that it has in flight at the most.
    pub(super) fn in_flight_at_most(&self) -> u64 {
        self.transfer.in_flight_at_most(&self.sender)
    }
}
