//! What can go wrong: a file a kind.
//!
//! The file of a kind of fault has its key in a scenario, how it is read, what it does to whom and
//! when, how it is told in words, what shows that it met somebody, and what a stack needs to meet
//! it ([`Fault`]). What it does it writes into [`Faults`]. Models take what concerns them from the
//! lists there; what is an act at an instant (`Faults::strike`) or at both ends of a time
//! (`Faults::while_it_lasts`) is done by the fault's own code, through [`Reach`]. So a fault needs
//! no other file but the list of kinds in the grammar of scenarios, and the model that it is about
//! if that knows nothing of the kind yet.
//!
//! Invariant: a fault is a value. All of it is written down before virtual time begins to run, and
//! depends on nothing that an engine does.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

#[macro_use]
mod keys;

pub mod backend_clock_step;
pub mod backend_down;
pub mod backend_link_outage;
pub mod bad_rows;
pub mod caching_proxy;
pub mod cancel;
pub mod captive_portal;
pub mod clock_step;
pub mod clone;
pub mod disk_full;
mod drawn;
mod fault;
pub mod flap;
pub mod foreign_responses;
pub mod gateway_kill;
pub mod gateway_replaced;
pub mod half_open;
pub mod kill;
pub mod logout;
mod missed;
pub mod network_change;
pub mod other_user;
pub mod outage;
pub mod power_loss;
pub mod put_off;
pub mod refused_deletes;
pub mod reinstall;
pub mod response_loss;
pub mod restore;
pub mod restore_backend;
pub mod restore_gateway;
pub mod session_loss;
mod sign;
pub mod slow_disk;
mod strike;
pub mod suspend;
pub mod time_zone;
pub mod token_expiry;
pub mod touch_flag;
pub mod upgrade;
mod when;
pub mod write_lock;

pub use drawn::{
    Act, Cancel, Deed, Detour, Faults, Jump, Kill, OnDevice, Restore, SlowTime, SyncLoss, Whose,
};
pub use fault::{Asks, Fault, Kind};
pub use keys::{
    ALL_READ, CONNECTS, DEVICES, NEVER_CANCELLED, NONE_LOST, NONE_PUT_OFF, NONE_REFUSED, SHARE, UNASKED,
};
pub use missed::{Awaited, Missed, Struck};
pub use sign::Sign;
pub use strike::{Reach, Strike};
pub use when::{Meets, When, count};
