//! Resolves the keys of the backend.

use super::ResolveContext;
use crate::backend;
use crate::base::{Ppm, Span};
use crate::config::view::{View, read};
use crate::gateway::{Mode, ScopeChange};

impl ResolveContext<'_> {
    pub(super) fn backend(&self, effects: Vec<backend::Effect>) -> backend::BackendOptions {
        let view = self.root.at("backend");
        read!(view, backend::BackendOptions {
            workers fixed_cost scan_cost row_cost write_fixed_cost write_row_cost queue page_cap
            gateway_timeout stamp_precision ticks filter_precision sort stamped_by writes writes_grace
            monotonic replica_lag provisioning errors refused_deletes authorisation commits
            poison_response foreign_keys
            copies
        } with {
            service_cv_milli: view.at("service_cv").milli(),
            busy: view.at("busy").present().map(|busy| self.busy(busy)),
            quota: view.at("quota").present().map(|quota| self.quota(quota)),
            commit_delay: view.at("commit_delay").present().map(|delay| {
                read!(delay, backend::CommitDelay { share upto })
            }),
            serves_all_owners: self.mode() == Mode::Persistent || self.root.at("integration").present().is_some(),
            change_log: self.change_log(),
            files: self.captures().find_map(|capture| capture.files),
            tombstones_kept: self.tombstones_kept(view.at("tombstones_kept")),
            down: self.maintenance(view.at("maintenance")),
            availability: self.availability(view.at("availability")),
            idempotency: match view.at("idempotency").text() {
                "forever" => backend::Idempotency::Forever,
                "none" => backend::Idempotency::None,
                _ => backend::Idempotency::For(view.at("idempotency").span()),
            },
            deferred_share: view.of("partial"),
            lists_moves: self.root.at("gateway.scope_change").says(ScopeChange::Backfill),
            effects,
            poison_ppm: view.at("poison").share().0,
        })
    }

    /// How long tombstones are kept. The limit ensures that a cursor does not expire before it
    /// reaches a device.
    fn tombstones_kept(&self, view: View<'_>) -> Span {
        let (kept, least) = (view.span(), Span::secs(1));
        if kept < least {
            let title = format!("nobody can use a cursor that expires after {kept}");
            let help = format!(
                "write at least {least}; for a backend that remembers no deletes write `provisioning = \"stamps-only\"`"
            );
            self.mistakes.at(view, title, help);
        }
        kept
    }

    fn busy(&self, view: View<'_>) -> backend::Busy {
        let factor = view.at("factor");
        if factor.present().is_some() && factor.milli() == 0 {
            let help = "write 1 for the usual time, or 2 for twice the time";
            self.mistakes.at(factor, "`factor` must be greater than 0", help);
        }
        backend::Busy { hours: self.windows([view]), factor_milli: factor.milli() }
    }

    pub(super) fn availability(&self, view: View<'_>) -> Option<backend::Availability> {
        let share = view.present()?.at("share");
        if share.present().is_some() && share.share() == Ppm(0) {
            self.mistakes.at(
                share,
                "the backend is never up",
                "the share must be above 0, such as \"99.5%\"",
            );
        }
        let down = u128::from(Ppm::ONE.0.saturating_sub(share.share().0)) * u128::from(self.duration.0);
        let mean = u128::from(view.at("mean_outage").span().0.max(1));
        self.not_too_many(view.at("mean_outage"), down / u128::from(Ppm::ONE.0) / mean);
        Some(backend::Availability { share: share.share(), mean_outage: view.at("mean_outage").span() })
    }

    fn quota(&self, view: View<'_>) -> backend::Quota {
        let (requests, execution) = (view.at("requests"), view.at("execution"));
        let (per, burst, rate) = (view.at("per"), view.at("burst"), view.at("rate"));
        let given = |view: View<'_>| view.present().is_some();
        let in_window = given(requests) || given(execution);
        if in_window != given(per) {
            let title = "`per` needs `requests` or `execution`";
            self.mistakes.at(view, title, "write a quota such as { requests = 6000, per = \"5m\" }");
        }
        if given(burst) != given(rate) {
            self.mistakes.at(
                view,
                "`burst` and `rate` need each other",
                "write a quota such as { burst = 100, rate = 10 }",
            );
        }
        if given(rate) && rate.milli() == 0 {
            self.mistakes.at(
                rate,
                "at this rate an empty bucket stays empty",
                "write at least 0.001, one token per 1000 s",
            );
        }
        if !in_window && !given(burst) && !given(rate) && !given(view.at("concurrent")) && !given(per) {
            self.mistakes.at(
                view,
                "this quota has no limits",
                "set requests, execution, concurrent, or burst",
            );
        }
        read!(view, backend::Quota { by concurrent } with {
            window: in_window.then(|| read!(view, backend::Window { per requests execution })),
            bucket: given(burst).then(|| backend::Bucket { burst: burst.count(), rate_milli: rate.milli() }),
        })
    }
}
