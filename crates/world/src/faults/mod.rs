//! Faults that a scenario can plan. Each file has the kinds of faults that hit one part of the
//! world (the simulation of one cell).
//!
//! A kind of fault (`Kind`) has its key in a scenario, the stack's capability that it needs, and a
//! function that reads a [`Fault`]. The fault plans its effects and describes them in words. It can
//! also name a sign: an event which shows that the fault hit somebody. A fault writes its effects
//! into `Faults`, and each model (link, disk, backend) reads the lists there that concern it. Some
//! faults act by their own code, through the trait `Reach`: at an instant (`Faults::strike`), or at
//! both ends of a period (`Faults::while_it_lasts`). So a new kind needs its constant and a line in
//! the list below. A model changes only if it does not know the effect yet. Reading order: `fault`,
//! `drawn`, `when`, `strike`, then any kind.
//!
//! Invariant: faults are planned before virtual time starts. They do not depend on what an engine
//! does.

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
