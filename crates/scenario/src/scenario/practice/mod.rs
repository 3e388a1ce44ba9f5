//! Finds out from a scenario's plan whether the scenario follows the practices that questions are
//! about.

mod data;
mod network;
mod seen;
mod shown;
mod units;

use super::plan::Plan;
use super::question::Practice;
use crate::backend::{StampedBy, Writes};
use crate::base::Span;
use crate::config::written::dotted;
use crate::contract::ColumnKind;
use crate::engine::{
    Atomic, BlobQueue, CursorBook, LocalCapture, MissingParent, OnLogout, Policy, Sends, With,
};
use crate::gateway::{LastModifiedOptions, LastModifiedSource};
use crate::workload::Offline;
pub use seen::{Mend, Seen};

impl Practice {
    /// Whether a plan follows this practice, as far as the plan shows it without a run.
    pub fn seen_in(self, plan: &Plan) -> Seen {
        match self {
            Practice::ShownColumns => data::shown_columns(plan),
            Practice::FlatLists => data::flat_lists(plan),
            Practice::OwnRows => data::own_rows(plan),
            Practice::NaturalKey => data::natural_key(plan),
            Practice::FittingTimeout => network::fitting_timeout(plan),
            Practice::LoadInPages => network::load_in_pages(plan),
            Practice::QuickHooks => network::quick_hooks(plan),
            Practice::ToldOfNetwork => network::told_of_network(plan),
            Practice::FreeScreen => units::free_screen(plan),
            Practice::UnitForMoment => units::unit_for_moment(plan),
            Practice::FullSyncReplaces => units::full_sync_replaces(plan),
            Practice::StartsByItself => units::starts_by_itself(plan),
            Practice::OwnActions => own_actions(plan),
            Practice::PhotosBeside => photos_beside(plan),
            Practice::AvoidedConflicts => avoided_conflicts(plan),
            Practice::PeopleDecide => decided(plan, &[Policy::Manual]),
            Practice::MergedConflicts => {
                decided(plan, &[Policy::Manual, Policy::FieldMerge, Policy::Callback])
            }
            Practice::TrueStatus => true_status(plan),
            Practice::ServerDates => server_dates(plan),
            Practice::CursorWithRows => cursor_with_rows(plan),
            Practice::ChangedColumns => {
                let sends = plan.engine.push.sends;
                Seen::by_key(sends == Sends::Changed, "engine.push.sends", sends).mended(seen::outbox(plan))
            }
            Practice::Outbox => {
                let capture = plan.engine.push.capture;
                Seen::by_key(capture == LocalCapture::Outbox, "engine.push.capture", capture)
            }
            Practice::SentBeforeLogout => sent_before_logout(plan),
            Practice::WithParents => with_parents(plan),
            Practice::FullEngine => full_engine(plan),
        }
    }
}

fn sent_before_logout(plan: &Plan) -> Seen {
    let on_logout = plan.engine.on_logout;
    if !shown::logs_out(plan) {
        return Seen::absent("nobody logs out in this scenario (`event.NAME.logout`)");
    }
    Seen::by_key(matches!(on_logout, OnLogout::SendFirst | OnLogout::Refuse), "engine.on_logout", on_logout)
}

fn own_actions(plan: &Plan) -> Seen {
    let cursor = plan.engine.pull.cursor;
    if cursor == CursorBook::Entity {
        return units::one_by_one(plan);
    }
    Seen::by_key(false, "engine.pull.cursor", cursor)
}

fn photos_beside(plan: &Plan) -> Seen {
    let options = &plan.engine.attachments;
    let in_rows = data::photos_in_rows(plan);
    if in_rows.does == Some(false) {
        return in_rows;
    }
    if plan.schema.attachments.is_empty() {
        return Seen::absent("no entity has an `attachment`, and no column is as long as a photo");
    }
    match (options.queue, options.with) {
        (BlobQueue::Beside, with) => Seen::by_key(with == With::Apart, "engine.attachments.with", with),
        (queue, _) => Seen::by_key(false, "engine.attachments.queue", queue),
    }
}

fn avoided_conflicts(plan: &Plan) -> Seen {
    let editing = &plan.workload.editing;
    let is_limited = editing.offline == Offline::Locked
        || !editing.columns.is_empty()
        || !editing.owners.is_empty()
        || editing.lease.is_some();
    if is_limited {
        return Seen::does();
    }
    Seen::hidden("the file does not say whether two people must be able to edit one row at the same time")
}

