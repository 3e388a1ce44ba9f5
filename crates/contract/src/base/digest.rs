//! A digest (hash) of the events of a run. Two runs with equal digests had the same events.

use std::fmt;
use std::io;

use xxhash_rust::xxh3::Xxh3;

use super::value::ValueRef;

/// A digest under construction: XXH3-128 over length-prefixed parts. Not cryptographic.
#[derive(Clone, Default)]
pub struct Digest {
    hash: Box<Xxh3>,
    /// Parts that are not hashed yet. Most parts have a few bytes, so one call hashes many of them.
    gathered: Vec<u8>,
}

const GATHERED: usize = 4096;

impl Digest {
    /// An empty digest.
    pub fn new() -> Digest {
        Digest::default()
    }
    /// Adds a text, with its length.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.add(text.as_bytes());
    }
    /// Adds a number.
    pub fn number(&mut self, n: u64) {
        self.add(&n.to_le_bytes());
    }
    /// Adds several numbers in one call; the result is the same as adding them one by one.
    #[inline]
    pub fn numbers<const N: usize>(&mut self, numbers: [u64; N]) {
        self.add(numbers.map(u64::to_le_bytes).as_flattened());
    }
    /// Adds a value, with the kind of the value.
    pub fn value(&mut self, value: ValueRef<'_>) {
        append_value(&mut self.gathered, value);
        self.hash_gathered();
    }
    #[inline]
    fn add(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        self.hash_gathered();
    }
    #[inline]
    fn hash_gathered(&mut self) {
        if self.gathered.len() >= GATHERED {
            self.hash.update(&self.gathered);
            self.gathered.clear();
        }
    }
    /// The digest so far, as 128 bits.
    pub fn finish(&self) -> u128 {
        let mut hash = self.hash.clone();
        hash.update(&self.gathered);
        hash.digest128()
    }
    /// The digest so far, as 32 hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:032x}", self.finish())
    }
}

pub(crate) fn append_value(bytes: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => bytes.push(0),
        ValueRef::Int(n) => {
            bytes.push(1);
            bytes.extend_from_slice(&n.to_le_bytes());
        }
        ValueRef::Real(x) => {
            bytes.push(2);
            bytes.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        ValueRef::Text(text) => {
            bytes.push(3);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

/// Takes a stream of bytes. The split of the stream into pieces does not change the digest.
impl io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let digest = |parts: &[&str]| {
            let mut d = Digest::new();
            parts.iter().for_each(|p| d.text(p));
            d.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
    }
}
