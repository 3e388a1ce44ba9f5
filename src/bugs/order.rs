//! Bugs in how units follow each other.

use std::rc::Rc;

use crate::engine::OrderRule;

/// Overrides one method of the order rule.
macro_rules! order_rule {
    ($name:ident: $method:ident => $answer:expr) => {
        pub(super) fn $name() -> Rc<dyn OrderRule> {
            struct Broken;
            impl OrderRule for Broken {
                fn $method(&self) -> bool {
                    $answer
                }
            }
            Rc::new(Broken)
        }
    };
}

order_rule!(turn_never_given_back: gives_turn_after_failure => false);
order_rule!(fails_without_a_word: tells_failed_runs => false);
order_rule!(two_at_once: one_at_a_time => false);
order_rule!(tries_without_a_pause: pauses => false);
order_rule!(last_in_first_out: takes_last => true);
order_rule!(forgets_as_it_begins: keeps_until_done => false);

/// Both the transfer and the session around it say so.
pub(super) fn completes_twice() -> Rc<dyn OrderRule> {
    struct Broken;
    impl OrderRule for Broken {
        fn completions(&self) -> u32 {
            2
        }
    }
    Rc::new(Broken)
}

/// Who failed three times in a row is let alone.
pub(super) fn gives_up_for_good() -> Rc<dyn OrderRule> {
    struct Broken;
    impl OrderRule for Broken {
        fn tries_again(&self, failures: u32) -> bool {
            failures < 3
        }
    }
    Rc::new(Broken)
}
