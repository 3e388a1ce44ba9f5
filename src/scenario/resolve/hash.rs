//! Capture by comparing, and the files that a backend writes for it.

use super::super::words::ReadFrom;
use super::World;
use super::view::View;
use crate::backend::FileDrop;
use crate::gateway::{HashOptions, Source};

impl World<'_> {
    /// The files that the backend writes, if somebody reads them.
    pub(super) fn files(&self) -> Option<FileDrop> {
        let places = ["gateway.serve.capture.hash", "gateway.refresh.capture.hash"];
        places.into_iter().find_map(|place| match options(self.root.at(place).present()?).source {
            Source::File { drop, .. } => Some(drop),
            Source::Api => None,
        })
    }

    pub(super) fn hash(&self, view: View<'_>) -> HashOptions {
        let options = options(view);
        if let Source::File { drop: FileDrop { every, takes }, .. } = options.source
            && takes >= every
        {
            let (every_at, takes_at) = (view.at("file_every"), view.at("file_takes"));
            let (at, other) =
                if takes_at.place().is_some() { (takes_at, every_at) } else { (every_at, takes_at) };
            let help = format!("`file_takes` is less than `file_every`, which is {every}");
            self.wrong.given(&[other]).at(at, "no file is ever finished: the next is begun before", help);
        }
        options
    }
}

fn options(view: View<'_>) -> HashOptions {
    HashOptions {
        keep: view.at("keep").word(),
        canonical: view.at("canonical").flag(),
        snapshot: view.at("snapshot").word(),
        read_rows: view.at("read_rows").count(),
        source: match view.at("source").word() {
            ReadFrom::File => Source::File {
                drop: FileDrop { every: view.at("file_every").span(), takes: view.at("file_takes").span() },
                trailer: view.at("trailer").flag(),
            },
            ReadFrom::Api => Source::Api,
        },
    }
}
