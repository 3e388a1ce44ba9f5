//! An app's conflict rule, simulated from a scenario file: its choice, its delay, its failures.

use std::panic::resume_unwind;
use std::rc::Rc;

use super::own::{Contested, OwnRule};
use crate::base::{Ppm, Seed, Span, in_words};
use crate::contract::{Clock, LocalBoxFuture, Pick};

/// The behaviour of the app's conflict rule. All times are virtual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackOptions {
    /// The side that the rule chooses.
    pub says: Says,
    /// The time that the rule takes to decide.
    pub takes: Span,
    /// The engine waits this long for the rule. After that, the rule counts as undecided.
    pub timeout: Span,
    /// Share of the edits about which the rule never decides.
    pub hangs: Ppm,
    /// Share of the edits about which the rule panics.
    pub panics: Ppm,
    /// Share of the edits for which the rule makes an impossible choice.
    pub nonsense: Ppm,
}

/// The side that a rule chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// The side that was edited later, by the clocks of the two authors.
    #[default]
    Later,
    /// The local edit.
    Ours,
    /// The backend's version.
    Theirs,
}
in_words!(Says { Later: "later", Ours: "ours", Theirs: "theirs" });

impl Default for CallbackOptions {
    fn default() -> CallbackOptions {
        CallbackOptions {
            says: Says::default(),
            takes: Span::millis(5),
            timeout: Span::secs(5),
            hangs: Ppm(0),
            panics: Ppm(0),
            nonsense: Ppm(0),
        }
    }
}

impl OwnRule for CallbackOptions {
    fn resolve(&self, contested: Contested, clock: Rc<dyn Clock>) -> LocalBoxFuture<'static, Pick> {
        let options = self.clone();
        Box::pin(async move {
            let befalls = |what, share: Ppm| {
                let edit = contested.entry.edit;
                let seed = Seed(u64::from(edit.device.0) << 32 | u64::from(edit.number));
                seed.hash(what, 0, 0) % u64::from(Ppm::ONE.0) < u64::from(share.0)
            };
            clock.sleep_until(clock.now() + options.takes).await;
            if befalls("callback.hangs", options.hangs) {
                std::future::pending::<()>().await;
            }
            if befalls("callback.panics", options.panics) {
                // Panics without a message.
                resume_unwind(Box::new("the rule of the app panics, as it is told to"));
            }
            if befalls("callback.nonsense", options.nonsense) {
                return Pick::Columns(vec![usize::MAX]);
            }
            let theirs = contested.edited_at.or(contested.theirs.as_ref().map(|row| row.stamp));
            match options.says {
                Says::Ours => Pick::Ours,
                Says::Later if theirs.is_none_or(|theirs| contested.entry.made_at > theirs) => Pick::Ours,
                Says::Later | Says::Theirs => Pick::Theirs,
            }
        })
    }
}
