//! The values in a row.

use std::fmt;
use std::sync::Arc;

use super::base64::LETTERS;
use super::foreign::escape_control;
use super::random::Seed;

/// One value of one column. Booleans are 0 and 1. Timestamps are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction; never NaN.
    Real(f64),
    /// A text.
    Text(Arc<str>),
    /// A long text. It is generated from its seed on each read, so that 150 000 of them fit in
    /// memory.
    Fat(Fat),
}

/// A long text, stored as its seed and length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fat {
    /// The seed of the generator.
    pub seed: u64,
    /// Its length in bytes; the text is ASCII.
    pub len: u32,
    /// The kind of content.
    pub of: ContentKind,
}

/// The kind of content of a long text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentKind {
    /// Words of lower-case letters.
    #[default]
    Words,
    /// Random bytes in base64, which do not compress. The length is a multiple of 4.
    Bytes,
}

/// A value that is borrowed from a message or a database page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(&'a str),
}

impl Fat {
    /// A text of `bytes` incompressible bytes, in base64.
    pub fn bytes(seed: u64, bytes: u32) -> Fat {
        Fat { seed, len: bytes.div_ceil(3).saturating_mul(4), of: ContentKind::Bytes }
    }

    /// The text.
    pub fn text(self) -> String {
        // Each draw of 64 random bits gives `each` letters of `wide` bits.
        let (letters, each, wide) = match self.of {
            ContentKind::Words => (&b"abcdefghijklmnopqrstuvwxyz      "[..], 10, 5),
            ContentKind::Bytes => (LETTERS, 8, 6),
        };
        let mut stream = Seed(self.seed).stream("fat", 0, 0);
        let mut text = String::with_capacity(self.len as usize + each);
        while text.len() < self.len as usize {
            let mut bits = stream.next_u64();
            for _ in 0..each {
                text.push(char::from(letters[bits as usize & (letters.len() - 1)]));
                bits >>= wide;
            }
        }
        text.truncate(self.len as usize);
        text
    }
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// Whether both have the same value. A long text is compared by its content.
    pub fn reads_as(&self, other: ValueRef<'_>) -> bool {
        match (self, other) {
            (Value::Null, ValueRef::Null) => true,
            (Value::Int(a), ValueRef::Int(b)) => *a == b,
            (Value::Real(a), ValueRef::Real(b)) => a.to_bits() == b.to_bits(),
            (Value::Text(a), ValueRef::Text(b)) => &**a == b,
            (Value::Fat(a), ValueRef::Text(b)) => a.len as usize == b.len() && a.text() == b,
            _ => false,
        }
    }

    /// Calls `f` with the borrowed value. A long text is generated for the call.
    pub fn with_ref<R>(&self, f: impl FnOnce(ValueRef<'_>) -> R) -> R {
        match self {
            Value::Null => f(ValueRef::Null),
            Value::Int(n) => f(ValueRef::Int(*n)),
            Value::Real(x) => f(ValueRef::Real(*x)),
            Value::Text(t) => f(ValueRef::Text(t)),
            Value::Fat(fat) => f(ValueRef::Text(&fat.text())),
        }
    }
}

impl ValueRef<'_> {
    /// The value, owned.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Int(n) => Value::Int(n),
            ValueRef::Real(x) => Value::Real(x),
            ValueRef::Text(t) => Value::text(t),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Real(x) => write!(f, "{x}"),
            Value::Text(t) => f.write_str(&escape_control(&format!("{t:?}"))),
            Value::Fat(fat) => write!(f, "<{} bytes of text>", fat.len),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_base64_of_as_many_bytes() {
        for bytes in [0, 1, 3, 4, 200_000] {
            let text = Fat::bytes(7, bytes).text();
            assert_eq!(text.len() as u32, bytes.div_ceil(3) * 4);
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b)));
        }
    }

    #[test]
    fn a_fat_text_has_its_length_and_is_the_same_every_time() {
        for len in [0, 1, 9, 10, 11, 150_000] {
            let fat = Fat { seed: 7, len, of: ContentKind::Words };
            assert_eq!(fat.text().len(), len as usize);
            assert_eq!(fat.text(), fat.text());
        }
        let fat = |seed| Fat { seed, len: 40, of: ContentKind::Words };
        assert!(Value::Fat(fat(7)).reads_as(ValueRef::Text(&fat(7).text())));
        assert!(!Value::Fat(fat(8)).reads_as(ValueRef::Text(&fat(7).text())));
    }
}
