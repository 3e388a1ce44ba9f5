//! Pulled rows made durable: transactions, cursors, and what cannot be written yet.
//!
//! Start with `applier`. `chunks` cuts a page into transactions, `page_changes` says what one
//! changes. Rows that must wait are in `deferred`, rows that cannot be written in `bad_rows`, rows
//! of which some columns come in `partial_rows` and `partial_pages`.

pub(crate) mod applier;
pub(crate) mod bad_rows;
pub(crate) mod chunks;
pub(crate) mod deferred;
pub(crate) mod foreign_keys;
pub(crate) mod page_changes;
pub(crate) mod partial_pages;
pub(crate) mod partial_rows;
pub(crate) mod seen_versions;
pub(crate) mod staging;
