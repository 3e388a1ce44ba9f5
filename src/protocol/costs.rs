//! What coding costs a processor.
//!
//! Device classes say how many bytes of JSON they code a second. What another format or a packer
//! takes is said in bytes of JSON that take as long, by the ratio of costs that were measured side
//! by side; so it scales with the class as JSON does.

use super::coding::Packing;

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is encoded and packed.
    Written,
    /// It is unpacked and decoded.
    Read,
}

/// What coding a message takes, in bytes of JSON that are coded in the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Its format, which an app may read in a managed language.
    pub format: u64,
    /// The packer, which is native code.
    pub packer: u64,
    /// Thousandths of the cost of a byte of JSON that a byte of the format costs.
    per_byte: u64,
}

/// What a byte before packing costs, picoseconds: written and read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) written: u64,
    pub(super) read: u64,
}

/// Source: `cargo bench --bench codec`, rows of seven columns of about 230 bytes of JSON, on one
/// core of a quiet x86-64 server: all in one run, so that their ratios hold elsewhere.
pub(super) const JSON: Costs = Costs { written: 435, read: 735 };
/// Source: as for [`JSON`].
pub(super) const XML: Costs = Costs { written: 343, read: 1_959 };
/// Source: as for [`JSON`].
pub(super) const CBOR: Costs = Costs { written: 304, read: 671 };
/// Source: as for [`JSON`].
pub(super) const PROTOBUF: Costs = Costs { written: 571, read: 667 };
/// As zlib packs at level 6. Source: as for [`JSON`].
const GZIP: Costs = Costs { written: 11_581, read: 769 };
/// At level 1. Source: as for [`JSON`].
const ZSTD: Costs = Costs { written: 1_167, read: 436 };

impl Costs {
    fn of(self, way: Way) -> u64 {
        match way {
            Way::Written => self.written,
            Way::Read => self.read,
        }
    }
    /// Thousandths of what JSON costs.
    fn beside_json(self, way: Way) -> u64 {
        self.of(way) * 1_000 / JSON.of(way)
    }
}

impl Effort {
    /// For a message of so many bytes in a format.
    pub(super) fn new(bytes: usize, costs: Costs, way: Way) -> Effort {
        Effort { format: 0, packer: 0, per_byte: costs.beside_json(way) }.of_size(bytes as u64)
    }
    /// The same for a message of this size.
    pub(super) fn of_size(self, bytes: u64) -> Effort {
        Effort { format: bytes * self.per_byte / 1_000, ..self }
    }
    /// And for packing it from this size, or unpacking it to that.
    pub(super) fn and_packed(self, packing: Packing, way: Way, bytes: u64) -> Effort {
        let thousandths = match packing {
            Packing::None => 0,
            Packing::Gzip => GZIP.beside_json(way),
            Packing::Zstd => ZSTD.beside_json(way),
        };
        Effort { packer: bytes * thousandths / 1_000, ..self }
    }
}
