//! The library of links.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, profile};
use super::tunnel;

const WEB_PAGE_TEST: &str = "connection profiles of WebPageTest";
const EDGE_RTT: &str = "estimate below the 840 ms of WebPageTest's EDGE";
const SPEEDTEST: &str = "estimate near the Speedtest medians of the SIGCOMM 2021 5G study";
const RATES_LTE: &str =
    "mahimahi's LTE traces in 1 s bins: ln-sigma 0.63 to 1.29, lag-1 correlation 0.4 to 0.9";
const RATES_5G: &str = "estimate below the ln-sigma of 1.5 of the Irish 5G drives (2020)";
const GAPS_3G: &str = "3G gaps of at least 1 s in mahimahi's traces: up for 24 to 42 s";
const NEAR_3G: &str = "estimate beyond the 24 to 42 s of 3G links in mahimahi's traces";
const GAPS_LTE: &str = "LTE gaps of at least 1 s in mahimahi's traces: up for 48 to 56 s";
const GAP_SHAPE: &str =
    "mahimahi's traces: nothing is delivered in a gap and nothing is lost; median 0.3 s, p99 1.5 to 8 s";
const GAP_PLAIN: &str = "estimate: out of reach, exponential";
const HANDOVER: &str = "field test of LTE to UMTS handovers, T-Mobile Germany (olgen2013)";
const TRAINS: &str = "one third of radio changes kill the connection on Norwegian trains (Baltrunas 2015)";
const HIDDEN: &str = "estimate: cellular and Wi-Fi links hide most loss behind their own retransmission";
const BURSTS: &str = "estimate: Gilbert-Elliott, 1.2 % in bursts of 3";
const HANDOVER_LEO: &str =
    "bursts up to 50 % at satellite handovers (Kassem, IMC 2022), every 15 s (Mohan, WWW 2024); 1 % in all";
const QUEUE: &str = "estimate: 0.5 to 2 s at the mean rate, less where rates are high";
const SLEEP_2G: &str = "estimate";
const SLEEP_3G: &str = "idle to DCH 2 s (Grigorik, High Performance Browser Networking)";
const SLEEP_LTE: &str = "RRC-Probe, SIGCOMM 2021: timer 10 s, a device's own request waits 260 to 300 ms";
const SLEEP_5G: &str = "RRC-Probe, SIGCOMM 2021: timer 10 s, a device's own request waits 350 to 400 ms";
const SLEEP_WIFI: &str = "estimate: power-save mode";
const WIFI_SEER: &str = "enterprise WLAN, median 3 ms, p90 20 ms, p99 250 ms (WiFiSeer, MobiSys 2016)";
const PEI: &str = "congested campus access points, p50 20 ms, p90 100 ms (Pei, INFOCOM 2017)";
const STARLINK: &str = "Starlink: median near 40 ms, 25 to 60 ms, reconfigured every 15 s (Mohan, WWW 2024)";
const GEO: &str = "estimate: 560 to 650 ms, 10 to 50 Mbit/s";
const ITSELF: &str = "what it is";

/// The links of a field worker's day: at the depot, on the road, at a customer's.
pub(in super::super) const FIELD_WORKER: [&str; 3] = ["wifi-good", "lte-driving", "lte-good"];

/// A figure: key, value, source.
type Figure<'a> = (&'static str, &'a str, &'static str);

