//! Words of scenario files that choose between values which other keys complete, or whose values
//! no room owns.

use jiff::civil::Weekday;

use crate::base::in_words;

/// Who remembers where a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holder {
    #[default]
    Client,
    Server,
}
in_words!(Holder { Client: "client", Server: "server" });

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
