//! Which shard is asked for: by its number, or by what a scheduler says.

use std::str::FromStr;

use crate::base::Word;
use crate::campaign::shards::{Deal, Partition};

/// A shard, as it is typed: `slice:3/8`, `auto`, `balanced:auto/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Of(Partition),
    /// The one that the scheduler's variables tell; of so many, if that is said.
    Auto(Deal, Option<u32>),
}

/// Schedulers, the variable of a task's number, the first number, the variable of how many there are.
/// Sources: sbatch(1), "Job array support"; the pages of Kubernetes on Indexed Jobs, of HyperQueue
/// on task arrays, of GitLab on predefined variables.
const SCHEDULERS: [(&str, &str, u32, Option<&str>); 4] = [
    ("Slurm", "SLURM_ARRAY_TASK_ID", 1, Some("SLURM_ARRAY_TASK_COUNT")),
    ("Kubernetes", "JOB_COMPLETION_INDEX", 0, None),
    ("HyperQueue", "HQ_TASK_ID", 1, None),
    ("GitLab", "CI_NODE_INDEX", 1, Some("CI_NODE_TOTAL")),
];

impl Asked {
    /// The shard; `variable` of the surroundings is asked only where that was asked for.
    pub(super) fn found(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Partition, String> {
        let (deal, of) = match self {
            Asked::Of(partition) => return Ok(partition),
            Asked::Auto(deal, of) => (deal, of),
        };
        let set = |name: &str| variable(name).filter(|text| !text.is_empty());
        let telling: Vec<_> = SCHEDULERS.iter().filter(|(_, number, ..)| set(number).is_some()).collect();
        let [(name, number, first, tasks)] = telling.as_slice() else {
            let all = SCHEDULERS.map(|(name, number, ..)| format!("{number} ({name})")).join(", ");
            let many = telling.len();
            return Err(format!("auto: {many} of {all} are set, where one is wanted; or say slice:1/8"));
        };
        let read = |name: &str| match set(name) {
            None => Ok(None),
            Some(text) => text
                .trim()
                .parse::<u32>()
                .map(Some)
                .map_err(|_| format!("auto: {name} is `{text}`, which is not a number")),
        };
        let task = read(number)?.unwrap_or_default();
        let of = match (of, tasks) {
            (None, Some(tasks)) => read(tasks)?,
            _ => of,
        };
        let shards = || format!("auto: {name} does not tell how many there are: {}:auto/8", deal.word());
        // One that is before the first is none of any number.
        let shard = task.checked_sub(*first).map_or(0, |after| after.saturating_add(1));
        let partition = Partition::new(deal, shard, of.ok_or_else(shards)?);
        partition.map_err(|e| format!("auto: {number} is {task}, but {e}"))
    }
}

impl FromStr for Asked {
    type Err = String;
    fn from_str(text: &str) -> Result<Asked, String> {
        let (deal, rest) = text.split_once(':').unwrap_or(("slice", text));
        let Some(of) = rest.strip_prefix("auto") else { return text.parse().map(Asked::Of) };
        let deal: Deal = deal.parse()?;
        let want = || format!("want {0}:auto, or {0}:auto/8", deal.word());
        if of.is_empty() {
            return Ok(Asked::Auto(deal, None));
        }
        let of = of.strip_prefix('/').and_then(|of| of.parse().ok()).ok_or_else(want)?;
        Partition::new(deal, 1, of)?;
        Ok(Asked::Auto(deal, Some(of)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_tells_which_shard_it_is_when_asked() {
        const SLURM: &[(&str, &str)] = &[("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        const HQ: &[(&str, &str)] = &[("HQ_TASK_ID", "1")];
        let found = |asked: &str, variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let of = variables.iter().find(|(known, _)| *known == name);
                of.map(|(_, value)| (*value).to_owned())
            };
            let partition = asked.parse::<Asked>().and_then(|asked| asked.found(&variable));
            format!("{asked}: {}\n", partition.map_or_else(|e| e, |partition| partition.to_string()))
        };
        let mut told = String::new();
        for (asked, variables) in [
            ("auto", SLURM),
            ("hash:auto/20", SLURM),
            ("slice:1/4", SLURM),
            ("balanced:auto", &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")]),
            ("auto/3", &[("JOB_COMPLETION_INDEX", "0")]),
            ("auto/3", HQ),
            ("auto", &[]),
            ("auto/2", &[("HQ_TASK_ID", "1"), ("CI_NODE_INDEX", "1")]),
            ("auto", HQ),
            ("auto", &[("HQ_TASK_ID", "one")]),
            ("auto/2", &[("JOB_COMPLETION_INDEX", "2")]),
            ("auto/2", &[("HQ_TASK_ID", "0")]),
            ("auto/2", &[("JOB_COMPLETION_INDEX", "4294967295")]),
        ] {
            told += &found(asked, variables);
        }
        let wrong = "1/8 slice:1 slice:x/8 slcie:1/8 slice:0/8 slice:9/8 hash:1/0 hash:1/100001 auto8 \
                     balanced:auto/x auto/0";
        wrong.split(' ').for_each(|text| told += &found(text, &[]));
        insta::assert_snapshot!(told);
    }
}
