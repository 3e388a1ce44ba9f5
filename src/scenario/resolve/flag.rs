//! Capture by flag and by change log, and what the backend keeps for them.

use super::World;
use super::view::View;
use crate::backend::LogOptions;
use crate::gateway::{ChangeLogOptions, FlagForm, FlagOptions};

impl World<'_> {
    pub(super) fn flag(&self, view: View<'_>) -> FlagOptions {
        let form: FlagForm = view.at("form").word();
        let lease = view.at("lease");
        if lease.present().is_some() && !form.holds_claims() {
            let help = "form = \"status\" or \"combination\" can say who is at work on a row";
            self.wrong.given(&[view.at("form")]).at(lease, "this flag has no room for a claim", help);
        }
        FlagOptions {
            form,
            initial: view.at("initial").word(),
            set: view.at("set").word(),
            reset: view.at("reset").word(),
            per: view.at("per").word(),
            lease: lease.present().map(View::span),
            unreadable: view.at("unreadable").share(),
            on_unreadable: view.at("on_unreadable").word(),
        }
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
