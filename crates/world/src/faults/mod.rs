//! What can go wrong: one file per kind of fault.
//!
//! The file of a kind has its key in a scenario, its reader, and a [`Fault`]: what it does to whom
//! and when, in code and in words, how it shows, and what a stack needs to meet it. It writes its
//! effects into `Faults`, and models read the lists there that concern them. An act at an instant
//! (`Faults::strike`) or at both ends of a period (`Faults::while_it_lasts`) is done by the fault's
//! own code, through `Reach`. So a new fault needs its file and a line in the list of kinds here.
//! A model changes only if it does not know the kind yet. Reading order: `fault`, `drawn`, `when`,
//! `strike`, then any kind.
//!
//! Invariant: a fault is a value. All of it is written down before virtual time begins to run, and
//! depends on nothing that an engine does.

#[macro_use]
mod keys;

mod backend_clock_step;
mod backend_down;
mod backend_link_outage;
mod bad_rows;
mod caching_proxy;
mod cancel;
mod captive_portal;
mod clock_step;
mod clone;
mod copied_requests;
mod disk_full;
mod drawn;
mod fault;
mod flap;
mod foreign_responses;
mod gateway_kill;
mod gateway_replaced;
mod half_open;
mod kill;
mod logout;
mod missed;
mod network_change;
mod other_user;
mod outage;
mod power_loss;
mod put_off;
mod refused_deletes;
mod reinstall;
mod response_loss;
mod restore;
mod restore_backend;
mod restore_gateway;
mod session_loss;
mod sign;
mod slow_disk;
mod strike;
mod suspend;
mod time_zone;
mod token_expiry;
mod touch_flag;
mod upgrade;
mod when;
mod write_lock;

pub(crate) use bad_rows::BadRows;
pub(crate) use caching_proxy::CachingProxy;
pub(crate) use drawn::{Act, Deed, Whose};
pub(crate) use drawn::{Cancel, Faults, Jump, Kill, Restore, SlowTime, SyncLoss};
pub(crate) use fault::Kind;
pub use fault::{Asks, Fault};
pub(crate) use foreign_responses::ForeignResponses;
pub use keys::CONNECTS;
pub(crate) use keys::UNASKED;
pub(crate) use keys::{ALL_READ, NEVER_CANCELLED, NONE_LOST, NONE_PUT_OFF, NONE_REFUSED};
pub use keys::{DEVICES, SHARE};
pub(crate) use missed::Awaited;
pub use missed::Missed;
pub(crate) use missed::Struck;
pub(crate) use put_off::PutOff;
pub(crate) use refused_deletes::RefusedDeletes;
pub(crate) use sign::Sign;
pub(crate) use strike::{Reach, Strike};
pub(crate) use when::{Meets, When};

/// All kinds, in the order in which keys and pages list them.
pub const KINDS: &[Kind] = &[
    outage::KIND,
    flap::KIND,
    captive_portal::KIND,
    foreign_responses::KIND,
    caching_proxy::KIND,
    copied_requests::KIND,
    bad_rows::KIND,
    put_off::KIND,
    refused_deletes::KIND,
    cancel::KIND,
    session_loss::KIND,
    half_open::KIND,
    network_change::KIND,
    kill::KIND,
    power_loss::KIND,
    response_loss::KIND,
    backend_down::KIND,
    write_lock::KIND,
    backend_clock_step::KIND,
    backend_link_outage::KIND,
    gateway_kill::KIND,
    suspend::KIND,
    token_expiry::KIND,
    upgrade::KIND,
    logout::KIND,
    other_user::KIND,
    clock_step::KIND,
    time_zone::KIND,
    disk_full::KIND,
    slow_disk::KIND,
    touch_flag::KIND,
    gateway_replaced::KIND,
    reinstall::KIND,
    restore::KIND,
    restore_gateway::KIND,
    restore_backend::KIND,
    clone::KIND,
];
