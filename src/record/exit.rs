//! The exit codes of the program, and the order that decides if several apply.
//!
//! A cell is one simulation: one variant and one seed. A gate is a limit on a figure. A baseline is
//! a file of figures that a run must reproduce. A matrix is a run that shows the result of each
//! setting, and a failing setting is a result, too. A stack is a sync engine with its server half.
//! A shard is a part of the cells, which one machine runs.

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// All expectations and gates are met.
    Success = 0,
    Internal = 1,
    Usage = 2,
    /// A scenario is not valid.
    Invalid = 3,
    Nothing = 4,
    /// A threshold is missed, or an expected or planned event did not occur.
    Threshold = 10,
    /// Data was lost, duplicated, resurrected, or diverged.
    Correctness = 11,
    /// A cell did not come to rest by the deadline, or its engine loops or stalled.
    Stuck = 12,
    Regression = 13,
    /// No baseline exists, or the run cannot be compared with it.
    NoBaseline = 14,
    /// A second run of the same cell has another digest.
    NotDeterministic = 15,
    /// The shards to merge do not contain all cells of the plan.
    Missing = 16,
    /// A scenario needs a feature that its stack does not support. No other failure occurred.
    Unsupported = 17,
    /// The disk is full, or the report cannot be written.
    Environment = 20,
    TimeLimit = 124,
    Interrupted = 130,
    Terminated = 143,
}

impl Exit {
    /// All exit codes. If several apply, the first one in this list wins.
    pub const BY_PRECEDENCE: [Exit; 17] = [
        Exit::Internal,
        Exit::Environment,
        Exit::Interrupted,
        Exit::Terminated,
        Exit::TimeLimit,
        Exit::Missing,
        Exit::Correctness,
        Exit::Stuck,
        Exit::NotDeterministic,
        Exit::NoBaseline,
        Exit::Regression,
        Exit::Threshold,
        Exit::Unsupported,
        Exit::Usage,
        Exit::Invalid,
        Exit::Nothing,
        Exit::Success,
    ];

    /// True for a finding about a cell. A search or a matrix reports it as a result, not as an
    /// error.
    pub fn is_finding(self) -> bool {
        matches!(self, Exit::Correctness | Exit::Stuck | Exit::Threshold)
    }
    pub const fn code(self) -> u8 {
        self as u8
    }
    /// The exit for a code. An unknown code comes from a newer version and becomes the gravest one.
    pub fn of(code: u8) -> Exit {
        Exit::BY_PRECEDENCE.into_iter().find(|exit| exit.code() == code).unwrap_or(Exit::Internal)
    }
    /// The exit with the highest precedence; `Success` if the list is empty.
    pub fn first(exits: impl IntoIterator<Item = Exit>) -> Exit {
        let rank = |exit: &Exit| Exit::BY_PRECEDENCE.iter().position(|e| e == exit);
        exits.into_iter().min_by_key(rank).unwrap_or(Exit::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_codes_the_page_says_which_wins() {
        let page = [1, 20, 130, 124, 16, 11, 12, 15, 14, 13, 10, 17, 0];
        for (i, winner) in page.iter().enumerate() {
            for loser in &page[i..] {
                let exits = [*loser, *winner].map(Exit::of);
                assert_eq!(Exit::first(exits).code(), *winner, "{winner} against {loser}");
            }
        }
        assert_eq!(Exit::first([Exit::Terminated, Exit::TimeLimit]), Exit::Terminated);
        assert_eq!(Exit::first([]), Exit::Success);
    }
}
