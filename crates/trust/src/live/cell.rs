//! One cell: a link, a chunk size, a congestion control, and perhaps an outage; and its simulation.

use std::sync::Arc;

use syncdyno_contract::base::{BitRate, Bytes, DeviceId, Span, Time};
use syncdyno_scenario::scenario::{Document, Library, Request};
use syncdyno_world::disk::Flash;
use syncdyno_world::net::{
    Jitter, LinkConditions, LinkSchedule, Outage, OutageMode, Profile, TransportOptions,
};
use syncdyno_world::setup::Setup;
use syncdyno_world::world::Stacks;

/// Time from the beginning to the phone's login.
pub(crate) const LOGIN: Span = Span::millis(200);
/// A request is given up after this.
const PATIENCE: &str = "30s";

/// The parameters of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    /// A profile of the library, used without its variation.
    pub(crate) link: String,
    pub(crate) congestion: String,
    pub(crate) rows: u64,
    pub(crate) chunk: u64,
    /// Start, relative to the login, and length.
    pub(crate) outage: Option<(Span, Span)>,
}

impl Cell {
    fn text(&self) -> String {
        let gap = self.outage.map_or_else(String::new, |(from, length)| {
            let [at, length] = [LOGIN + from, length].map(Span::as_micros);
            format!(r#"event.gap = {{ at = "+{at}us", outage = {{ for = "{length}us", mode = "drop" }} }}"#)
        });
        let Cell { link, congestion, rows, chunk, .. } = self;
        format!(
            r#"
name = "live"
duration = "5m"
unit.Login = {{ on = ["login"], pull = ["*"] }}
transport = {{ tls = "none", congestion = "{congestion}" }}
fleet.phones = {{ devices = 1, link = "{link}", start = "empty", class = "flagship" }}
workload = {{ foreground = "5m", login.all = {{ at = "+{login}", spread = "1us" }} }}
engine = {{ request_timeout = "{PATIENCE}", pull = {{ chunk_rows = {chunk}, chunk_bytes = "1GiB" }} }}
{gap}
[entity.note]
rows = {rows}
deleted_daily = 0
schema = {{ id = "uuid key", customer = "text 10..20", text = "text 40..80", state = "one of open|done" }}
[action.nothing]
entity = "note"
kind = "update"
columns = ["state"]
per_device = 0
"#,
            login = LOGIN,
        )
    }

    /// What is simulated: a link without variation, and a phone whose database costs no flash time.
    ///
    /// # Errors
    /// What is wrong with the scenario.
    pub(crate) fn setup(&self) -> Result<Setup, String> {
        let document = Document::parse("live.toml", &self.text()).map_err(|e| e.to_string())?;
        let plans = document.plans(&Request::default(), &Stacks::builtin().described());
        let plan = plans.map_err(|e| e.to_string())?.into_iter().next().ok_or("no plan")?;
        let mut setup = plan.setup;
        setup.backend.service_cv_milli = 0;
        // Let the phone choose the chunk size.
        setup.backend.page_cap = u32::MAX;
        for fleet in &mut setup.fleets {
            fleet.links.iter_mut().for_each(|(link, _)| *link = Arc::new(steady(link)));
            for (class, _) in &mut fleet.classes {
                class.flash = Flash {
                    read_latency: Span::ZERO,
                    read_rate: Bytes(1 << 50),
                    write_rate: Bytes(1 << 50),
                    sync: Span::ZERO,
                    ..class.flash
                };
            }
        }
        Ok(setup)
    }
}

/// The profile without variation.
fn steady(link: &Profile) -> Profile {
    Profile {
        steps: None,
        jitter: Jitter::default(),
        variation: None,
        loss: None,
        gaps: None,
        radio_changes: None,
        promotion: None,
        ..link.clone()
    }
}

/// The links of the library, except tunnels.
pub(crate) fn links() -> Vec<&'static str> {
    let names = Library::Links.profiles().iter().map(|profile| profile.name.as_str());
    names.filter(|name| !name.starts_with("vpn-")).collect()
}

/// The link conditions of the only phone, as in the simulation of `setup`, with the cell's outage.
pub(crate) fn conditions(setup: &Setup, cell: &Cell) -> LinkConditions {
    let link = setup.fleets[0].links[0].0.clone();
    let seed = setup.seed.derive("world.device", DeviceId(0).0.into()).derive("net", 0);
    let end = Time::ZERO + setup.duration;
    let mut conditions = LinkConditions::new(&LinkSchedule::settled(link), seed, end);
    conditions.add_outages(cell.outage.map(|(from, length)| {
        let from = Time::ZERO + LOGIN + from;
        Outage { from, until: from + length, mode: OutageMode::Drop, noticed: true }
    }));
    conditions
}

/// The same world for a server that receives real packets: it simulates no network.
pub(crate) fn behind_real_packets(setup: &Setup) -> Setup {
    let mut setup = setup.clone();
    setup.transport = TransportOptions::bare();
    setup.events.clear();
    let none = Arc::new(Profile::steady("none", Span::ZERO, BitRate(1 << 50), BitRate(1 << 50)));
    for fleet in &mut setup.fleets {
        fleet.links.iter_mut().for_each(|(link, _)| *link = none.clone());
    }
    setup
}
