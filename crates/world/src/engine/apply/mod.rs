//! Makes pulled rows durable: transactions, cursors, and rows that cannot be written yet.
//!
//! Start with `applier`. `chunks` divides a page into transactions, and `page_changes` lists the
//! changes of a transaction. `deferred` handles rows that must wait for other rows. `bad_rows`
//! handles rows that cannot be written. `partial_rows` and `partial_pages` handle rows that arrive
//! with only some columns.

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
