//! The libraries of links, device classes and backends, each figure with its source.

use std::sync::LazyLock;

use super::tree::{Entry, Node, Origin, Table, Val, Via};

/// A figure of a profile and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    /// The key that it stands for.
    pub key: &'static str,
    /// The value as the scenario file writes it.
    pub value: String,
    /// Where it comes from.
    pub source: &'static str,
}

/// A named set of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Vec<Sourced>,
}

/// A kind of profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// Links, used by `fleet.NAME.link`.
    Links,
    /// Device classes, used by `fleet.NAME.class`.
    Classes,
    /// Backends, used by `backend.profile`.
    Backends,
}

impl Library {
    /// All profiles of this kind.
    pub fn profiles(self) -> &'static [Profile] {
        match self {
            Library::Links => &LINKS,
            Library::Classes => &CLASSES,
            Library::Backends => &BACKEND_PROFILES,
        }
    }
    /// The profile of this name.
    pub fn find(self, name: &str) -> Option<&'static Profile> {
        self.profiles().iter().find(|p| p.name == name)
    }
    fn names(self) -> Vec<&'static str> {
        self.profiles().iter().map(|p| p.name.as_str()).collect()
    }
}

/// The names of the library's links.
pub(super) fn links() -> Vec<&'static str> {
    Library::Links.names()
}

/// The names of the library's device classes.
pub(super) fn classes() -> Vec<&'static str> {
    Library::Classes.names()
}

/// The names of the library's backends.
pub(super) const BACKENDS: &[&str] = &["sql-modern", "sap-odata", "hospital"];

/// Adds to `table` what the profile says and the table does not.
pub(super) fn complete(table: &mut Table, profile: &Profile) {
    let origin = Origin { place: None, via: Via::Profile(profile.name.clone()) };
    for figure in &profile.figures {
        let value = match figure.value.parse() {
            Ok(number) => Val::Float(number),
            Err(_) => Val::Text(figure.value.clone()),
        };
        let value = match value {
            Val::Float(x) if x.fract() == 0.0 => Val::Int(x as i64),
            other => other,
        };
        let entry = || Entry::new(Node::new(value, origin.clone()));
        table.entry(figure.key.to_owned()).or_insert_with(entry);
    }
}

fn profile(name: &str, figures: Vec<(&'static str, &str, &'static str)>) -> Profile {
    let figure =
        |(key, value, source): (&'static str, &str, _)| Sourced { key, value: value.to_owned(), source };
    Profile { name: name.to_owned(), figures: figures.into_iter().map(figure).collect() }
}

const ESTIMATE: &str = "estimate";
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

static LINKS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
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
        let slower =
            |rate: &str| rate.parse().map(|BitRate(bits)| super::form::rate(BitRate(bits.min(VPN.1))));
        let changed = match figure.key {
            "rtt" => figure.value.parse::<Span>().map(|rtt| super::form::span(rtt + Span::millis(VPN.0))),
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

const SQLITE_WORK: &str =
    "10 000 rows in one transaction: 1000 ms on a Samsung A42, 150 ms on a desktop (sqlite.work)";
const CPU_FACTOR: &str = "the mid class by Lighthouse's CPU factors";
const EMMC: &str = "eMMC: 25.6 ms stock, 6.4 ms tuned (Jeong, USENIX ATC 2013)";
const UFS: &str = "two sequential 4 kB writes: 6.6 ms to 1 ms (Glek)";
const HEAP: &str = "estimate after Android's memory classes";

static CLASSES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let row = |name, write: (&str, _), read, parse, commit: (&str, _), memory| {
        let figures = vec![
            ("row_write", write.0, write.1),
            ("row_read", read, ESTIMATE),
            ("parse_rate", parse, ESTIMATE),
            ("commit", commit.0, commit.1),
            ("memory", memory, HEAP),
        ];
        profile(name, figures)
    };
    vec![
        row("low", ("325us", CPU_FACTOR), "80us", "40MB", ("15ms", EMMC), "128MB"),
        row("mid", ("100us", SQLITE_WORK), "25us", "120MB", ("5ms", EMMC), "256MB"),
        row("flagship", ("40us", CPU_FACTOR), "10us", "300MB", ("1ms", UFS), "512MB"),
        row("laptop", ("15us", SQLITE_WORK), "4us", "400MB", ("1ms", UFS), "2GB"),
    ]
});

const SAP: &str = "estimate; SAP Gateway was measured at 1.8 ms a row in all (SAP community, 2015)";
const BAPI: &str = "estimate; a BAPI takes 50 to 200 ms";
const CAPS: &str = "page caps in the field: 100, 500, 1000, 2000, 5000";
const TIMEOUTS: &str = "gateway timeouts in the field: 30 to 120 s";

static BACKEND_PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let row = |name, source, fixed, per_row, write: (&str, &str, &'static str), timeout| {
        let figures = vec![
            ("workers", "8", ESTIMATE),
            ("fixed_cost", fixed, source),
            ("row_cost", per_row, source),
            ("write_fixed_cost", write.0, write.2),
            ("write_row_cost", write.1, write.2),
            ("page_cap", "1000", CAPS),
            ("gateway_timeout", timeout, TIMEOUTS),
        ];
        profile(name, figures)
    };
    vec![
        row(BACKENDS[0], ESTIMATE, "15ms", "40us", ("20ms", "1ms", ESTIMATE), "30s"),
        row(BACKENDS[1], SAP, "150ms", "500us", ("50ms", "10ms", BAPI), "1m"),
        row(BACKENDS[2], SAP, "150ms", "500us", ("50ms", "10ms", BAPI), "30s"),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_every_profile_is_a_key_of_its_table_and_has_a_source() {
        let at = [
            (Library::Links, &["link", "x"][..]),
            (Library::Classes, &["class", "x"]),
            (Library::Backends, &["backend"]),
        ];
        for (library, path) in at {
            for profile in library.profiles() {
                let mut keys = Table::new();
                complete(&mut keys, profile);
                assert_eq!(keys.len(), profile.figures.len(), "{} says a thing twice", profile.name);
                let mut wrong = Vec::new();
                let form = super::super::grammar::form_of(path);
                let mut node = Node::new(Val::Table(keys), Origin::default_value());
                super::super::check::check(form, &mut node, path[0], &mut wrong);
                assert!(wrong.is_empty(), "{}: {wrong:?}", profile.name);
                assert!(profile.figures.iter().all(|f| !f.source.is_empty()));
            }
        }
    }

    #[test]
    fn a_tunnel_is_slower_than_what_it_runs_over() {
        let tunnel = Library::Links.find("vpn-over-5g-sub6").unwrap();
        let value = |key| tunnel.figures.iter().find(|f| f.key == key).unwrap().value.as_str();
        assert_eq!((value("rtt"), value("down"), value("up")), ("75ms", "20Mbit/s", "20Mbit/s"));
    }
}
