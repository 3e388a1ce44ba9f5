//! Plots as SVG, without a library: figures go in, a text comes out.
//!
//! A plot is a plain struct of figures and names; its caller knows what they mean.
//!
//! Invariants:
//!
//! - The same figures give the same bytes on every machine: coordinates are rounded to tenths,
//!   floats are never printed.
//! - No label covers another: if it has no room, it is moved or left out.
//! - Colour is never the only cue: series differ in marker and dash, heat also has its value in
//!   words, and the best has a frame.
//! - Letters have one size, so each plot is drawn twice: for a desktop and for a phone ([`Size`]).
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