/// Whether the backend detects conflicts, and one of these policies decides them.
fn decided(plan: &Plan, by: &[Policy]) -> Seen {
    let policy = plan.engine.conflict.policy;
    if plan.backend.writes == Writes::Blind {
        return Seen::does_not("`backend.writes` is \"blind\", so no conflict is detected")
            .mended(vec![Mend::set(&["backend", "writes"], "checked")]);
    }
    Seen::by_key(by.contains(&policy), "engine.conflict.policy", policy)
}

fn true_status(plan: &Plan) -> Seen {
    match plan.engine_name.as_str() {
        "broken:all-synced-too-soon" => Seen::does_not("this engine has the opposite as a planted bug"),
        _ if plan.is_third_party => Seen::hidden("a stack of your own shows its own status"),
        _ => Seen::if_so(plan.engine.status, || {
            "`engine.status` is false: the app shows no sync status".to_owned()
        }),
    }
}

fn cursor_with_rows(plan: &Plan) -> Seen {
    match plan.engine_name.as_str() {
        "broken:cursor-before-rows" => Seen::does_not("this engine has the opposite as a planted bug"),
        _ if plan.is_third_party => {
            Seen::hidden("a stack of your own does not report which data it saves together")
        }
        _ => Seen::does(),
    }
}

fn server_dates(plan: &Plan) -> Seen {
    let (key, capture) = plan.capture();
    let source = capture.of().map(|options: &LastModifiedOptions| options.source);
    let by_phones = source
        .filter(|source| matches!(source, LastModifiedSource::ClientClock | LastModifiedSource::ClientLocal));
    let asks_by_date = plan.engine.pull.cursor == CursorBook::LastSyncOn;
    // Clocks that already show the effect stay as they are. If dates of records are the cursor, a
    // clock ahead of all records makes the phone load everything again. That hides the changes that
    // a cursor with the date of a sync's end would miss.
    let is_refused = asks_by_date && source == Some(LastModifiedSource::Records);
    let kept = plan.fleets.iter().filter(|fleet| is_refused || fleet.clock.ahead() >= Span::secs(1));
    let kept = kept.map(|fleet| dotted(&["fleet", &fleet.name, "clock"])).collect();
    let seen = match (by_phones, plan.backend.stamped_by) {
        (Some(source), _) => Seen::by_key(false, &format!("{key}.last_modified.source"), source),
        _ if asks_by_date => {
            Seen::does_not("`engine.pull.cursor` is \"last-sync-on\", a date of the phone's clock")
                .mended(vec![Mend::set(&["engine", "pull", "cursor"], "entity")])
        }
        (None, StampedBy::Device) => Seen::does_not("`backend.stamped_by` is \"device\"")
            .mended(vec![Mend::set(&["backend", "stamped_by"], "backend")]),
        (None, StampedBy::Backend) => Seen::does(),
    };
    Seen { kept, ..seen }
}

fn with_parents(plan: &Plan) -> Seen {
    let refers = |id| {
        let columns = &plan.schema.entity(id).columns;
        columns.iter().any(|column| matches!(column.kind, ColumnKind::Ref(_)))
    };
    if !seen::pulled(plan).into_iter().any(refers) {
        return Seen::absent("no entity that comes to phones refers to another");
    }
    let pull = &plan.engine.pull;
    if pull.missing_parent == MissingParent::Wait || pull.atomic == Atomic::Session {
        return Seen::does();
    }
    Seen::hidden("whether a row comes before its parent depends on the order in which units pull")
}

/// The scenario follows the practice if it has at least 2 of the 3 parts. Each part alone has a
/// separate question.
fn full_engine(plan: &Plan) -> Seen {
    let parts = [
        (units::unit_for_moment(plan).does != Some(false), "its units sync all entities"),
        (plan.engine.push.sends == Sends::Changed, "the app sends whole rows"),
        (Practice::MergedConflicts.seen_in(plan).does != Some(false), "a later edit replaces an earlier one"),
    ];
    let lacking: Vec<String> =
        parts.iter().filter(|(there, _)| !there).map(|(_, without)| (*without).to_owned()).collect();
    Seen::if_so(lacking.len() < 2, || seen::listed(&lacking))
}
