//! Edits on their way to the backend, and what its verdicts change.
//!
//! Start with `pusher`. `order`, `squash`, `joined_edits` and `outgoing` decide what goes out and
//! how; `settle` applies a verdict to an edit, and `outcomes` keeps what it came to until that is
//! durable.

pub(in crate::engine) mod assigned_keys;
pub(in crate::engine) mod attachments;
pub(in crate::engine) mod capture;
pub(in crate::engine) mod conflict_page;
pub(in crate::engine) mod joined_edits;
pub(in crate::engine) mod order;
pub(in crate::engine) mod outcomes;
pub(in crate::engine) mod outgoing;
pub(in crate::engine) mod pusher;
pub(in crate::engine) mod settle;
pub(in crate::engine) mod squash;
pub(in crate::engine) mod without_edits;
