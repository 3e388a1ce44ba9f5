//! Edits and imports that a scenario asks for and that its script could not make as asked.

use super::missed::NOTHING;
use crate::record::UnplacedRecord;
use crate::world::{ActionCount, Placed};

/// How the reason of a cell begins in which no edit of an action was made.
pub fn in_vain_subject(action: &str) -> String {
    format!("action {action}{NOTHING}")
}

/// The actions and imports of a script that could not all be made as asked.
pub fn recorded(placed: &Placed) -> Vec<UnplacedRecord> {
    let unplaced = placed.actions.iter().filter(|count| count.left_out + count.astray > 0);
    let record = |count: &ActionCount| UnplacedRecord {
        action: count.name.clone(),
        asked: count.on_devices + count.in_office + count.in_bursts + count.left_out,
        left_out: count.left_out,
        astray: count.astray,
        import: false,
    };
    let short = placed.short.iter().map(|short| UnplacedRecord {
        action: short.entity.clone(),
        asked: short.asked,
        left_out: short.asked - short.made,
        astray: 0,
        import: true,
    });
    unplaced.map(record).chain(short).collect()
}
