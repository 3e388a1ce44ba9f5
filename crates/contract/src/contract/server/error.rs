//! Why a server refuses a request.

use crate::base::{EntityId, Span, Stamp, digested};

digested! {
/// Why the gateway or the backend cannot respond, and what the device should do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum ServerError {
    /// The backend is down for a while. The device should try again later.
    #[error("the backend is not available")]
    1 Unavailable,
    /// The server asks the device to try again after this time.
    #[error("throttled; try again after {0}")]
    2 Throttled(wait: Span),
    /// The cursor is older than the kept tombstones, or unknown. The device should reload the
    /// entity.
    #[error("the cursor of entity {} has expired", .0.0)]
    3 CursorExpired(entity: EntityId),
    /// The gateway's deadline for the backend passed.
    #[error("the gateway gave up waiting for the backend")]
    4 GatewayTimeout,
    /// The request failed in the backend or on the way there. It may have taken effect. Try again.
    #[error("the server failed")]
    5 Failed,
    /// The token is missing or expired. The device needs a new token or a login.
    #[error("the token is not accepted")]
    7 Unauthorized,
    /// The request is larger than this many bytes, the server's limit (413).
    #[error("the request is larger than the {0} bytes that the server takes")]
    8 RequestTooLarge(limit: u64),
    /// The response would be larger than this many bytes, the server's limit. The request may have
    /// taken effect.
    #[error("the answer is larger than the {0} bytes that the server sends")]
    9 AnswerTooLarge(limit: u64),
    /// The data of the request is already there (409, 412): an earlier try took effect, and its
    /// response was lost.
    #[error("it is there already")]
    10 AlreadyThere,
    /// The device must discard its copy and load again. Before that, the server sends it no rows.
    #[error("the device must reset its copy first")]
    11 MustReset,
    /// The server handles the request in the background (202). The device should send the same
    /// request after this time.
    #[error("accepted; ask again after {0}")]
    20 Accepted(wait: Span),
    /// The device's clock is wrong by more than the server tolerates. The server's clock shows this
    /// time.
    #[error("the clock of the device is off: the server's clock shows {}", .0.0)]
    21 ClockOff(now: Stamp),
    /// The request cannot be read or is not allowed. The text says why.
    #[error("bad request: {0}")]
    6 BadRequest(; String),
}
}
