//! Tokens: another one is asked for when a request was refused for the one that it came with.

use std::cell::Cell;

use super::options::OnUnauthorized;
use super::process::Process;
use crate::base::Time;
use crate::contract::TransportError;

/// What a process knows of its token.
#[derive(Default)]
pub(super) struct Token {
    is_due: Cell<bool>,
    /// When it came, if this process got it.
    renewed_at: Cell<Option<Time>>,
}

impl Token {
    /// A request that was sent at `sent_at` was refused for it: `Ok` once there is another one,
    /// `None` if the request is not to go again.
    pub(super) async fn refused(
        &self,
        process: &Process,
        sent_at: Time,
        in_run: bool,
    ) -> Option<Result<(), TransportError>> {
        // Another request may have been refused, too, and sooner.
        self.is_due.set(self.renewed_at.get().is_none_or(|at| at < sent_at));
        let goes_again = process.options.on_unauthorized == OnUnauthorized::Refresh;
        if goes_again { Some(self.renew_if_due(process, in_run).await) } else { None }
    }

    /// Another is asked for if the last one was refused.
    pub(super) async fn renew_if_due(&self, process: &Process, in_run: bool) -> Result<(), TransportError> {
        if !self.is_due.get() {
            return Ok(());
        }
        let (clock, transport) = (&process.ports.clock, &process.ports.transport);
        let asked = transport.renew_token(clock.now() + process.options.request_timeout);
        let renewed = process.unless_stopped(in_run, asked).await;
        let renewed = renewed.unwrap_or(Err(TransportError::Cancelled));
        if renewed.is_ok() {
            self.is_due.set(false);
            self.renewed_at.set(Some(clock.now()));
        }
        renewed
    }
}
