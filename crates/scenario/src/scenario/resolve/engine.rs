//! The engine: how it pulls, pushes and retries, and whether these settings fit the other settings.

use super::{ResolveContext, naming, paths};
use crate::backend::{Commits, Writes};
use crate::base::{Ppm, Span, Word};
use crate::config::view::{Mistakes, View, read};
use crate::contract::SyncUnit;
use crate::engine::control::{Controller, ModelOptions, SteeringOptions};
use crate::engine::{
    self, Atomic, BaseDate, CallbackOptions, Checkpoint, ConflictOptions, CursorBook, Detect, LiveOptions,
    LiveSends, LocalCapture, Medium, OutboxLimits, Policy, Replace, RequestPer,
};
use crate::gateway::{GatewayOptions as Gateway, Mode};
use crate::net::Protocol;

impl ResolveContext<'_> {
    pub(super) fn engine(&self, gateway: &Gateway) -> engine::EngineOptions {
        let view = self.root.at("engine");
        self.mistakes.in_order(view.at("retry"), ["base", "cap"], false);
        read!(view, engine::EngineOptions {
            request_timeout debounce hook_timeout requests decoder dates clock identity queue queue_kept
            network_poll network_poll_cpu status on_wipe on_logout database_per row_cpu
        } with {
            pull: self.pull(view.at("pull"), gateway),
            push: self.push(view.at("push")),
            retry: read!(view.at("retry"), engine::RetryOptions { base cap jitter attempts heeds_after }),
            conflict: conflict(self.root, self.mistakes),
            attachments: naming::attachments(view.at("attachments")),
            codec: gateway.codec,
            paths: paths::paths(self),
            sessions: self.sessions(view),
            on_unauthorized: view.at("token.on_refused").word(),
        })
    }

    fn pull(&self, view: View<'_>, gateway: &Gateway) -> engine::PullOptions {
        self.replaces(view);
        self.without_receipts(view, gateway);
        self.sends_rows(view, gateway);
        read!(view, engine::PullOptions {
            chunk_rows chunk_bytes apply_rows prefetch cursor streams missing_parent requests replace
            atomic checkpoint on_too_large on_big_row
        } with {
            bad_rows: engine::BadRowOptions {
                share: view.at("bad_rows").share(),
                tries: view.at("bad_tries").count(),
                then: view.at("on_bad_row").word(),
            },
            steering: self.steering(view),
            pages: self.run_pages(view),
            live: LiveOptions::default(),
        })
    }

    /// Reads the limit of pages per run. Refuses settings with which the next run cannot continue
    /// after the last page.
    fn run_pages(&self, view: View<'_>) -> engine::RunPages {
        let most = view.at("pages_per_run");
        let pages = engine::RunPages { most: view.of("pages_per_run"), left: view.at("pages_left").word() };
        if pages.most.is_none() {
            return pages;
        }
        let requests = self.root.at("engine.requests");
        let by_date = view.at("cursor").word::<CursorBook>() == CursorBook::LastSyncOn;
        let from_start = view.at("checkpoint").word::<Checkpoint>() == Checkpoint::Session;
        let as_a_whole = view.at("atomic").word::<Atomic>() == Atomic::Session;
        let empties = view.at("replace").word::<Replace>() == Replace::All;
        let apart = !matches!(requests.word(), RequestPer::Direction);
        for (at, unfit, why) in [
            (view.at("cursor"), by_date, "a run that asks by date begins again at the same date"),
            (view.at("checkpoint"), from_start, "a run begins again where the last complete run ended"),
            (view.at("atomic"), as_a_whole, "rows are shown only when a run has brought them all"),
            (view.at("replace"), empties, "a run replaces all rows of an entity"),
            (
                view.at("prefetch"),
                view.at("prefetch").count() > 0,
                "prefetch requests pages beyond the limit",
            ),
            (view.at("streams"), view.at("streams").count() > 1, "streams do not share a count of pages"),
            (
                requests,
                apart,
                "pages are counted over a whole unit, which needs engine.requests = \"per-direction\"",
            ),
        ] {
            if unfit {
                let title = format!("{why}, but `pages_per_run` ends a run before its last page");
                self.mistakes.given(&[at]).at(most, title, "leave out `pages_per_run` or the other setting");
            }
        }
        pages
    }

    fn sessions(&self, view: View<'_>) -> u32 {
        let (sessions, queue) = (view.at("sessions"), view.at("queue"));
        if sessions.count() > 1 && queue.word::<engine::AfterFailure>() == engine::AfterFailure::Blocks {
            let title = "a failed unit can block the queue only if units run one at a time";
            let help = "`sessions` must be 1, or `queue` must be \"makes-way\"";
            self.mistakes.given(&[queue]).at(sessions, title, help);
        }
        sessions.count()
    }

    fn push(&self, view: View<'_>) -> engine::PushOptions {
        let (chosen, squash) = (view.at("capture"), view.at("squash"));
        let (capture, outbox) = (chosen.word(), LocalCapture::Outbox);
        if capture != outbox && self.mode() == Mode::Persistent {
            let title = "a persistent gateway reports the results of edits in a later run, but marks on rows do not wait for results";
            let mode = self.root.at("gateway.mode");
            self.mistakes.given(&[mode]).at(
                chosen,
                title,
                "write `capture = \"outbox\"`, or another `gateway.mode`",
            );
        }
        if capture != outbox && squash.flag() {
            let title = "only an outbox keeps several edits that could be merged into one";
            self.mistakes.given(&[chosen, squash]).at(squash, title, "`squash` needs `capture = \"outbox\"`");
        }
        let order = view.at("order");
        if capture != outbox && order.word::<engine::PushOrder>() != engine::PushOrder::TopDown {
            let title = "marks on rows have a fixed order: rows go after the rows that they refer to";
            self.mistakes.given(&[chosen, order]).at(order, title, "`order` needs `capture = \"outbox\"`");
        }
        let failed = view.at("on_failed");
        if failed.says(engine::OnFailed::Bisect) && self.mode() == Mode::Persistent {
            let title = "a persistent gateway accepts all edits of a request: no edit makes the request fail";
            let mode = self.root.at("gateway.mode");
            self.mistakes.given(&[mode]).at(failed, title, "`on_failed` needs `gateway.mode = \"ota\"`");
        }
        self.refuses_all(view.at("on_refused"));
        let policy = self.root.at("engine.conflict.policy");
        if squash.flag() && ["manual", "keep-both"].contains(&policy.text()) {
            let title = format!("\"{}\" handles edits one by one, but `squash` merges them", policy.text());
            let help = "leave `squash` out, or choose another policy";
            self.mistakes.given(&[policy, squash]).at(squash, title, help);
        }
        read!(view, engine::PushOptions {
            chunk_rows chunk_bytes sends sync_date on_refused on_too_large on_failed unit
        } with {
            steering: self.steering(view),
            capture,
            squash: squash.flag(),
            order: order.word(),
            outbox: self.outbox_limits(view),
        })
    }

    fn refuses_all(&self, refused: View<'_>) {
        let commits = self.root.at("backend.commits");
        if refused.says(engine::OnRefused::RefuseAll) && commits.says(Commits::Rows) {
            let title = "the backend commits each edit by itself: no edit is refused because of another";
            let help = "`commits` must be \"requests\" or \"families\" in [backend]";
            self.mistakes.given(&[commits]).at(refused, title, help);
        }
    }

    fn outbox_limits(&self, view: View<'_>) -> OutboxLimits {
        let limits = read!(view, OutboxLimits { keep_for keep_most on_full });
        let capture = view.at("capture");
        let limited =
            ["keep_for", "keep_most"].map(|key| view.at(key)).into_iter().find(|at| at.present().is_some());
        if let Some(limited) = limited.filter(|_| capture.word::<LocalCapture>() != LocalCapture::Outbox) {
            let title =
                "only an outbox can be full or keep an edit for too long, and this engine marks rows instead";
            let help = "leave out this limit, or write `capture = \"outbox\"`";
            self.mistakes.given(&[capture]).at(limited, title, help);
        }
        limits
    }

    fn replaces(&self, view: View<'_>) {
        let replace = view.at("replace");
        if replace.word::<Replace>() != Replace::All {
            return;
        }
        for (key, most) in [("prefetch", 0), ("streams", 1)] {
            let other = view.at(key);
            if other.count() > most {
                let title = format!(
                    "with `replace = \"all\"`, rows come one entity after another, but `{key}` is {}",
                    other.count()
                );
                let help = format!("leave out `{key}`; its default is {most}");
                self.mistakes.given(&[replace, other]).at(replace, title, help);
            }
        }
        let parts = |(_, unit): (&str, View<'_>)| unit.at("entity").entries().next().is_some();
        if let Some((name, unit)) = self.root.at("unit").entries().find(|unit| parts(*unit)) {
            let title = format!(
                "with `replace = \"all\"`, whole rows must come, but `unit.{name}` brings only some columns"
            );
            let help = format!("leave out `unit.{name}.entity` or `replace`");
            self.mistakes.given(&[replace, unit.at("entity")]).at(replace, title, help);
        }
        let atomic = view.at("atomic");
        if atomic.word::<Atomic>() == Atomic::Session {
            let title = "with `replace = \"all\"`, a table is emptied before its rows come, and `atomic` cannot hide that";
            self.mistakes.given(&[replace, atomic]).at(atomic, title, "leave out `replace` or `atomic`");
        }
    }

    /// Refuses prefetch and session checkpoints if the gateway takes a cursor as the receipt for a
    /// page. Then each page must be durable before the next request.
    fn without_receipts(&self, view: View<'_>, gateway: &Gateway) {
        let Some(unfit) = gateway.takes_receipts() else { return };
        let (prefetch, checkpoint) = (view.at("prefetch"), view.at("checkpoint"));
        let resumes = checkpoint.word::<Checkpoint>() != Checkpoint::Session;
        for (at, fits, instead) in [
            (prefetch, prefetch.count() == 0, "prefetch = 0"),
            (checkpoint, resumes, "checkpoint = \"page\""),
        ] {
            if !fits {
                self.mistakes.at(at, unfit.why, format!("write {}, or `{instead}`", unfit.instead));
            }
        }
    }

    /// Refuses rows with announcements if only a run may move a cursor, or if the gateway takes a
    /// cursor as the receipt for a page. The server reads the next page after one that a phone may
    /// never get.
    fn sends_rows(&self, view: View<'_>, gateway: &Gateway) {
        let sends = view.at("live_sends");
        if !sends.says(LiveSends::Rows) || !view.at("live").word::<Medium>().is_held() {
            return;
        }
        let by_date = view.at("cursor").word::<CursorBook>() == CursorBook::LastSyncOn;
        let from_start = view.at("checkpoint").word::<Checkpoint>() == Checkpoint::Session;
        let as_a_whole = view.at("atomic").word::<Atomic>() == Atomic::Session;
        let empties = view.at("replace").word::<Replace>() == Replace::All;
        for (at, unfit, why) in [
            (view.at("cursor"), by_date, "the date of the last sync moves only at the end of a run"),
            (view.at("checkpoint"), from_start, "the cursor moves only at the end of a run"),
            (view.at("atomic"), as_a_whole, "rows are shown only at the end of a run"),
            (view.at("replace"), empties, "a run replaces all rows of an entity"),
        ] {
            if unfit {
                let title = format!("{why}, but `live_sends = \"rows\"` brings rows between runs");
                let help = "write `live_sends = \"changes\"`, or leave out the other setting";
                self.mistakes.given(&[at]).at(sends, title, help);
            }
        }
        if let Some(unfit) = gateway.takes_receipts() {
            let help = format!("write {}, or `live_sends = \"changes\"`", unfit.instead);
            self.mistakes.at(sends, unfit.why, help);
        }
    }

    fn steering(&self, side: View<'_>) -> SteeringOptions {
        let control = side.at("control");
        let (min, max) = (control.at("min_rows"), control.at("max_rows"));
        self.mistakes.in_order(control, ["min_rows", "max_rows"], false);
        let own = control.at("per_entity").entries();
        let own = own.filter_map(|(name, rows)| Some((self.entity_named(rows, name)?, rows.count())));
        // Reads the names with every controller, so that a wrong name is always reported.
        let own = own.collect();
        let controller = match side.at("controller").text() {
            "per-entity" => Controller::PerEntity(own),
            "clamp" => read!(control.at("clamp"), Controller::Clamp { target }),
            "aimd" => read!(control.at("aimd"), Controller::Aimd { step target } with {
                backoff: control.at("aimd.backoff").share().share(),
            }),
            "halve-when-slow" => read!(control.at("halve_when_slow"), Controller::HalveWhenSlow { slow }),
            "gradient" => Controller::Gradient {
                tolerance: f64::from(control.at("gradient.tolerance").milli()) / 1e3,
                headroom: control.at("gradient.headroom").share().share(),
                smoothing: control.at("gradient.smoothing").share().share(),
            },
            "model" => Controller::Model(read!(control.at("model"), ModelOptions { target memory })),
            // The check has already reported an unknown word.
            _ => Controller::Fixed,
        };
        SteeringOptions { controller, min_rows: min.count(), max_rows: max.count() }
    }
}

