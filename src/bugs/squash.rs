//! Bugs in which edits go as one.

use std::rc::Rc;

use crate::contract::EditKind;
use crate::engine::{SquashRule, joined};
use crate::store::Entry;

/// An edit is written over the one before it, be that on its way.
pub(super) fn squashes_into_what_was_sent() -> Rc<dyn SquashRule> {
    struct Broken;
    impl SquashRule for Broken {
        fn takes_in(&self, _: &Entry, _: &Entry) -> bool {
            true
        }
        fn joined(&self, first: &Entry, later: &Entry) -> Entry {
            let one = joined(first, later);
            if first.is_sealed() { Entry { id: first.id.clone(), ..one } } else { one }
        }
    }
    Rc::new(Broken)
}

/// A row that was made and deleted here is forgotten, be its create on its way.
pub(super) fn takes_back_what_was_sent() -> Rc<dyn SquashRule> {
    struct Broken;
    impl SquashRule for Broken {
        fn takes_in(&self, first: &Entry, later: &Entry) -> bool {
            let ends = first.kind == EditKind::Create && later.kind == EditKind::Delete;
            ends || !first.is_sealed()
        }
    }
    Rc::new(Broken)
}

/// Of two updates that go as one the later one's columns go alone.
pub(super) fn sends_the_last_update_alone() -> Rc<dyn SquashRule> {
    struct Broken;
    impl SquashRule for Broken {
        fn joined(&self, first: &Entry, later: &Entry) -> Entry {
            let one = joined(first, later);
            let updates = (first.kind, later.kind) == (EditKind::Update, EditKind::Update);
            if updates { Entry { values: later.values.clone(), ..one } } else { one }
        }
    }
    Rc::new(Broken)
}