/// A link by name, with its figures.
type LinkRow = (&'static str, &'static [Figure<'static>]);

const LINK_ROWS: &[LinkRow] = &[
    (
        "edge",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "2g", ITSELF),
            ("rtt", "600ms", EDGE_RTT),
            ("down", "240kbit/s", WEB_PAGE_TEST),
            ("up", "200kbit/s", WEB_PAGE_TEST),
            ("jitter", "60ms", ESTIMATE),
            ("jitter_sigma", "0.8", ESTIMATE),
            ("loss", "0.1%", HIDDEN),
            ("queue", "60kB", QUEUE),
            ("promotion.takes", "1s", SLEEP_2G),
            ("promotion.after", "5s", SLEEP_2G),
            ("gaps.mtbf", "45s", NEAR_3G),
            ("gaps.mean", "4s", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "3g-poor",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "3g", ITSELF),
            ("rtt", "400ms", WEB_PAGE_TEST),
            ("down", "400kbit/s", WEB_PAGE_TEST),
            ("up", "400kbit/s", WEB_PAGE_TEST),
            ("jitter", "40ms", ESTIMATE),
            ("jitter_sigma", "0.8", ESTIMATE),
            ("loss", "0.1%", HIDDEN),
            ("queue", "128kB", QUEUE),
            ("promotion.takes", "2s", SLEEP_3G),
            ("promotion.after", "5s", SLEEP_3G),
            ("gaps.mtbf", "24s", GAPS_3G),
            ("gaps.mean", "2300ms", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "3g-hspa",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "3g", ITSELF),
            ("rtt", "150ms", WEB_PAGE_TEST),
            ("down", "1600kbit/s", WEB_PAGE_TEST),
            ("up", "770kbit/s", WEB_PAGE_TEST),
            ("jitter", "20ms", ESTIMATE),
            ("jitter_sigma", "0.8", ESTIMATE),
            ("loss", "0.05%", HIDDEN),
            ("queue", "256kB", QUEUE),
            ("promotion.takes", "2s", SLEEP_3G),
            ("promotion.after", "5s", SLEEP_3G),
            ("gaps.mtbf", "1m", NEAR_3G),
            ("gaps.mean", "2s", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "lte-poor",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "lte", ITSELF),
            ("rtt", "100ms", ESTIMATE),
            ("down", "2Mbit/s", ESTIMATE),
            ("up", "700kbit/s", ESTIMATE),
            ("jitter", "15ms", ESTIMATE),
            ("jitter_sigma", "0.9", ESTIMATE),
            ("variation.sigma", "1.1", RATES_LTE),
            ("variation.phi", "0.85", RATES_LTE),
            ("loss", "0.05%", HIDDEN),
            ("queue", "512kB", QUEUE),
            ("promotion.takes", "280ms", SLEEP_LTE),
            ("promotion.after", "10s", SLEEP_LTE),
            ("gaps.mtbf", "50s", GAPS_LTE),
            ("gaps.mean", "1500ms", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "lte-good",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "lte", ITSELF),
            ("rtt", "60ms", SPEEDTEST),
            ("down", "20Mbit/s", ESTIMATE),
            ("up", "8Mbit/s", ESTIMATE),
            ("jitter", "6ms", ESTIMATE),
            ("jitter_sigma", "0.8", ESTIMATE),
            ("variation.sigma", "0.7", RATES_LTE),
            ("variation.phi", "0.85", RATES_LTE),
            ("loss", "0", HIDDEN),
            ("queue", "1MB", QUEUE),
            ("promotion.takes", "280ms", SLEEP_LTE),
            ("promotion.after", "10s", SLEEP_LTE),
            ("gaps.mtbf", "10m", ESTIMATE),
            ("gaps.mean", "1s", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "lte-driving",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "lte", ITSELF),
            ("rtt", "70ms", SPEEDTEST),
            ("down", "8Mbit/s", ESTIMATE),
            ("up", "4Mbit/s", ESTIMATE),
            ("jitter", "10ms", ESTIMATE),
            ("jitter_sigma", "0.9", ESTIMATE),
            ("variation.sigma", "1.0", RATES_LTE),
            ("variation.phi", "0.85", RATES_LTE),
            ("loss", "0", HIDDEN),
            ("queue", "1MB", QUEUE),
            ("promotion.takes", "280ms", SLEEP_LTE),
            ("promotion.after", "10s", SLEEP_LTE),
            ("gaps.mtbf", "56s", GAPS_LTE),
            ("gaps.mean", "1s", ESTIMATE),
            ("radio_changes.mtbf", "10m", ESTIMATE),
            ("radio_changes.takes", "4500ms", HANDOVER),
            ("radio_changes.session_loss", "0.333333", TRAINS),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "5g-sub6",
        &[
            ("kind", "cellular", ITSELF),
            ("radio", "5g", ITSELF),
            ("rtt", "35ms", SPEEDTEST),
            ("down", "100Mbit/s", SPEEDTEST),
            ("up", "30Mbit/s", SPEEDTEST),
            ("jitter", "3ms", ESTIMATE),
            ("jitter_sigma", "0.7", ESTIMATE),
            ("variation.sigma", "1.0", RATES_5G),
            ("variation.phi", "0.85", RATES_LTE),
            ("loss", "0", HIDDEN),
            ("queue", "2MB", QUEUE),
            ("promotion.takes", "380ms", SLEEP_5G),
            ("promotion.after", "10s", SLEEP_5G),
            ("gaps.mtbf", "10m", ESTIMATE),
            ("gaps.mean", "1s", ESTIMATE),
            ("gaps.mode", "hold", GAP_SHAPE),
            ("gaps.lengths", "cellular", GAP_SHAPE),
        ],
    ),
    (
        "wifi-good",
        &[
            ("kind", "wifi", ITSELF),
            ("radio", "wifi", ITSELF),
            ("rtt", "15ms", ESTIMATE),
            ("down", "50Mbit/s", ESTIMATE),
            ("up", "30Mbit/s", ESTIMATE),
            ("jitter", "3ms", WIFI_SEER),
            ("jitter_sigma", "1.3", WIFI_SEER),
            ("jitter_tail.share", "5%", WIFI_SEER),
            ("jitter_tail.from", "60ms", WIFI_SEER),
            ("jitter_tail.alpha", "1.6", WIFI_SEER),
            ("loss", "0", HIDDEN),
            ("queue", "256kB", QUEUE),
            ("promotion.takes", "5ms", SLEEP_WIFI),
            ("promotion.after", "200ms", SLEEP_WIFI),
            ("gaps.mtbf", "1h", ESTIMATE),
            ("gaps.mean", "5s", ESTIMATE),
            ("gaps.mode", "drop", GAP_PLAIN),
            ("gaps.lengths", "exponential", GAP_PLAIN),
        ],
    ),
    (
        "wifi-congested",
        &[
            ("kind", "wifi", ITSELF),
            ("radio", "wifi", ITSELF),
            ("rtt", "40ms", ESTIMATE),
            ("down", "5Mbit/s", ESTIMATE),
            ("up", "3Mbit/s", ESTIMATE),
            ("jitter", "20ms", PEI),
            ("jitter_sigma", "1.256", PEI),
            ("loss", "{ p = 0.004, r = 0.33 }", BURSTS),
            ("queue", "256kB", QUEUE),
            ("promotion.takes", "5ms", SLEEP_WIFI),
            ("promotion.after", "200ms", SLEEP_WIFI),
            ("gaps.mtbf", "5m", ESTIMATE),
            ("gaps.mean", "5s", ESTIMATE),
            ("gaps.mode", "drop", GAP_PLAIN),
            ("gaps.lengths", "exponential", GAP_PLAIN),
        ],
    ),
    (
        "geo",
        &[
            ("kind", "other", ITSELF),
            ("radio", "none", ITSELF),
            ("rtt", "600ms", GEO),
            ("down", "20Mbit/s", GEO),
            ("up", "3Mbit/s", GEO),
            ("jitter", "10ms", ESTIMATE),
            ("jitter_sigma", "0.5", ESTIMATE),
            ("loss", "0.1%", ESTIMATE),
            ("queue", "1500kB", QUEUE),
            ("gaps.mtbf", "30m", ESTIMATE),
            ("gaps.mean", "20s", ESTIMATE),
            ("gaps.mode", "drop", GAP_PLAIN),
            ("gaps.lengths", "exponential", GAP_PLAIN),
        ],
    ),
    (
        "leo",
        &[
            ("kind", "other", ITSELF),
            ("radio", "none", ITSELF),
            ("rtt", "40ms", STARLINK),
            ("down", "100Mbit/s", STARLINK),
            ("up", "15Mbit/s", STARLINK),
            ("steps.every", "15s", STARLINK),
            ("steps.within", "10ms", STARLINK),
            ("loss", "{ p = 0.05, r = 0.05, every = \"15s\", for = \"300ms\" }", HANDOVER_LEO),
            ("queue", "1MB", QUEUE),
            ("gaps.mtbf", "2m", ESTIMATE),
            ("gaps.mean", "1s", ESTIMATE),
            ("gaps.mode", "drop", GAP_PLAIN),
            ("gaps.lengths", "exponential", GAP_PLAIN),
        ],
    ),
];

pub(super) static LINKS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let plain = || LINK_ROWS.iter().map(|(name, figures)| link(name, figures));
    plain().chain(plain().map(tunnelled)).collect()
});

fn link(name: &str, figures: &[Figure<'_>]) -> Profile {
    let end_to_end =
        [("mtu", "1500", "Ethernet"), ("reconnect", "0s", "no tunnel"), ("response_loss", "0", HIDDEN)];
    profile(name, [figures, &end_to_end[..]].concat())
}

fn tunnelled(below: Profile) -> Profile {
    let mut tunnel = Profile { name: tunnel::over(&below.name), ..below };
    for figure in &mut tunnel.figures {
        let Some(value) = tunnel::figure(figure.key, &figure.value) else { continue };
        figure.value = value;
        figure.source = match figure.key {
            "mtu" | "reconnect" => tunnel::SOURCE,
            _ => "the link below, 40 ms more and at most 20 Mbit/s (estimate)",
        };
    }
    tunnel
}
