//! Faults: the kinds of faults, in one file for each part of the world that they hit.
//!
//! A kind has its key in a scenario, its reader, and a [`Fault`]. The fault says in code and in
//! words what happens, to which devices and when. It names the sign that shows its effect, and what
//! a stack must support. A fault writes its effects into `Faults`; each model reads the lists there
//! that concern it. If a fault acts at an instant (`Faults::strike`) or at both ends of a period
//! (`Faults::while_it_lasts`), its own code does that, through the trait `Reach`. So a new kind
//! needs its constant and a line in the list of kinds here. A model changes only for an effect that
//! it does not know. Reading order: `fault`, `drawn`, `when`, `strike`, then any kind.
//!
//! Invariant: a fault is a value. It is complete before virtual time starts, and depends on nothing
//! that an engine does.

#[macro_use]
mod keys;

mod access;
mod backups;
mod drawn;
mod fault;
mod messages;
mod missed;
mod network;
mod phone;
mod process;
mod reassignment;
mod servers;
mod sign;
mod strike;
mod when;

pub use drawn::DrawnFault;
pub(crate) use drawn::{Act, Cancel, Deed, Faults, Jump, Kill, Restore, SlowTime, SyncLoss, Whose};
pub use fault::{Asks, Fault};
pub(crate) use fault::{Kind, Meets};
pub(crate) use keys::{ALL_READ, NEVER_CANCELLED, NONE_LOST, NONE_PUT_OFF, NONE_REFUSED, UNASKED};
pub use keys::{CONNECTS, DEVICES, SHARE};
pub(crate) use messages::{bad_rows, caching_proxy, foreign_responses};
pub use missed::Missed;
pub(crate) use missed::{Awaited, Struck};
pub use reassignment::{Learned, Reassignment};
pub(crate) use servers::rejection_window;
pub(crate) use sign::Sign;
pub(crate) use strike::{Reach, Strike};
pub(crate) use when::When;

/// All kinds, in the order in which keys and pages list them.
pub const KINDS: &[Kind] = &[
    network::OUTAGE,
    network::FLAP,
    network::CAPTIVE_PORTAL,
    messages::FOREIGN_RESPONSES,
    messages::CACHING_PROXY,
    messages::COPIED_REQUESTS,
    messages::BAD_ROWS,
    servers::PUT_OFF,
    servers::REFUSED_DELETES,
    process::CANCEL,
    network::SESSION_LOSS,
    network::HALF_OPEN,
    network::NETWORK_CHANGE,
    process::KILL,
    process::POWER_LOSS,
    messages::RESPONSE_LOSS,
    servers::BACKEND_DOWN,
    servers::WRITE_LOCK,
    servers::BACKEND_CLOCK_STEP,
    servers::BACKEND_LINK_OUTAGE,
    servers::GATEWAY_KILL,
    process::SUSPEND,
    phone::TOKEN_EXPIRY,
    phone::UPGRADE,
    phone::LOGOUT,
    phone::OTHER_USER,
    phone::CLOCK_STEP,
    phone::TIME_ZONE,
    phone::DISK_FULL,
    phone::SLOW_DISK,
    servers::TOUCH_FLAG,
    servers::GATEWAY_REPLACED,
    servers::WIPE_DEMANDED,
    servers::FORGET_DEVICE,
    phone::REINSTALL,
    phone::FORCE_DOWNLOAD,
    phone::FORCE_UPLOAD,
    backups::RESTORE,
    backups::RESTORE_GATEWAY,
    backups::RESTORE_BACKEND,
    backups::CLONE,
    access::REASSIGN,
];
