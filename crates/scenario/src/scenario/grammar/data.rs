//! Keys of the data that is synced: entities, sync units, lists on screens, and the app's hooks.

use super::super::column::COLUMN;
use super::super::written::{DELIVERY, PATH, SCOPE, TRIGGER};
use crate::config::form::{
    COUNT, Form, Needs, POLL, SOME_SPAN, SPAN, key, map, named, optional, required, table, word,
};
use crate::contract::{Condition, MergeRule, NamedBy, OnDelete};

const fn of_pool(why: &'static str) -> Needs {
    let help =
        "remove the key, or set ids = \"pool\"; to compare both, let variants or an axis set entity.NAME.ids";
    Needs { of: &[".ids"], holds: |of| of[0].says(NamedBy::Pool), why, help }
}

const POOL: &Needs = &of_pool("devices hold no keys in reserve");
const REFILL: &Needs = &of_pool("devices hold no keys in reserve, and ask for none");

pub(super) const ENTITY: Form = table(&[
    optional("schema", map(&Form::Written(&COLUMN)))
        .about("The columns and their types. Without this key they are inferred from the CSV."),
    key("rows", Form::Either { plain: &COUNT, table: &CSV }, "1000")
        .about("Number of rows at the start, or a CSV with your own rows."),
    key("scope", map(&Form::Written(&SCOPE)), "{}")
        .about("Which rows a device holds: one condition per column; all rows if empty."),
    optional("editable_offline", Form::List(&Form::Text))
        .about("Columns that people may edit while the phone is offline; none if empty. With this key, people also cannot create or delete rows offline. Without this key, they may do everything offline."),
    key("owned_by", map(&Form::Written(&SCOPE)), "{}")
        .about("Who owns a row, such as { owner = \"device.person\" }. Other people see the row and cannot edit it. The office can."),
    optional("project", Form::List(&Form::Text))
        .about("The columns that devices hold. Without this key, all columns."),
    key("path", map(&Form::Written(&PATH)), "{}")
        .about("How the path between a device and the backend changes the values of a column, as an object \
         layer does with any codec. A day goes as local midnight, and is read in UTC. An instant \
         goes as local time and is read as UTC, or is cut to milliseconds or seconds. A number goes \
         through a double (inexact beyond 2^53), a double that is cut instead of rounded, a float, \
         or 32 bits. An empty \
         text becomes null, or null becomes an empty text. A null is not sent, so the old value \
         stays. Accents are composed or decomposed (the meaning stays), or look-alike letters are \
         replaced. Letters outside a charset become question marks. Bytes are read as UTF-8. A \
         column that is not named goes unchanged."),
    key("delivery", Form::Written(&DELIVERY), "\"delta\"").about("How the rows come to devices."),
    optional("attachment", ATTACHMENT)
        .about("A file attached to each row, such as a photo. A device makes it and uploads it in ranges, in a separate queue (`engine.attachments`)."),
    key("indexes", Form::List(&Form::Text), "[]")
        .about("Further indexes in the databases of devices, besides those of keys and references. Each is a column that devices hold, or several columns separated by commas."),
    key("unique", Form::List(&Form::Text), "[]").about("Columns that together identify a row (its natural key)."),
    word::<NamedBy>("ids").about("Who assigns the keys of new rows."),
    word::<MergeRule>("merge")
        .about("The values of a row that was created twice with the same natural key (`ids = \"natural-key\"`).")
        .needs(&Needs {
            of: &[".ids"],
            holds: |of| of[0].says(NamedBy::NaturalKey),
            why: "rows with the same natural key stay two rows, so nothing is merged",
            help: "remove the key, or set ids = \"natural-key\"; to compare both, let variants or an axis set entity.NAME.ids",
        }),
    key("doubles", Form::Bool, "false")
        .about("Whether two rows with the same natural key may exist. `unique` then only says which rows people take for the same row."),
    key("pool", Form::Int { min: 1, max: 1_000_000 }, "100")
        .about("With `ids = \"pool\"`: how many keys a device has in reserve after it received a block. Without a key left, the app refuses to create rows.")
        .needs(POOL),
    key("refill", Form::Int { min: 1, max: 1_000_000 }, "20")
        .about("A device asks for more keys when it has fewer than this.")
        .needs(REFILL),
    key("on_delete", map(&Form::word::<OnDelete>()), "{}")
        .about("By column: what happens to a row when the row that the column refers to is deleted."),
    optional("one_stamp", SPAN)
        .about("All rows have the same stamp, this long before the start, as after an import. `age` and the daily shares then have no effect."),
    key("age", SPAN, "\"90d\"").about("Age of the oldest row at the start."),
    key("created_daily", Form::Share, "\"0.2%\"")
        .about("On each day before the start, this share of the rows was created."),
    key("changed_daily", Form::Share, "\"1%\"")
        .about("On each day before the start, this share of the rows was changed."),
    key("deleted_daily", Form::Share, "\"0.1%\"")
        .about("On each day before the start, this share of the rows was deleted."),
    key("count", named(&COUNTER), "{}")
        .about("Columns with a number of rows that the backend keeps up to date, by name."),
]);

const ATTACHMENT: Form = table(&[
    required("least", BLOB).about("Bytes of the smallest attachment."),
    optional("most", BLOB)
        .about("Bytes of the largest attachment; all sizes from `least` are equally likely. Without this key it is `least`."),
    optional("thumbnail", BLOB).about("Bytes of a thumbnail of the attachment, which is sent separately. Without this key there is none."),
]);

