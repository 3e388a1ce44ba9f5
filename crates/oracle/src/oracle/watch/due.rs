//! Runs that are due: why, and within which bound.

use std::collections::BTreeMap;

use crate::base::words::count;
use crate::base::{DeviceId, EditId, Span, Time, UnitId};
use crate::contract::Trigger;
use crate::oracle::watch::conflict_page::EditTarget;
use crate::oracle::watch::patience::{Bound, Patience};
use crate::oracle::words::phrases::{self, Labels};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oracle) enum Why {
    Saved(EditId),
    Left(EditId),
    Fired(Trigger),
    Queued,
    Failed(u32),
}

#[derive(Clone, Copy, Debug)]
pub(in crate::oracle) struct Owed {
    pub(in crate::oracle) unit: UnitId,
    pub(in crate::oracle) why: Why,
    pub(in crate::oracle) since: Time,
    pub(in crate::oracle) idle: Span,
    pub(in crate::oracle) told: bool,
}

#[derive(Clone, Debug)]
pub(in crate::oracle) struct Waiting {
    pub(in crate::oracle) place: EditTarget,
    pub(in crate::oracle) made: Time,
    /// It was sent in a request, so it may be settled without a report.
    pub(in crate::oracle) sent: bool,
}

impl Owed {
    pub(in crate::oracle) fn is_overdue(&self, patience: &Patience) -> bool {
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
    pub(in crate::oracle) fn is_periodic(&self) -> bool {
        matches!(self.why, Why::Fired(Trigger::Every(_)))
    }

    pub(in crate::oracle) fn text(
        &self,
        id: DeviceId,
        now: Time,
        edits: &BTreeMap<EditId, Waiting>,
        told: &Labels,
        patience: &Patience,
    ) -> String {
        let unit = told.unit(self.unit);
        let of = |edit: &EditId| {
            let record = edits.get(edit).map_or_else(String::new, |waiting| {
                let made = told.time(waiting.made);
                format!(" of {made} ({})", told.record(waiting.place.entity, waiting.place.key.as_str()))
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
        let (since, until) = (told.time(self.since), told.time(now));
        format!(
            "{id} was idle for {} between {since} and {until}, online and with work: {why}; a run must begin within {}",
            self.idle,
            self.bound(patience)
        )
    }
}
