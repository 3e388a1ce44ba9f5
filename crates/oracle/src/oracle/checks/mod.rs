//! The checks, one invariant a function: each looks at one case and says in words what is wrong, or
//! nothing.

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

pub(super) use asked::{UNASKED, bent_on_the_way, by_a_stranger, unasked};
pub(super) use bent::{BENT_VALUE, BentValue, bent_values};
pub(super) use commits::{
    CommitCase, DUPLICATE, MISFILED, OLD_OVER_NEW, RESURRECTED, blind_overwrite, committed_twice, misfiled,
    natural_keys, old_over_new, resurrected_on_backend, written_since,
};
pub(super) use edits::{
    ACKNOWLEDGED, EditCase, LOST_EDIT, REFUSED_COMMITTED, SILENT_DISCARD, STUCK, acknowledged_without_commit,
    lost_edit, overwriting_logged, refused_and_committed, silent_discard, silent_overwrite, stuck,
};
pub(super) use names::{DANGLING_ID, ID_TWICE, dangling_ids, id_twice, outdated_reference};
pub(super) use parts::{CONTRADICTION, contradiction};
pub(super) use rows::{DIVERGENT, LOST, ORPHAN, RowCase, STALE, UNDETECTED_DELETE};
pub(super) use shown::{OWN_WRITE_VANISHED, ShownCase, WENT_BACK, own_write_vanished, went_back};
pub(super) use taken::{NOT_TAKEN, TakenCase, merged_with_nobody, not_taken};
pub(super) use turn::{REORDERED, Turn, before_its_children, before_its_parent, reordered};
