//! First downloads, as whole simulations. Vendors have published their durations.
//!
//! Vendors publish few details. We choose the device class, the link and the backend as close to
//! them as possible.

use super::figures::Figure;
use super::rig::plan;
use syncdyno_world::world::{self, Outcome, Stacks, Unwatched};

pub(super) fn figures() -> Vec<Figure> {
    powersync().into_iter().chain([volt_mx()]).collect()
}

fn run(scenario: &str) -> Outcome {
    let outcome = world::run(&plan(scenario), &Stacks::builtin(), &Unwatched);
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

fn figure(outcome: &Outcome, metric: &str, stat: &str) -> f64 {
    let figure = outcome.figures.get(metric).and_then(|figure| figure.stat(stat));
    figure.unwrap_or_else(|| panic!("there is no {metric} {stat}")) as f64
}

/// PowerSync's benchmark for Flutter: a Pixel 8a next to its server, with rows of 142 bytes. A
/// million rows took 62 s to download and were available after 139 s. This simulation has a
/// fiftieth of the rows. With all rows it takes 172 s, a quarter longer than PowerSync, because an
/// index with random keys no longer fits into its cache.
fn powersync() -> [Figure; 2] {
    const SCENARIO: &str = r#"name = "powersync"
duration = "5m"
[backend]
service_cv = 0
[entity.row]
rows = 20_000
schema = { id = "uuid key", name = "text 20", bucket = "one of 1m" }
[fleet.phones]
devices = 1
class = "flagship"
link = "beside"
[link.beside]
rtt = "3ms"
down = "300Mbit/s"
up = "300Mbit/s"
[unit.Login]
on = ["login"]
pull = ["*"]
blocking = true
[engine.pull]
chunk_rows = 1_000
apply_rows = 1_000
"#;
    let outcome = run(SCENARIO);
    let million = 1e6 / figure(&outcome, "engine.apply.rows", "value");
    let seconds = |metric| figure(&outcome, metric, "value") / 1e9 * million;
    let (pulled, applied) = (seconds("engine.pull.time"), seconds("engine.apply.time"));
    [
        Figure::new("PowerSync, a million rows: seconds to download", 62.0, pulled, 0.15),
        Figure::new("PowerSync, a million rows: seconds until available", 139.0, pulled + applied, 0.15),
    ]
}

/// The guide of Volt MX gives first downloads from 30 MB in 10 minutes to 400 MB in 3 hours: 50 to
/// 37 kB per second. This simulation downloads 30 MB from the measured SAP gateway over a poor 3G
/// link.
fn volt_mx() -> Figure {
    const SCENARIO: &str = r#"name = "volt-mx"
duration = "30m"
[backend]
profile = "sap-odata"
[entity.row]
rows = 15_000
schema = { id = "uuid key", text = "text 1800..2000" }
[fleet.phones]
devices = 1
class = "mid"
link = "3g-poor"
[unit.Login]
on = ["login"]
pull = ["*"]
blocking = true
"#;
    let outcome = run(SCENARIO);
    let bytes = figure(&outcome, "engine.down.bytes", "value");
    let seconds = figure(&outcome, "engine.usable_after_login.duration", "max") / 1e9;
    Figure::new("Volt MX, first provisioning over 3g-poor: kB per second", 43.5, bytes / 1e3 / seconds, 0.15)
}
