//! A cell: a link, a chunk size, a congestion control and perhaps an outage. Builds its simulation.

use std::sync::Arc;

use syncdyno_contract::base::{Bytes, Span};
use syncdyno_scenario::scenario::{Document, Request};
use syncdyno_world::disk::Flash;
use syncdyno_world::net::{Jitter, Profile};
use syncdyno_world::setup::Setup;
use syncdyno_world::world::Stacks;

/// The time from the start to the phone's login.
const LOGIN: Span = Span::millis(200);
/// The timeout of a request.
const PATIENCE: &str = "30s";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    /// The name of a profile in the library. The cell uses it without its variation.
    pub(crate) link: String,
    pub(crate) congestion: String,
    pub(crate) rows: u64,
    pub(crate) chunk: u64,
    /// The outage's start after the login, and its length.
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

    /// Builds the simulation: a link without variation, and a phone whose database needs no flash
    /// time.
    ///
    /// # Errors
    /// A text that says what is wrong with the scenario.
    pub(crate) fn setup(&self) -> Result<Setup, String> {
        let document = Document::parse("live.toml", &self.text()).map_err(|e| e.to_string())?;
        let plans = document.plans(&Request::default(), &Stacks::builtin().described());
        let plan = plans.map_err(|e| e.to_string())?.into_iter().next().ok_or("no plan")?;
        let mut setup = plan.setup;
        setup.backend.service_cv_milli = 0;
        // The phone chooses the chunk size.
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
