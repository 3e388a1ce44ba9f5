//! Keys of what people may edit, and when.

use super::super::form::{Form, SOME_SPAN, optional, table, word};
use crate::workload::Offline;

pub(super) const EDITING: Form = table(&[
    word::<Offline>(
        "offline",
        "Whether people may edit while the phone sees no network, or the app refuses it. One that is cut off and does not know lets edits through.",
    ),
    optional(
        "lease",
        SOME_SPAN,
        "Who edits a row asks the server for it, has it for so long, also without a network, and others are refused meanwhile. It is given for a row that the device shows as it is; the office asks for none.",
    ),
]);
