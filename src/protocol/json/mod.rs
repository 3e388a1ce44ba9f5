//! JSON, really encoded and decoded.
//!
//! A row is an array: `[key, stamp, value, …]`, and `[key, stamp]` for a tombstone, so that a
//! column's name is sent never and a value once. Of a row that the device holds in another version,
//! those columns may come that differ: `[columns, base, key, stamp, value, …]`, with a bit for each
//! column that comes and the stamp of that version. Rows are written straight into the answer: a
//! page of 500 rows costs a handful of allocations.
//!
//! Most servers send rows as objects, each value with its column's name. A codec knows no names, so
//! columns are called `column1`, `column2`, …, which is about as long as names are. A row is
//! `{"key":"k","stamp":7,"column1":"a"}`; of a part `columns` and `base` come first.

mod codec;

pub(super) use codec::{Json, Lists, Named};
