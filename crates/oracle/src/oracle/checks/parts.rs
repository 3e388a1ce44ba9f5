//! The check that all rows on a device, full or partial (with only some columns), have the values
//! of their version.

use crate::oracle::{Harm, Matter, Rule};

pub(crate) static CONTRADICTION: Rule = Rule {
    finds: "a row is shown, in full or in part, with values other than those of its version",
    needs: |can| can.stamps && can.sight.inside,
    // Once the device is at rest, the same difference is also found by these checks.
    implies: &["bent-value", "divergent"],
    ..Rule::new("contradiction", "oracle.contradiction.rows", Harm::Divergent, Matter::Parts)
};
