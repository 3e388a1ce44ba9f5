//! How changes are captured by flag, change log and comparison, and what the backend keeps for
//! that.

use super::super::view::{View, read};
use super::super::words::ReadFrom;
use super::World;
use crate::backend::{FileDrop, LogOptions};
use crate::gateway::{ChangeLogOptions, FlagForm, FlagOptions, HashOptions, Source};

impl World<'_> {
    pub(super) fn flag(&self, view: View<'_>) -> FlagOptions {
        let form: FlagForm = view.at("form").word();
        let lease = view.at("lease");
        if lease.present().is_some() && !form.holds_claims() {
            let help = "form = \"status\" or \"combination\" can say who is at work on a row";
            self.wrong.given(&[view.at("form")]).at(lease, "this flag has no room for a claim", help);
        }
        read!(view, FlagOptions {
            initial set reset per unreadable on_unreadable
        } with {
            form,
            lease: lease.present().map(View::span),
        })
    }

    /// What the backend keeps of the order in which versions become visible, if anybody asks for
    /// that.
    pub(super) fn log(&self) -> Option<LogOptions> {
        let asks = |place: &str| {
            let capture = self.root.at(place);
            ["flag", "change_log"].iter().any(|kind| capture.at(kind).present().is_some())
        };
        let backend = self.root.at("backend");
        ["gateway.serve.capture", "gateway.refresh.capture"].into_iter().any(asks).then(|| LogOptions {
            kept: backend.at("log.kept").span(),
            numbered: backend.at("log.numbered").word(),
            rearm: backend.at("rearm").word(),
        })
    }

    /// Mistakes of a user who touches flags that nobody has.
    pub(super) fn flags_to_touch(&self, touch: View<'_>) {
        if self.log().is_none() {
            let help = "such as gateway.serve.capture = { flag = {} }";
            self.wrong.at(touch, "no row has a flag", help);
        }
    }
}

pub(super) fn change_log(view: View<'_>) -> ChangeLogOptions {
    ChangeLogOptions { holes: view.at("holes").word(), trimmed: view.at("trimmed").word() }
}

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
        if let Source::File { .. } = options.source {
            self.wrong.in_order(view, ["file_takes", "file_every"], true);
        }
        options
    }
}

fn options(view: View<'_>) -> HashOptions {
    read!(view, HashOptions {
        keep canonical snapshot read_rows
    } with {
        source: match view.at("source").word() {
            ReadFrom::File => Source::File {
                drop: FileDrop { every: view.at("file_every").span(), takes: view.at("file_takes").span() },
                trailer: view.at("trailer").flag(),
            },
            ReadFrom::Api => Source::Api,
        },
    })
}
