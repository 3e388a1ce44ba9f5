//! Keys of people who decide conflicts.

use super::super::form::{Form, SPAN, key, table, word};
use crate::workload::{Contested, Delays, Takes};

pub(super) const RESOLVER: Form = table(&[
    word::<Takes>("takes")
        .about("What they take: what they did themselves, what the backend has, or column by column what was changed."),
    word::<Contested>("contested")
        .about("For `columns`: what they take where both sides changed a column. What was changed later, and a row rather than that it is gone; or one side's."),
    key("delay", SPAN, "\"10m\"")
        .about("How long a conflict waits for them, on average; then they decide when they next look at the app."),
    word::<Delays>("delays").about("How that is spread about its mean."),
    key("never", Form::Share, "0").about("Share of conflicts that nobody ever decides."),
]);
