//! Words of scenario files whose values no room owns.

use jiff::civil::Weekday;

use crate::base::{Word, in_words};
use crate::metrics::Situation;

in_words!(Weekday {
    Monday: "mon",
    Tuesday: "tue",
    Wednesday: "wed",
    Thursday: "thu",
    Friday: "fri",
    Saturday: "sat",
    Sunday: "sun",
});

pub(super) const OCCUR: &[&str] = &{
    let mut words = ["all"; Situation::WORDS.len() + 1];
    let mut at = 0;
    while at < Situation::WORDS.len() {
        words[at + 1] = Situation::WORDS[at];
        at += 1;
    }
    words
};
