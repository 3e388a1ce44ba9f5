//! Links: what is taken, and what is said of those that cannot be.

use super::super::profiles;
use super::{MINIMAL, plan, with_trace};
use crate::base::{BitRate, Ppm, Span};
use crate::net::{GapLengths, LossWindow, Moves, OutageMode, PacketLoss, Profile};

fn link(lines: &str) -> std::sync::Arc<Profile> {
    let text = format!("{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\n{lines}\n");
    plan(&text).fleets[0].links[0].0.clone()
}

const RATES: &str = "down = \"5Mbit/s\"\nup = \"1Mbit/s\"\n";

#[test]
fn a_link_is_defined_with_all_of_its_figures() {
    let mine = link(&format!(
        "{RATES}kind = \"cellular\"\njitter = \"5ms\"\nloss = {{ p = 0.01, r = \"25%\" }}\nqueue = \"64kB\"\nmtu = 1400\n\
         variation = {{ sigma = 0.7 }}\ngaps = {{ mtbf = \"1m\", mean = \"1s\", mode = \"hold\" }}\n\
         promotion = {{ after = \"5s\", takes = \"1s\" }}\nreconnect = \"2s\""
    ));
    assert_eq!((mine.queue, mine.mtu, mine.reconnect), (64_000, 1_400, Span::secs(2)));
    assert_eq!(mine.loss, Some(PacketLoss { p: Ppm(10_000), r: Ppm(250_000), window: None }));
    assert_eq!(mine.variation.unwrap().phi_milli, 850);
    let gaps = mine.gaps.unwrap();
    assert_eq!((gaps.mode, gaps.lengths), (OutageMode::Hold, GapLengths::Exponential));
    assert_eq!(mine.promotion.unwrap().takes, Span::secs(1));
    assert_eq!(link(&format!("{RATES}loss = \"0.1%\"")).loss.unwrap().r, Ppm(999_000));
    assert_eq!(link(RATES).loss, None);
}

#[test]
fn a_figure_of_the_library_is_changed_and_the_others_stay() {
    let text = format!("{MINIMAL}link = \"edge\"\n[link.edge.gaps]\nmean = \"9s\"\n");
    let edge = plan(&text).fleets[0].links[0].0.clone();
    let gaps = edge.gaps.unwrap();
    assert_eq!((gaps.mtbf, gaps.mean, gaps.lengths), (Span::secs(45), Span::secs(9), GapLengths::Cellular));
    assert_eq!(edge.down, BitRate(240_000));
}

#[test]
fn the_library_says_all_twelve_and_a_tunnel_over_each() {
    let (tunnels, plain): (Vec<_>, Vec<_>) =
        profiles::links().into_iter().partition(|name| name.starts_with("vpn-over-"));
    assert_eq!((tunnels.len(), plain.len()), (11, 11));
    for name in plain {
        let of = |name: &str| plan(&format!("{MINIMAL}link = \"{name}\"\n")).fleets[0].links[0].0.clone();
        let (plain, tunnel) = (of(name), of(&format!("vpn-over-{name}")));
        assert_eq!(tunnel.rtt, plain.rtt + Span::millis(40));
        assert_eq!((tunnel.mtu, tunnel.reconnect), (1_380, Span::secs(3)));
        assert_eq!(tunnel.down, plain.down.min(BitRate(20_000_000)));
        assert_eq!((tunnel.gaps, tunnel.loss), (plain.gaps, plain.loss), "{name}");
        assert!(plain.gaps.is_some() && plain.queue > 0);
    }
    let leo = plan(&format!("{MINIMAL}link = \"leo\"\n")).fleets[0].links[0].0.clone();
    let window = LossWindow { every: Span::secs(15), lasts: Span::millis(300) };
    assert_eq!(leo.loss, Some(PacketLoss { p: Ppm(50_000), r: Ppm(50_000), window: Some(window) }));
}

