//! How row keys are assigned, and the settings that depend on it: families of rows, and
//! attachments.

use crate::backend::Commits;
use crate::config::view::{Mistakes, View, read};
use crate::contract::{Attachment, NamedBy, Naming, OnDelete};
use crate::engine::{AttachmentOptions, LocalCapture, PushOrder, PushUnit, RequestPer, Requests};
use crate::gateway::Mode;

/// Policies that may create a deleted row again, or create a row twice.
const MAKES_AGAIN: [&str; 4] = ["client-wins", "callback", "manual", "keep-both"];

pub(super) fn check_key_owners(root: View<'_>, mode: Mode, mistakes: &Mistakes) {
    let cached = root.at("engine.pull.requests").word::<Requests>() != Requests::Unique;
    let capture = root.at("engine.push.capture");
    let marks = capture.word::<LocalCapture>() != LocalCapture::Outbox;
    let (policy, squash) = (root.at("engine.conflict.policy"), root.at("engine.push.squash"));
    for (_, entity) in root.at("entity").entries() {
        let ids = entity.at("ids");
        let by: NamedBy = ids.word();
        if by == NamedBy::Server && MAKES_AGAIN.contains(&policy.text()) {
            let name = policy.text();
            let title = format!(
                "the policy \"{name}\" may create a row again, and the new row would get another key"
            );
            let help = "write another policy, or ids = \"client\"";
            mistakes.given(&[policy, ids]).at(ids, title, help);
        } else if by == NamedBy::Server && squash.flag() {
            let help = "write engine.push.squash = false, or ids = \"client\"";
            let title =
                "`squash` may merge a create with a change, and the app could not find that row by its key";
            mistakes.given(&[squash, ids]).at(ids, title, help);
        }
        if mode == Mode::Persistent && by != NamedBy::Device {
            let help = "write gateway.mode = \"ota\", or ids = \"client\"";
            let title = "a gateway with a replica does not return keys that the backend assigned";
            mistakes.given(&[root.at("gateway.mode")]).at(ids, title, help);
        } else if marks && by != NamedBy::Device {
            let help = "write engine.push.capture = \"outbox\", or ids = \"client\"";
            let title = "a mark on a row does not follow the row to the key that the backend assigns";
            mistakes.given(&[capture]).at(ids, title, help);
        } else if cached && by == NamedBy::Pool {
            let help = "write engine.pull.requests = \"unique\"";
            mistakes.at(ids, "a cache on the path would give two phones the same keys", help);
        }
    }
}

pub(super) fn naming(entity: View<'_>, mistakes: &Mistakes) -> Naming {
    let naming = read!(entity, Naming {
        merge doubles pool refill
    } with {
        by: entity.at("ids").word(),
    });
    let unique = entity.at("unique");
    let ids = entity.at("ids");
    let keyless = unique.items().next().is_none();
    if naming.by == NamedBy::NaturalKey && keyless {
        let help = "list in `unique` the columns that form the natural key";
        mistakes.given(&[unique]).at(ids, "these rows have no natural key", help);
    } else if naming.by == NamedBy::NaturalKey && naming.doubles {
        let help = "leave out `doubles`, or write ids = \"client\"";
        let title = "`doubles` lets rows have the same natural key, but this `ids` merges such rows into one";
        mistakes.given(&[entity.at("doubles")]).at(ids, title, help);
    }
    if naming.doubles && keyless && naming.by != NamedBy::NaturalKey {
        let help = "list in `unique` the columns by which people tell rows apart";
        mistakes.given(&[unique]).at(
            entity.at("doubles"),
            "`doubles` needs `unique`: nothing says which rows are the same",
            help,
        );
    }
    if naming.by == NamedBy::Pool {
        mistakes.in_order(entity, ["refill", "pool"], false);
    }
    naming
}

