//! Makes pulled rows durable: transactions, cursors, and rows that cannot be written yet.
//!
//! Start with `applier`. `chunks` cuts a page into transactions; `page_changes` lists the changes
//! of a transaction. `deferred` has rows that must wait, `bad_rows` rows that cannot be written.
//! `partial_rows` and `partial_pages` have rows of which only some columns arrive.

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