#[test]
fn a_fleet_that_moves_shares_its_time_among_links() {
    let text = format!("{MINIMAL}link = {{ edge = 0.25, geo = 0.75 }}\nmoves = \"45m\"\n");
    let plan = plan(&text);
    let Some(Moves::Wander { links, mean }) = plan.fleets[0].moves.as_deref() else { panic!("it wanders") };
    let shares: Vec<_> = links.iter().map(|(link, share)| (&*link.name, share.0)).collect();
    assert_eq!((shares, *mean), (vec![("edge", 250_000), ("geo", 750_000)], Span::secs(2_700)));
    assert!(plan.devices().iter().all(|device| device.moves.is_some()));
}

#[test]
fn a_field_worker_starts_at_the_local_time_on_links_that_can_be_changed() {
    let text = format!(
        "start = \"2026-03-02T07:30:00+01:00\"{MINIMAL}moves = \"field-worker\"\n[link.lte-good]\nrtt = \"9ms\"\n"
    );
    let plan = plan(&text);
    let Some(Moves::FieldWorker(worker)) = plan.fleets[0].moves.as_deref() else { panic!("a field worker") };
    assert_eq!(worker.since_midnight, Span::secs(7 * 3_600 + 1_800));
    assert_eq!((&*worker.depot.name, &*worker.road.name), ("wifi-good", "lte-driving"));
    assert_eq!(worker.site.rtt, Span::millis(9));
}

const BUS: &str = "link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\nup = \"1Mbit/s\"\n";
const TRACE: &str = "trace = { down = \"t\" }\n";

#[test]
fn a_trace_is_replayed_in_place_of_a_rate() {
    let plan = with_trace("10\n20\n30\n40\n", &format!("{MINIMAL}{BUS}{TRACE}"), &[]).unwrap();
    let mine = &plan.fleets[0].links[0].0;
    assert_eq!(mine.down, BitRate(1_203_200), "a packet of 1504 bytes each 10 ms");
    assert!(mine.traces[0].is_none() && mine.traces[1].is_some());
}

#[test]
fn a_rate_beside_its_trace_is_refused_unless_others_use_it() {
    let plan = |more: &str, sets: &[&str]| with_trace("10\n20\n", &format!("{MINIMAL}{more}"), sets);
    let own = format!("{BUS}down = \"1Mbit/s\"\n");
    let (set, rate) = ("\"link.mine.trace\" = { down = \"t\" }", "\"link.mine.down\" = \"2Mbit/s\"");
    for (more, sets) in [
        (format!("{own}{TRACE}"), &[][..]),
        (format!("{own}[variant.bus]\nset = {{ {set}, {rate} }}\n"), &[]),
        (format!("{BUS}{TRACE}"), &["link.mine.down=\"2Mbit/s\""]),
    ] {
        assert_eq!(plan(&more, sets).unwrap_err().diagnostics.len(), 1, "{more}");
    }
    for (more, sets) in [
        (format!("{own}[variant.bus]\nset = {{ {set} }}\n"), &[][..]),
        (own.clone(), &["link.mine.trace={ down = \"t\" }"]),
        (format!("link = \"edge\"\n[link.edge]\n{TRACE}"), &[]),
    ] {
        let plan = plan(&more, sets).unwrap();
        let link = &plan.fleets[0].links[0].0;
        assert_eq!((link.down, link.traces[1].is_some()), (BitRate(1_203_200), true));
        // What was resolved reads back.
        assert_eq!(with_trace("10\n20\n", &plan.resolved, &[]).unwrap().digest, plan.digest);
    }
}

#[test]
fn the_digest_covers_what_a_trace_says() {
    let text = format!("{MINIMAL}[link.mine]\nrtt = \"1ms\"\ntrace = {{ down = \"t\", up = \"t\" }}\n");
    let [one, other] = ["1\n2\n", "1\n3\n"].map(|lines| with_trace(lines, &text, &[]).unwrap());
    assert_eq!(one.files, ["t"]);
    assert_ne!(one.digest, other.digest);
}
