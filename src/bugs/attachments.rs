//! Bugs in how attachments are sent.

use super::bug::{Bug, bug};
use crate::engine::BlobRule;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "last-stretch-is-all" caught by "broken-attachment",
        "an attachment is let go when its last stretch has left, whatever was said to that",
        "an upload that counts as done when its bytes are in the socket",
        blobs: BlobRule::is_there(says: Option<bool>, ends: bool) -> bool { ends || says == Some(true) }
    ),
    bug!(
        "takes-anothers-word" caught by "broken-attachment",
        "the server's word that all of an attachment is there is taken for this one's, whichever it was said of",
        "the built-in engine, until answers named what was asked",
        blobs: BlobRule::takes_anothers() -> bool { true }
    ),
    bug!(
        "sends-what-came-to-nothing" caught by "broken-attachment",
        "what is attached to a row goes up although the edit that made the row came to nothing",
        "the built-in engine, until it asked the server for the row",
        blobs: BlobRule::doubts() -> bool { false }
    ),
];
