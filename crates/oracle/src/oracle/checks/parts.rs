//! A device's full and partial rows have the values of their version.

use crate::base::{DeviceId, EntityId};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::words::phrases::Labels;

pub(in crate::oracle) static CONTRADICTION: Rule = Rule {
    name: "contradiction",
    metric: "oracle.contradiction.rows",
    harm: Harm::Divergent,
    matter: Matter::Parts,
    finds: "a row is shown, in full or in part, with values other than those of its version",
    needs: |can| can.stamps && can.sight.inside,
    // At rest, a value that differs from its version was altered.
    implies: &["bent-value", "divergent"],
    ..PLAIN
};
/// Describes how a row, or a part of one, contradicts its version.
pub(in crate::oracle) fn contradiction(
    words: &Labels,
    device: DeviceId,
    (entity, key): (EntityId, &str),
    how: &str,
) -> String {
    format!("on {device} {} {how}", words.record(entity, key))
}
