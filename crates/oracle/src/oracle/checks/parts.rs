//! A device's full and partial rows have the values of their version.

use crate::oracle::{Harm, Matter, Rule};

pub(crate) static CONTRADICTION: Rule = Rule {
    finds: "a row is shown, in full or in part, with values other than those of its version",
    needs: |can| can.stamps && can.sight.inside,
    // At rest, a value that differs from its version was altered.
    implies: &["bent-value", "divergent"],
    ..Rule::new("contradiction", "oracle.contradiction.rows", Harm::Divergent, Matter::Parts)
};
