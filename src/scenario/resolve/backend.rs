//! The backend.

use super::super::words::Copies;
use super::World;
use super::view::View;
use crate::backend;
use crate::base::{Ppm, Span};
use crate::gateway::Mode;

impl World<'_> {
    pub(super) fn backend(&self, mut effects: Vec<backend::Effect>) -> backend::BackendOptions {
        let view = self.root.at("backend");
        if view.at("copies").word::<Copies>() == Copies::AsMade {
            effects.retain(|effect| !matches!(effect, backend::Effect::Fold { .. }));
        }
        backend::BackendOptions {
            workers: view.at("workers").count(),
            fixed_cost: view.at("fixed_cost").span(),
            scan_cost: view.at("scan_cost").span(),
            row_cost: view.at("row_cost").span(),
            write_fixed_cost: view.at("write_fixed_cost").span(),
            write_row_cost: view.at("write_row_cost").span(),
            service_cv_milli: view.at("service_cv").milli(),
            busy: view.at("busy").present().map(|busy| self.busy(busy)),
            queue: view.at("queue").present().map(View::count),
            quota: view.at("quota").present().map(|quota| self.quota(quota)),
            page_cap: view.at("page_cap").count(),
            gateway_timeout: view.at("gateway_timeout").span(),
            stamp_precision: view.at("stamp_precision").span(),
            ticks: view.at("ticks").word(),
            filter_precision: view.at("filter_precision").span(),
            stamped_by: view.at("stamped_by").word(),
            writes: view.at("writes").word(),
            writes_grace: view.at("writes_grace").span(),
            monotonic: view.at("monotonic").flag(),
            commit_delay: view.at("commit_delay").present().map(|delay| backend::CommitDelay {
                share: delay.at("share").share(),
                upto: delay.at("upto").span(),
            }),
            replica_lag: view.at("replica_lag").span(),
            provisioning: view.at("provisioning").word(),
            whole: self.mode() == Mode::Persistent,
            log: self.log(),
            files: self.files(),
            tombstones_kept: self.tombstones_kept(view.at("tombstones_kept")),
            down: self.maintenance(view.at("maintenance")),
            availability: self.availability(view.at("availability")),
            errors: view.at("errors").share(),
            idempotency: match view.at("idempotency").text() {
                "forever" => backend::Idempotency::Forever,
                "none" => backend::Idempotency::None,
                _ => backend::Idempotency::For(view.at("idempotency").span()),
            },
            partial: view.at("partial").share(),
            effects,
            poison_ppm: view.at("poison").share().0,
            refused_deletes: view.at("refused_deletes").share(),
            authorisation: view.at("authorisation").word(),
            commits: view.at("commits").word(),
        }
    }

    /// How long deletes are remembered: a cursor is not to expire on its way to a device.
    fn tombstones_kept(&self, view: View<'_>) -> Span {
        let (kept, least) = (view.span(), Span::secs(1));
        if kept < least {
            let title = format!("a cursor that expires after {kept} is of no use to anybody");
            let help = format!("at least {least}; who remembers none has `provisioning = \"stamps-only\"`");
            self.wrong.at(view, title, help);
        }
        kept
    }

    fn busy(&self, view: View<'_>) -> backend::Busy {
        let factor = view.at("factor");
        if factor.present().is_some() && factor.milli() == 0 {
            self.wrong.at(factor, "nothing takes no time", "1 is as fast as ever, 2 takes twice as long");
        }
        backend::Busy { hours: self.windows(&[("busy", view)]), factor_milli: factor.milli() }
    }

    /// The share of time in which something is up; `None` if it always is.
    pub(super) fn availability(&self, view: View<'_>) -> Option<backend::Availability> {
        let share = view.present()?.at("share");
        if share.present().is_some() && share.share() == Ppm(0) {
            self.wrong.at(share, "it is never up", "a share above 0, such as \"99.5%\"");
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
            let title = "`per` belongs to `requests` or `execution`";
            self.wrong.at(view, title, "such as { requests = 6000, per = \"5m\" }");
        }
        if given(burst) != given(rate) {
            self.wrong.at(view, "`burst` and `rate` belong together", "such as { burst = 100, rate = 10 }");
        }
        if given(rate) && rate.milli() == 0 {
            self.wrong.at(rate, "an empty bucket stays empty at this rate", "a token every 1000 s is 0.001");
        }
        if !in_window && !given(burst) && !given(rate) && !given(view.at("concurrent")) && !given(per) {
            self.wrong.at(view, "this quota limits nothing", "requests, execution, concurrent, or burst");
        }
        backend::Quota {
            by: view.at("by").word(),
            window: in_window.then(|| backend::Window {
                per: per.span(),
                requests: requests.present().map(View::count),
                execution: execution.present().map(View::span),
            }),
            concurrent: view.at("concurrent").present().map(View::count),
            bucket: given(burst).then(|| backend::Bucket { burst: burst.count(), rate_milli: rate.milli() }),
        }
    }
}
