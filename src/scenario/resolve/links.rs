//! Links.

use super::view::View;
use crate::contract::NetworkKind;
use crate::net::{self, OutageMode};

/// The link profile that stands at `view`.
pub(super) fn link(name: &str, view: View<'_>) -> net::Profile {
    let (gap_mtbf, gap_mean, gap_mode) = match view.at("gaps").present() {
        Some(gaps) => (gaps.at("mtbf").span(), gaps.at("mean").span(), outage_mode(gaps.at("mode").text())),
        None => (view.at("gap_mtbf").span(), view.at("gap_mean").span(), OutageMode::Drop),
    };
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
        gap_mtbf,
        gap_mean,
        gap_mode,
        overhead: view.at("overhead").bytes().0,
    }
}

/// How an outage treats packets, from its word.
pub(super) fn outage_mode(word: &str) -> OutageMode {
    match word {
        "hold" => OutageMode::Hold,
        "reset" => OutageMode::Reset,
        _ => OutageMode::Drop,
    }
}
