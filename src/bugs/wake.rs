//! Bugs in what starts a unit, and in how long it waits.

use std::rc::Rc;

use crate::base::Span;
use crate::engine::WakeRule;

/// Overrides one method of the wake rule.
macro_rules! wake_rule {
    ($(#[$doc:meta])* $name:ident: $method:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block) => {
        $(#[$doc])*
        pub(super) fn $name() -> Rc<dyn WakeRule> {
            struct Broken;
            impl WakeRule for Broken {
                fn $method(&self $(, $argument: $type)*) -> $answer $body
            }
            Rc::new(Broken)
        }
    };
}

wake_rule!(misses_saves_in_a_run: heeds_saving(running: bool) -> bool { !running });
wake_rule!(ignores_the_network: heeds_network() -> bool { false });
wake_rule!(never_ends_plans: ends_plans() -> bool { false });
wake_rule!(never_forgives: forgives() -> bool { false });
wake_rule!(waits_for_what_is_gone: heeds_late(took: Span, limit: Span) -> bool { took <= limit });
wake_rule!(forgets_late_rows: tries_late_rows() -> bool { false });

wake_rule!(
    /// The wait doubles with each failure, and nothing stops it.
    waits_without_a_ceiling: wait(tries: u32, drawn: Span) -> Span {
        drawn.max(Span::secs(1 << tries.min(20)))
    }
);

wake_rule!(
    /// What a page was written with is given back by nobody, and found again after minutes.
    rests_in_the_middle: rests_after(request: u64) -> Span {
        if request % 5 == 4 { Span::secs(400) } else { Span::ZERO }
    }
);
