//! The plan of the app's own code: its hooks, and the lists on its screens.

use std::collections::BTreeMap;

use crate::base::{Bytes, Ppm, Seed, Span, UnitId, Word};
use crate::contract::{Hook, LocalQuery, Occasion};

/// The shortest time between two syncs that an app's hooks trigger. Without a network, a run fails
/// at once. If its error hook triggered another run, runs would start endlessly at one instant.
pub const BETWEEN_TRIGGERS: Span = Span::millis(100);

/// The hooks of an app.
pub type Hooks = BTreeMap<Hook, HookPlan>;

/// The actions of a hook at each call, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookPlan {
    /// If set, the hook is called only for runs of this sync unit.
    pub unit: Option<UnitId>,
    /// The duration of the hook's own work.
    pub takes: Span,
    /// The share of the hook's calls that never end.
    pub hangs: Ppm,
    /// The request that the hook makes and waits for.
    pub calls: Option<AppCall>,
    /// The share of the hook's calls that throw, unless the app call has already thrown.
    pub throws: Ppm,
    /// The unit that the hook triggers at its end.
    pub triggers: Option<UnitId>,
}

/// A call from a hook to the app's own server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppCall {
    /// The size of the request.
    pub request: Bytes,
    /// The size of the response.
    pub response: Bytes,
    /// How long the server needs for the request.
    pub takes: Span,
    /// If there is no response after this time, the call fails and throws.
    pub timeout: Span,
}

/// The outcome of one call of a hook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    pub hangs: bool,
    pub throws: bool,
}

impl HookPlan {
    /// True if the hook is called on this occasion.
    pub fn is_for(&self, occasion: &Occasion<'_>) -> bool {
        self.unit.is_none_or(|own| occasion.run().is_some_and(|(unit, _)| unit == own))
    }
    /// The outcome of call number `nth` of `hook` on the device with this seed.
    pub fn fate(&self, seed: Seed, hook: Hook, nth: u64) -> Fate {
        let befalls = |share: Ppm, what: &str| {
            let seed = seed.derive(hook.word(), 0);
            seed.hash(what, 0, nth) % u64::from(Ppm::ONE.0) < u64::from(share.0)
        };
        Fate { hangs: befalls(self.hangs, "hangs"), throws: befalls(self.throws, "throws") }
    }
}

/// A list on a screen of the app, and how often it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct AppQuery {
    /// The query's name.
    pub name: String,
    /// The query for the list.
    pub query: LocalQuery,
    /// Time between two queries while a person uses the app.
    pub every: Span,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::NetworkKind;

    #[test]
    fn a_hook_with_a_unit_is_there_for_its_runs_alone() {
        let network = Occasion::NetworkStatusChanged(NetworkKind::Wifi);
        let of = |unit| Occasion::SyncComplete(UnitId(unit), 7);
        let (all, one) = (HookPlan::default(), HookPlan { unit: Some(UnitId(2)), ..HookPlan::default() });
        assert!(all.is_for(&of(1)) && all.is_for(&of(2)) && all.is_for(&network));
        assert!(!one.is_for(&of(1)) && one.is_for(&of(2)) && !one.is_for(&network));
    }

    #[test]
    fn a_share_of_calls_throws_whatever_others_do() {
        let share = |per_cent: u32| Ppm(per_cent * 10_000);
        let plan =
            |hangs, throws| HookPlan { hangs: share(hangs), throws: share(throws), ..HookPlan::default() };
        let fates =
            |plan: &HookPlan, hook| (0..10_000).map(|nth| plan.fate(Seed(5), hook, nth)).collect::<Vec<_>>();
        let thrown = |fates: &[Fate]| fates.iter().map(|fate| fate.throws).collect::<Vec<_>>();
        let (some, more) = (fates(&plan(0, 10), Hook::SyncStart), fates(&plan(30, 10), Hook::SyncStart));
        let count = some.iter().filter(|fate| fate.throws).count();
        assert!((900..1_100).contains(&count), "{count}");
        assert_eq!(thrown(&some), thrown(&more), "hangs draw nothing from throws");
        assert_ne!(thrown(&some), thrown(&fates(&plan(0, 10), Hook::SyncError)));
        assert!(some.iter().all(|fate| !fate.hangs));
        assert!(fates(&plan(100, 100), Hook::SyncError).iter().all(|fate| fate.hangs && fate.throws));
    }
}
