//! Draws plots as SVG text, without a library.
//!
//! A plot is a struct of figures and names. It does not know their meaning.
//!
//! Invariants:
//!
//! - The same figures give the same bytes on every machine: coordinates are rounded to 0.1 pixels,
//!   and floats are never printed.
//! - Labels do not overlap. A label without room is moved or left out.
//! - Colour is never the only difference: curves also differ in marker and dash, heat maps show
//!   values as text, and the best setting has a frame.
//! - Letters have one size on all screens. So each plot has a drawing for a desktop and one for a
//!   phone ([`Size`]).
//! - The light, the dark and the printed style differ only in custom properties ([`CSS`]).
//!
//! `scale` maps figures to positions, `frame` draws axes, `ink` writes elements and measures text.

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
