//! Keys of a phone's life: tokens, and what happens to them.

use super::super::column_written::COLUMN;
use super::super::form::{Form, SPAN, WINDOW, key, optional, required, table, word};
use super::concerned::{RESTART, on_devices};
use crate::engine::OnUnauthorized;
use crate::store::OnMismatch;

pub(super) const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("So long after it was given out a token is accepted; each request that comes with an older one is refused (401)."),
    optional("refresh_life", WINDOW)
        .about("So long after a token was given out the next is given for it. Who comes later gets none: the app logs its person out (`engine.on_logout`), if it may, and they log in again 20 s later."),
]);

pub(super) const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>("on_refused")
    .about("After a 401: another token and the request again; the run fails and the next has another; or the edits of the request are dropped.")]);

pub(super) const TOKEN_EXPIRY: Form = on_devices![];
pub(super) const TOKEN_EXPIRY_SAYS: &str =
    "The server takes the tokens of devices back: it refuses them from then on (401).";

pub(super) const UPGRADE: Form = on_devices![
    optional("adds", ADDS).about(
        "The column that the new version holds besides; events that add others bring the same version."
    ),
    word::<OnMismatch>("on_mismatch").about("What the new version does with the old one's database."),
    RESTART,
];
pub(super) const UPGRADE_SAYS: &str = "A new version of the app is installed, which holds more columns; devices that it does not concern keep the old one.";

const ADDS: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("column", Form::Text).about("The column."),
    optional("type", Form::Written(&COLUMN)).about(
        "Its type, if the schema does not have it: it is new on the backend, too, and empty in all rows.",
    ),
]);

pub(super) const ON_LOGOUT_SAYS: &str = "What becomes of edits that wait as their person logs out.";
pub(super) const DATABASE_PER_SAYS: &str = "Whose the data on a phone is that several people share: each has a database of their own, or who logs in goes on with what is there.";

pub(super) const LOGOUT: Form =
    on_devices![required("for", SPAN).about("How long until the same person logs in again.")];
pub(super) const LOGOUT_SAYS: &str = "The person logs out, and logs in again later, when there is a network.";
pub(super) const OTHER_USER: Form =
    on_devices![required("for", SPAN).about("How long the other one has the phone.")];
pub(super) const OTHER_USER_SAYS: &str = "The person logs out and hands the phone to somebody else, who logs in, does the work meanwhile, logs out, and hands it back.";
pub(super) const REINSTALL: Form = on_devices![RESTART];
pub(super) const REINSTALL_SAYS: &str =
    "The app is deleted and installed again: nothing is there of what it held, edits that wait included.";
