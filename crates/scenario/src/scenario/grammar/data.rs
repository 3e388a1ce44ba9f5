//! Keys of what is synced: entities, sync units, the lists that screens show, and the app's hooks.

use super::super::column::COLUMN;
use super::super::written::{DELIVERY, PATH, SCOPE, TRIGGER};
use crate::config::form::{
    COUNT, Form, Needs, POLL, SOME_SPAN, SPAN, key, map, named, optional, required, table, word,
};
use crate::contract::{Condition, MergeRule, NamedBy, OnDelete};

const fn of_pool(why: &'static str) -> Needs {
    let help = "write ids = \"pool\"; to compare both, let variants or an axis set entity.NAME.ids";
    Needs { of: &[".ids"], holds: |of| of[0].says(NamedBy::Pool), why, help }
}

const POOL: &Needs = &of_pool("devices hold no keys in reserve");
const REFILL: &Needs = &of_pool("devices hold no keys in reserve, and ask for none");

pub(super) const ENTITY: Form = table(&[
    optional("schema", map(&Form::Written(&COLUMN)))
        .about("The columns and their types; inferred from a CSV if it is missing."),
    key("rows", Form::Either { plain: &COUNT, table: &CSV }, "1000")
        .about("How many rows there are at the start, or a CSV with your own rows."),
    key("scope", map(&Form::Written(&SCOPE)), "{}")
        .about("Which rows a device holds: a condition per column; all rows if empty."),
    optional("editable_offline", Form::List(&Form::Text))
        .about("Columns that people may edit while the phone is offline; if it is set, they also create and delete no rows offline. All columns if it is missing, none if it is empty."),
    key("owned_by", map(&Form::Written(&SCOPE)), "{}")
        .about("Who owns a row, such as { owner = \"device.person\" }. Others see the row and cannot edit it; the office can."),
    optional("project", Form::List(&Form::Text))
        .about("The columns that devices hold; all if it is missing."),
    key("path", map(&Form::Written(&PATH)), "{}")
        .about("What the path between a device and the backend does to a column, as an object layer \
         does around any codec: a day goes as local midnight and is read in UTC; an instant as \
         local time without its zone, or in milliseconds or seconds; a number through a double \
         (beyond 2^53 not all are there), its hundredths cut, a single or 32 bits; an empty text as \
         null or null as one; a null not at all, so that what was there stays; accents composed or \
         decomposed, which means the same, or look-alike letters replaced by one another; letters \
         that a charset lacks as question marks; bytes read as UTF-8. Columns that are not named go \
         unchanged."),
    key("delivery", Form::Written(&DELIVERY), "\"delta\"").about("How rows come to devices."),
    optional("attachment", ATTACHMENT)
        .about("What is attached to each row, such as a photo: made on a device, sent in ranges by a queue of its own (`engine.attachments`)."),
    key("indexes", Form::List(&Form::Text), "[]")
        .about("Indexes that devices have besides those of keys and references, created in their database: each is a column that they hold, or several separated by commas."),
    key("unique", Form::List(&Form::Text), "[]").about("Columns that together identify a row (its natural key)."),
    word::<NamedBy>("ids").about("Who assigns the keys of new rows."),
    word::<MergeRule>("merge")
        .about("What a row contains that was created twice (`ids = \"natural-key\"`): the first, the last, or the first with its nulls filled from the last.")
        .needs(&Needs {
            of: &[".ids"],
            holds: |of| of[0].says(NamedBy::NaturalKey),
            why: "no two rows count as the same, and no rows are merged",
            help: "write ids = \"natural-key\"; to compare both, let variants or an axis set entity.NAME.ids",
        }),
    key("doubles", Form::Bool, "false")
        .about("Nothing enforces `unique`: it only says which rows people take for the same one."),
    key("pool", Form::Int { min: 1, max: 1_000_000 }, "100")
        .about("Keys that a device holds in reserve after it received its first block, with `ids = \"pool\"`.")
        .needs(POOL),
    key("refill", Form::Int { min: 1, max: 1_000_000 }, "20")
        .about("A device asks for more keys as soon as it holds fewer than this.")
        .needs(REFILL),
    key("on_delete", map(&Form::word::<OnDelete>()), "{}")
        .about("By column: what happens to a row when the row that the column refers to is deleted."),
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
        .about("Bytes of the largest; `least` if it is missing. Sizes in between are equally likely."),
    optional("thumbnail", BLOB).about("Bytes of a thumbnail that is made of it and sent separately."),
]);

const BLOB: Form = Form::Size { min: 1, max: 100_000_000 };