/// The medium by which the server announces changes to the data of these units.
pub(super) fn live(root: View<'_>, units: &[SyncUnit], mistakes: &Mistakes) -> LiveOptions {
    let view = root.at("engine.pull");
    let written = root.at("unit");
    let live = view.at("live");
    let protocol = root.at("transport.protocol");
    let medium: Medium = live.word();
    if medium == Medium::None {
        return LiveOptions::default();
    }
    let is_live = |unit: &SyncUnit| written.key(&unit.name).at("live").present().is_none_or(View::flag);
    let channels = engine::channels(units, |id| is_live(&units[usize::from(id.0)]));
    if medium.is_held() && protocol.says(Protocol::Bare) {
        let title = format!("\"{}\" holds a connection, but \"bare\" messages have none", medium.word());
        let help = "set `transport.protocol` to \"http/1.1\" or \"http/2\", or `live` to \"push-message\"";
        mistakes.given(&[protocol]).at(live, title, help);
    }
    if channels.is_empty() {
        let title = format!("\"{}\" starts units that pull, but no unit pulls", medium.word());
        mistakes.given(&[written]).at(live, title, "write a unit with `pull` and without `live = false`");
    }
    LiveOptions {
        medium,
        check: view.at("live_check").flag(),
        beat: view.at("live_beat").span(),
        sends: view.at("live_sends").word(),
        gap: view.at("live_gap").word(),
        channels,
    }
}

