//! A judged cell.

use super::held::GateRecord;
use super::reason::Reason;
use super::run::{CellRecord, Verdict};

/// A judged cell with its gates.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The cell; its command to replay is filled in when the record is put together.
    pub cell: CellRecord,
    /// Its gates; none if it expects a violation or did not end.
    pub gates: Vec<GateRecord>,
}

impl Judged {
    /// Adds a reason why the cell is not a pass.
    pub fn fail(&mut self, reason: Reason) {
        self.cell.reasons.push(reason);
        self.cell.verdict = Verdict::Fail;
    }
}
