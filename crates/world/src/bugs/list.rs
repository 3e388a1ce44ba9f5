//! All planted bugs.

use super::bug::Bug;
use super::{again, app, between, named, order, page, pull, push, send, units};

const LISTS: [&[Bug]; 10] = [
    pull::BUGS,
    units::BUGS,
    push::BUGS,
    send::BUGS,
    again::BUGS,
    named::BUGS,
    page::BUGS,
    order::BUGS,
    between::BUGS,
    app::BUGS,
];

/// All planted bugs. Each check has at least one.
pub fn all() -> impl Iterator<Item = &'static Bug> {
    LISTS.into_iter().flatten()
}

/// The bug with this name.
pub fn find(id: &str) -> Option<&'static Bug> {
    all().find(|bug| bug.id == id)
}
