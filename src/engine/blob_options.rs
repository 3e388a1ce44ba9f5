//! How the built-in engine sends what is attached to rows.

use crate::base::in_words;

/// How attachments are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentOptions {
    /// When they go.
    pub queue: BlobQueue,
    /// Whether a row waits for its own.
    pub with: With,
    /// Which go first.
    pub first: First,
    /// So many at a time.
    pub parallel: u32,
    /// The bytes of a request at most.
    pub chunk_bytes: u64,
    /// One that was cut goes on where the server says that it has come to.
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

/// When attachments go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlobQueue {
    /// At the end of a unit's run.
    #[default]
    Behind,
    /// At its beginning, before its rows.
    Before,
    /// Beside the runs, at any time.
    Beside,
}
in_words!(BlobQueue { Behind: "behind", Before: "before", Beside: "beside" });

/// Whether a row waits for what is attached to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum With {
    /// No: the server may have it without.
    #[default]
    Apart,
    /// Yes: it goes when all of that is there.
    Row,
}
in_words!(With { Apart: "apart", Row: "row" });

/// Which attachments go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum First {
    /// Small pictures, of all rows.
    #[default]
    Thumbnails,
    /// The oldest.
    Oldest,
}
in_words!(First { Thumbnails: "thumbnails", Oldest: "oldest" });
