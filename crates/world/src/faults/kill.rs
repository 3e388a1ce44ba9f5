//! The app is killed.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::keys::RESTART;
use super::when::When;
use crate::base::words;
use crate::config::form::{Form, key, optional};
use crate::config::view::View;
use crate::contract::{KillReason, Need};

/// At once (`None`), or at the nth passing of a crash point, from 1.
#[derive(Clone, Debug)]
struct Kill(Option<(String, u32)>);

pub(super) const KIND: Kind = Kind::new(
    "kill",
    on_devices![
        optional("point", Form::Text).about("The crash point; at once if it is missing."),
        key("nth", Form::Int { min: 1, max: 1_000_000 }, "1").about("At the nth passing of the point."),
        RESTART,
    ],
    "The app is killed.",
    read,
);

impl Fault for Kill {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let point = self.0.as_ref();
        let why = match point {
            Some((point, 1)) => format!("nothing passed {point} from then on"),
            Some((point, nth)) => {
                let times = words::count(u64::from(*nth), "time");
                format!("{point} was passed fewer than {times} from then on")
            }
            None => "the app did not run at the time".to_owned(),
        };
        faults.kill_all(when, KillReason::Killed, point, why);
        let place = point.map_or(String::new(), |(p, n)| format!(" at {p} ({n})"));
        Some(format!("the app of {} is killed{place}", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Kills)
    }
}

fn read(kill: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    let point = kill.at("point").present().map(|point| {
        let known = asks.crash_points();
        if !known.is_empty() {
            asks.wrong().find(point, "crash point", point.text(), &known);
        }
        (point.text().to_owned(), kill.at("nth").count())
    });
    Some(Arc::new(Kill(point)))
}
