//! Who gives a new row its key.

use crate::base::in_words;

/// Who gives a row that is made on a device its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamedBy {
    /// The device, at random: the key never changes.
    #[default]
    Device,
    /// The device; but a row that has the same natural key on the backend is the same row, and its
    /// key stays.
    NaturalKey,
    /// The backend, as it commits the row: until then the device has a key of its own for it.
    Server,
    /// The device, out of keys that the backend gave it before.
    Pool,
}
in_words!(NamedBy { Device: "client", NaturalKey: "natural-key", Server: "server", Pool: "pool" });

/// What becomes of a row that was made twice, by its natural key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeRule {
    /// What the first one said.
    #[default]
    First,
    /// What the last one says.
    Last,
    /// What the first one said, and the last one where that said nothing.
    Fill,
}
in_words!(MergeRule { First: "first-stays", Last: "last-stays", Fill: "fill-empty" });

/// How rows of an entity get their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    pub by: NamedBy,
    /// What becomes of a row that was made twice.
    pub merge: MergeRule,
    /// Nobody holds the natural key true: it only says which rows people take for the same.
    pub doubles: bool,
    /// Keys that a device holds for later, after the backend gave it some.
    pub pool: u32,
    /// It asks for more when it has fewer than this.
    pub refill: u32,
}
