//! The checks, one invariant a function: each looks at one case and says in words what is wrong, or
//! nothing.

mod asked;
mod bent;
mod combined;
mod commits;
mod edits;
mod names;
mod rows;
mod shown;
mod taken;
mod turn;

pub(super) use asked::{bent_on_the_way, by_a_stranger, unasked};
pub(super) use bent::{BentValue, bent_values};
pub(super) use commits::{
    CommitCase, blind_overwrite, committed_twice, misfiled, natural_keys, old_over_new,
    resurrected_on_backend, written_since,
};
pub(super) use edits::{
    EditCase, acknowledged_without_commit, lost_edit, overwriting_logged, refused_and_committed,
    silent_discard, silent_overwrite, stuck,
};
pub(super) use names::{dangling_ids, id_twice, outdated_reference};
pub(super) use rows::RowCase;
pub(super) use shown::{ShownCase, own_write_vanished, went_back};
pub(super) use taken::{TakenCase, merged_with_nobody, not_taken};
pub(super) use turn::{Turn, before_its_children, before_its_parent, reordered};
