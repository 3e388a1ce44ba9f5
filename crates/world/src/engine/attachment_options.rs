//! Options of attachments.

use crate::base::word_enums;

/// How attachments are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentOptions {
    /// When attachments are sent.
    pub queue: BlobQueue,
    /// Whether a row is sent only after its attachments.
    pub with: With,
    /// Which attachment is sent first.
    pub first: First,
    /// The most requests with attachments that are under way at the same time.
    pub parallel: u32,
    /// The most attachment bytes per request.
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
        /// At the end of a sync unit's run.
        #[default]
        Behind: "behind",
        /// At the beginning of a sync unit's run, before its rows.
        Before: "before",
        /// At any time, even while a run sends rows.
        Beside: "beside",
    }

    /// Whether a row is sent only after its attachments.
    pub enum With {
        /// The row does not wait: the server may have it without its attachments.
        #[default]
        Apart: "apart",
        /// The row is sent when all its attachments are uploaded.
        Row: "row",
    }

    /// Which attachment is sent first.
    pub enum First {
        /// The thumbnails of all rows, then the full attachments.
        #[default]
        Thumbnails: "thumbnails",
        /// The oldest attachment.
        Oldest: "oldest",
    }

    /// What the engine does if the server refuses an attachment because it already has it.
    pub enum OnThere {
        /// The upload counts as failed, and the next run sends it again. If `resume` is set, the
        /// engine first asks the server how many bytes it has.
        #[default]
        Fail: "fail",
        /// The attachment counts as uploaded.
        Done: "done",
    }
}