const BLOB: Form = Form::Size { min: 1, max: 100_000_000 };

const CSV: Form = table(&[
    required("csv", Form::Text).about("Path of the file, relative to the scenario file. It has at most 1 GiB."),
    key("key", Form::Text, "\"id\"").about("The column with the key of each row. Keys must be unique."),
    optional("updated_at", Form::Text)
        .about("The column with the stamp of each row, rounded down to `backend.stamp_precision`. Without this key, all rows have the start as their stamp."),
]);

const COUNTER: Form = table(&[
    required("of", Form::Text).about("The entity whose rows are counted."),
    required("where", map(&Form::Text))
        .about("Which rows of that entity count: each column of this entity, with the column that must be equal there. \"day of COLUMN\" compares days."),
    key("step", Form::Int { min: -1_000_000, max: 1_000_000 }, "1")
        .about("Added to the column for each row that is created, and subtracted for each row that is deleted."),
]);

const EXCERPT: Form = table(&[
    optional("columns", Form::List(&Form::Text))
        .about("The columns that the unit delivers, the key among them. Without this key, all columns that devices hold."),
    key("rows", map(&Form::Written(&SCOPE)), "{}")
        .about("Which of a device's rows the unit delivers: one condition per column, as in `entity.NAME.scope`; all rows if empty."),
]);

pub(super) const UNIT: Form = table(&[
    required("on", Form::List(&Form::Written(&TRIGGER))).about("What starts the unit."),
    key("pull", Form::List(&Form::Text), "[]")
        .about("The entities that the unit pulls, in this order; \"*\" stands for all."),
    key("push", Form::List(&Form::Text), "[]").about("The entities whose edits the unit pushes; \"*\" stands for all."),
    key("blocking", Form::Bool, "false")
        .about("Whether the person waits for the unit: while it waits in the queue or runs, the app accepts no edit."),
    key("discard_pending", Form::Bool, "false")
        .about("Whether the start of the unit removes all waiting units from the queue. Edits of people stay."),
    key("live", Form::Bool, "true")
        .about("Whether announced changes (`engine.pull.live`) start the unit. If several such units pull the entity, only one starts: one that does not block, with the fewest entities."),
    key("entity", named(&EXCERPT), "{}")
        .about("Entities of which the unit brings only some columns, by name. The device keeps these partial rows beside the full rows of another unit, and shows them where they are newer."),
    key("when", Form::List(&CONDITION), "[]")
        .about("The network that the unit needs: \"wifi\", \"unmetered\" (not cellular) or \"not-roaming\". An automatic start waits for this network, and a run ends when the network goes. A start by a person does not wait."),
]);

const CONDITION: Form = Form::word::<Condition>();

pub(super) const QUERY: Form = table(&[
    required("of", Form::Text)
        .about("The entity whose rows are listed, with all columns that the device holds."),
    key("through", Form::List(&Form::Text), "[]")
        .about("References to follow: each row is shown with the rows that it refers to and that the device holds (a join)."),
    optional("like", Form::Text)
        .about("A filter: only rows with one value in this column, a different value in each query. It is `COLUMN`, or `REFERENCE.COLUMN` of a row that `through` leads to."),
    key("every", POLL, "\"1m\"")
        .about("Time between two queries while somebody looks at the app."),
]);

macro_rules! hook {
    ($($own:expr),* $(,)?) => {
        table(&[
            $($own,)*
            key("takes", SPAN, "\"0s\"").about("How long the hook works before it calls, throws or ends."),
            key("hangs", Form::Share, "0").about("Share of the hook's calls that never end."),
            optional("calls", CALL)
                .about("The hook calls a service of the app over the device's link. Without a response it throws."),
            key("throws", Form::Share, "0").about("Share of the hook's calls that throw."),
            optional("triggers", Form::Text)
                .about("The unit that the hook queues at its end, unless it throws."),
        ])
    };
}

const OF_RUN: Form = hook![
    optional("unit", Form::Text)
        .about("The unit whose runs call the hook. Without this key, the runs of every unit do.")
];

pub(super) const HOOKS: Form = table(&[
    optional("on_sync_start", OF_RUN)
        .about("Called when a run starts (OnSyncStart). The run waits for the hook, and ends with an error if the hook throws."),
    optional("on_sync_complete", OF_RUN)
        .about("Called when a run has ended well (OnSyncComplete). The next unit of the queue waits for the hook. The synced data stays, even if the hook throws."),
    optional("on_sync_error", OF_RUN)
        .about("Called when a run has failed (OnSyncError), also after a kill during the run. The next unit of the queue waits for the hook."),
    optional("network_status_changed", hook![])
        .about("Called when the network came or went (NetworkStatusChanged). Nothing waits for the hook."),
]);

const CALL: Form = table(&[
    key("request", BODY, "\"1KiB\"").about("Size of the request's body."),
    key("response", BODY, "\"1KiB\"").about("Size of the response's body."),
    key("takes", SPAN, "\"100ms\"").about("How long the service works on the request."),
    key("timeout", SOME_SPAN, "\"30s\"").about("The hook abandons a call without a response after this."),
]);

const BODY: Form = Form::Size { min: 0, max: 1 << 26 };