const CSV: Form = table(&[
    required("csv", Form::Text).about("The file, relative to the scenario's; of at most 1 GiB."),
    key("key", Form::Text, "\"id\"").about("The column with the key; keys must be unique."),
    optional("updated_at", Form::Text)
        .about("The column with the stamp, rounded down to `backend.stamp_precision`, at finest to microseconds; without it all rows carry the start's."),
]);

const COUNTER: Form = table(&[
    required("of", Form::Text).about("The entity whose rows are counted."),
    required("where", map(&Form::Text))
        .about("Which rows count: columns of this entity, each with the equal column of the other; \"day of COLUMN\" compares days."),
    key("step", Form::Int { min: -1_000_000, max: 1_000_000 }, "1")
        .about("Added for each row that is created, subtracted for each that is deleted."),
]);

const EXCERPT: Form = table(&[
    optional("columns", Form::List(&Form::Text))
        .about("The columns that it delivers, the key among them; all that devices hold if it is missing."),
    key("rows", map(&Form::Written(&SCOPE)), "{}")
        .about("Which of a device's rows it delivers: a condition per column, as in the entity's `scope`; all if empty."),
]);

pub(super) const UNIT: Form = table(&[
    required("on", Form::List(&Form::Written(&TRIGGER))).about("What starts it."),
    key("pull", Form::List(&Form::Text), "[]")
        .about("The entities that it pulls, in order; \"*\" for all."),
    key("push", Form::List(&Form::Text), "[]").about("The entities that it pushes; \"*\" for all."),
    key("blocking", Form::Bool, "false")
        .about("The person waits for it: while it waits in the queue or runs, the app accepts no edit."),
    key("discard_pending", Form::Bool, "false")
        .about("Its start empties the queue of waiting units; local changes stay."),
    key("live", Form::Bool, "true")
        .about("Whether announcements (`engine.pull.live`) start it. If several such units pull an entity, one starts: a unit that does not block, with the fewest entities."),
    key("entity", named(&EXCERPT), "{}")
        .about("Entities of which it brings only some columns, by name. These partial rows are kept beside the full rows of another unit, and are shown where they are newer."),
    key("when", Form::List(&CONDITION), "[]")
        .about("What must hold while it runs: \"wifi\", \"unmetered\" (not cellular), or \"not-roaming\". Automatic starts wait for it, and a run ends when it no longer holds; a start by a person does not wait."),
]);

const CONDITION: Form = Form::word::<Condition>();

pub(super) const QUERY: Form = table(&[
    required("of", Form::Text)
        .about("The entity whose rows are listed, with all columns that the device holds."),
    key("through", Form::List(&Form::Text), "[]")
        .about("References to follow: each row is shown with the rows that they lead to and that the device holds (a join)."),
    optional("like", Form::Text)
        .about("Only rows that have one value in this column, a different one each time: `COLUMN`, or `REFERENCE.COLUMN` of a row that one of `through` leads to."),
    key("every", POLL, "\"1m\"")
        .about("Time between two runs of the query while somebody looks at the app."),
]);

macro_rules! hook {
    ($($own:expr),* $(,)?) => {
        table(&[
            $($own,)*
            key("takes", SPAN, "\"0s\"").about("How long it works before anything else happens."),
            key("hangs", Form::Share, "0").about("Share of its calls that never end."),
            optional("calls", CALL)
                .about("It calls a service of the app over the device's link; a missing response makes it throw."),
            key("throws", Form::Share, "0").about("Share of its calls that throw."),
            optional("triggers", Form::Text)
                .about("The unit that it queues when it ends, unless it throws."),
        ])
    };
}

const OF_RUN: Form =
    hook![optional("unit", Form::Text).about("Only for runs of this unit; of every unit if it is missing.")];

pub(super) const HOOKS: Form = table(&[
    optional("on_sync_start", OF_RUN)
        .about("A run starts (OnSyncStart): the run waits for the hook, and ends as an error if it throws."),
    optional("on_sync_complete", OF_RUN)
        .about("A run ended well (OnSyncComplete): the next unit of the queue waits for the hook; the data stays, whatever the hook does."),
    optional("on_sync_error", OF_RUN)
        .about("A run failed (OnSyncError), also one that a kill interrupted: the next unit of the queue waits for the hook."),
    optional("network_status_changed", hook![])
        .about("The network came or went (NetworkStatusChanged): nothing waits for the hook."),
]);

const CALL: Form = table(&[
    key("request", BODY, "\"1KiB\"").about("Size of the request's body."),
    key("response", BODY, "\"1KiB\"").about("Size of the response's body."),
    key("takes", SPAN, "\"100ms\"").about("How long the service works on it."),
    key("timeout", SOME_SPAN, "\"30s\"").about("A call without a response is abandoned after this."),
]);

const BODY: Form = Form::Size { min: 0, max: 1 << 26 };
