//! A remark on engines whose processor time was not compared with a real phone.

use crate::analysis::verdict::case::{Ruling, Trial};
use crate::record::Judged;

/// A third-party stack charges processor time by its own rule. Until this is compared with
/// published times, its durations cover only network and disk.
pub(in crate::analysis::verdict) fn uncalibrated(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let works = |judged: &Judged| judged.cell.stat("device.cpu.busy", "value").unwrap_or_default() > 0;
    let own = trial.plans.iter().find(|plan| plan.brought).filter(|_| judged.iter().any(works));
    let remark = |name: &str| {
        format!(
            "no phone was checked against the processor time of `{name}`: its times are those of network and disk only"
        )
    };
    own.map(|plan| Ruling::Remark(remark(&plan.engine_name))).into_iter().collect()
}
