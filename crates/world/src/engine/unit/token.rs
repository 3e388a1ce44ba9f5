//! Access tokens. After the server refused a request because of its token, the engine requests a
//! new token.

use std::cell::Cell;

use crate::base::Time;
use crate::contract::TransportError;
use crate::engine::options::OnUnauthorized;
use crate::engine::process::Process;

#[derive(Default)]
pub(crate) struct Token {
    is_due: Cell<bool>,
    renewed_at: Cell<Option<Time>>,
}

impl Token {
    /// Handles the refused token of a request that was sent at `sent_at`. `Some(Ok)` means that
    /// there is a new token. `None` means that the request is not sent again.
    pub(crate) async fn refused(
        &self,
        process: &Process,
        sent_at: Time,
        in_run: bool,
    ) -> Option<Result<(), TransportError>> {
        // After another refused request, the engine may have got a new token since `sent_at`.
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
