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
    /// Whether an interrupted upload resumes where the server says that it has come to.
    pub resume: bool,
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
        }
    }
}

word_enums! {
    /// When attachments are sent.
    pub enum BlobQueue {
        /// At the end of a unit's run.
        #[default]
        Behind: "behind",
        /// At its beginning, before its rows.
        Before: "before",
        /// Concurrently with runs, at any time.
        Beside: "beside",
    }

    /// Whether a row waits for its attachment.
    pub enum With {
        /// No: the server may have the row without them.
        #[default]
        Apart: "apart",
        /// Yes: the row goes when all of them are uploaded.
        Row: "row",
    }

    /// Which part of an attachment is sent first.
    pub enum First {
        /// Thumbnails, of all rows.
        #[default]
        Thumbnails: "thumbnails",
        /// The oldest.
        Oldest: "oldest",
    }
}
