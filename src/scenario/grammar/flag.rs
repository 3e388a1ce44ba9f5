//! Keys of capture by flag and by change log, and of what the backend keeps for them.

use super::super::form::{Form, Key, PERIOD, SOME, SOME_SPAN, key, optional, required, table, word};
use crate::backend::{Holes, Numbered, Rearm, Reset, Trimmed};
use crate::gateway::{FlagForm, FlagPer, Initial, OnUnreadable, SetFlag};

pub(super) const FLAG: Form = table(&[
    word::<FlagForm>("form")
        .about("What the flag is: a text, a yes or no, an id that the consumer gives, or the status and the version that it is of."),
    word::<Initial>("initial")
        .about("What it says of rows that were there before it: who was provisioned has what it was provisioned with, nobody has them, everybody has them."),
    word::<SetFlag>("set")
        .about("When it is set: when the reader says that it committed the page, when the gateway has the rows, or as they are read."),
    word::<Reset>("reset")
        .about("How it is set: if the row is still the version that was delivered, or whatever it is."),
    word::<FlagPer>("per").about("Whose it is: each device has its own, or there is one."),
    optional("lease", SOME_SPAN)
        .about("Who delivers a row claims it for this long; without it nobody claims any."),
    key("unreadable", Form::Share, "0")
        .about("Share of the rows that cannot be captured, by the hash of their keys."),
    word::<OnUnreadable>("on_unreadable")
        .about("What becomes of a page with such a row: the row is passed over, or the page fails."),
]);

/// How changes are found: by a log.
pub(super) const CHANGE_LOG: Form = table(&[
    word::<Holes>("holes")
        .about("A number that is missing: stay behind the oldest transaction under way, or go on."),
    word::<Trimmed>("trimmed")
        .about("Entries that may be trimmed: load everything again, or go on with what is there."),
]);

/// What a backend keeps for them.
pub(super) const LOG: Form = table(&[
    key("kept", SOME_SPAN, "\"7d\"").about("Entries are kept for this long."),
    word::<Numbered>("numbered")
        .about("When an entry gets its number: a transaction under way has none yet, or leaves a hole."),
]);

/// Which changes arm flags.
pub(super) const REARM: Key = word::<Rearm>("rearm")
    .about("Which changes set a row's flags to \"not synced\": all, or not those of the office and of imports to rows that are there.");

/// A user asks for rows again.
pub(super) const TOUCH_FLAG: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("rows", SOME).about("How many of its rows, the first in the order of keys."),
]);

/// The gateway forgets.
pub(super) const GATEWAY_REPLACED: Form = table(&[
    key("times", Form::Int { min: 0, max: 1_000 }, "1").about("How often."),
    key("every", PERIOD, "\"1m\"").about("From one time to the next."),
]);
