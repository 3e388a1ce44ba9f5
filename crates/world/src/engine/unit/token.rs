//! Tokens: a new one is requested after a request was refused for its token.

use std::cell::Cell;

use crate::base::Time;
use crate::contract::TransportError;
use crate::engine::options::OnUnauthorized;
use crate::engine::process::Process;

/// What a process knows of its token.
#[derive(Default)]
pub(crate) struct Token {
    is_due: Cell<bool>,
    /// When this process last got one.
    renewed_at: Cell<Option<Time>>,
}

impl Token {
    /// Handles a refused token of a request sent at `sent_at`: `Ok` once there is a new one, `None`
    /// if the request is not to go again.
    pub(crate) async fn refused(
        &self,
        process: &Process,
        sent_at: Time,
        in_run: bool,
    ) -> Option<Result<(), TransportError>> {
        // Another request may have been refused sooner and got a new one since.
        self.is_due.set(self.renewed_at.get().is_none_or(|at| at < sent_at));
        let goes_again = process.options.on_unauthorized == OnUnauthorized::Refresh;
        if goes_again { Some(self.renew_if_due(process, in_run).await) } else { None }
    }

    /// Requests a new token if the last one was refused.
    pub(crate) async fn renew_if_due(&self, process: &Process, in_run: bool) -> Result<(), TransportError> {
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
