//! Values that all crates share: time, stamps, units, row values, random streams, digests.
//!
//! Each type of value defines its text in a scenario file, its text in reports, and its bytes in a
//! digest. Time is a whole number of nanoseconds. A random stream depends only on (seed, purpose,
//! entity, incarnation). So a new draw in one place changes no other stream.

mod base64;
#[doc(hidden)]
pub mod cases;
mod cell;
mod day;
mod decimal;
mod digest;
mod digested;
mod foreign;
mod ids;
pub mod json;
mod letters;
mod number;
mod random;
mod time;
mod units;
mod value;
mod word;
pub mod words;

pub use base64::{from_base64, to_base64};
pub use cell::Cell;
pub use day::Day;
pub use decimal::{Decimal, ten_to};
pub use digest::Digest;
pub(crate) use digest::append_value;
pub use digested::Digestible;
pub(crate) use digested::{digested, digested_as, digested_by_place};
pub use foreign::{escape_control, escape_json, escape_path, mask_lines};
pub use ids::{DeviceId, EditId, EntityId, Incarnation, Key, UnitId};
pub use letters::{compatible, composed, decomposed, is_same_text};
pub use number::UnitError;
pub use number::split_number;
pub use random::{Seed, Stream};
pub use time::{Span, Stamp, Time, Undone, at_ms, at_secs};
pub use units::{BitRate, Bytes, Ppm};
pub use value::{ContentKind, Fat, Value, ValueRef};
pub use word::Word;
pub use word::{in_words, word_enums};
