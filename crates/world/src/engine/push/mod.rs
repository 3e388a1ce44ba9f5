//! Sends edits to the backend and applies its verdicts (accepted, refused, or in conflict).
//!
//! Start with `pusher`. `order`, `squash`, `edits` and `outgoing` decide which edits are sent and
//! how. `settle` applies a verdict to an edit. `outcomes` keeps the result until it can be
//! reported.

pub(crate) mod assigned_keys;
pub(crate) mod attachments;
pub(crate) mod capture;
pub(crate) mod conflict_page;
pub(crate) mod edits;
pub(crate) mod held_back;
pub(crate) mod order;
pub(crate) mod outbox_limits;
pub(crate) mod outcomes;
pub(crate) mod outgoing;
pub(crate) mod pusher;
pub(crate) mod settle;
pub(crate) mod squash;
