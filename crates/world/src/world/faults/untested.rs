//! Parts of a plan that never happened, in a run that was not interrupted.

use crate::faults::Faults;
use crate::faults::{Awaited, Missed};
use crate::setup::Planned;
use crate::setup::Setup;
use crate::workload::ActionCount;
use crate::world::faults::tried::{InVain, Tried};

#[derive(Debug, Default)]
pub(in crate::world) struct Untested {
    /// Faults and parts. An event without any edit of its action is reported only there.
    pub(in crate::world) missed: Vec<Missed>,
    pub(in crate::world) in_vain: Vec<InVain>,
    pub(in crate::world) is_silent: bool,
    pub(in crate::world) is_still: bool,
}

impl Untested {
    /// Empty for a run that is not `whole`: the rest of it is unknown.
    pub(in crate::world) fn of(
        whole: bool,
        faults: &Faults,
        plan: &Setup,
        (tried, placed): (&Tried, &[ActionCount]),
    ) -> Untested {
        if !whole {
            return Untested::default();
        }
        let in_vain = tried.in_vain(placed);
        let is_told = |missed: &Missed| {
            let planned = plan.events.iter().find(|planned| planned.name == missed.event);
            let name = planned.and_then(Planned::action).map(|action| &plan.workload.actions[action].name);
            name.is_some_and(|name| in_vain.iter().any(|one| one.action == *name))
        };
        let awaited = faults.awaited.iter().chain(faults.fired.values());
        let missed = awaited.filter_map(Awaited::missed).filter(|missed| !is_told(missed)).collect();
        Untested { missed, in_vain, is_silent: !tried.asked, is_still: !tried.has_changed() }
    }

    /// The number of parts of the plan that did not happen at all; the run itself counts as one.
    pub(in crate::world) fn count(&self) -> u64 {
        let faults = self.missed.iter().filter(|missed| missed.is_whole()).count();
        (faults + self.in_vain.len()) as u64 + u64::from(self.is_silent || self.is_still)
    }
}
