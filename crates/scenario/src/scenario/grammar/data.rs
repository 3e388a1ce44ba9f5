//! Keys of what is synced: entities, sync units, the lists that screens show, and the app's hooks.

use super::super::column::COLUMN;
use super::super::written::PATH;
use super::super::written::{DELIVERY, SCOPE, TRIGGER};
use crate::config::form::{
    COUNT, Form, Needs, POLL, SOME_SPAN, SPAN, key, map, named, optional, required, table, word,
};
use crate::contract::{Condition, MergeRule, NamedBy, OnDelete};

pub(super) const ENTITY: Form = table(&[
    optional("schema", map(&Form::Written(&COLUMN)))
        .about("The columns and their types; inferred from a CSV if it is missing."),
    key("rows", Form::Either { plain: &COUNT, table: &CSV }, "1000")
        .about("How many rows there are at the start, or a CSV with rows of one's own."),
    key("scope", map(&Form::Written(&SCOPE)), "{}")
        .about("Which rows a device holds: a condition for a column; all rows if empty."),
    optional("editable_offline", Form::List(&Form::Text))
        .about("Columns that people may edit while the phone sees no network; then they make and delete no rows either. Everything if it is missing, nothing if it is empty."),
    key("owned_by", map(&Form::Written(&SCOPE)), "{}")
        .about("Whose a row is, such as { owner = \"device.person\" }. Who is not the owner sees it and cannot edit it; the office can."),
    optional("project", Form::List(&Form::Text))
        .about("The columns that devices hold; all if it is missing."),
    key("path", map(&Form::Written(&PATH)), "{}")
        .about("What the way between a device and the backend does to a column, as an object layer does around any codec: a day goes as local midnight and is \
         read in UTC; an instant as local time without its zone, or in milliseconds or seconds; a number through a double (beyond 2^53 not all are there), \
         its hundredths cut, a single or 32 bits; an empty text as null or null as one; a null not at all, so that what was there stays; accents composed \
         or apart, which means the same, or what looks like other letters as those; letters that a charset lacks as question marks; bytes read as UTF-8. \
         What is not named goes as it is."),
    key("delivery", Form::Written(&DELIVERY), "\"delta\"").about("How rows come to devices."),
    optional("attachment", ATTACHMENT)
        .about("What each row has beside it, such as a photo: made on a device, sent in ranges by a queue of its own (`engine.attachments`)."),
    key("indexes", Form::List(&Form::Text), "[]")
        .about("Indexes that devices have besides those of keys and references, really made: each a column that they hold, or several with commas between."),
    key("unique", Form::List(&Form::Text), "[]").about("Columns that together name a row once."),
    word::<NamedBy>("ids").about("Who gives new rows their keys."),
    word::<MergeRule>("merge")
        .about("What a row says that was made twice (`ids = \"natural-key\"`): the first, the last, or the first with its nulls filled from the last.")
        .needs(&Needs {
            of: &[".ids"],
            holds: |of| of[0].says(NamedBy::NaturalKey),
            why: "no row is the same as another, so nothing is merged",
            help: "it goes with ids = \"natural-key\"; to compare ways, let variants or an axis set entity.NAME.ids",
        }),
    key("doubles", Form::Bool, "false")
        .about("Nothing enforces `unique`: it only says which rows people take for the same one."),
    key("pool", Form::Int { min: 1, max: 1_000_000 }, "100")
        .about("Keys that a device holds for later once it was told some, with `ids = \"pool\"`.")
        .needs(&Needs {
            of: &[".ids"],
            holds: |of| of[0].says(NamedBy::Pool),
            why: "devices hold no keys for later",
            help: "it goes with ids = \"pool\"; to compare ways, let variants or an axis set entity.NAME.ids",
        }),
    key("refill", Form::Int { min: 1, max: 1_000_000 }, "20")
        .about("It asks for more as soon as it holds fewer.")
        .needs(&Needs {
            of: &[".ids"],
            holds: |of| of[0].says(NamedBy::Pool),
            why: "devices hold no keys for later, and ask for none",
            help: "it goes with ids = \"pool\"; to compare ways, let variants or an axis set entity.NAME.ids",
        }),
    key("on_delete", map(&Form::word::<OnDelete>()), "{}")
        .about("What becomes of a row, by column, as the row that the column refers to is deleted."),
    optional("one_stamp", SPAN)
        .about("All rows carry one stamp, this long before the start, as after an import."),
    key("age", SPAN, "\"90d\"").about("The oldest row is this old at the start."),
    key("created_daily", Form::Share, "\"0.2%\"")
        .about("Share of rows that were created in the last day before the start, and on each day before."),
    key("changed_daily", Form::Share, "\"1%\"")
        .about("Share of rows that were changed in the last day before the start, and on each day before."),
    key("deleted_daily", Form::Share, "\"0.1%\"")
        .about("Share of rows that were deleted in the last day before the start, and on each day before."),
    key("count", named(&COUNTER), "{}")
        .about("Columns that the backend keeps as counters, by name."),
]);

