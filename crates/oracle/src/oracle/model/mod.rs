//! The reference model: every version, every edit, and what each device holds of them.
//!
//! `versions` has the versions that the backend committed, `ledger` all local edits, and `held` the
//! versions on each device. `listener` fills all three from the stream of events.

pub(crate) mod assigned_keys;
pub(crate) mod attribution;
pub(crate) mod carried;
pub(crate) mod combined;
pub(crate) mod content;
pub(crate) mod edit;
pub(crate) mod end;
pub(crate) mod ends;
pub(crate) mod families;
pub(crate) mod held;
pub(crate) mod incarnations;
pub(crate) mod intent;
pub(crate) mod ledger;
pub(crate) mod listener;
pub(crate) mod partial_rows;
pub(crate) mod sights;
pub(crate) mod truth;
pub(crate) mod update_base;
pub(crate) mod versions;

pub(crate) use assigned_keys::{FirstKeys, NamedTruth, NamedView, Names, Twice};
pub(crate) use attribution::IntentLog;
pub(crate) use combined::{Change, Combined, Combining, items, wrong};
pub(crate) use content::{Contents, Difference, Expected, compared, stale_copies};
pub(crate) use edit::{Edit, Refused};
pub(crate) use end::{End, Meaning};
pub(crate) use ends::{Counted, Ends, Lost, Seen};
pub(crate) use families::Families;
pub(crate) use held::{All, At, Behind, Held};
pub(crate) use incarnations::Lives;
pub(crate) use intent::{Beside, GaveWay, Won};
pub(crate) use ledger::Ledger;
pub(crate) use listener::Oracle;
pub(crate) use sights::{ChangeOfSight, Sights, move_scopes, places_of};
pub(crate) use truth::{Places, RowHash, Truth, alike, is_same, place, place_of};
pub(crate) use update_base::{Found, StorageTime};
pub(crate) use versions::{Commit, History, OnMove, Row, RowId, Version, bit, is_written};
