//! How messages are coded, besides their format.

use crate::base::in_words;

/// What packs messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Nothing.
    #[default]
    None,
    /// Gzip (RFC 1952), as zlib packs at level 6.
    Gzip,
    /// Zstandard (RFC 8878) at level 1.
    Zstd,
}
in_words!(Packing { None: "none", Gzip: "gzip", Zstd: "zstd" });

/// Which messages are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packs {
    /// Requests and answers.
    #[default]
    Both,
    /// Answers: many servers take no packed request.
    Answers,
}
in_words!(Packs { Both: "both", Answers: "responses" });

/// Which bytes of a page its limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BytesCount {
    /// Those before it is packed: memory is bounded.
    #[default]
    Plain,
    /// Those that are sent: time on the link is bounded.
    Sent,
}
in_words!(BytesCount { Plain: "plain", Sent: "sent" });

/// How a codec codes messages, besides their format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// What packs them.
    pub packing: Packing,
    /// Which are packed.
    pub packs: Packs,
    /// Which bytes of a page its limit counts.
    pub counts: BytesCount,
}
