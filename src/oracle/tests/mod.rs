//! Each check fires on the thing it is named after and on nothing else, and is silent on a correct
//! world.

mod asked;
mod bent;
mod carried;
mod edits;
mod flow;
mod life;
mod overwritten;
mod owed;
mod play;
mod random;
mod requests;
mod returns;
mod rows;
mod shown;
mod stage;
mod strangers;
mod unsure;

use super::{Verdict, implied};

/// The checks that fired, each once, in order.
fn fired(verdict: &Verdict) -> Vec<&'static str> {
    let mut fired: Vec<&'static str> = verdict.violations.iter().map(|v| v.check).collect();
    fired.dedup();
    fired
}

/// Fails unless `check` fired so often, along with what it implies and nothing else.
#[track_caller]
fn assert_only(verdict: &Verdict, check: &str, count: u64) {
    let fired = fired(verdict);
    let stray: Vec<_> = fired.iter().filter(|f| **f != check && !implied(check).contains(f)).collect();
    assert!(stray.is_empty(), "{stray:?} fired beside {check}: {:#?}", verdict.violations);
    let (_, metric) = super::check::ALL.iter().find(|(name, _)| *name == check).unwrap();
    assert_eq!(verdict.figures[metric], count, "{check}: {:#?}", verdict.violations);
}

#[track_caller]
fn assert_silent(verdict: &Verdict) {
    assert!(verdict.violations.is_empty(), "{:#?}", verdict.violations);
    for (check, metric) in super::check::ALL {
        assert_eq!(verdict.figures[metric], 0, "{check}");
    }
}
