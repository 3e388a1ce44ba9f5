//! The lists of all checks, and the checks of single commits, edits and rows. A check of a single
//! case is one function. It returns the error as text, or `None`.

use crate::oracle::Check;
use crate::oracle::final_checks::{attachments, destination};
use crate::oracle::watch::{
    MakeWatcher, flow, foreign_cursors, looks, owed, repeated_rows, reports, request_count, status,
};
mod asked;
mod bent;
mod combined;
mod commits;
mod edits;
mod names;
mod parts;
mod rows;
mod shown;
mod taken;
mod turn;

pub(crate) use asked::{UNASKED, bent_on_the_way, by_a_stranger, unasked};
pub(crate) use bent::{AlteredValue, BENT_VALUE, bent_values, seen};
pub(crate) use commits::{
    Asked, CommitCase, DUPLICATE, MISFILED, blind_overwrite, natural_keys, written_since,
};
pub(crate) use edits::{
    EditCase, LOST_EDIT, SILENT_DISCARD, STUCK, lost_edit, overwriting_logged, silent_overwrite, stuck,
};
pub(crate) use names::{DANGLING_ID, ID_TWICE, dangling_ids, id_twice, outdated_reference};
pub(crate) use parts::CONTRADICTION;
pub(crate) use rows::{DIVERGENT, LOST, RowCase, STALE, UNDETECTED_DELETE};
pub(crate) use shown::{OWN_WRITE_VANISHED, ShownCase, WENT_BACK, own_write_vanished, went_back};
pub(crate) use taken::{NOT_TAKEN, merged_with_nobody, not_taken};
pub(crate) use turn::{EditAt, REORDERED, before_its_children, before_its_parent, reordered};

/// All checks, in the order in which they and their violations are reported.
pub(crate) static RULES: &[Check] = &[
    &LOST,
    &STALE,
    &DUPLICATE,
    &commits::RESURRECTED,
    &UNDETECTED_DELETE,
    &rows::ORPHAN,
    &LOST_EDIT,
    &SILENT_DISCARD,
    &MISFILED,
    &UNASKED,
    &REORDERED,
    &DIVERGENT,
    &STUCK,
    &flow::TWO_SYNCS,
    &flow::WITHOUT_END,
    &flow::UNIT_ORDER,
    &flow::SYNC_LOOP,
    &owed::IDLE_WITH_WORK,
    &request_count::STORM,
    &repeated_rows::AGAIN,
    &WENT_BACK,
    &OWN_WRITE_VANISHED,
    &DANGLING_ID,
    &ID_TWICE,
    &status::WRONG_STATUS,
    &foreign_cursors::STRANGER,
    &CONTRADICTION,
    &edits::ACKNOWLEDGED,
    &attachments::BROKEN_ATTACHMENT,
    &looks::FLICKER,
    &reports::EMPTY_REPORT,
    &commits::OLD_OVER_NEW,
    &edits::REFUSED_COMMITTED,
    &NOT_TAKEN,
    &BENT_VALUE,
    &destination::MISSING,
    &destination::DELIVERED_TWICE,
    &destination::OUTDATED,
    &destination::KEPT_DELETED,
];

/// Checks that follow the events of one device. Each device gets its own instances.
pub(crate) static WATCHERS: &[MakeWatcher] = &[
    |_| Box::<status::DeviceStatus>::default(),
    |setup| Box::new(request_count::RequestBudget::new(setup.labels.units.len())),
    |_| Box::<repeated_rows::Given>::default(),
    |_| Box::<foreign_cursors::DeviceCursors>::default(),
    |_| Box::<reports::Telling>::default(),
];

type OfCommit = fn(&CommitCase<'_>) -> Option<String>;
type OfEdit = fn(&EditCase<'_>) -> Option<String>;

/// Checks of each commit of the backend. They run before the model applies the commit.
pub(crate) static OF_COMMITS: &[(Check, OfCommit)] = &[
    (&commits::RESURRECTED, commits::resurrected_on_backend),
    (&DUPLICATE, commits::committed_twice),
    (&commits::OLD_OVER_NEW, commits::old_over_new),
    (&MISFILED, commits::misfiled),
];

/// Checks of each edit at the end, except edits that may be lost.
pub(crate) static OF_EDITS: &[(Check, OfEdit)] = &[
    (&edits::REFUSED_COMMITTED, edits::refused_and_committed),
    (&SILENT_DISCARD, edits::silent_discard),
    (&edits::ACKNOWLEDGED, edits::acknowledged_without_commit),
];
