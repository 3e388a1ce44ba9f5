//! The gateway, and the way from there to the backend.

use super::super::profiles;
use super::World;
use super::backend::provisioning;
use super::fleet::library_and_own;
use super::view::View;
use crate::backend::{FileDrop, Upto};
use crate::base::Span;
use crate::gateway::{self, Capture, HashOptions, Keep, LastModifiedOptions, Snapshot, Source};

impl World<'_> {
    /// The gateway; there is a leg where one is described or something happens to it.
    pub(super) fn gateway(&self) -> gateway::Options {
        let mut events = self.root.at("event").entries();
        let happens = events.any(|(_, event)| event.at("leg_outage").present().is_some());
        let leg = self.root.at("gateway.leg");
        gateway::Options {
            mode: gateway::Mode::Ota,
            serve: self.capture(self.root.at("gateway.serve.capture")),
            leg: (happens || leg.present().is_some()).then(|| self.leg(leg)),
        }
    }

    fn leg(&self, view: View<'_>) -> gateway::LegOptions {
        let like = view.at("link").present().map(|name| {
            let known = library_and_own(self.root.at("link").names(), profiles::links());
            self.wrong.find(name, "link", name.text(), &known);
            self.root.at("link").key(name.text())
        });
        let rate = |way: &str| {
            let own = view.at("rate").present();
            own.or_else(|| like?.at(way).present()).map(View::rate)
        };
        gateway::LegOptions {
            rtt: match (view.at("rtt").present(), &like) {
                (Some(rtt), _) => rtt.span(),
                (None, Some(like)) => like.at("rtt").span(),
                (None, None) => Span::ZERO,
            },
            up: rate("up"),
            down: rate("down"),
            availability: self.availability(view.at("availability")),
        }
    }

    /// How changes are found; refused where the backend has not what that needs.
    fn capture(&self, view: View<'_>) -> Capture {
        let capture = match view.at("hash").present() {
            Some(view) => Capture::Hash(hash(view)),
            None => Capture::LastModified(last_modified(view.at("last_modified"))),
        };
        let provisioning_at = self.root.at("backend.provisioning");
        if let Err(unfit) = capture.fits(provisioning(provisioning_at)) {
            self.wrong.at(provisioning_at, unfit.why, format!("it takes {}", unfit.instead));
        }
        capture
    }
}

impl World<'_> {
    /// The files that the backend writes, if somebody reads them.
    pub(super) fn files(&self) -> Option<FileDrop> {
        let view = self.root.at("gateway.serve.capture.hash").present()?;
        match hash(view).source {
            Source::File { drop, .. } => Some(drop),
            Source::Api => None,
        }
    }
}

fn hash(view: View<'_>) -> HashOptions {
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

fn last_modified(view: View<'_>) -> LastModifiedOptions {
    let window = view.at("window");
    LastModifiedOptions {
        upto: match window.text() {
            "settled" => Upto::Settled,
            _ => Upto::Behind(window.span()),
        },
    }
}
