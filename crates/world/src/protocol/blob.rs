//! Requests and responses for chunks of attachments. They are raw bytes, independent of the codec
//! of other messages.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::damaged::Damaged;
use crate::base::{DeviceId, EntityId, Key};
use crate::contract::Part;

const ASKS: &[u8] = b"PUT blob\n";
const SAYS: &[u8] = b"blob at\n";
const LONGEST_KEY: usize = 4_096;

/// A request with a chunk of an attachment. Without bytes, it asks how many bytes the server has
/// and whether the row exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobPut {
    pub device: DeviceId,
    pub entity: EntityId,
    pub key: Key,
    pub part: Part,
    pub total: u64,
    /// The hash of the whole attachment.
    pub hash: u64,
    pub offset: u64,
    pub bytes: Vec<u8>,
}

/// The response to a [`BlobPut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlobAnswer {
    /// The request's id ([`BlobPut::asked`]), because a client ignores responses to other requests.
    pub of: u64,
    /// The number of bytes that the server has, from the start of the attachment.
    pub have: u64,
    /// True if the server has all bytes and their hash is correct.
    pub whole: bool,
    /// True if the attachment's row exists.
    pub row: bool,
}

impl BlobPut {
    pub(crate) fn is_question(&self) -> bool {
        self.bytes.is_empty() && self.total > 0
    }
    /// Whether a request begins like a chunk of an attachment. It may still be invalid.
    pub(crate) fn is_one(request: &[u8]) -> bool {
        request.starts_with(ASKS)
    }
    /// The id of this request, which its response repeats.
    pub(crate) fn asked(&self) -> u64 {
        xxh3_64_with_seed(&self.head(), self.bytes.len() as u64)
    }
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = self.head();
        out.extend_from_slice(&self.bytes);
        out
    }
    fn head(&self) -> Vec<u8> {
        let key = self.key.as_str().as_bytes();
        let mut out = Vec::with_capacity(ASKS.len() + 41 + key.len() + self.bytes.len());
        out.extend_from_slice(ASKS);
        out.extend_from_slice(&self.device.0.to_le_bytes());
        out.extend_from_slice(&self.entity.0.to_le_bytes());
        out.push(self.part as u8);
        for number in [self.total, self.hash, self.offset] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(key.len() as u32).to_le_bytes());
        out.extend_from_slice(key);
        out
    }

    pub(crate) fn decode(request: &[u8]) -> Result<BlobPut, Damaged> {
        let mut rest = Rest(request.strip_prefix(ASKS).ok_or_else(|| damaged("no attachment"))?);
        let device = DeviceId(u32::from_le_bytes(rest.take()?));
        let entity = EntityId(u16::from_le_bytes(rest.take()?));
        let part = match rest.take()? {
            [0] => Part::Thumbnail,
            [1] => Part::Whole,
            _ => return Err(damaged("no such part")),
        };
        let mut number = || Ok::<_, Damaged>(u64::from_le_bytes(rest.take()?));
        let (total, hash, offset) = (number()?, number()?, number()?);
        let length = u32::from_le_bytes(rest.take()?) as usize;
        if length > LONGEST_KEY || length > rest.0.len() {
            return Err(damaged("a key beyond its end"));
        }
        let (key, bytes) = rest.0.split_at(length);
        let key = std::str::from_utf8(key).map_err(|_| damaged("a key that is not a text"))?;
        if offset.checked_add(bytes.len() as u64).is_none_or(|end| end > total) {
            return Err(damaged("more than there is of it"));
        }
        let (key, bytes) = (Key::new(key), bytes.to_vec());
        Ok(BlobPut { device, entity, key, part, total, hash, offset, bytes })
    }
}

impl BlobAnswer {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = SAYS.to_vec();
        out.extend_from_slice(&self.of.to_le_bytes());
        out.extend_from_slice(&self.have.to_le_bytes());
        out.push(u8::from(self.whole) | u8::from(self.row) << 1);
        out
    }
    pub(crate) fn decode(answer: &[u8]) -> Option<BlobAnswer> {
        let mut rest = Rest(answer.strip_prefix(SAYS)?);
        let of = u64::from_le_bytes(rest.take().ok()?);
        let have = u64::from_le_bytes(rest.take().ok()?);
        let [flags] = rest.take().ok()?;
        let (whole, row) = (flags & 1 == 1, flags & 2 == 2);
        (rest.0.is_empty() && flags < 4).then_some(BlobAnswer { of, have, whole, row })
    }
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| damaged("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }
}

fn damaged(why: &str) -> Damaged {
    Damaged(format!("an attachment: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(bytes: Vec<u8>) -> BlobPut {
        BlobPut {
            device: DeviceId(7),
            entity: EntityId(2),
            key: Key::new("0b1f-\u{e9}"),
            part: Part::Thumbnail,
            total: 900,
            hash: u64::MAX,
            offset: 100,
            bytes,
        }
    }

    proptest! {
        #[test]
        fn a_stretch_is_read_as_it_was_written(bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
            let put = put(bytes);
            prop_assert!(BlobPut::is_one(&put.encode()));
            prop_assert_eq!(BlobPut::decode(&put.encode()), Ok(put));
        }

        #[test]
        fn damaged_stretches_are_errors_and_no_panic(
            at in 0_usize..80, byte in any::<u8>(), length in 0_usize..80,
        ) {
            let mut bytes = put(vec![1; 20]).encode();
            let last = bytes.len() - 1;
            bytes[at.min(last)] = byte;
            let _ = BlobPut::decode(&bytes);
            bytes.truncate(length.min(last));
            let _ = BlobPut::decode(&bytes);
            let _ = BlobAnswer::decode(&bytes);
        }

        #[test]
        fn an_answer_is_read_as_it_was_written(
            of in any::<u64>(), have in any::<u64>(), whole in any::<bool>(), row in any::<bool>(),
        ) {
            let answer = BlobAnswer { of, have, whole, row };
            prop_assert_eq!(BlobAnswer::decode(&answer.encode()), Some(answer));
            prop_assert_eq!(BlobAnswer::decode(&answer.encode()[1..]), None);
        }
    }

    #[test]
    fn each_question_has_a_name_of_its_own() {
        let names = [put(vec![1; 3]), put(vec![1; 4]), BlobPut { offset: 9, ..put(vec![1; 3]) }];
        let names = names.map(|put| put.asked());
        assert!(names[0] != names[1] && names[0] != names[2], "{names:?}");
    }

    #[test]
    fn a_stretch_beyond_the_end_is_refused() {
        assert!(BlobPut::decode(&put(vec![0; 801]).encode()).is_err());
        let far = BlobPut { offset: u64::MAX, ..put(vec![0]) };
        assert!(BlobPut::decode(&far.encode()).is_err());
    }
}
