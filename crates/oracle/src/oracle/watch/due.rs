//! Runs that a device must start: the reason of each, and the time within which it must start.

use std::collections::BTreeMap;

use crate::base::words::count;
use crate::base::{EditId, Span, Time, UnitId};
use crate::contract::Trigger;
use crate::oracle::watch::{Bound, EditTarget, Ended, Patience};
use crate::oracle::words::phrases;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Saved(EditId),
    Left(EditId),
    Fired(Trigger),
    Queued,
    Failed(u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Owed {
    pub(crate) unit: UnitId,
    pub(crate) why: Why,
    pub(crate) since: Time,
    pub(crate) idle: Span,
    pub(crate) told: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) place: EditTarget,
    pub(crate) made: Time,
    /// True if a request contained it. Then it may be settled without a report.
    pub(crate) sent: bool,
}

impl Owed {
    pub(crate) fn is_overdue(&self, patience: &Patience) -> bool {
        !self.told && self.idle > self.bound(patience).span()
    }
    fn bound(&self, patience: &Patience) -> Bound {
        match self.why {
            Why::Saved(_) | Why::Queued | Why::Fired(Trigger::Start | Trigger::Login) => patience.at_once(),
            Why::Fired(Trigger::Every(period)) => patience.held_back(period),
            Why::Fired(_) => patience.held_back(Span::ZERO),
            Why::Failed(failures) => patience.after(failures),
            Why::Left(_) => patience.after(u32::MAX),
        }
    }
    pub(crate) fn is_periodic(&self) -> bool {
        matches!(self.why, Why::Fired(Trigger::Every(_)))
    }

    pub(crate) fn text(&self, now: &Ended<'_>, edits: &BTreeMap<EditId, Waiting>) -> String {
        let (id, told) = (now.device, &now.setup.labels);
        let unit = told.unit(self.unit);
        let of = |edit: &EditId| {
            let record = edits.get(edit).map_or_else(String::new, |waiting| {
                let made = told.time(waiting.made);
                format!(" of {made} ({})", told.record(waiting.place.entity, &waiting.place.key))
            });
            format!("edit {edit}{record}")
        };
        let why = match &self.why {
            Why::Saved(edit) => format!("{} was saved, and no run that sends it began", of(edit)),
            Why::Left(edit) => format!("a run of {unit} left {}, and no other run began", of(edit)),
            Why::Fired(Trigger::Every(period)) => {
                format!("unit {unit} did not run, which is due each {period} while somebody looks at the app")
            }
            Why::Fired(trigger) => format!("unit {unit} did not run {}", phrases::after(*trigger)),
            Why::Queued => format!("unit {unit} waited in the queue, and did not begin"),
            Why::Failed(failures) => format!(
                "unit {unit} was not retried after {} in a row",
                count(u64::from(*failures), "failed try").replace("trys", "tries")
            ),
        };
        let (since, until) = (told.time(self.since), told.time(now.at));
        format!(
            "{id} was idle for {} between {since} and {until}, online and with work: {why}; a run must begin within {}",
            self.idle,
            self.bound(&now.setup.patience)
        )
    }
}
