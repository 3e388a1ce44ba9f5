//! Which shard is asked for: by its number, or by what a scheduler says.

use std::str::FromStr;

use crate::campaign::shards::{Deal, Partition, PartitionError};

/// A shard, as it is typed: `slice:3/8`, `auto`, `balanced:auto/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// This one.
    Of(Partition),
    /// The one that the scheduler's variables tell; of so many, if that is said.
    Auto(Deal, Option<u32>),
}

/// Variables in which a scheduler tells a task its number.
struct Scheduler {
    name: &'static str,
    number: &'static str,
    /// The number of the first task; the variable that tells it, where one does.
    first: (u32, Option<&'static str>),
    /// The variable that tells how far numbers are apart.
    step: Option<&'static str>,
    /// The variable that tells how many tasks there are.
    tasks: Option<&'static str>,
}

/// Sources: sbatch(1), "Job array support"; the Kubernetes page on Indexed Jobs; HyperQueue's page
/// on task arrays; GitLab's page on predefined variables.
const SCHEDULERS: [Scheduler; 4] = [
    Scheduler {
        name: "Slurm",
        number: "SLURM_ARRAY_TASK_ID",
        first: (1, Some("SLURM_ARRAY_TASK_MIN")),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        tasks: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    Scheduler {
        name: "Kubernetes",
        number: "JOB_COMPLETION_INDEX",
        first: (0, None),
        step: None,
        tasks: None,
    },
    Scheduler { name: "HyperQueue", number: "HQ_TASK_ID", first: (1, None), step: None, tasks: None },
    Scheduler {
        name: "GitLab",
        number: "CI_NODE_INDEX",
        first: (1, None),
        step: None,
        tasks: Some("CI_NODE_TOTAL"),
    },
];

/// Reads a variable of the surroundings.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Asked {
    /// The shard; `variable` is asked only where that was asked for.
    ///
    /// # Errors
    /// No scheduler says which it is, or several do, or there is no such shard.
    pub(super) fn found(self, variable: Variable<'_>) -> Result<Partition, PartitionError> {
        let (deal, of) = match self {
            Asked::Of(partition) => return Ok(partition),
            Asked::Auto(deal, of) => (deal, of),
        };
        let tell = |scheduler: &&Scheduler| variable(scheduler.number).is_some_and(|value| !value.is_empty());
        let telling: Vec<&Scheduler> = SCHEDULERS.iter().filter(tell).collect();
        let [scheduler] = telling.as_slice() else {
            let names = |schedulers: &mut dyn Iterator<Item = &Scheduler>| {
                schedulers.map(|s| format!("{} ({})", s.number, s.name)).collect::<Vec<_>>().join(", ")
            };
            return Err(PartitionError(match telling.len() {
                0 => format!("auto: none of {} is set", names(&mut SCHEDULERS.iter())),
                _ => format!(
                    "auto: {} are all set; say which shard it is: slice:1/8",
                    names(&mut telling.into_iter())
                ),
            }));
        };
        scheduler.shard(deal, of, variable)
    }
}

impl Scheduler {
    fn shard(
        &self,
        deal: Deal,
        of: Option<u32>,
        variable: Variable<'_>,
    ) -> Result<Partition, PartitionError> {
        let number = |name: &str| {
            let Some(text) = variable(name).filter(|text| !text.is_empty()) else { return Ok(None) };
            let wrong = |_| PartitionError(format!("auto: {name} is `{text}`, which is not a number"));
            text.trim().parse::<u32>().map(Some).map_err(wrong)
        };
        let told = |name: Option<&str>| name.map_or(Ok(None), number);
        let task = number(self.number)?.unwrap_or_default();
        // Who says how many there are numbers tasks by shards: some of an array may be run again.
        let (first, step, of) = match of {
            Some(of) => (self.first.0, 1, of),
            None => {
                let of = told(self.tasks)?.ok_or_else(|| {
                    PartitionError(format!(
                        "auto: {} does not tell how many there are: {}:auto/8",
                        self.name,
                        deal.word()
                    ))
                })?;
                (told(self.first.1)?.unwrap_or(self.first.0), told(self.step)?.unwrap_or(1).max(1), of)
            }
        };
        let shard = task.checked_sub(first).map_or(0, |after| (after / step).saturating_add(1));
        Partition::new(deal, shard, of)
            .map_err(|e| PartitionError(format!("auto: {} is {task}, but {e}", self.number)))
    }
}

impl FromStr for Asked {
    type Err = PartitionError;
    fn from_str(text: &str) -> Result<Asked, PartitionError> {
        const AUTO: &str = "auto";
        let (deal, rest) = text.split_once(':').map_or(("slice", text), |(deal, rest)| (deal, rest));
        let Some(of) = rest.strip_prefix(AUTO) else { return text.parse().map(Asked::Of) };
        let deal = deal.parse()?;
        let want =
            || PartitionError(format!("want {}:auto, or {}:auto/8", Deal::word(deal), Deal::word(deal)));
        let of = match of.strip_prefix('/') {
            None if of.is_empty() => None,
            None => return Err(want()),
            Some(of) => Some(of.parse().map_err(|_| want())?),
        };
        of.map_or(Ok(()), |of| Partition::new(deal, 1, of).map(|_| ()))?;
        Ok(Asked::Auto(deal, of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(asked: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            let of = variables.iter().find(|(known, _)| *known == name);
            of.map(|(_, value)| (*value).to_owned())
        };
        let asked: Asked = asked.parse().map_err(|e: PartitionError| e.to_string())?;
        asked.found(&variable).map(|partition| partition.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_scheduler_tells_which_shard_it_is_when_asked() {
        let slurm: &[(&str, &str)] = &[
            ("SLURM_ARRAY_TASK_ID", "14"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(found("auto", slurm).as_deref(), Ok("slice:3/4"));
        assert_eq!(found("hash:auto/20", slurm).as_deref(), Ok("hash:14/20"), "a task of an array again");
        assert_eq!(found("slice:1/4", slurm).as_deref(), Ok("slice:1/4"), "nobody asked");
        let gitlab: &[(&str, &str)] = &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
        assert_eq!(found("balanced:auto", gitlab).as_deref(), Ok("balanced:2/2"));
        assert_eq!(found("auto/3", &[("JOB_COMPLETION_INDEX", "0")]).as_deref(), Ok("slice:1/3"));
        assert_eq!(found("auto/3", &[("HQ_TASK_ID", "3")]).as_deref(), Ok("slice:3/3"));
    }

    #[test]
    fn what_no_scheduler_tells_is_refused_with_a_way_out() {
        assert!(found("auto", &[]).unwrap_err().contains("none of SLURM_ARRAY_TASK_ID (Slurm)"));
        let both: &[(&str, &str)] = &[("HQ_TASK_ID", "1"), ("CI_NODE_INDEX", "1")];
        assert!(found("auto/2", both).unwrap_err().contains("say which shard it is"));
        let hq = |text| found("auto", &[("HQ_TASK_ID", text)]).unwrap_err();
        assert_eq!(hq("1"), "auto: HyperQueue does not tell how many there are: slice:auto/8");
        assert_eq!(hq("one"), "auto: HQ_TASK_ID is `one`, which is not a number");
        let beyond = found("auto/2", &[("JOB_COMPLETION_INDEX", "2")]).unwrap_err();
        assert_eq!(beyond, "auto: JOB_COMPLETION_INDEX is 2, but there is no shard 3 of 2; they are 1 to 2");
        let none = found("auto/2", &[("HQ_TASK_ID", "0")]).unwrap_err();
        assert!(none.contains("no shard 0 of 2"), "{none}");
        let last = found("auto/2", &[("JOB_COMPLETION_INDEX", "4294967295")]).unwrap_err();
        assert!(last.contains("no shard 4294967295 of 2"), "{last}");
    }

    #[test]
    fn what_is_no_partition_is_refused_with_what_would_be() {
        for (text, want) in [
            ("1/8", "want SCHEME:SHARD/SHARDS"),
            ("slice:1", "want SCHEME:SHARD/SHARDS"),
            ("slice:x/8", "want SCHEME:SHARD/SHARDS"),
            ("slcie:1/8", "did you mean `slice`?"),
            ("slice:0/8", "there is no shard 0 of 8; they are 1 to 8"),
            ("slice:9/8", "there is no shard 9 of 8"),
            ("hash:1/0", "there may be 1 to 100000"),
            ("hash:1/100001", "there may be 1 to 100000"),
            ("auto8", "want slice:auto, or slice:auto/8"),
            ("balanced:auto/x", "want balanced:auto"),
            ("auto/0", "there may be 1 to 100000"),
        ] {
            let said = found(text, &[]).unwrap_err();
            assert!(said.contains(want), "{text}: {said}");
        }
    }
}
