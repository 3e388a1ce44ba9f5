//! Options of attachments.

use crate::base::word_enums;

/// How attachments are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentOptions {
    /// When attachments are sent.
    pub queue: BlobQueue,
    /// Whether a row waits for its attachment.
    pub with: With,
    /// Which attachment is sent first.
    pub first: First,
    /// How many requests with attachments may be under way.
    pub parallel: u32,
    /// Bytes per request, at most.
    pub chunk_bytes: u64,
    /// Whether an interrupted upload resumes at the byte that the server reports.
    pub resume: bool,
    /// What the engine does if the server refuses an upload because it already has the attachment.
    pub on_there: OnThere,
}

impl Default for AttachmentOptions {
    fn default() -> AttachmentOptions {
        AttachmentOptions {
            queue: BlobQueue::default(),
            with: With::default(),
            first: First::default(),
            parallel: 1,
            chunk_bytes: 256 * 1024,
            resume: true,
            on_there: OnThere::default(),
        }
    }
}

word_enums! {
    /// When attachments are sent.
    pub enum BlobQueue {
        /// At the end of a unit's run.
        #[default]
        Behind: "behind",
        /// Before the rows, at the beginning of a unit's run.
        Before: "before",
        /// Concurrently with runs, at any time.
        Beside: "beside",
    }

    /// Whether a row waits for its attachments.
    pub enum With {
        /// No: the server may have the row without its attachments.
        #[default]
        Apart: "apart",
        /// Yes: the row is sent when all its attachments are uploaded.
        Row: "row",
    }

    /// Which attachment is sent first.
    pub enum First {
        /// Thumbnails, of all rows, before full attachments.
        #[default]
        Thumbnails: "thumbnails",
        /// The oldest attachment.
        Oldest: "oldest",
    }

    /// What the engine does if the server refuses an attachment because it already has it.
    pub enum OnThere {
        /// The upload counts as failed and the next run sends it again. An engine that resumes
        /// uploads asks the server first.
        #[default]
        Fail: "fail",
        /// The attachment counts as uploaded.
        Done: "done",
    }
}
