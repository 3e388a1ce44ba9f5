//! Values as scenario files write them: a default is that of the room that heeds it, and is read
//! from there.

use super::form;
use crate::base::{Bytes, Ppm, Span};

/// A value that a scenario file may state.
pub(super) trait Stated {
    fn stated(&self) -> String;
}

impl Stated for u32 {
    fn stated(&self) -> String {
        self.to_string()
    }
}

impl Stated for bool {
    fn stated(&self) -> String {
        self.to_string()
    }
}

/// A word or a name.
impl Stated for str {
    fn stated(&self) -> String {
        format!("\"{self}\"")
    }
}

/// In parts of one.
impl Stated for Ppm {
    fn stated(&self) -> String {
        self.share().to_string()
    }
}

/// As a checked file has it.
impl Stated for Span {
    fn stated(&self) -> String {
        form::span(*self).stated()
    }
}

/// As a checked file has it.
impl Stated for Bytes {
    fn stated(&self) -> String {
        form::size(self.0).stated()
    }
}
