//! How much of a sync is there as a whole, and where one goes on that was cut.

use super::super::view::{Mistakes, View};
use crate::engine::{Atomic, Checkpoint, Replace};
use crate::gateway::GatewayOptions as Gateway;

/// How much of a run is shown at once; of rows that take the place of all, not all.
pub(super) fn atomic(view: View<'_>, wrong: &Mistakes) -> Atomic {
    let (atomic, replace) = (view.at("atomic"), view.at("replace"));
    if atomic.word::<Atomic>() == Atomic::Session && replace.word::<Replace>() == Replace::All {
        let title = "a table that is emptied before its rows come is never shown as a whole";
        wrong.given(&[replace, atomic]).at(atomic, title, "leave `replace` out, or `atomic`");
    }
    atomic.word()
}

/// Where a run goes on; refused where the gateway takes a cursor for the receipt of a page that the
/// device may throw away.
pub(super) fn checkpoint(view: View<'_>, gateway: &Gateway, wrong: &Mistakes) -> Checkpoint {
    let checkpoint = view.at("checkpoint");
    if checkpoint.word::<Checkpoint>() == Checkpoint::Session
        && let Some(unfit) = gateway.takes_receipts()
    {
        wrong.at(checkpoint, unfit.why, format!("it takes {}, or `checkpoint = \"page\"`", unfit.instead));
    }
    checkpoint.word()
}
