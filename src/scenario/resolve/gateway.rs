//! The gateway, and the way from there to the backend.

use super::super::profiles;
use super::World;
use super::backend::provisioning;
use super::flag::change_log;
use super::fleet::library_and_own;
use super::view::View;
use crate::backend::Upto;
use crate::base::Span;
use crate::gateway::{self, Capture, LastModifiedOptions};

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
        let capture = if let Some(flag) = view.at("flag").present() {
            Capture::Flag(self.flag(flag))
        } else if let Some(log) = view.at("change_log").present() {
            Capture::ChangeLog(change_log(log))
        } else {
            Capture::LastModified(last_modified(view.at("last_modified")))
        };
        let provisioning_at = self.root.at("backend.provisioning");
        if let Err(unfit) = capture.fits(provisioning(provisioning_at)) {
            self.wrong.at(provisioning_at, unfit.why, format!("it takes {}", unfit.instead));
        }
        capture
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
