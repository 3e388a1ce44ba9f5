//! Plots as SVG, written by us: what is to be seen goes in, a text comes out.
//!
//! A plot is a plain struct of figures and names, filled by who knows what they mean.
//!
//! Invariants:
//!
//! - The same figures give the same bytes on every machine: coordinates are rounded to tenths,
//!   floats are never printed.
//! - No label lies over another: what has no room is moved or left out.
//! - Colour is never the only cue: series differ in marker and dash, heat is told in words, and the
//!   best has a frame.
//! - Letters have one size, so each plot is drawn twice: for a desk and for a phone ([`Size`]).
//! - Light, dark and print differ in custom properties alone ([`CSS`]).
//!
//! How: `scale` maps figures to places, `frame` draws axes, `ink` writes elements and measures.

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
