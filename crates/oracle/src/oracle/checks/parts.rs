//! What a device shows of a row, in full or in part, is what the version said that it is of.

use crate::base::{DeviceId, EntityId};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::words::Labels;

pub(in crate::oracle) static CONTRADICTION: Rule = Rule {
    name: "contradiction",
    metric: "oracle.contradiction.rows",
    harm: Harm::Divergent,
    matter: Matter::Parts,
    finds: "a row is shown, in full or in part, as of a version that said otherwise",
    needs: |can| can.stamps && can.sight.inside,
    // At rest a value that is not its version's is one that was bent.
    implies: &["bent-value", "divergent"],
    ..PLAIN
};
/// A row, or a part of one, contradicts its version, and `how`.
pub(in crate::oracle) fn contradiction(
    words: &Labels,
    device: DeviceId,
    (entity, key): (EntityId, &str),
    how: &str,
) -> String {
    format!("on {device} {} {how}", words.record(entity, key))
}
