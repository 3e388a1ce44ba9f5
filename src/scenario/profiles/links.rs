//! The library of links.

use std::sync::LazyLock;

use super::{ESTIMATE, Profile, profile};

const WEB_PAGE_TEST: &str = "estimate near the profiles of WebPageTest";
const GAPS_3G: &str = "3G gaps of at least 1 s in mahimahi's traces: up for 24 to 42 s";
const GAPS_LTE: &str = "LTE gaps of at least 1 s in mahimahi's traces: up for 48 to 56 s";
const WIFI_SEER: &str = "enterprise WLAN, median 3 ms, p90 20 ms (WiFiSeer, MobiSys 2016)";
const PEI: &str = "congested campus access points, p50 20 ms, p90 100 ms (Pei, INFOCOM 2016)";
const STARLINK: &str =
    "Starlink medians of 25 to 60 ms, reconfiguration every 15 s (Mohan, WWW 2024), as a log-normal";
const HEADERS: &str = "estimate: headers of HTTP, TLS and TCP both ways";

/// A link: kind, rtt, down, up, (jitter, sigma, source), (gap_mtbf, gap_mean, source).
type LinkRow<'a> = (
    &'static str,
    &'a str,
    &'a str,
    &'a str,
    &'a str,
    (&'a str, &'a str, &'static str),
    (&'a str, &'a str, &'static str),
);

const LINK_ROWS: &[LinkRow<'static>] = &[
    (
        "edge",
        "cellular",
        "600ms",
        "240kbit/s",
        "200kbit/s",
        ("60ms", "0.8", ESTIMATE),
        ("45s", "4s", GAPS_3G),
    ),
    (
        "3g-poor",
        "cellular",
        "400ms",
        "400kbit/s",
        "400kbit/s",
        ("40ms", "0.8", ESTIMATE),
        ("24s", "2300ms", GAPS_3G),
    ),
    (
        "3g-hspa",
        "cellular",
        "150ms",
        "1600kbit/s",
        "770kbit/s",
        ("20ms", "0.8", ESTIMATE),
        ("1m", "2s", GAPS_3G),
    ),
    (
        "lte-poor",
        "cellular",
        "100ms",
        "2Mbit/s",
        "700kbit/s",
        ("15ms", "0.9", ESTIMATE),
        ("50s", "1500ms", GAPS_LTE),
    ),
    (
        "lte-good",
        "cellular",
        "60ms",
        "20Mbit/s",
        "8Mbit/s",
        ("6ms", "0.8", ESTIMATE),
        ("10m", "1s", ESTIMATE),
    ),
    (
        "lte-driving",
        "cellular",
        "70ms",
        "8Mbit/s",
        "4Mbit/s",
        ("10ms", "0.9", ESTIMATE),
        ("56s", "1s", GAPS_LTE),
    ),
    (
        "5g-sub6",
        "cellular",
        "35ms",
        "100Mbit/s",
        "30Mbit/s",
        ("3ms", "0.7", ESTIMATE),
        ("10m", "1s", ESTIMATE),
    ),
    ("wifi-good", "wifi", "15ms", "50Mbit/s", "30Mbit/s", ("3ms", "1.3", WIFI_SEER), ("1h", "5s", ESTIMATE)),
    ("wifi-congested", "wifi", "40ms", "5Mbit/s", "3Mbit/s", ("20ms", "1.256", PEI), ("5m", "5s", ESTIMATE)),
    ("geo", "other", "600ms", "20Mbit/s", "3Mbit/s", ("10ms", "0.5", ESTIMATE), ("30m", "20s", ESTIMATE)),
    ("leo", "other", "40ms", "100Mbit/s", "15Mbit/s", ("5ms", "0.5", STARLINK), ("2m", "1s", ESTIMATE)),
];

/// A tunnel adds this to the round trip, in milliseconds, and caps both rates at 20 Mbit/s (estimate).
const VPN: (u64, u64) = (40, 20_000_000);

pub(super) static LINKS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let plain = LINK_ROWS.iter().map(|row| link(row.0, row));
    plain.chain(LINK_ROWS.iter().map(tunnelled)).collect()
});

fn link(name: &str, row: &LinkRow<'_>) -> Profile {
    let (_, kind, rtt, down, up, (jitter, sigma, jitter_source), (mtbf, mean, gap_source)) = *row;
    let figures = vec![
        ("kind", kind, "what it is"),
        ("rtt", rtt, WEB_PAGE_TEST),
        ("down", down, WEB_PAGE_TEST),
        ("up", up, WEB_PAGE_TEST),
        ("jitter", jitter, jitter_source),
        ("jitter_sigma", sigma, jitter_source),
        ("gap_mtbf", mtbf, gap_source),
        ("gap_mean", mean, gap_source),
        ("answer_loss", "0", "cellular links hide loss behind retransmission"),
        ("overhead", "600B", HEADERS),
    ];
    profile(name, figures)
}

fn tunnelled(row: &LinkRow<'static>) -> Profile {
    use crate::base::{BitRate, Span};
    let mut tunnel = link(&format!("vpn-over-{}", row.0), row);
    for figure in &mut tunnel.figures {
        let slower = |rate: &str| {
            rate.parse().map(|BitRate(bits)| crate::scenario::form::rate(BitRate(bits.min(VPN.1))))
        };
        let changed = match figure.key {
            "rtt" => {
                figure.value.parse::<Span>().map(|rtt| crate::scenario::form::span(rtt + Span::millis(VPN.0)))
            }
            "down" | "up" => slower(&figure.value),
            _ => continue,
        };
        if let Ok(value) = changed {
            figure.value = value;
            figure.source = "the link below, 40 ms more and at most 20 Mbit/s (estimate)";
        }
    }
    tunnel
}
