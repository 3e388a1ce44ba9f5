//! Closed forms: what must come out where mathematics knows it.
//!
//! Functions of plain numbers, in seconds, rows and bytes a second, each with its source. Nobody
//! here simulates: the `validate` command holds simulations against these figures, a sweep puts the
//! best chunk of [`chunk`] beside the one that it measured, and a calibration inverts them. What
//! the figures are about (links, backends, engines) is for the rooms that model it.
//!
//! Invariants: no function looks at anything but its arguments; transcendental functions come from
//! `libm`, so a figure is the same on every machine; an argument outside a formula's domain is a
//! mistake of ours and panics.
//!
//! How: [`chunk`] is the time of a chunk that starts over when it is cut, and its best size;
//! [`checkpoint`] the same with failures during the repair (Daly); [`queue`] waiting for a server;
//! [`herd`] many clients at once; [`tcp`] throughput under loss; [`gilbert`] losses in bursts;
//! [`lambert`] the function that the best chunk needs.

pub mod checkpoint;
pub mod chunk;
pub mod gilbert;
pub mod herd;
pub mod lambert;
pub mod queue;
pub mod tcp;
