//! Why a cell did not pass.
//!
//! A cell is one simulation: one variant and one seed. A baseline is a file of figures that a run
//! must reproduce. A matrix is a run that shows the result of each setting, and a failing setting
//! is a result, too. The oracle is the judge that knows all true values. A stack is a sync engine
//! with its server half.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::held::{AnswerRecord, ClaimRecord, GateRecord};

/// Why a cell is not a pass: a code, and the details that are nowhere else in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reason {
    /// The oracle found a violation: `violations` has the first, the check's metric the number.
    Violation {
        check: String,
    },
    /// It did not come to rest, as its ending says.
    Stuck {},
    /// Saved edits were lost when the state of a phone or of the backend was replaced.
    TakenBack {
        first: String,
    },
    /// Saved edits are left on a phone by somebody who has logged out of it.
    Shelved {
        first: String,
    },
    /// No edit of an action was made.
    ActionInVain {
        action: String,
        /// Only phones made none; the office made its own.
        on_phones: bool,
        wanted: u64,
        /// The number of edits for which the script had no row or no free natural key.
        unplaced: u64,
        /// The number of edits that a blocking sync prevented.
        prevented: u64,
    },
    EventInVain {
        event: String,
    },
    NoRequest {},
    /// Nobody wanted to edit anything, and no row came to a device.
    NoChange {},
    Expectation {
        what: String,
    },
    Gate {
        gate: GateRecord,
    },
    /// A claim for which it is the `mends` cell does not hold.
    Claim {
        claim: ClaimRecord,
        fails: String,
    },
    /// The answer to a question is not shown.
    Answer {
        answer: AnswerRecord,
    },
    /// A figure differs from the baseline's.
    Differs {
        text: String,
    },
    /// There is nothing to compare it with.
    NoBaseline {
        text: String,
    },
    /// Its scenario differs from the baseline's, so their figures do not apply.
    ScenarioChanged {
        text: String,
    },
    /// A second run has another digest.
    NotDeterministic {
        /// Whether only the digest of the figures differs.
        of_figures: bool,
        first: String,
        second: String,
    },
    /// It needs features that its stack does not support, and was not run.
    Unsupported {
        stack: String,
        /// The missing features, each with the place in the scenario that needs it.
        needs: Vec<String>,
    },
    /// It could not be run, or the bench or a stack failed.
    Broken {
        /// The exit code that this alone gives.
        exit_code: u8,
        text: String,
    },
}

impl Reason {
    /// The exit code of a cell that has only this reason. An unknown code comes from a newer
    /// version and counts as the gravest one.
    pub fn exit(&self) -> Exit {
        match self {
            Reason::Violation { .. } | Reason::TakenBack { .. } | Reason::Shelved { .. } => Exit::Correctness,
            Reason::Stuck {} => Exit::Stuck,
            Reason::ActionInVain { .. }
            | Reason::EventInVain { .. }
            | Reason::NoRequest {}
            | Reason::NoChange {}
            | Reason::Expectation { .. }
            | Reason::Gate { .. }
            | Reason::Claim { .. }
            | Reason::Answer { .. } => Exit::Threshold,
            Reason::Differs { .. } => Exit::Regression,
            Reason::NoBaseline { .. } | Reason::ScenarioChanged { .. } => Exit::NoBaseline,
            Reason::NotDeterministic { .. } => Exit::NotDeterministic,
            Reason::Unsupported { .. } => Exit::Unsupported,
            Reason::Broken { exit_code, .. } => Exit::of(*exit_code),
        }
    }
    /// A few words that say what failed. For a violation it is the name of the check.
    pub fn what(&self) -> String {
        match self {
            Reason::Violation { check } => check.clone(),
            Reason::Stuck {} => "stuck".to_owned(),
            Reason::TakenBack { .. } => "saved edits undone by a backup".to_owned(),
            Reason::Shelved { .. } => "saved edits left on a phone".to_owned(),
            Reason::Gate { gate } => format!("gate {}", gate.name),
            Reason::Expectation { what } => what.clone(),
            Reason::ActionInVain { action, .. } => format!("action {action} without an edit"),
            Reason::EventInVain { event } => format!("event {event} without an edit"),
            Reason::NoRequest {} => "no request".to_owned(),
            Reason::NoChange {} => "no change".to_owned(),
            Reason::Claim { claim, .. } => format!("claim {}", claim.id),
            Reason::Answer { answer } => format!("question {}", answer.question),
            Reason::Differs { .. } | Reason::NoBaseline { .. } | Reason::ScenarioChanged { .. } => {
                "its baseline".to_owned()
            }
            Reason::NotDeterministic { .. } => "another digest when run again".to_owned(),
            Reason::Unsupported { .. } => "needs of the scenario that its stack lacks".to_owned(),
            Reason::Broken { .. } => "a bug of the program or stack".to_owned(),
        }
    }
    /// True for a finding about a setting. A search or a matrix reports it as a result, not an
    /// error.
    pub fn is_finding(&self) -> bool {
        self.exit().is_finding()
    }
}
