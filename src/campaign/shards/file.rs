//! The file of a shard: what it is of, then a line for each cell that ended, as in a journal.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::partition::Partition;
use crate::campaign::journal::{self, Journal, JournalError};
use crate::record::{Build, Folder, FolderError};
use crate::scenario::file;

/// The file's name in a shard's folder.
pub const NAME: &str = "shard.jsonl";
/// The shape of its lines.
const SHAPE: u32 = 2;

/// The first line: what a shard is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    shape: u32,
    /// The build that runs it.
    pub build: Build,
    /// The digest of the whole plan.
    pub plan: String,
    /// How many cells the whole plan has.
    pub planned: u64,
    /// Which of them are the shard's.
    pub partition: Partition,
    /// The words of the command, without what only says how the work is done.
    pub command: Vec<String>,
}

/// Why a shard cannot be run into a folder.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// There is a shard of something else.
    #[error("{} holds a shard already, {why}: choose another folder with --out", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        why: String,
    },
    /// The system refuses.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// What stands at the beginning of a shard's file.
pub(super) enum Begun {
    /// There is no file.
    Absent,
    /// It was cut off within its first line, or that is not as it was written.
    Cut,
    /// Another version of the program wrote it.
    Foreign,
    /// It is of this.
    Of(Box<Head>),
}

impl Head {
    /// Of a plan and its shard, to be run by this build.
    pub fn new(plan: &str, planned: usize, partition: Partition, command: Vec<String>) -> Head {
        let (build, plan) = (Build::this().clone(), plan.to_owned());
        Head { shape: SHAPE, build, plan, planned: planned as u64, partition, command }
    }

    /// In what a shard differs so that both cannot be of one plan; `None` if they can.
    pub(super) fn differs_from(&self, other: &Head) -> Option<&'static str> {
        if self.build.source != other.build.source {
            Some("of another build of the program")
        } else if self.command != other.command {
            Some("of another command")
        } else if self.plan != other.plan || self.planned != other.planned {
            Some("of another plan")
        } else {
            None
        }
    }

    fn line(&self) -> String {
        journal::seal(&serde_json::to_string(self).expect("a head is JSON"))
    }
}

/// The first line of the file in `folder`.
pub(super) fn begun(folder: &Path) -> io::Result<Begun> {
    let file = match file::open(&folder.join(NAME), file::Named::InFile) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Begun::Absent),
        Err(e) => return Err(e),
    };
    let mut text = Vec::new();
    journal::line(&mut BufReader::new(file), &mut text)?;
    let Some(head) = journal::sealed(&text) else { return Ok(Begun::Cut) };
    let read = serde_json::from_str::<Head>(head).ok().filter(|head| head.shape == SHAPE);
    Ok(read.map_or(Begun::Foreign, |head| Begun::Of(Box::new(head))))
}

/// Opens the shard of this head in `folder`: a new one, or the same that was begun there, with the
/// cells that it has kept.
///
/// # Errors
/// There is another shard, or the file system refuses.
pub fn open(folder: &Path, head: &Head) -> Result<Journal, ShardError> {
    let path = folder.join(NAME);
    let failed = |cause| FolderError { path: path.clone(), cause };
    let other = |why: String| ShardError::Other { folder: folder.to_owned(), why };
    Folder::create(folder)?;
    let mut journal = match begun(folder).map_err(failed)? {
        Begun::Absent | Begun::Cut => Journal::begun(path, head.line().as_bytes())?,
        Begun::Foreign => return Err(other("of another version of the program".to_owned())),
        Begun::Of(theirs) => {
            if let Some(why) = theirs.differs_from(head) {
                return Err(other(why.to_owned()));
            }
            if theirs.partition != head.partition {
                return Err(other(theirs.partition.to_string()));
            }
            Journal::reopened(path, |_| Ok(()), |_| Ok(())).map_err(|e| match e {
                JournalError::Folder(e) => ShardError::Folder(e),
                e => other(e.to_string()),
            })?
        }
    };
    journal.alone = true;
    Ok(journal)
}
