//! The file of a shard: what it is of, then a line for each cell that ended, as in a journal.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::partition::Partition;
use crate::campaign::journal::{Head, Journal, KeptError};
use crate::record::{Build, Exit, Folder};

/// The file's name in a shard's folder.
pub const NAME: &str = "shard.jsonl";

/// What a shard is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The digest of the whole plan.
    pub plan: String,
    /// Which of its cells are the shard's.
    pub partition: Partition,
    /// The words of the command, without what only says how the work is done.
    pub command: Vec<String>,
}

/// In what two shards differ so that both cannot be of one plan; `None` if they can.
pub(super) fn difference(one: (&Build, &Shard), other: (&Build, &Shard)) -> Option<&'static str> {
    if one.0.source != other.0.source {
        Some("of another build of the program")
    } else if one.1.command != other.1.command {
        Some("of another command")
    } else {
        (one.1.plan != other.1.plan).then_some("of another plan")
    }
}

/// Opens this shard in `folder`: a new one, or the same that was begun there, with the cells that
/// it has kept.
pub fn open(folder: &Path, shard: &Shard) -> Result<Journal, KeptError> {
    let path = folder.join(NAME);
    Folder::create(folder)?;
    let is_of = |head: &Head<Shard>| {
        let other = difference((&head.build, &head.of), (Build::this(), shard)).map(str::to_owned);
        let partition = head.of.partition;
        match other.or_else(|| (partition != shard.partition).then(|| partition.to_string())) {
            None => Ok(()),
            Some(why) => Err(KeptError::new(
                Exit::Usage,
                format!(
                    "{} holds a shard already, {why}: choose another folder with --out",
                    folder.display()
                ),
            )),
        }
    };
    let mut journal = match Journal::reopened(&path, false, is_of)? {
        Some(journal) => journal,
        None => Journal::begun(path, shard)?,
    };
    journal.alone = true;
    Ok(journal)
}
