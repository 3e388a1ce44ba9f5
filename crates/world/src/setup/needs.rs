//! Finds the features that a plan needs from its stack (engine and server), and the key of the file
//! that requires each.

use std::collections::BTreeMap;

use super::chaos::Chaos;
use super::shared::{Asking, Happening, Planned, Shared};
use crate::base::{Ppm, Span};
use crate::contract::{ColumnKind, Delivery, EditKind, Entity, Need, ScopeRule};
use crate::faults;

/// Each need, with the first key of the file that requires it.
type Needs = BTreeMap<Need, String>;

impl Shared {
    /// The features that a plan needs, except the basic one: phones that show rows and update them.
    pub fn needs(&self) -> BTreeMap<Need, String> {
        let mut needs = Needs::new();
        let mut add = |is_so: bool, need: Need, place: &str| {
            if is_so {
                needs.entry(need).or_insert_with(|| place.to_owned());
            }
        };
        for action in self.taken() {
            let place = format!("action.{}", action.name);
            add(action.kind == EditKind::Delete, Need::Deletes, &place);
            add(action.kind == EditKind::Create && action.on_devices > Ppm(0), Need::Creates, &place);
        }
        // In such a contention (two sides edit one row), the office deletes rows that devices
        // update.
        let updates =
            self.taken().any(|action| action.kind == EditKind::Update && action.on_devices > Ppm(0));
        let deletes = updates && self.workload.contention.deletes > Ppm(0);
        add(deletes, Need::Deletes, "workload.contention");
        for entity in self.schema.entities.iter().filter(|entity| entity.delivery.is_on_devices()) {
            let place = format!("entity.{}", entity.name);
            of_entity(entity).into_iter().for_each(|(is_so, need)| add(is_so, need, &place));
        }
        for id in self.schema.ids() {
            let place = format!("entity.{}", self.schema.entity(id).name);
            add(self.schema.renames(id), Need::GivenKeys, &place);
            add(self.schema.attachment(id).is_some(), Need::Attachments, &place);
        }
        for (nth, unit) in self.units.iter().enumerate() {
            let place = format!("unit.{}", unit.name);
            add(nth > 0, Need::Units, &place);
            add(!unit.excerpts.is_empty(), Need::Excerpts, &place);
            let rules = unit.blocking || unit.discard_pending || !unit.when.is_empty();
            add(rules, Need::UnitRules, &place);
        }
        // A phone may start with the rows of an old sync. Rows may have been deleted since then.
        let synced = self.fleets.iter().any(|fleet| fleet.starts.iter().any(|s| s.0.synced_ago.is_some()));
        for (entity, data) in self.schema.entities.iter().zip(&*self.data).filter(|_| synced) {
            let gone = data.deleted_daily > Ppm(0) && entity.delivery == Delivery::Delta;
            add(gone, Need::Deletes, &format!("entity.{}.deleted_daily", entity.name));
        }
        add(!self.hooks.is_empty(), Need::Hooks, "hooks");
        add(self.before.is_some(), Need::Upgrades, "entity");
        for fleet in &self.fleets {
            let synced = fleet.starts.iter().any(|(start, _)| start.synced_ago.is_some());
            add(synced, Need::SyncedStarts, &format!("fleet.{}", fleet.name));
        }
        for event in &self.events {
            if let Some(need) = of_event(event) {
                add(true, need, &format!("event.{}", event.name));
            }
        }
        if let Some(chaos) = &self.chaos {
            of_chaos(chaos).into_iter().for_each(|(is_so, need)| add(is_so, need, "chaos"));
        }
        needs
    }
}

fn of_entity(entity: &Entity) -> [(bool, Need); 7] {
    let is_window = |rule: &ScopeRule| !matches!(rule, ScopeRule::Attribute { .. });
    let refers = entity.columns.iter().any(|column| matches!(column.kind, ColumnKind::Ref(_)));
    [
        (entity.scope.iter().any(|rule| !is_window(rule)), Need::Scopes),
        (entity.scope.iter().any(is_window), Need::Windows),
        (entity.projection.len() < entity.columns.len(), Need::Projections),
        (refers, Need::References),
        (!entity.unique.is_empty(), Need::NaturalKeys),
        (matches!(entity.delivery, Delivery::OnOpen { .. }), Need::OpenedRecords),
        (entity.delivery == Delivery::UploadOnly, Need::UploadOnly),
    ]
}

fn of_event(event: &Planned) -> Option<Need> {
    match &event.what {
        Happening::Fault(kind, _) => faults::KINDS.iter().find(|one| one.key.name == *kind)?.needs,
        Happening::Trigger(_, how) => (*how != Asking::Queued).then_some(Need::UnitRules),
        Happening::Import { .. } | Happening::Edits { .. } => None,
    }
}

fn of_chaos(chaos: &Chaos) -> [(bool, Need); 8] {
    let is_drawn = |mean: Span| mean > Span::ZERO;
    [
        (is_drawn(chaos.kill_mtbf), Need::Kills),
        (is_drawn(chaos.power_loss_mtbf), Need::PowerLosses),
        (is_drawn(chaos.cancel_mtbf), Need::Cancels),
        (is_drawn(chaos.suspend_mtbf), Need::Suspensions),
        (is_drawn(chaos.token_mtbf), Need::Tokens),
        (is_drawn(chaos.logout_mtbf) || is_drawn(chaos.other_user_mtbf), Need::SharedPhones),
        (is_drawn(chaos.reinstall_mtbf), Need::Reinstalls),
        (is_drawn(chaos.restore_mtbf), Need::Backups),
    ]
}