const ATTACHMENT: Form = table(&[
    required("least", BLOB).about("Bytes of the smallest."),
    optional("most", BLOB)
        .about("Bytes of the largest; `least` if it is missing. Sizes between are equally likely."),
    optional("thumbnail", BLOB).about("Bytes of a small picture that is made of it and sent by itself."),
]);

const BLOB: Form = Form::Size { min: 1, max: 100_000_000 };

const CSV: Form = table(&[
    required("csv", Form::Text).about("The file, relative to the scenario's; of at most 1 GiB."),
    key("key", Form::Text, "\"id\"").about("The column with the key; no key comes twice."),
    optional("updated_at", Form::Text)
        .about("The column with the stamp, cut to `backend.stamp_precision`, and at the finest to microseconds; without it all rows carry the start's."),
]);

const COUNTER: Form = table(&[
    required("of", Form::Text).about("The entity whose rows are counted."),
    required("where", map(&Form::Text))
        .about("Which row counts: columns of this entity, each with the equal column of the other; \"day of COLUMN\" compares days."),
    key("step", Form::Int { min: -1_000_000, max: 1_000_000 }, "1")
        .about("Added for each row that comes, taken off for each that goes."),
]);

const EXCERPT: Form = table(&[
    optional("columns", Form::List(&Form::Text))
        .about("The columns that it brings, the key among them; all that devices hold if it is missing."),
    key("rows", map(&Form::Written(&SCOPE)), "{}")
        .about("Which of a device's rows it brings: a condition for a column, as in the entity's `scope`; all if empty."),
]);

pub(super) const UNIT: Form = table(&[
    required("on", Form::List(&Form::Written(&TRIGGER))).about("What starts it."),
    key("pull", Form::List(&Form::Text), "[]")
        .about("The entities that it pulls, in order; \"*\" for all."),
    key("push", Form::List(&Form::Text), "[]").about("The entities that it pushes; \"*\" for all."),
    key("blocking", Form::Bool, "false")
        .about("The person waits for it: while it is asked for or runs, the app takes no edit."),
    key("discard_pending", Form::Bool, "false")
        .about("Its start empties the queue of waiting units; local changes stay."),
    key("entity", named(&EXCERPT), "{}")
        .about("Entities of which it brings a part, by their names: rows that lie beside those that another unit brings in full, and are shown where they are newer."),
    key("when", Form::List(&CONDITION), "[]")
        .about("What must hold while it runs: \"wifi\", \"unmetered\" (not cellular), or \"not-roaming\". Automatic starts wait for it, a run ends without it; a person who asks is not held back."),
]);

const CONDITION: Form = Form::word::<Condition>();

pub(super) const QUERY: Form = table(&[
    required("of", Form::Text)
        .about("The entity whose rows are listed, with all columns that the device holds."),
    key("through", Form::List(&Form::Text), "[]")
        .about("References of it: each row is shown with the rows that they lead to, which the device holds (a join)."),
    optional("like", Form::Text)
        .about("Only rows that have one value in this column, a different one each time: `COLUMN`, or `REFERENCE.COLUMN` of a row that one of `through` leads to."),
    key("every", POLL, "\"1m\"")
        .about("From one time to the next, while somebody looks at the app."),
]);

macro_rules! hook {
    ($($own:expr),* $(,)?) => {
        table(&[
            $($own,)*
            key("takes", SPAN, "\"0s\"").about("How long it works, before all else."),
            key("hangs", Form::Share, "0").about("Share of its calls that never end."),
            optional("calls", CALL)
                .about("It calls a service of the app over the device's link; no response throws."),
            key("throws", Form::Share, "0").about("Share of its calls that throw."),
            optional("triggers", Form::Text)
                .about("The unit that it puts into the queue as it ends, unless it throws."),
        ])
    };
}

const OF_RUN: Form =
    hook![optional("unit", Form::Text).about("For runs of this unit; of every unit if it is missing.")];

pub(super) const HOOKS: Form = table(&[
    optional("on_sync_start", OF_RUN)
        .about("A run starts (OnSyncStart): it waits, and ends as an error if this throws."),
    optional("on_sync_complete", OF_RUN)
        .about("A run ended well (OnSyncComplete): the next unit of the queue waits; what was stored stays, whatever this does."),
    optional("on_sync_error", OF_RUN)
        .about("A run ended badly (OnSyncError), also one that a kill interrupted: the next unit of the queue waits."),
    optional("network_status_changed", hook![])
        .about("The network came or went (NetworkStatusChanged): nothing waits for it."),
]);

const CALL: Form = table(&[
    key("request", BODY, "\"1KiB\"").about("Size of the request's body."),
    key("response", BODY, "\"1KiB\"").about("Size of the response's body."),
    key("takes", SPAN, "\"100ms\"").about("How long the service works for it."),
    key("timeout", SOME_SPAN, "\"30s\"").about("A call without a response is given up after this."),
]);

const BODY: Form = Form::Size { min: 0, max: 1 << 26 };
