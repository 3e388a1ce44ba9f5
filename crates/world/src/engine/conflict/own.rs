//! The app's own conflict rule. The rule decides all conflicts of a response before the engine
//! applies any verdict. So no transaction is open while the rule decides. A rule that times out,
//! panics or makes an impossible choice counts as undecided. The engine cannot stop a rule that
//! never yields the thread.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;

use super::detect::{Column, Theirs, columns};
use super::seam::{Conflict, Resolution};
use crate::base::{Span, Stamp};
use crate::contract::{Clock, LocalBoxFuture, LogKind, Pick, Refusal, Row};
use crate::store::Entry;

/// A conflict that the app's rule decides: the edit, and the backend's row if it exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Contested {
    pub entry: Entry,
    pub why: Refusal,
    pub theirs: Option<Row>,
    /// The time when the backend's version was edited, by its author's clock; `None` if unknown.
    pub edited_at: Option<Stamp>,
}

/// A conflict rule of the app.
pub trait OwnRule {
    /// Decides a conflict. `Pick::Columns` is valid only if both sides are updates. Waits must use
    /// `clock`.
    fn resolve(&self, contested: Contested, clock: Rc<dyn Clock>) -> LocalBoxFuture<'static, Pick>;
}

impl Contested {
    pub(crate) fn of(conflict: Conflict<'_>) -> Contested {
        let Conflict { entry, why, current, edited_at, .. } = conflict;
        Contested { entry: entry.clone(), why, theirs: current.cloned(), edited_at }
    }
}

/// Asks `rule` about each conflict. Returns `None` for each conflict that it did not decide within
/// `limit`.
pub(crate) async fn ask(
    rule: &dyn OwnRule,
    asked: Vec<Contested>,
    clock: &Rc<dyn Clock>,
    limit: Span,
) -> Vec<Option<Pick>> {
    let mut over = clock.sleep_until(clock.now() + limit);
    let call = |contested| contained(|| rule.resolve(contested, clock.clone()));
    // An entry is `None` after its decision has ended.
    let mut thinking: Vec<Option<LocalBoxFuture<'static, Pick>>> = asked.into_iter().map(call).collect();
    let mut said = vec![None; thinking.len()];
    poll_fn(move |context| {
        for (thought, said) in thinking.iter_mut().zip(&mut said) {
            let Some(thinking) = thought else { continue };
            match contained(|| thinking.as_mut().poll(context)) {
                Some(Poll::Pending) => continue,
                Some(Poll::Ready(word)) => *said = Some(word),
                None => {}
            }
            *thought = None;
        }
        let done = thinking.iter().all(Option::is_none) || over.as_mut().poll(context).is_ready();
        if done { Poll::Ready(std::mem::take(&mut said)) } else { Poll::Pending }
    })
    .await
}

/// Runs third-party code; `None` if it panics.
fn contained<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

/// The resolution for the rule's choice; `None` if that choice is impossible.
pub(crate) fn resolution(say: &Pick, conflict: Conflict<'_>) -> Option<Resolution> {
    let Conflict { entry, why, current, .. } = conflict;
    let live = current.filter(|row| row.values.is_some());
    match say {
        Pick::Theirs => Some(Resolution::Remote),
        // The backend creates the row again with this device's values.
        Pick::Ours if why == Refusal::Gone => Some(Resolution::Local { onto: entry.key.clone() }),
        // `Ours` is impossible if the device cannot see the values that it would overwrite.
        Pick::Ours => live.map(|row| Resolution::Local { onto: row.key.clone() }),
        Pick::Columns(kept) => {
            let own = columns(conflict)?;
            let sets = |column: &usize| own.iter().any(|own| own.number == *column);
            if kept.is_empty() || !kept.iter().all(sets) {
                return None;
            }
            let keeps = |number: usize| kept.contains(&number);
            let changed = |own: &&Column| own.theirs == Theirs::Changed;
            let line = match () {
                () if own.iter().filter(changed).any(|own| keeps(own.number)) => Some(LogKind::Overwrote),
                () if own.iter().any(|own| !keeps(own.number)) => Some(LogKind::Merged),
                () => None,
            };
            Some(Resolution::Merged { columns: kept.clone(), line })
        }
    }
}
