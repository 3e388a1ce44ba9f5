//! Keys of a phone's life: tokens, and what happens to them.

use super::super::form::{Form, SOME_SPAN, key, optional, required, table, word};
use super::trouble::on_devices;
use crate::engine::OnUnauthorized;

pub(super) const TOKEN: Form = table(&[required(
    "life",
    SOME_SPAN,
    "So long after it was given out a token is accepted; each request that comes with an older one is refused (401).",
)]);

pub(super) const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>(
    "on_refused",
    "What is done about a request that is refused for its token: another is asked for and the request goes again, or the run fails and the next begins with another, or the same, and the edits that it brought count as refused for good.",
)]);

pub(super) const TOKEN_EXPIRY: Form = on_devices![];
pub(super) const TOKEN_EXPIRY_SAYS: &str =
    "The server takes the tokens of devices back: it refuses them from then on (401).";
