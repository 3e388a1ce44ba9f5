//! All planted bugs as one list.

use super::bug::Bug;
use super::{
    app, attachments, named, order, page, pull, push, send, squash, status, units, values, wake, whole,
};

/// Every planted bug, at least one for each check.
pub const ALL: &[Bug] = &joined();

const LISTS: [&[Bug]; 14] = [
    pull::BUGS,
    units::BUGS,
    whole::BUGS,
    values::BUGS,
    push::BUGS,
    send::BUGS,
    squash::BUGS,
    named::BUGS,
    page::BUGS,
    attachments::BUGS,
    order::BUGS,
    wake::BUGS,
    status::BUGS,
    app::BUGS,
];
const COUNT: usize = {
    let (mut count, mut list) = (0, 0);
    while list < LISTS.len() {
        count += LISTS[list].len();
        list += 1;
    }
    count
};

const fn joined() -> [Bug; COUNT] {
    let mut all = [pull::BUGS[0]; COUNT];
    let (mut list, mut at, mut next) = (0, 0, 0);
    while next < all.len() {
        if at == LISTS[list].len() {
            (list, at) = (list + 1, 0);
        } else {
            all[next] = LISTS[list][at];
            (at, next) = (at + 1, next + 1);
        }
    }
    all
}

/// The bug of this name.
pub fn find(id: &str) -> Option<&'static Bug> {
    ALL.iter().find(|bug| bug.id == id)
}
