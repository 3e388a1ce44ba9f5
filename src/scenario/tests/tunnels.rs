//! Tunnels over links of the library and over others.

use super::{MINIMAL, plan, with_sets, with_trace};
use crate::base::{BitRate, Ppm, Span};
use crate::contract::NetworkKind;
use crate::net::{Moves, OutageMode, Profile};
use crate::scenario::Plan;

const MINE: &str = "[link.mine]\nkind = \"cellular\"\nradio = \"3g\"\nrtt = \"80ms\"\ndown = \"50Mbit/s\"\nup = \"2Mbit/s\"\n\
     jitter = \"5ms\"\nloss = \"1%\"\nmtu = 1400\nvariation = { sigma = 0.7 }\npromotion = { after = \"5s\", takes = \"1s\" }\n\
     radio_changes = { mtbf = \"9m\" }\ngaps = { mtbf = \"1m\", mean = \"1s\", mode = \"hold\" }\n";

fn over(link: &str, more: &str) -> Plan {
    plan(&format!("{MINIMAL}link = \"{link}\"\n{more}"))
}

fn first(plan: &Plan) -> Profile {
    Profile::clone(&plan.fleets[0].links[0].0)
}

#[test]
fn a_tunnel_over_a_link_of_ones_own_is_that_link_with_the_tunnels_figures() {
    let (below, plan) = (first(&over("mine", MINE)), over("vpn-over-mine", MINE));
    let expected = Profile {
        name: "vpn-over-mine".to_owned(),
        rtt: Span::millis(120),
        down: BitRate(20_000_000),
        mtu: 1_280,
        reconnect: Span::secs(3),
        ..below
    };
    assert_eq!(first(&plan), expected);
    assert_eq!((expected.kind, expected.loss.unwrap().p), (NetworkKind::Cellular, Ppm(10_000)));
    assert_eq!(expected.gaps.unwrap().mode, OutageMode::Hold);
    // What was resolved reads back.
    let again = super::plan(&plan.resolved);
    assert_eq!((first(&again), &again.digest), (expected, &plan.digest));
}

#[test]
fn a_tunnel_over_a_link_of_the_library_that_is_changed_follows_the_change() {
    let plan = over("vpn-over-edge", "[link.edge]\nrtt = \"9ms\"\ngaps.mean = \"2s\"\n");
    assert_eq!((first(&plan).rtt, first(&plan).gaps.unwrap().mean), (Span::millis(49), Span::secs(2)));
    assert_eq!(first(&plan).down, BitRate(240_000));
    let set = with_sets(&format!("{MINIMAL}link = \"vpn-over-edge\"\n"), &["link.edge.rtt=\"9ms\""]);
    assert_eq!(first(&set).rtt, Span::millis(49));
}

#[test]
fn the_keys_of_a_tunnel_may_be_written_and_set() {
    let own = format!("{MINE}[link.vpn-over-mine]\nmtu = 1390\ngaps.mtbf = \"9m\"\n");
    let tunnel = first(&over("vpn-over-mine", &own));
    assert_eq!((tunnel.mtu, tunnel.rtt), (1_390, Span::millis(120)));
    assert_eq!(tunnel.gaps.map(|gaps| (gaps.mtbf, gaps.mean)), Some((Span::secs(540), Span::secs(1))));
    let text = format!("{MINIMAL}link = \"vpn-over-mine\"\n{MINE}");
    for (set, rtt) in [("link.vpn-over-mine.rtt=\"200ms\"", 200), ("link.mine.rtt=\"200ms\"", 240)] {
        assert_eq!(first(&with_sets(&text, &[set])).rtt, Span::millis(rtt), "{set}");
    }
}

#[test]
fn a_tunnel_stands_wherever_a_link_is_named() {
    let text = format!(
        "{MINIMAL}link = {{ mine = 0.5, vpn-over-mine = 0.5 }}\nmoves = \"10m\"\n{MINE}\
         [event.e]\nat = \"+1m\"\nnetwork_change = {{ link = \"vpn-over-mine\", for = \"1m\" }}\n\
         [gateway.backend_link]\nlink = \"vpn-over-mine\"\n"
    );
    let plan = plan(&text);
    let Some(Moves::Wander { links, .. }) = plan.fleets[0].moves.as_deref() else { panic!("it wanders") };
    assert_eq!(links.iter().map(|(link, _)| link.rtt).collect::<Vec<_>>(), [80, 120].map(Span::millis));
    let backend_link = plan.gateway.backend_link.as_ref().unwrap();
    assert_eq!((backend_link.rtt, backend_link.down), (Span::millis(120), Some(BitRate(20_000_000))));
}

/// 4 packets each millisecond.
const TRACE: &str = "1\n1\n1\n1\n2\n2\n2\n2\n";
const BUS: &str = "rtt = \"80ms\"\nup = \"1Mbit/s\"\ntrace = { down = \"t\" }\n";

#[test]
fn a_trace_is_replayed_in_a_tunnel_no_faster_than_the_tunnel() {
    let text = format!("{MINIMAL}link = \"vpn-over-mine\"\n[link.mine]\n{BUS}");
    let plan = with_trace(TRACE, &text, &[]).unwrap();
    // A packet takes 0.6 ms: 103 in 62 ms.
    assert_eq!((first(&plan).down, first(&plan).up), (BitRate(19_988_645), BitRate(1_000_000)));
    assert_eq!(with_trace(TRACE, &plan.resolved, &[]).unwrap().digest, plan.digest);
}

#[test]
fn a_leg_like_a_link_that_replays_a_trace_has_the_traces_mean_rate() {
    let backend_link = |keys: &str| {
        let text = format!("{MINIMAL}[gateway.backend_link]\n{keys}\n[link.bus]\n{BUS}");
        let backend_link = with_trace(TRACE, &text, &[]).unwrap().gateway.backend_link.clone().unwrap();
        (backend_link.rtt, backend_link.down, backend_link.up)
    };
    let (mean, slow) = (Some(BitRate(48_128_000)), Some(BitRate(1_000_000)));
    assert_eq!(backend_link("link = \"bus\""), (Span::millis(80), mean, slow));
    let tunnel = (Span::millis(120), Some(BitRate(19_988_645)), slow);
    assert_eq!(backend_link("link = \"vpn-over-bus\""), tunnel, "no faster than the tunnel");
    let own = (Span::millis(80), Some(BitRate(3_000_000)), Some(BitRate(3_000_000)));
    assert_eq!(backend_link("link = \"bus\"\nrate = \"3Mbit/s\""), own);
}
