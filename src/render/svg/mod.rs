//! Plots as SVG text, made from figures without a library.
//!
//! A plot is a struct of figures and names. Only its caller knows what they mean.
//!
//! Invariants:
//!
//! - The same figures give the same bytes on every machine: coordinates are rounded to tenths,
//!   floats are never printed.
//! - No label covers another one: a label without room is moved or left out.
//! - Colour is never the only cue: curves differ in marker and dash, heat maps show values as text,
//!   and the best has a frame.
//! - Letters have one size on all screens, so each plot is drawn for a desktop and for a phone
//!   ([`Size`]).
//! - Light, dark and print differ only in custom properties ([`CSS`]).
//!
//! `scale` maps figures to places, `frame` draws axes, `ink` writes elements and measures text.

mod bars;
mod clock;
mod curves;
mod frame;
mod heat;
mod ink;
mod scale;
mod spacetime;
mod style;
mod timeline;

#[cfg(test)]
pub(in crate::render) mod tests;

pub use bars::{Bar, Bars};
pub use clock::Clock;
pub use curves::{Curve, Curves, Point};
pub use frame::{Size, Svg};
pub use heat::{Heat, HeatMap, HeatRow};
pub use spacetime::SpaceTime;
pub use style::CSS;
pub use timeline::{Panel, Strip, Timeline};
