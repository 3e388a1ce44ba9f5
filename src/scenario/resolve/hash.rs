//! Capture by comparing, and the files that a backend writes for it.

use super::World;
use super::view::View;
use crate::backend::FileDrop;
use crate::gateway::{HashOptions, Keep, Snapshot, Source};

impl World<'_> {
    /// The files that the backend writes, if somebody reads them.
    pub(super) fn files(&self) -> Option<FileDrop> {
        let places = ["gateway.serve.capture.hash", "gateway.refresh.capture.hash"];
        places.into_iter().find_map(|place| match hash(self.root.at(place).present()?).source {
            Source::File { drop, .. } => Some(drop),
            Source::Api => None,
        })
    }
}

pub(super) fn hash(view: View<'_>) -> HashOptions {
    HashOptions {
        keep: if view.at("keep").text() == "copy" { Keep::Copy } else { Keep::Hash },
        canonical: view.at("canonical").flag(),
        snapshot: match view.at("snapshot").text() {
            "torn" => Snapshot::Torn,
            "two-pass" => Snapshot::TwoPass,
            _ => Snapshot::Isolated,
        },
        read_rows: view.at("read_rows").count(),
        source: match view.at("source").text() {
            "file" => Source::File {
                drop: FileDrop { every: view.at("file_every").span(), takes: view.at("file_takes").span() },
                trailer: view.at("trailer").flag(),
            },
            _ => Source::Api,
        },
    }
}
