//! Pulled rows made durable: transactions, cursors, and what cannot be written yet.
//!
//! Start with `applier`. `chunks` cuts a page into transactions, `page_changes` says what one
//! changes. Rows that must wait are in `deferred`, rows that cannot be written in `bad_rows`, rows
//! of which some columns come in `partial_rows` and `partial_pages`.

pub(in crate::engine) mod applier;
pub(in crate::engine) mod bad_rows;
pub(in crate::engine) mod chunks;
pub(in crate::engine) mod deferred;
pub(in crate::engine) mod foreign_keys;
pub(in crate::engine) mod page_changes;
pub(in crate::engine) mod partial_pages;
pub(in crate::engine) mod partial_rows;
pub(in crate::engine) mod seen_versions;
pub(in crate::engine) mod staging;
