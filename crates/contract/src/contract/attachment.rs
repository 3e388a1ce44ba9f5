//! Attachments: a photo that belongs to a row, and its thumbnail.

use xxhash_rust::xxh3::xxh3_64;

use crate::base::{ContentKind, Digest, Digestible, EntityId, Fat, Key, in_words};

/// The sizes of the attachments of an entity. Each row that a device creates has one attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Bytes of the smallest attachment.
    pub least: u32,
    /// Bytes of the largest; sizes between `least` and `most` are equally likely.
    pub most: u32,
    /// Bytes of the thumbnail, if there is one.
    pub thumbnail: Option<u32>,
}

/// A part of an attachment, in the order of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A small preview.
    Thumbnail,
    /// The whole attachment.
    Whole,
}
in_words!(Part { Thumbnail: "thumbnail", Whole: "whole" });

/// Identifies a part of a row's attachment. The row is identified by a hash of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    /// The entity of the row.
    pub entity: EntityId,
    /// The row, by a hash of its key.
    pub row: u64,
    /// Which part of the attachment.
    pub part: Part,
}

impl Digestible for BlobId {
    fn digest(&self, digest: &mut Digest) {
        digest.numbers([u64::from(self.entity.0), self.row, self.part as u64]);
    }
}

impl BlobId {
    /// The id of this part of a row's attachment.
    pub fn of(entity: EntityId, key: &Key, part: Part) -> BlobId {
        BlobId { entity, row: xxh3_64(key.as_str().as_bytes()), part }
    }
}

/// The hash of these bytes. The receiver compares hashes to detect damaged bytes.
pub fn blob_hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

impl Attachment {
    /// The parts, smallest first.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        self.thumbnail.map(|_| Part::Thumbnail).into_iter().chain([Part::Whole])
    }
    /// The content of a part. The same row always has the same bytes.
    pub fn bytes(&self, key: &Key, part: Part) -> Vec<u8> {
        let seed = xxh3_64(key.as_str().as_bytes());
        let spread = u64::from(self.most.saturating_sub(self.least)) + 1;
        let len = match (part, self.thumbnail) {
            (Part::Thumbnail, Some(len)) => len,
            _ => self.least + (seed % spread) as u32,
        };
        Fat { seed: seed ^ part as u64, len, of: ContentKind::default() }.text().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_lie_in_their_bounds_and_parts_differ() {
        let photo = Attachment { least: 300, most: 500, thumbnail: Some(40) };
        assert_eq!(photo.parts().collect::<Vec<_>>(), [Part::Thumbnail, Part::Whole]);
        let mut sizes = std::collections::BTreeSet::new();
        for row in 0..50 {
            let key = Key::new(&format!("row-{row}"));
            let whole = photo.bytes(&key, Part::Whole);
            assert!((300..=500).contains(&whole.len()));
            assert_eq!(photo.bytes(&key, Part::Thumbnail).len(), 40);
            assert_eq!(photo.bytes(&key, Part::Whole), whole);
            sizes.insert(whole.len());
        }
        assert!(sizes.len() > 20, "{sizes:?}");
    }
}