fn conflict(root: View<'_>, mistakes: &Mistakes) -> ConflictOptions {
    let view = root.at("engine.conflict");
    let callback = view.at("callback");
    let options = read!(view, ConflictOptions {
        policy detect base while_open second_edit
    } with {
        callback: read!(callback, CallbackOptions { says takes timeout hangs panics nonsense }),
    });
    is_served(root, &options, mistakes);
    let faults = ["hangs", "panics", "nonsense"].map(|key| callback.at(key));
    if faults.iter().map(|fault| u64::from(fault.share().0)).sum::<u64>() > u64::from(Ppm::ONE.0) {
        let last = faults.into_iter().rfind(|fault| fault.place().is_some()).unwrap_or(callback);
        let help = "an edit meets at most one of the three: their sum must be at most 1";
        mistakes.given(&faults).at(
            last,
            "`hangs`, `panics` and `nonsense` add up to more than all edits",
            help,
        );
    }
    options
}

fn is_served(root: View<'_>, options: &ConflictOptions, mistakes: &Mistakes) {
    let (policy, writes) = (root.at("engine.conflict.policy"), root.at("backend.writes"));
    let (name, kind) = (options.policy.word(), writes.word::<Writes>());
    let checks = matches!(kind, Writes::Checked | Writes::Dated);
    if options.policy == Policy::Nothing && checks {
        let title = format!(
            "the policy \"none\" detects no conflict, but with `backend.writes = \"{}\"` the backend refuses conflicting edits",
            kind.word()
        );
        let help = "set `backend.writes` to \"blind\" or \"newer-date\", or write another policy";
        mistakes.among(&[policy, writes], title, help);
    }
    if kind == Writes::NewerDate && !options.policy.sends_newer_alone() {
        let title = format!(
            "the policy \"{name}\" may send older edits again, but the backend accepts only newer dates"
        );
        let fit = Policy::VALUES.iter().filter(|policy| policy.sends_newer_alone());
        let fit: Vec<String> = fit.map(|policy| format!("\"{}\"", policy.word())).collect();
        let help = format!("set the policy to {}, or write another `backend.writes`", fit.join(" or "));
        mistakes.among(&[policy, writes], title, help);
    }
    let (detect, base) = (root.at("engine.conflict.detect"), root.at("engine.conflict.base"));
    if options.detect == Detect::Version && kind == Writes::Dated {
        let help = "write `backend.writes = \"checked\"`, or another `detect`";
        mistakes.given(&[detect, writes]).at(
            detect,
            "`detect` compares versions, but the backend knows only dates",
            help,
        );
    }
    let dated = matches!(options.detect, Detect::Dates | Detect::DatesThenValues);
    if !dated && options.base != BaseDate::LastReceivedStamp {
        let help = "set `detect` to \"dates\" or \"dates-then-values\", or leave out `base`";
        mistakes.given(&[detect]).at(
            base,
            format!(
                "`base` needs dates, but `detect = \"{}\"` does not compare dates",
                options.detect.word()
            ),
            help,
        );
    }
    let grace = root.at("backend.writes_grace");
    if grace.span() > Span::ZERO && matches!(kind, Writes::Checked | Writes::Blind) {
        let title = format!("with `backend.writes = \"{}\"` the backend does not compare dates", kind.word());
        let help = "set `backend.writes` to \"dated\" or \"newer-date\", or leave out `writes_grace`";
        mistakes.given(&[writes]).at(grace, title, help);
    }
}
