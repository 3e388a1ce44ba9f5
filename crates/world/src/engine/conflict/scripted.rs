//! An app's conflict rule as a scenario describes it: its choice, its delay, its failures.

use std::panic::resume_unwind;
use std::rc::Rc;

use super::own::{Contested, OwnRule};
use crate::base::{Ppm, Seed, Span, in_words};
use crate::contract::{Clock, LocalBoxFuture, Pick};

/// How a scenario's conflict rule behaves; all times are simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackOptions {
    /// The side that the rule takes.
    pub says: Says,
    /// How long the rule takes to decide.
    pub takes: Span,
    /// After this time the rule is abandoned and counts as one that did not decide.
    pub timeout: Span,
    /// Share of the edits about which the rule never decides.
    pub hangs: Ppm,
    /// Share of the edits about which the rule panics.
    pub panics: Ppm,
    /// Share of the edits for which the rule makes an impossible choice.
    pub nonsense: Ppm,
}

/// The side that a rule takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// The later side, by the clocks of the authors.
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
