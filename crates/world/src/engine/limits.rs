//! Options that limit an engine: numbers, ages and sizes.

use crate::base::{Span, word_enums};

/// How many pages a run requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunPages {
    /// The most responses with rows per run; `None`: no limit.
    pub most: Option<u32>,
    /// The engine's action after a run that stopped at the limit.
    pub left: PagesLeft,
}

/// The limits of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxLimits {
    /// The longest time that an edit waits, by the device's clock; `None`: no limit.
    pub keep_for: Option<Span>,
    /// The most waiting edits per entity; `None`: no limit.
    pub keep_most: Option<u32>,
    /// The engine's action when a limit is reached.
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
        /// It stores them. The app crashes when it reads one.
        #[default]
        Store: "store",
        /// It skips them, and the cursor moves past them.
        Skip: "skip",
        /// It reads them in parts.
        InParts: "in-parts",
    }

    /// The engine's action if too many edits wait, or if edits wait too long.
    pub enum OnFull {
        /// The oldest edits are dropped without a message.
        #[default]
        Drop: "drop",
        /// The oldest edits are dropped. The app shows one message per dropped edit.
        Tell: "tell",
        /// The app refuses further edits until the outbox is below the limit.
        Refuse: "refuse",
    }

    /// The clock that dates each request. Some servers refuse requests with a wrong date.
    pub enum RequestClock {
        /// The device's clock: the server refuses every request while that clock is wrong.
        #[default]
        Device: "device",
        /// The server's clock: a refusal contains the server's time, and the engine uses it from
        /// then on.
        Server: "server",
    }

    /// The engine's action after a successful run that left pages on the server.
    pub enum PagesLeft {
        /// Wait for the next trigger. The app counts as ready only after a run that leaves no
        /// pages.
        #[default]
        Wait: "wait",
        /// Run again at once. The app counts as ready only after a run that leaves no pages.
        Again: "again",
        /// Wait for the next trigger. The app already counts as ready.
        Ready: "ready",
    }
}
