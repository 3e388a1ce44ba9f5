//! The library of links.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, Row, profile, profiles};
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

/// The links of a field worker's day: at the depot, on the road, at a customer.
pub(in super::super) const FIELD_WORKER: [&str; 3] = ["wifi-good", "lte-driving", "lte-good"];

const ROWS: &[Row] = &[
    ("name kind radio", "edge cellular 2g", ITSELF),
    ("rtt", "600ms", EDGE_RTT),
    ("down up", "240kbit/s 200kbit/s", WEB_PAGE_TEST),
    ("jitter jitter_sigma", "60ms 0.8", ESTIMATE),
    ("loss", "0.1%", HIDDEN),
    ("queue", "60kB", QUEUE),
    ("promotion.takes promotion.after", "1s 5s", SLEEP_2G),
    ("gaps.mtbf", "45s", NEAR_3G),
    ("gaps.mean", "4s", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "3g-poor cellular 3g", ITSELF),
    ("rtt down up", "400ms 400kbit/s 400kbit/s", WEB_PAGE_TEST),
    ("jitter jitter_sigma", "40ms 0.8", ESTIMATE),
    ("loss", "0.1%", HIDDEN),
    ("queue", "128kB", QUEUE),
    ("promotion.takes promotion.after", "2s 5s", SLEEP_3G),
    ("gaps.mtbf", "24s", GAPS_3G),
    ("gaps.mean", "2300ms", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "3g-hspa cellular 3g", ITSELF),
    ("rtt down up", "150ms 1600kbit/s 770kbit/s", WEB_PAGE_TEST),
    ("jitter jitter_sigma", "20ms 0.8", ESTIMATE),
    ("loss", "0.05%", HIDDEN),
    ("queue", "256kB", QUEUE),
    ("promotion.takes promotion.after", "2s 5s", SLEEP_3G),
    ("gaps.mtbf", "1m", NEAR_3G),
    ("gaps.mean", "2s", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "lte-poor cellular lte", ITSELF),
    ("rtt down up jitter jitter_sigma", "100ms 2Mbit/s 700kbit/s 15ms 0.9", ESTIMATE),
    ("variation.sigma variation.phi", "1.1 0.85", RATES_LTE),
    ("loss", "0.05%", HIDDEN),
    ("queue", "512kB", QUEUE),
    ("promotion.takes promotion.after", "280ms 10s", SLEEP_LTE),
    ("gaps.mtbf", "50s", GAPS_LTE),
    ("gaps.mean", "1500ms", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "lte-good cellular lte", ITSELF),
    ("rtt", "60ms", SPEEDTEST),
    ("down up jitter jitter_sigma", "20Mbit/s 8Mbit/s 6ms 0.8", ESTIMATE),
    ("variation.sigma variation.phi", "0.7 0.85", RATES_LTE),
    ("loss", "0", HIDDEN),
    ("queue", "1MB", QUEUE),
    ("promotion.takes promotion.after", "280ms 10s", SLEEP_LTE),
    ("gaps.mtbf gaps.mean", "10m 1s", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "lte-driving cellular lte", ITSELF),
    ("rtt", "70ms", SPEEDTEST),
    ("down up jitter jitter_sigma", "8Mbit/s 4Mbit/s 10ms 0.9", ESTIMATE),
    ("variation.sigma variation.phi", "1.0 0.85", RATES_LTE),
    ("loss", "0", HIDDEN),
    ("queue", "1MB", QUEUE),
    ("promotion.takes promotion.after", "280ms 10s", SLEEP_LTE),
    ("gaps.mtbf", "56s", GAPS_LTE),
    ("gaps.mean radio_changes.mtbf", "1s 10m", ESTIMATE),
    ("radio_changes.takes", "4500ms", HANDOVER),
    ("radio_changes.session_loss", "0.333333", TRAINS),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "5g-sub6 cellular 5g", ITSELF),
    ("rtt down up", "35ms 100Mbit/s 30Mbit/s", SPEEDTEST),
    ("jitter jitter_sigma", "3ms 0.7", ESTIMATE),
    ("variation.sigma", "1.0", RATES_5G),
    ("variation.phi", "0.85", RATES_LTE),
    ("loss", "0", HIDDEN),
    ("queue", "2MB", QUEUE),
    ("promotion.takes promotion.after", "380ms 10s", SLEEP_5G),
    ("gaps.mtbf gaps.mean", "10m 1s", ESTIMATE),
    ("gaps.mode gaps.lengths", "hold cellular", GAP_SHAPE),
    ("name kind radio", "wifi-good wifi wifi", ITSELF),
    ("rtt down up", "15ms 50Mbit/s 30Mbit/s", ESTIMATE),
    ("jitter jitter_sigma", "3ms 1.3", WIFI_SEER),
    ("jitter_tail.share jitter_tail.from jitter_tail.alpha", "5% 60ms 1.6", WIFI_SEER),
    ("loss", "0", HIDDEN),
    ("queue", "256kB", QUEUE),
    ("promotion.takes promotion.after", "5ms 200ms", SLEEP_WIFI),
    ("gaps.mtbf gaps.mean", "1h 5s", ESTIMATE),
    ("gaps.mode gaps.lengths", "drop exponential", GAP_PLAIN),
    ("name kind radio", "wifi-congested wifi wifi", ITSELF),
    ("rtt down up", "40ms 5Mbit/s 3Mbit/s", ESTIMATE),
    ("jitter jitter_sigma", "20ms 1.256", PEI),
    ("loss", "{ p = 0.004, r = 0.33 }", BURSTS),
    ("queue", "256kB", QUEUE),
    ("promotion.takes promotion.after", "5ms 200ms", SLEEP_WIFI),
    ("gaps.mtbf gaps.mean", "5m 5s", ESTIMATE),
    ("gaps.mode gaps.lengths", "drop exponential", GAP_PLAIN),
    ("name kind radio", "geo other none", ITSELF),
    ("rtt down up", "600ms 20Mbit/s 3Mbit/s", GEO),
    ("jitter jitter_sigma loss", "10ms 0.5 0.1%", ESTIMATE),
    ("queue", "1500kB", QUEUE),
    ("gaps.mtbf gaps.mean", "30m 20s", ESTIMATE),
    ("gaps.mode gaps.lengths", "drop exponential", GAP_PLAIN),
    ("name kind radio", "leo other none", ITSELF),
    ("rtt down up steps.every steps.within", "40ms 100Mbit/s 15Mbit/s 15s 10ms", STARLINK),
    ("loss", "{ p = 0.05, r = 0.05, every = \"15s\", for = \"300ms\" }", HANDOVER_LEO),
    ("queue", "1MB", QUEUE),
    ("gaps.mtbf gaps.mean", "2m 1s", ESTIMATE),
    ("gaps.mode gaps.lengths", "drop exponential", GAP_PLAIN),
];

pub(super) static LINKS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let end_to_end =
        [("mtu", "1500", "Ethernet"), ("reconnect", "0s", "no tunnel"), ("response_loss", "0", HIDDEN)];
    let mut links = profiles(ROWS);
    links.iter_mut().for_each(|link| link.figures.extend(profile("", &end_to_end).figures));
    let tunnels: Vec<Profile> = links.iter().cloned().map(tunnelled).collect();
    links.into_iter().chain(tunnels).collect()
});

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
