//! How a sender sees its path.

/// Linux's states of a connection (`tcp_ca_state`), from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// All is well.
    #[default]
    Open,
    /// Something is missing, or was.
    Disorder,
    /// The window is made smaller though nothing is missing.
    Reduction,
    /// What is lost is sent again.
    Recovery,
    /// Nothing was heard for a timeout.
    Loss,
}

impl State {
    pub(super) fn reduces(self) -> bool {
        matches!(self, State::Reduction | State::Recovery)
    }
}
