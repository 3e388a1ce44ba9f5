//! Congestion state of a sender.

/// Linux's states of a connection (`tcp_ca_state`), from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// No losses.
    #[default]
    Open,
    /// Packets are or were missing.
    Disorder,
    /// The window shrinks although nothing is missing.
    Reduction,
    /// Lost packets are retransmitted.
    Recovery,
    /// A retransmission timeout fired.
    Loss,
}

impl State {
    pub(super) fn reduces(self) -> bool {
        matches!(self, State::Reduction | State::Recovery)
    }
}
