//! Attachments on the server: an object store separate from its databases. It survives the end of
//! the server process and every restore of a backup.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::Xxh3;

use crate::backend::Backend;
use crate::base::{EntityId, Key, word_enums};
use crate::contract::{BlobId, Event, Part, RequestKind, ServerError, StoredBlob};
use crate::protocol::{BlobAnswer, BlobPut};

word_enums! {
    /// The treatment of a range of an attachment that the gateway has completely.
    pub enum AttachmentAgain {
        /// The response says that the attachment is complete, and the upload counts as done.
        #[default]
        Accept: "accept",
        /// The gateway refuses the request, as with a 412 for an existing file. It still responds
        /// to a device that asks how many bytes have arrived.
        Refuse: "refuse",
    }
}

#[derive(Default)]
struct Kept {
    have: u64,
    sum: Xxh3,
    whole: bool,
}

pub(super) struct Blobs {
    kept: BTreeMap<(EntityId, Key, Part), Kept>,
    again: AttachmentAgain,
}

impl Blobs {
    pub(super) fn new(again: AttachmentAgain) -> Blobs {
        Blobs { kept: BTreeMap::new(), again }
    }

    /// Takes a chunk that continues the last one, or begins the attachment again. Returns the
    /// response, and true if this chunk completed the attachment. Content that differs from its
    /// announcement is discarded.
    ///
    /// # Errors
    /// [`ServerError::AlreadyThere`] if the attachment is complete and the options refuse it then.
    fn take(&mut self, put: &BlobPut) -> Result<(BlobAnswer, bool), ServerError> {
        let kept = self.kept.entry((put.entity, put.key.clone(), put.part)).or_default();
        let of = put.asked();
        let says = |kept: &Kept| BlobAnswer { of, have: kept.have, whole: kept.whole, row: false };
        if kept.whole && !put.is_question() && self.again == AttachmentAgain::Refuse {
            return Err(ServerError::AlreadyThere);
        }
        if kept.whole || put.is_question() {
            return Ok((says(kept), false));
        }
        if put.offset == 0 {
            *kept = Kept::default();
        }
        if put.offset == kept.have {
            kept.have += put.bytes.len() as u64;
            kept.sum.update(&put.bytes);
        }
        if kept.have == put.total {
            kept.whole = kept.sum.digest() == put.hash;
            if !kept.whole {
                *kept = Kept::default();
            }
        }
        Ok((says(kept), kept.whole))
    }

    /// Serves a request if the backend admits it. `comes`: a row still waits for the backend.
    pub(super) fn serve(
        &mut self,
        request: &[u8],
        devices: usize,
        backend: &mut Backend,
        comes: impl Fn(EntityId, &Key) -> bool,
    ) -> Result<Vec<u8>, ServerError> {
        let put = BlobPut::decode(request).map_err(|damaged| ServerError::BadRequest(damaged.to_string()))?;
        if put.device.0 as usize >= devices {
            return Err(ServerError::BadRequest(format!("there is no device {}", put.device)));
        }
        backend.call.kind = RequestKind::Push;
        backend.admit(put.device)?;
        let (mut answer, stored) = self.take(&put)?;
        if put.is_question() {
            let is_there = backend.row(put.entity, &put.key).is_some_and(|row| !row.deleted);
            answer.row = is_there || comes(put.entity, &put.key);
        }
        if stored {
            let blob = BlobId::of(put.entity, &put.key, put.part);
            let (bytes, hash) = (put.total, put.hash);
            backend.call.found =
                Some(Event::BlobStored(StoredBlob { blob, device: put.device, bytes, hash }));
        }
        Ok(answer.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DeviceId;
    use crate::contract::blob_hash;

    fn stretch(offset: u64, bytes: &[u8]) -> BlobPut {
        BlobPut {
            device: DeviceId(0),
            entity: EntityId(1),
            key: Key::new("k"),
            part: Part::Whole,
            total: 6,
            hash: blob_hash(b"abcdef"),
            offset,
            bytes: bytes.to_vec(),
        }
    }

    fn says(blobs: &mut Blobs, put: &BlobPut) -> (u64, bool, bool) {
        let (answer, stored) = blobs.take(put).unwrap();
        (answer.have, answer.whole, stored)
    }

    #[test]
    fn a_stored_attachment_that_comes_again_is_refused_if_asked() {
        let mut blobs = Blobs::new(AttachmentAgain::Refuse);
        let mut takes = |put: &BlobPut| blobs.take(put).map(|(said, _)| said.whole);
        assert_eq!(takes(&stretch(0, b"abcdef")), Ok(true));
        assert_eq!(takes(&stretch(0, b"abcdef")), Err(ServerError::AlreadyThere));
        assert_eq!(takes(&stretch(3, b"def")), Err(ServerError::AlreadyThere));
        assert_eq!(takes(&stretch(0, b"")), Ok(true), "who asks gets an answer");
    }

    #[test]
    fn stretches_add_up_the_last_one_stores_and_what_is_torn_is_thrown_away() {
        let mut blobs = Blobs::new(AttachmentAgain::Accept);
        for (put, said) in [
            (stretch(0, b"abc"), (3, false, false)),
            // A device asks how many bytes have arrived.
            (stretch(0, b""), (3, false, false)),
            // A chunk is missing.
            (stretch(4, b"ef"), (3, false, false)),
            // Offset 0 starts again.
            (stretch(0, b"abx"), (3, false, false)),
            (stretch(3, b"def"), (0, false, false)),
            (stretch(0, b"abc"), (3, false, false)),
            (stretch(3, b"def"), (6, true, true)),
            // The attachment is complete already.
            (stretch(0, b"abcdef"), (6, true, false)),
        ] {
            assert_eq!(says(&mut blobs, &put), said, "{put:?}");
        }
    }
}
