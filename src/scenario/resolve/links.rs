//! Links.

use super::view::View;
use crate::contract::NetworkKind;
use crate::net;

/// The link profile that stands at `view`.
pub(super) fn link(name: &str, view: View<'_>) -> net::Profile {
    net::Profile {
        name: name.to_owned(),
        kind: match view.at("kind").text() {
            "wifi" => NetworkKind::Wifi,
            "cellular" => NetworkKind::Cellular,
            _ => NetworkKind::Other,
        },
        rtt: view.at("rtt").span(),
        jitter: view.at("jitter").span(),
        jitter_sigma_milli: view.at("jitter_sigma").milli(),
        down: view.at("down").rate(),
        up: view.at("up").rate(),
        answer_loss: view.at("answer_loss").share(),
        gap_mtbf: view.at("gap_mtbf").span(),
        gap_mean: view.at("gap_mean").span(),
        overhead: view.at("overhead").bytes().0,
    }
}
