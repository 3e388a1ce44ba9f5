//! The conditions that a scenario must meet so that a practice shows an effect.

use super::super::plan::Plan;
use super::super::question::Practice;
use crate::backend::Writes;
use crate::base::{Ppm, Span, Word};
use crate::engine::Policy;
use crate::setup::Happening;

impl Practice {
    /// The part that the plan lacks, so that the practice cannot show an effect. If the part exists
    /// but must happen at a certain time, the text names it. Empty if nothing is missing.
    pub fn lacks(self, plan: &Plan) -> String {
        let outage = || has(plan, |what| what.is("outage"));
        let kill = || has(plan, |what| what.is("kill"));
        let is_contended = plan.workload.contention.share > Ppm(0);
        let is_doubled = plan.workload.contention.double_create > Ppm(0);
        let (is_there, what) = match self {
            Practice::AvoidedConflicts
            | Practice::PeopleDecide
            | Practice::MergedConflicts
            | Practice::FullEngine => {
                (is_contended, "people who edit the same rows at the same time (`[workload.contention]`)")
            }
            Practice::ChangedColumns => return other_columns(plan),
            Practice::CursorWithRows => return timed("apps that are killed during a load", "kill", kill()),
            Practice::LoadInPages => {
                return timed("a network that is lost during a load", "outage", outage());
            }
            Practice::ToldOfNetwork | Practice::TrueStatus => {
                return timed("a network that is lost while edits wait", "outage", outage());
            }
            Practice::SentBeforeLogout => {
                return timed("a logout while edits wait", "logout", logs_out(plan));
            }
            Practice::Outbox => {
                let again = "edits of a row whose last edit is being sent";
                let is_there = has(plan, |what| matches!(what, Happening::Edits { .. }));
                let key = if is_there { "" } else { " (`event.NAME.edits` with `same_row`)" };
                return format!("{again}{key}");
            }
            Practice::FullSyncReplaces => (false, "units that wait when a full sync is requested"),
            Practice::StartsByItself => (plan.taken().next().is_some(), "edits on phones (`[action.NAME]`)"),
            Practice::ServerDates => (is_contended, "rows that two phones edit (`[workload.contention]`)"),
            Practice::NaturalKey => {
                (is_doubled, "phones that create the same thing (`double_create` in `[workload.contention]`)")
            }
            Practice::WithParents => (false, "rows that are created together with rows that they refer to"),
            Practice::PhotosBeside => {
                (!plan.schema.attachments.is_empty(), "people who take photos (`entity.NAME.attachment`)")
            }
            Practice::OwnActions => (false, "an entity that two units pull"),
            Practice::FreeScreen => (false, "people who look at the app during a sync"),
            Practice::ShownColumns
            | Practice::FlatLists
            | Practice::OwnRows
            | Practice::FittingTimeout
            | Practice::QuickHooks
            | Practice::UnitForMoment => return String::new(),
        };
        if is_there { String::new() } else { what.to_owned() }
    }
}

fn has(plan: &Plan, is_it: impl Fn(&Happening) -> bool) -> bool {
    plan.events.iter().any(|event| is_it(&event.what))
}

/// An event that must happen at a certain time. Its key is added if the file has no event of this
/// kind.
fn timed(what: &str, key: &str, is_there: bool) -> String {
    if is_there { what.to_owned() } else { format!("{what} (`event.NAME.{key}`)") }
}

pub(super) fn logs_out(plan: &Plan) -> bool {
    let by_chance = plan.chaos.as_ref().is_some_and(|chaos| chaos.logout_mtbf > Span::ZERO);
    by_chance || has(plan, |what| what.is("logout") || what.is("other_user"))
}

/// A whole-row update overwrites other users' columns, unless the conflict is detected and merged.
fn other_columns(plan: &Plan) -> String {
    let (contention, policy) = (&plan.workload.contention, plan.engine.conflict.policy);
    if contention.share == Ppm(0) {
        return "people who edit other columns of the same rows at the same time (`[workload.contention]`)"
            .to_owned();
    }
    if plan.backend.writes != Writes::Blind && policy == Policy::FieldMerge {
        return format!(
            "a row that replaces another without a merge, and `engine.conflict.policy` is \"{}\"",
            policy.word()
        );
    }
    match contention.beside {
        Ppm(0) => "people who edit other columns of a row (`beside` in `[workload.contention]`)".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::StackDescription;
    use crate::scenario::{Document, Request};

    const APP: &str = r#"
name = "app"
duration = "1h"
entity.note = { rows = 10, schema = { id = "uuid key", text = "text 5..10", done = "one of no|yes" } }
fleet.phones = { devices = 2, start = "1d" }
unit.Sync = { on = ["login", "save"], pull = ["*"], push = ["*"] }
action.type = { entity = "note", kind = "update", columns = ["text"], per_device = 5 }
action.tick = { entity = "note", kind = "update", columns = ["done"], per_device = 5 }
"#;

    fn lacks(practice: Practice, more: &str) -> String {
        let document = Document::parse("app.toml", &format!("{APP}{more}")).unwrap();
        let plans = document.plans(&Request::default(), &[StackDescription::builtin("builtin")]).unwrap();
        practice.lacks(&plans[0])
    }

    #[test]
    fn only_what_a_file_has_not_is_said_to_be_lacking() {
        let contended = "workload.contention = { share = 0.2, by = \"devices\" }\n";
        let beside = contended.replace("0.2", "0.2, beside = 0.5");
        let blind = format!("{beside}backend.writes = \"blind\"\n");
        let merged = format!("{beside}engine.conflict.policy = \"field-merge\"\n");
        let out = "event.out = { at = \"+9m\", outage = { for = \"9m\" } }\n";
        for (practice, more, key) in [
            (Practice::PeopleDecide, "", "[workload.contention]"),
            (Practice::PeopleDecide, contended, ""),
            (Practice::ChangedColumns, "", "[workload.contention]"),
            (Practice::ChangedColumns, contended, "`beside`"),
            (Practice::ChangedColumns, &blind, ""),
            (Practice::ChangedColumns, &merged, "engine.conflict.policy"),
            (Practice::LoadInPages, "", "event.NAME.outage"),
            (Practice::StartsByItself, "", ""),
        ] {
            let lacks = lacks(practice, more);
            assert_eq!(lacks.is_empty(), key.is_empty(), "{practice:?} {more}: {lacks}");
            assert!(lacks.contains(key), "{practice:?} {more}: {lacks}");
        }
        let when = lacks(Practice::LoadInPages, out);
        assert!(!when.is_empty() && !when.contains("event.NAME"), "{when}");
    }
}
