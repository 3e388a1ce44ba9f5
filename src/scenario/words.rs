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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Copies {
    #[default]
    Follow,
    AsMade,
}
in_words!(Copies { Follow: "follow", AsMade: "as-made" });

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReadFrom {
    #[default]
    Api,
    File,
}
in_words!(ReadFrom { Api: "api", File: "file" });

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clocks {
    Good,
    Phones,
}
in_words!(Clocks { Good: "good", Phones: "phones" });

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

pub(super) const OCCUR: &[&str] = &{
    let mut words = ["all"; Situation::WORDS.len() + 1];
    let mut at = 0;
    while at < Situation::WORDS.len() {
        words[at + 1] = Situation::WORDS[at];
        at += 1;
    }
    words
};
