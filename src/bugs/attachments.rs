//! Bugs in how attachments are sent.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use crate::engine::{BlobRule, Rules};

/// Each is caught by what the server has of them.
pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "last-stretch-is-all",
        check: "broken-attachment",
        mechanism: "an attachment is let go when its last stretch has left, whatever was said to that",
        seen_in: "an upload that counts as done when its bytes are in the socket",
        breaks: Breaks::Rule(last_stretch_is_all),
    },
    Bug {
        id: "takes-anothers-word",
        check: "broken-attachment",
        mechanism: "the server's word that all of an attachment is there is taken for this one's, whichever it was said of",
        seen_in: "the built-in engine, until answers named what was asked",
        breaks: Breaks::Rule(takes_anothers_word),
    },
    Bug {
        id: "sends-what-came-to-nothing",
        check: "broken-attachment",
        mechanism: "what is attached to a row goes up although the edit that made the row came to nothing",
        seen_in: "the built-in engine, until it asked the server for the row",
        breaks: Breaks::Rule(sends_what_came_to_nothing),
    },
];

fn sends_what_came_to_nothing(rules: Rules) -> Rules {
    struct Broken;
    impl BlobRule for Broken {
        fn doubts(&self) -> bool {
            false
        }
    }
    Rules { blobs: Rc::new(Broken), ..rules }
}

fn takes_anothers_word(rules: Rules) -> Rules {
    struct Broken;
    impl BlobRule for Broken {
        fn takes_anothers(&self) -> bool {
            true
        }
    }
    Rules { blobs: Rc::new(Broken), ..rules }
}

fn last_stretch_is_all(rules: Rules) -> Rules {
    struct Broken;
    impl BlobRule for Broken {
        fn is_there(&self, says: Option<bool>, ends: bool) -> bool {
            ends || says == Some(true)
        }
    }
    Rules { blobs: Rc::new(Broken), ..rules }
}
