//! Capture by flag and by change log, and what the backend keeps for them.

use super::World;
use super::view::View;
use crate::backend::{Holes, LogOptions, Numbered, Rearm, Reset, Trimmed};
use crate::gateway::{ChangeLogOptions, FlagForm, FlagOptions, FlagPer, Initial, OnUnreadable, SetFlag};

impl World<'_> {
    /// Capture by a flag.
    pub(super) fn flag(&self, view: View<'_>) -> FlagOptions {
        let form = match view.at("form").text() {
            "status" => FlagForm::Status,
            "external-id" => FlagForm::ExternalId,
            "combination" => FlagForm::Combination,
            _ => FlagForm::Boolean,
        };
        let lease = view.at("lease");
        if lease.present().is_some() && !form.holds_claims() {
            let help = "form = \"status\" or \"combination\" can say who is at work on a row";
            self.wrong.given(&[view.at("form")]).at(lease, "this flag has no room for a claim", help);
        }
        FlagOptions {
            form,
            initial: match view.at("initial").text() {
                "unsynced" => Initial::Unsynced,
                "synced" => Initial::Synced,
                _ => Initial::AsHeld,
            },
            set: match view.at("set").text() {
                "after-capture" => SetFlag::AfterCapture,
                "before-capture" => SetFlag::BeforeCapture,
                _ => SetFlag::AfterCommit,
            },
            reset: match view.at("reset").text() {
                "naive" => Reset::Naive,
                _ => Reset::CompareAndSet,
            },
            per: match view.at("per").text() {
                "all" => FlagPer::All,
                _ => FlagPer::Device,
            },
            lease: lease.present().map(View::span),
            unreadable: view.at("unreadable").share(),
            on_unreadable: match view.at("on_unreadable").text() {
                "stop" => OnUnreadable::Stop,
                _ => OnUnreadable::Skip,
            },
        }
    }

    /// What the backend keeps of the order in which versions become visible, if anybody asks for that.
    pub(super) fn log(&self) -> Option<LogOptions> {
        let asks = |place: &str| {
            let capture = self.root.at(place);
            ["flag", "change_log"].iter().any(|kind| capture.at(kind).present().is_some())
        };
        let backend = self.root.at("backend");
        ["gateway.serve.capture", "gateway.refresh.capture"].into_iter().any(asks).then(|| LogOptions {
            kept: backend.at("log.kept").span(),
            numbered: match backend.at("log.numbered").text() {
                "at-write" => Numbered::AtWrite,
                _ => Numbered::AtCommit,
            },
            rearm: match backend.at("rearm").text() {
                "forgets-office" => Rearm::ForgetsOffice,
                _ => Rearm::Always,
            },
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

/// Capture by a log of changes.
pub(super) fn change_log(view: View<'_>) -> ChangeLogOptions {
    ChangeLogOptions {
        holes: match view.at("holes").text() {
            "skip" => Holes::Skip,
            _ => Holes::Wait,
        },
        trimmed: match view.at("trimmed").text() {
            "ignore" => Trimmed::Ignore,
            _ => Trimmed::Reload,
        },
    }
}
