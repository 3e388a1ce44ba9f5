//! Keys of what people may edit, and when.

use super::super::form::{Form, SOME_SPAN, optional, table, word};
use crate::workload::Offline;

pub(super) const EDITING: Form = table(&[
    word::<Offline>("offline")
        .about("Whether people may edit while the phone sees no network, or the app refuses it. One that is cut off and does not know lets edits through."),
    optional("lease", SOME_SPAN)
        .about("For how long who edits a row has it, also offline, while others are refused; the office asks for none."),
]);
