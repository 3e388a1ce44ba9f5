//! The check that full and partial rows on a device have the values of their version.

use crate::oracle::{Harm, Matter, Rule};

pub(crate) static CONTRADICTION: Rule = Rule {
    finds: "a row is shown, in full or in part, with values other than those of its version",
    needs: |can| can.stamps && can.sight.inside,
    // When a device is at rest, a value that differs from its version was altered.
    implies: &["bent-value", "divergent"],
    ..Rule::new("contradiction", "oracle.contradiction.rows", Harm::Divergent, Matter::Parts)
};
