//! Compression of messages, and the CPU cost of coding.
//!
//! A device class states how many bytes of JSON it encodes and decodes per second. The effort for
//! other formats and for compression is the number of JSON bytes that take the same time. All
//! formats were measured in one run, so their ratios are valid for each class.

use crate::base::word_enums;

word_enums! {
    /// How messages are compressed.
    pub enum Packing {
        /// No compression.
        #[default]
        None: "none",
        /// Gzip (RFC 1952), like zlib at level 6.
        Gzip: "gzip",
        /// Zstandard (RFC 8878) at level 1.
        Zstd: "zstd",
    }

    /// Which messages are compressed.
    pub enum Packs {
        /// Requests and responses.
        #[default]
        Both: "both",
        /// Only responses, because many servers accept no compressed requests.
        Answers: "responses",
    }

    /// Which bytes of a page count towards its limit.
    pub enum BytesCount {
        /// Bytes before compression: this limits the memory for a page.
        #[default]
        Plain: "plain",
        /// Bytes after compression: this limits the time on the link.
        Sent: "sent",
    }
}

/// The compression of messages, and how page limits count bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// The compression format.
    pub packing: Packing,
    /// Which messages are compressed.
    pub packs: Packs,
    /// Which bytes of a page count towards its limit.
    pub counts: BytesCount,
}

/// Whether a message is written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Encoding and compressing.
    Written,
    /// Decompressing and decoding.
    Read,
}

/// The effort to code a message, as the number of JSON bytes that take the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// The effort to encode or decode the format. Some apps do this in a managed language.
    pub format: u64,
    /// The effort to compress or decompress, which is always native code.
    pub packer: u64,
}

/// Picoseconds per byte before compression, for writing and for reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) written: u64,
    pub(super) read: u64,
}

// Costs of JSON (the reference) and of compression (gzip like zlib at level 6, zstd at level 1).
// Other formats state their costs in their files. Source: `cargo bench --bench codec`, on one core
// of an idle x86-64 server. Each row had 7 columns and about 230 bytes of JSON. All costs were
// measured in one run, so the ratios are valid on other machines.
pub(super) const JSON: Costs = Costs { written: 435, read: 735 };
const GZIP: Costs = Costs { written: 11_581, read: 769 };
const ZSTD: Costs = Costs { written: 1_167, read: 436 };

impl Costs {
    fn of(self, way: Way) -> u64 {
        if way == Way::Written { self.written } else { self.read }
    }
    /// The cost per byte in thousandths of the cost of JSON.
    fn beside_json(self, way: Way) -> u64 {
        self.of(way) * 1_000 / JSON.of(way)
    }
}

impl Effort {
    /// The effort for a message of `bytes` before compression.
    pub(super) fn new(bytes: u64, costs: Costs, packing: Packing, way: Way) -> Effort {
        let packer = match packing {
            Packing::None => 0,
            Packing::Gzip => GZIP.beside_json(way),
            Packing::Zstd => ZSTD.beside_json(way),
        };
        let of = |thousandths: u64| bytes * thousandths / 1_000;
        Effort { format: of(costs.beside_json(way)), packer: of(packer) }
    }
}
