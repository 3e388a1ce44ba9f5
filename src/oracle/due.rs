//! Runs that are owed, why, and within which bound.

use std::collections::BTreeMap;

use super::clock::Clock;
use super::page::EditTarget;
use super::patience::Patience;
use super::words;
use crate::base::words::count;
use crate::base::{DeviceId, EditId, Span, Time, UnitId};
use crate::contract::{Schema, SyncUnit, Trigger};

/// Names for the texts.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pub(super) schema: &'a Schema,
    pub(super) units: &'a [SyncUnit],
    pub(super) clock: Clock,
}

/// Why a run is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The edit was saved, and saving starts the unit.
    Saved(EditId),
    /// A run that pushes ended well and left the edit, which was there before it began.
    Left(EditId),
    /// A trigger of the unit fired.
    Fired(Trigger),
    /// The unit waits in the queue.
    Queued,
    /// The unit failed, so many tries in a row.
    Failed(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    pub(super) unit: UnitId,
    pub(super) why: Why,
    pub(super) since: Time,
    /// For how long nothing stood in its way.
    pub(super) idle: Span,
    pub(super) told: bool,
}

/// An edit that was made here and of which no verdict is known.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) place: EditTarget,
    pub(super) made: Time,
    /// It was in a request, so that it may be settled although nobody said so.
    pub(super) sent: bool,
}

impl Owed {
    pub(super) fn is_overdue(&self, patience: &Patience) -> bool {
        !self.told && self.idle > self.bound(patience)
    }

    fn bound(&self, patience: &Patience) -> Span {
        match self.why {
            Why::Saved(_) | Why::Queued | Why::Fired(Trigger::Start | Trigger::Login) => patience.at_once(),
            Why::Fired(Trigger::Every(period)) => patience.held_back(period),
            Why::Fired(_) => patience.held_back(Span::ZERO),
            Why::Failed(failures) => patience.after(failures),
            Why::Left(_) => patience.after(u32::MAX),
        }
    }

    /// Whether only the time counts in which somebody looks at the app.
    pub(super) fn is_periodic(&self) -> bool {
        matches!(self.why, Why::Fired(Trigger::Every(_)))
    }

    pub(super) fn text(
        &self,
        id: DeviceId,
        now: Time,
        edits: &BTreeMap<EditId, Waiting>,
        told: Labels<'_>,
        patience: &Patience,
    ) -> String {
        let unit = told.units.get(usize::from(self.unit.0)).map_or("an unknown unit", |unit| &unit.name);
        let of = |edit: &EditId| {
            let record = edits.get(edit).map_or_else(String::new, |waiting| {
                let made = told.clock.time(waiting.made);
                format!(
                    " of {made} ({})",
                    words::record(told.schema, waiting.place.entity, waiting.place.key.as_str())
                )
            });
            format!("edit {edit}{record}")
        };
        let why = match &self.why {
            Why::Saved(edit) => format!("{} was saved, and no run that sends it began", of(edit)),
            Why::Left(edit) => format!("a run of {unit} left {}, and no other began", of(edit)),
            Why::Fired(Trigger::Every(period)) => {
                format!("{unit} did not run, which does each {period} while somebody looks at the app")
            }
            Why::Fired(trigger) => format!("{unit} did not run {}", words::after(*trigger)),
            Why::Queued => format!("{unit} waited in the queue, and did not begin"),
            Why::Failed(failures) => format!(
                "{unit} was not tried again after {} in a row",
                count(u64::from(*failures), "failed try").replace("trys", "tries")
            ),
        };
        let (since, until) = (told.clock.time(self.since), told.clock.time(now));
        let bound = match self.why {
            Why::Saved(_) | Why::Queued | Why::Fired(Trigger::Start | Trigger::Login) => {
                patience.told_at_once()
            }
            Why::Fired(Trigger::Every(period)) => patience.told_held_back(period),
            Why::Fired(_) => patience.told_held_back(Span::ZERO),
            Why::Failed(failures) => patience.told_after(failures),
            Why::Left(_) => patience.told_after(u32::MAX),
        };
        format!(
            "{id} was idle for {} between {since} and {until}, online and with work: {why}; {bound}",
            self.idle
        )
    }
}
