//! How a world comes to rest.

use crate::worlds::{self, TINY, trouble};

#[test]
fn a_fleet_in_which_somebody_always_syncs_comes_to_rest() {
    let sets = [
        "fleet.known.devices=40",
        "fleet.known.link=vpn-over-edge",
        "workload.foreground=1h",
        "workload.login.all.spread=20s",
        "engine.debounce=1s",
        "unit.Online={ on = [\"online\", \"every 5s\"], pull = [\"*\"], push = [\"*\"] }",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}
