//! Writes findings and the life of a record as text.

pub(crate) mod clock;
pub(crate) mod events;
pub(crate) mod fate;
pub(crate) mod latest;
pub(crate) mod life;
pub(crate) mod phrases;

pub(crate) use clock::Clock;
pub(crate) use fate::Fate;
pub(crate) use latest::Latest;
pub(crate) use phrases::{Labels, author};