/// Refuses settings that separate a family (a row and the rows that are part of it), or that need
/// families if there are none.
pub(super) fn check_families(root: View<'_>, mode: Mode, mistakes: &Mistakes) {
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
            mistakes.at(
                at,
                "a family needs rows that are part of another row, and no entity has such rows",
                help,
            );
        }
        if mode == Mode::Persistent {
            let help = "write gateway.mode = \"ota\", or leave out this key";
            mistakes.at(at, "a gateway with a replica sends each edit separately", help);
        }
    }
    if goes {
        goes_whole(root, unit, mistakes);
    }
    if !commits_as_one {
        return;
    }
    let delay = root.at("backend.commit_delay");
    if delay.present().is_some() {
        let help = "leave out `commit_delay`, or write commits = \"rows\"";
        mistakes.given(&[delay]).at(
            commits,
            "`commit_delay` delays each row separately, but this `commits` commits several rows at once",
            help,
        );
    }
    for (_, entity) in root.at("entity").entries() {
        let ids = entity.at("ids");
        if matches!(ids.word(), NamedBy::Server | NamedBy::NaturalKey) {
            let help = "write ids = \"client\", or commits = \"rows\"";
            let title = "rows may refer to a row of the same commit, but that row has no key yet: the backend assigns it later";
            mistakes.given(&[ids]).at(commits, title, help);
        }
    }
}

fn goes_whole(root: View<'_>, unit: View<'_>, mistakes: &Mistakes) {
    let at = |key: &str| root.at(key);
    let (capture, order) = (at("engine.push.capture"), at("engine.push.order"));
    let (squash, requests) = (at("engine.push.squash"), at("engine.requests"));
    let needs = |given: View<'_>, fits: bool, title: &str, help: &str| {
        if !fits {
            mistakes.given(&[given]).at(unit, title, help);
        }
    };
    let title = "only an outbox knows which rows were created together";
    needs(capture, capture.says(LocalCapture::Outbox), title, "`unit` needs `capture = \"outbox\"`");
    let title = "of two edits of a row, only the first would be sent";
    needs(squash, squash.flag(), title, "`unit` needs `squash = true`, which merges the edits of a row");
    let title = "a family is sent with parents before their children";
    needs(order, order.says(PushOrder::TopDown), title, "`unit` needs `order = \"top-down\"`");
    let (title, help) =
        ("the edits of a family need their own request", "`unit` needs engine.requests = \"per-direction\"");
    needs(requests, requests.says(RequestPer::Direction), title, help);
}

pub(super) fn attachments(view: View<'_>) -> AttachmentOptions {
    read!(view, AttachmentOptions {
        queue with first parallel resume on_there
    } with {
        chunk_bytes: view.at("chunk_bytes").bytes().0,
    })
}

/// Refuses attachments that would never be sent: an attachment is sent with the outbox entry of its
/// row.
pub(super) fn check_attachments_sent(root: View<'_>, mistakes: &Mistakes) {
    let capture = root.at("engine.push.capture");
    if capture.word::<LocalCapture>() == LocalCapture::Outbox {
        return;
    }
    let entities = root.at("entity").entries();
    if let Some(table) = entities.filter_map(|(_, entity)| entity.at("attachment").present()).next() {
        let title = "only an outbox knows which attachments are still to be sent";
        mistakes.given(&[capture]).at(table, title, "`attachment` needs engine.push.capture = \"outbox\"");
    }
}

pub(super) fn attachment(name: &str, view: View<'_>, mistakes: &Mistakes) -> Option<Attachment> {
    let table = view.at("attachment").present()?;
    let ids = view.at("ids");
    if ids.word::<NamedBy>() != NamedBy::Device {
        let title = format!(
            "the backend gives rows of `{name}` new keys, but their attachments are stored under the first keys"
        );
        mistakes.given(&[ids]).at(table, title, "`attachment` needs `ids = \"client\"`");
    }
    let bytes = |key: &str| table.at(key).present().map(|size| size.bytes().0 as u32);
    let least = bytes("least").unwrap_or(1);
    let most = bytes("most").unwrap_or(least);
    mistakes.in_order(table, ["least", "most"], false);
    mistakes.in_order(table, ["thumbnail", "least"], false);
    let thumbnail = bytes("thumbnail");
    Some(Attachment { least, most, thumbnail })
}
