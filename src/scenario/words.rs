//! Words of scenario files that choose between values which other keys complete, or whose values
//! no room owns.

use jiff::civil::Weekday;

use crate::base::{Word, in_words};
use crate::metrics::Situation;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holder {
    #[default]
    Client,
    Server,
}
in_words!(Holder { Client: "client", Server: "server" });

/// What becomes of copied columns as the row changes that they are copied from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Copies {
    #[default]
    Follow,
    AsMade,
}
in_words!(Copies { Follow: "follow", AsMade: "as-made" });

/// Where rows come from that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReadFrom {
    #[default]
    Api,
    File,
}
in_words!(ReadFrom { Api: "api", File: "file" });

/// What decides about the rows of the next chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Steered {
    #[default]
    Fixed,
    PerEntity,
    Clamp,
    Aimd,
    HalveWhenSlow,
    Gradient,
    Model,
}
in_words!(Steered {
    Fixed: "fixed",
    PerEntity: "per-entity",
    Clamp: "clamp",
    Aimd: "aimd",
    HalveWhenSlow: "halve-when-slow",
    Gradient: "gradient",
    Model: "model",
});

/// What clocks are like that nothing more is said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clocks {
    Good,
    Phones,
}
in_words!(Clocks { Good: "good", Phones: "phones" });

/// On which side of the end of a sync the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Before,
    After,
}
in_words!(Beside { Before: "before", After: "after" });

in_words!(Weekday {
    Monday: "mon",
    Tuesday: "tue",
    Wednesday: "wed",
    Thursday: "thu",
    Friday: "fri",
    Saturday: "sat",
    Sunday: "sun",
});

/// Situations that must occur, or all.
pub(super) const OCCUR: &[&str] = &{
    let mut words = ["all"; Situation::WORDS.len() + 1];
    let mut at = 0;
    while at < Situation::WORDS.len() {
        words[at + 1] = Situation::WORDS[at];
        at += 1;
    }
    words
};
