//! Options that limit what an engine does: by number, age or size.

use crate::base::{Span, word_enums};

/// How many pages a run requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunPages {
    /// At most this many responses with rows per run; all that there are if `None`.
    pub most: Option<u32>,
    /// What follows a run that left pages.
    pub left: PagesLeft,
}

/// The limits of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxLimits {
    /// An edit waits at most this long, by the device's clock; for ever if `None`.
    pub keep_for: Option<Span>,
    /// At most this many edits of an entity wait; any number if `None`.
    pub keep_most: Option<u32>,
    /// What happens at a limit.
    pub on_full: OnFull,
}

impl OutboxLimits {
    /// Whether there is any limit.
    pub fn exist(self) -> bool {
        self.keep_for.is_some() || self.keep_most.is_some()
    }
}

word_enums! {
    /// What an engine does about rows that are larger than the phone's reader can hold.
    pub enum OnBigRow {
        /// Nothing: it stores them, and the app dies when it reads one.
        #[default]
        Store: "store",
        /// It leaves them out, and the cursor passes them.
        Skip: "skip",
        /// It reads them in parts.
        InParts: "in-parts",
    }

    /// What happens to edits that are too many, or wait for too long.
    pub enum OnFull {
        /// The oldest are dropped, and nobody is told.
        #[default]
        Drop: "drop",
        /// The oldest are dropped, each with a line that its person can read.
        Tell: "tell",
        /// The app refuses further edits until the outbox is below the limit.
        Refuse: "refuse",
    }

    /// Whose time a request carries, for a server that compares clocks.
    pub enum RequestClock {
        /// The device's: the server refuses each request while its clock is off.
        #[default]
        Device: "device",
        /// The server's: after a refusal the engine adds the difference that the server named.
        Server: "server",
    }

    /// What follows a run that ended well with pages left.
    pub enum PagesLeft {
        /// The next trigger. The app is ready only after the run that leaves none.
        #[default]
        Wait: "wait",
        /// Another run at once. The app is ready only after the run that leaves none.
        Again: "again",
        /// The next trigger, and the app says that it is ready.
        Ready: "ready",
    }
}
