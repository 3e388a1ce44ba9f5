//! What rows have beside them, and how that is sent.

use super::view::{Mistakes, View};
use crate::contract::{Attachment, NamedBy};
use crate::engine::{AttachmentOptions, LocalCapture};

pub(super) fn options(view: View<'_>) -> AttachmentOptions {
    AttachmentOptions {
        queue: view.at("queue").word(),
        with: view.at("with").word(),
        first: view.at("first").word(),
        parallel: view.at("parallel").count(),
        chunk_bytes: view.at("chunk_bytes").bytes().0,
        resume: view.at("resume").flag(),
    }
}

/// Refuses attachments that nobody would send: they go with the outbox entry that made their row.
pub(super) fn are_sent(root: View<'_>, wrong: &Mistakes) {
    let capture = root.at("engine.push.capture");
    if capture.word::<LocalCapture>() == LocalCapture::Outbox {
        return;
    }
    let entities = root.at("entity").entries();
    if let Some(table) = entities.filter_map(|(_, entity)| entity.at("attachment").present()).next() {
        let title = "without an outbox nobody knows which attachments wait";
        wrong.given(&[capture]).at(table, title, "`attachment` needs engine.push.capture = \"outbox\"");
    }
}

/// What rows of the entity at `view` have beside them.
pub(super) fn attachment(name: &str, view: View<'_>, wrong: &Mistakes) -> Option<Attachment> {
    let table = view.at("attachment").present()?;
    let ids = view.at("ids");
    if ids.word::<NamedBy>() != NamedBy::Device {
        let title = format!("rows of `{name}` get other keys than their attachments are known by");
        wrong.given(&[ids]).at(table, title, "`attachment` needs `ids = \"client\"`");
    }
    let bytes = |key: &str| table.at(key).present().map(|size| size.bytes().0 as u32);
    let least = bytes("least").unwrap_or(1);
    let most = bytes("most").unwrap_or(least);
    if most < least {
        let title = format!("the largest attachment of `{name}` is smaller than the smallest");
        wrong.given(&[table.at("least")]).at(table.at("most"), title, "`most` is at least `least`");
    }
    let thumbnail = bytes("thumbnail");
    if thumbnail.is_some_and(|thumbnail| thumbnail > least) {
        let title = format!("a small picture of `{name}` is larger than what it is made of");
        let fits = "`thumbnail` is at most `least`";
        wrong.given(&[table.at("least")]).at(table.at("thumbnail"), title, fits);
    }
    Some(Attachment { least, most, thumbnail })
}
