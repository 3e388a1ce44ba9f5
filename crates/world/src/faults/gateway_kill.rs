//! The gateway's process is killed.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::SERVER_RESTART;
use super::when::{Meets, When};
use crate::config::form::table;
use crate::contract::Need;

#[derive(Clone, Debug)]
struct GatewayKill;

pub(super) const KIND: Kind = Kind::new(
    "gateway_kill",
    table(&[SERVER_RESTART]),
    "The gateway's process is killed: connections break, its durable state stays.",
    |_, _| Some(Arc::new(GatewayKill)),
);

impl Fault for GatewayKill {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let restart_after = when.length;
        faults.strike(when, move |reach| reach.kill_server(restart_after));
        Some(format!("the gateway is killed, and comes back after {}", when.length))
    }

    fn meets(&self, _: &When<'_>) -> Option<Meets> {
        Some((None, "the gateway was down at the time"))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::ServerKills)
    }
}
