//! Options that limit an engine: numbers, ages and sizes.

use crate::base::{Span, word_enums};

/// How many pages a run requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunPages {
    /// The most responses with rows per run; `None`: no limit.
    pub most: Option<u32>,
    /// The action after a run that left pages.
    pub left: PagesLeft,
}

/// The limits of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxLimits {
    /// The longest wait of an edit, by the device's clock; `None`: no limit.
    pub keep_for: Option<Span>,
    /// The most edits of an entity that wait; `None`: no limit.
    pub keep_most: Option<u32>,
    /// The action at a limit.
    pub on_full: OnFull,
}

impl OutboxLimits {
    /// Whether there is any limit.
    pub fn exist(self) -> bool {
        self.keep_for.is_some() || self.keep_most.is_some()
    }
}

word_enums! {
    /// What an engine does with rows that are too large for the phone's reader.
    pub enum OnBigRow {
        /// It stores them, and the app dies when it reads one.
        #[default]
        Store: "store",
        /// It leaves them out, and the cursor passes them.
        Skip: "skip",
        /// It reads them in parts.
        InParts: "in-parts",
    }

    /// The action if too many edits wait, or if edits wait too long.
    pub enum OnFull {
        /// The oldest are dropped, and nobody is told.
        #[default]
        Drop: "drop",
        /// The oldest are dropped, each with a line that its person can read.
        Tell: "tell",
        /// The app refuses further edits until the outbox is below the limit.
        Refuse: "refuse",
    }

    /// The clock whose time a request carries, for a server that compares clocks.
    pub enum RequestClock {
        /// The device's clock: the server refuses each request while that clock is off.
        #[default]
        Device: "device",
        /// The server's clock: after a refusal the engine adds the reported difference.
        Server: "server",
    }

    /// The action after a run that ended well with pages left.
    pub enum PagesLeft {
        /// Wait for the next trigger. The app is ready only after a run that leaves no pages.
        #[default]
        Wait: "wait",
        /// Run again at once. The app is ready only after a run that leaves no pages.
        Again: "again",
        /// Wait for the next trigger; the app already reports that it is ready.
        Ready: "ready",
    }
}
