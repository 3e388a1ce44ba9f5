//! A judged cell.

use super::exit::Exit;
use super::run::{CellRecord, GateRecord, Reason, Verdict};

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
    pub fn fail(&mut self, exit: Exit, text: String) {
        self.cell.reasons.push(Reason { exit_code: exit.code(), text });
        self.cell.verdict = Verdict::Fail;
    }
}
