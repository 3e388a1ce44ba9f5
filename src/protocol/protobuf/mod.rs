//! What protobuf has on the wire: fields that have numbers in place of names.
//!
//! No schema is compiled: each kind of value has a wire type of its own, so that a row says what
//! it holds. A column is the field behind [`wire::FIRST_COLUMN`] by its place: a whole number is
//! an `sint64`, one with a fraction a `double`, a text a `string`; of what is null its place is
//! said. Messages in messages are delimited (groups), not prefixed by their length, so that they
//! can be written as they come; so is all of a message, and one that was cut is known.

mod codec;
mod read;
mod wire;

pub(super) use codec::Protobuf;
