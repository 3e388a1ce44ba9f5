//! The reference model: every version, every edit, and what each device holds of them.
//!
//! `versions` are the backend's, `ledger` has all local edits, `held` what devices show. `listener`
//! fills them from the stream of events.

pub(in crate::oracle) mod assigned_keys;
pub(in crate::oracle) mod attribution;
pub(in crate::oracle) mod carried;
pub(in crate::oracle) mod combined;
pub(in crate::oracle) mod content;
pub(in crate::oracle) mod edit;
pub(in crate::oracle) mod end;
pub(in crate::oracle) mod ends;
pub(in crate::oracle) mod families;
pub(in crate::oracle) mod held;
pub(in crate::oracle) mod incarnations;
pub(in crate::oracle) mod intent;
pub(in crate::oracle) mod ledger;
pub(in crate::oracle) mod listener;
pub(in crate::oracle) mod partial_rows;
pub(in crate::oracle) mod truth;
pub(in crate::oracle) mod update_base;
pub(in crate::oracle) mod versions;
