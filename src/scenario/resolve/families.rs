//! Rows that stay together with the rows that are part of them, and requests that are one
//! transaction.

use super::view::{Mistakes, View};
use crate::backend::Commits;
use crate::contract::{NamedBy, OnDelete};
use crate::engine::{LocalCapture, PushOrder, PushUnit, RequestPer};
use crate::gateway::Mode;

/// Refuses families that something parts, or of which there are none.
pub(super) fn stay_together(root: View<'_>, mode: Mode, wrong: &Mistakes) {
    let (unit, commits) = (root.at("engine.push.unit"), root.at("backend.commits"));
    let goes = unit.word::<PushUnit>() == PushUnit::Family;
    let commits_as_one = commits.word::<Commits>() != Commits::Rows;
    let by_family = commits.word::<Commits>() == Commits::Families;
    let are_parts = |entity: View<'_>| {
        let mut on_delete = entity.at("on_delete").entries();
        on_delete.any(|(_, view)| view.word::<OnDelete>() == OnDelete::Cascade)
    };
    let parts = root.at("entity").entries().any(|(_, entity)| are_parts(entity));
    for (_, needs_parts, at) in
        [(goes, true, unit), (commits_as_one, by_family, commits)].into_iter().filter(|(on, ..)| *on)
    {
        if !parts && needs_parts {
            let help = "write on_delete = { COLUMN = \"cascade\" } where a row is part of another";
            wrong.at(at, "no row is part of another", help);
        }
        if mode == Mode::Persistent {
            let help = "write gateway.mode = \"ota\", or leave this out";
            wrong.at(at, "a gateway with a replica brings each edit by itself", help);
        }
    }
    if goes {
        goes_whole(root, unit, wrong);
    }
    if !commits_as_one {
        return;
    }
    let delay = root.at("backend.commit_delay");
    if delay.present().is_some() {
        let help = "leave `commit_delay` out, or write commits = \"rows\"";
        wrong.given(&[delay]).at(commits, "each row would be late by itself", help);
    }
    for (_, entity) in root.at("entity").entries() {
        let ids = entity.at("ids");
        if matches!(ids.word(), NamedBy::Server | NamedBy::NaturalKey) {
            let help = "write ids = \"client\", or commits = \"rows\"";
            let title = "what refers to a row that is made with it cannot be judged before that has its key";
            wrong.given(&[ids]).at(commits, title, help);
        }
    }
}

fn goes_whole(root: View<'_>, unit: View<'_>, wrong: &Mistakes) {
    let at = |key: &str| root.at(key);
    let (capture, order) = (at("engine.push.capture"), at("engine.push.order"));
    let (squash, requests) = (at("engine.push.squash"), at("engine.requests"));
    let needs = [
        (
            capture,
            capture.word::<LocalCapture>() == LocalCapture::Outbox,
            "only an outbox knows what was made together",
            "`unit` needs `capture = \"outbox\"`",
        ),
        (
            squash,
            squash.flag(),
            "of two edits of a row the second would be left behind",
            "`unit` needs `squash = true`, by which they go as one",
        ),
        (
            order,
            order.word::<PushOrder>() == PushOrder::TopDown,
            "a family goes from the top down",
            "`unit` needs `order = \"top-down\"`",
        ),
        (
            requests,
            requests.word::<RequestPer>() == RequestPer::Direction,
            "the edits of a family go in one request of their own",
            "`unit` needs engine.requests = \"per-direction\"",
        ),
    ];
    for (given, _, title, help) in needs.into_iter().filter(|(_, fits, ..)| !fits) {
        wrong.given(&[given]).at(unit, title, help);
    }
}
