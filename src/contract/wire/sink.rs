//! Where JSON goes.

use std::io;

/// Takes the bytes of a message, or only counts them.
pub trait Sink: io::Write {
    /// Adds bytes.
    fn put(&mut self, bytes: &[u8]);
    /// Bytes so far.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Counts the bytes of a message that nobody will read: a backend that collapses under its load does little else.
#[derive(Debug, Default)]
pub struct Counted(usize);

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
    #[inline]
    fn len(&self) -> usize {
        Vec::len(self)
    }
}

impl Sink for Counted {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
    #[inline]
    fn len(&self) -> usize {
        self.0
    }
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
