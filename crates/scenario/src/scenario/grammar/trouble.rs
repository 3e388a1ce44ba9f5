//! Keys of what goes wrong and of what must come out.

use super::super::column::COLUMN;
use super::super::question::Practice;
use crate::base::Word;
use crate::config::form::{
    Form, Key, PERIOD, SOME, SOME_SPAN, SPAN, key, map, named, optional, required, table, word,
};
use crate::config::written::{CLOCK, NAME, STEP};
use crate::gateway;
use crate::metrics::Situation;
use crate::net::{Foreign, OutageMode};
use crate::setup::Asking;
use crate::store::OnMismatch;

/// The keys of an event that concerns devices, and its own.
macro_rules! on_devices {
    ($($own:expr),* $(,)?) => {
        table(&[
            key("share", Form::Share, "1")
                .about("Share of the devices, or of the values of `by`; an exact count."),
            optional("by", Form::Text).about("An attribute: all devices of a share of its values."),
            optional("devices", Form::List(&Form::Int { min: 0, max: 1_000_000 }))
                .about("These devices, by number from 0; in place of `share`."),
            $($own),*
        ])
    };
}

/// The same without groups: `by` says how far something jumps.
macro_rules! jump {
    ($own:expr $(,)?) => {
        table(&[
            key("share", Form::Share, "1").about("Share of the devices; an exact count."),
            optional("devices", Form::List(&Form::Int { min: 0, max: 1_000_000 }))
                .about("These devices, by number from 0; in place of `share`."),
            $own,
        ])
    };
}

const FOR: Key = required("for", SPAN).about("How long; with 0s nothing happens.");
const OF: Key = required("of", SOME_SPAN).about("How long before the event the backup was made.");

const RESTART: Key = key("restart_after", SPAN, "\"5s\"").about("How long until the app is started again.");

pub(super) const EVENT: Form = Form::Table {
    keys: &[required("at", Form::Written(&CLOCK)).about("When.")],
    kinds: &[
        optional(
            "outage",
            on_devices![
                FOR,
                word::<OutageMode>("mode").about("What happens to messages in flight."),
            ],
        )
        .about("The link carries nothing."),
        optional("flap", on_devices![
            FOR,
            key("every", PERIOD, "\"6s\"")
                .about("From one loss of the link to the next; it is gone for half of it."),
        ])
        .about("The link goes and comes, and the phone tells the app each time."),
        optional("captive_portal", on_devices![FOR])
            .about("The network seems to be there, and answers every request with its own login page."),
        optional("foreign_responses", on_devices![
            FOR,
            required("responses", Form::Share).about("The share of responses."),
            word::<Foreign>("what")
                .about("What comes in their place: a proxy's page, the response to an earlier request, or either."),
        ])
        .about("Some responses are not those to their requests."),
        optional(
            "caching_proxy",
            on_devices![FOR, required("ttl", SOME_SPAN).about("How long it gives a response again.")],
        )
        .about("A proxy on the way keeps responses and gives them again; requests that no cache may answer pass it."),
        optional("bad_rows", on_devices![
            FOR,
            required("rows", Form::Share).about("The share of rows, each time they come."),
        ])
        .about("Rows of a page cannot be read this time, and may be the next."),
        optional("put_off", table(&[
            FOR,
            required("edits", Form::Share).about("The share of edits, each time they come."),
        ]))
        .about("The backend puts edits of a push off while it commits the others."),
        optional(
            "refused_deletes",
            table(&[FOR, required("deletes", Form::Share).about("The share of deletes.")]),
        )
        .about("The backend refuses deletes for good, as if something else referred to their rows."),
        optional("cancel", on_devices![
            key("after", SPAN, "\"100ms\"")
                .about("If no run is under way: the next one so long after it has sent a request."),
        ])
        .about("The person cancels the run that is under way; the next goes on where it was."),
        optional("session_loss", on_devices![]).about("Connections break, and both ends are told."),
        optional("half_open", on_devices![])
            .about("Connections are dead, and the device is not told."),
        optional("network_change", on_devices![
            FOR,
            required("link", Form::Written(&NAME)).about("The link, of the library or one's own."),
        ])
        .about("The devices are on another link, and then on their own again."),
        optional("kill", on_devices![
            optional("point", Form::Text).about("The crash point; at once if it is missing."),
            key("nth", Form::Int { min: 1, max: 1_000_000 }, "1")
                .about("At the nth passing of the point."),
            RESTART,
        ])
        .about("The app is killed."),
        optional("power_loss", on_devices![
            optional("at_sync", Form::Int { min: 1, max: 1_000_000 })
                .about("At the nth sync of the device's disk from then on; at once if it is missing."),
            optional("stagger", Form::Int { min: 0, max: 1_000_000 })
                .about("Each further device so many syncs later: with 1 a fleet of n devices meets n syncs in a row."),
            optional("when", Form::Word(&["before", "after"]))
                .about("Right before the end of the sync, which then did nothing, or right after; before if it is missing."),
            RESTART,
        ])
        .about("The device loses power: what was not synced to flash is gone."),
        optional(
            "response_loss",
            on_devices![FOR, required("loss", Form::Share).about("The share of responses.")],
        )
        .about("Responses are lost after the gateway acted."),
        optional("backend_down", table(&[FOR])).about("The backend answers nothing."),
        optional(
            "backend_clock_step",
            table(&[required("by", Form::Written(&STEP)).about("How far.")]),
        )
        .about("The backend's clock jumps."),
        optional("backend_link_outage", table(&[
            FOR,
            word::<gateway::OutageMode>("mode")
                .about("What happens to messages: they vanish, are late, or break their connection."),
        ]))
        .about("Nothing goes between gateway and backend, while what is there already goes on."),
        optional(
            "gateway_kill",
            table(&[
                key("restart_after", SPAN, "\"5s\"").about("How long until it is started again."),
            ]),
        )
        .about("The gateway's process is killed: connections break, what it made durable stays."),
        optional("bulk_import", IMPORT).about("The office imports new rows with one stamp."),
        optional("edits", on_devices![
            required("action", Form::Text).about("The kind of write, from `action`."),
            key("count", Form::Int { min: 1, max: 1_000_000 }, "1")
                .about("How many each device makes."),
            key("over", SPAN, "\"0s\"").about("Spread evenly over this time."),
            optional("row", Form::Text)
                .about("The key of the row that they are about, or of creates of the one that is referred to."),
            optional("row_of", Form::Text)
                .about("The same, as the row that the edits of this event were about."),
            key("same_row", Form::Bool, "false")
                .about("All are about one row, which the first finds; new rows have one natural key."),
            key("set", ANYTHING, "{}")
                .about("Columns and the values that are written there, in place of drawn ones."),
            key("null", Form::List(&Form::Text), "[]").about("Columns that are written as null."),
        ])
        .about("People make edits."),
        optional("suspend", on_devices![
            FOR,
            key("sockets", SPAN, "\"30s\"").about("How long its connections last meanwhile."),
        ])
        .about("The operating system suspends the app: nothing of it goes on, and it is not dead."),
        optional("token_expiry", on_devices![])
            .about("The server takes the tokens of devices back: it refuses them from then on (401)."),
        optional("upgrade", on_devices![
    optional("adds", ADDS).about(
        "The column that the new version holds besides; events that add others bring the same version."
    ),
    word::<OnMismatch>("on_mismatch").about("What the new version does with the old one's database."),
    RESTART,
])
            .about("A new version of the app is installed, which holds more columns; devices that it does not concern keep the old one."),
        optional("logout", on_devices![required("for", SPAN).about("How long until the same person logs in again.")])
            .about("The person logs out, and logs in again later, when there is a network."),
        optional("other_user", on_devices![required("for", SPAN).about("How long the other one has the phone.")])
            .about("The person logs out and hands the phone to somebody else, who logs in, does the work meanwhile, logs out, and hands it back."),
        optional("trigger", on_devices![
            required("unit", Form::Text).about("The unit."),
            optional("how", Form::word::<Asking>()).about("Where the sync goes."),
        ])
        .about("People ask for a sync."),
        optional(
            "clock_step",
            jump![required("by", Form::Written(&STEP)).about("How far ahead or back.")],
        )
        .about("The device's clock jumps, until it is next set by the network."),
        optional(
            "time_zone",
            jump![
                required("by", Form::Written(&STEP))
                    .about("How far ahead or back local time goes."),
            ],
        )
        .about("The clock that people see jumps, by a journey or by daylight saving; UTC does not."),
        optional("disk_full", on_devices![FOR])
            .about("The device's storage is full: no file grows."),
        optional("slow_disk", on_devices![
            FOR,
            key("factor", Form::Int { min: 1, max: 1_000 }, "10")
                .about("Everything takes so many times as long; with 1 nothing happens."),
        ])
        .about("The device's flash is slow."),
        optional("touch_flag", TOUCH_FLAG)
            .about("A user sets the flags of rows to \"not synced\", by hand."),
        optional("gateway_replaced", GATEWAY_REPLACED)
            .about("The sync server is replaced by one that knows nothing of what went before."),
        optional("reinstall", on_devices![RESTART])
            .about("The app is deleted and installed again: nothing is there of what it held, edits that wait included."),
        optional("restore", on_devices![OF, RESTART])
            .about("The device's storage goes back to what it was, from a backup of that time."),
        optional("restore_gateway", table(&[
            OF,
            key("restart_after", SPAN, "\"5s\"").about("How long until it is started again."),
        ]))
        .about("The gateway's state goes back to what it was, from a backup of that time."),
        optional("restore_backend", table(&[
            OF,
            key("for", SOME_SPAN, "\"30s\"").about("How long it answers nothing meanwhile."),
        ]))
        .about("The backend's state goes back to what it was, from a backup of that time; its clock does not."),
        optional("clone", CLONE)
            .about("The storage of a device is copied to another, in place of what was there; both go on."),
    ],
};

const TOUCH_FLAG: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("rows", SOME).about("How many of its rows, the first in the order of keys."),
]);

const GATEWAY_REPLACED: Form = table(&[
    key("times", Form::Int { min: 0, max: 1_000 }, "1").about("How often."),
    key("every", PERIOD, "\"1m\"").about("From one time to the next."),
]);

const ADDS: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("column", Form::Text).about("The column."),
    optional("type", Form::Written(&COLUMN)).about(
        "Its type, if the schema does not have it: it is new on the backend, too, and empty in all rows.",
    ),
]);

/// A row that comes with an import costs the host about a kilobyte.
const IMPORTED: Form = Form::Int { min: 1, max: 10_000_000 };

const CLONE: Form = table(&[
    required("from", Form::Int { min: 0, max: 1_000_000 })
        .about("The device that is copied, by number from 0."),
    required("to", Form::Int { min: 0, max: 1_000_000 }).about("The device that gets the copy."),
    RESTART,
]);

const IMPORT: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("rows", IMPORTED).about("How many."),
    optional("of_one", Form::Text).about("An attribute: all rows get one value of it."),
]);

pub(super) const PROXY: Form =
    table(&[key("ttl", SPAN, "\"0s\"").about("How long it gives a response again; there is none if 0s.")]);

pub(super) const EXPECT: Form = Form::Map {
    keys: &[optional("violation", Form::List(&Form::Text)).about("Violations each of which must occur.")],
    rest: &Form::Bound,
    dotted: true,
};

const STATS: &[&str] = &["value", "count", "never", "min", "mean", "p50", "p95", "p99", "max"];

pub(super) const GATE: Form = table(&[
    required("metric", Form::Text).about("The metric."),
    key("stat", Form::Word(STATS), "\"value\"").about("Which figure of it."),
    optional("min", Form::Figure).about("Not less than this, in the metric's unit."),
    optional("max", Form::Figure).about("Not more than this, in the metric's unit."),
    optional("start", Form::Text).about("Only devices that started in this state."),
]);

/// Free names with any values, where a table is all that can be said.
const ANYTHING: Form = map(&Form::Any);

pub(in super::super) const VARIANT: Form = table(&[
    key("set", ANYTHING, "{}")
        .about("Dotted keys and their values; `*` in a key stands for every name there, `*:KEY` for those whose table has that key."),
    key("unset", Form::List(&Form::Text), "[]")
        .about("Dotted keys that are taken out of the file; `*` as in `set`."),
    key("expect", EXPECT, "{}").about("What must come out, besides the base's `expect`."),
    optional("refused", Form::Text)
        .about("The variant must be refused before it runs, with a message that has these words; it has no cells."),
]);

pub(in super::super) const SHOWS: Form = named(&CLAIM);

const CLAIM: Form = table(&[
    required("fails", Form::Text).about("The variant in which it fails."),
    required("mends", Form::Text).about("The variant in which it does not, under the same seed."),
    required("metric", Form::Text)
        .about("The figure that shows it, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("min", Form::Figure)
        .about("Not less than this in `mends`, and less in `fails` unless `factor` is there."),
    optional("max", Form::Figure)
        .about("Not more than this in `mends`, and more in `fails` unless `factor` is there; without any bound or factor it is 0."),
    optional("factor", Form::Decimal { max: 1e6 })
        .about("The figure of `fails` is above 0 and at least so many times that of `mends`; more than 1."),
    optional("keys", Form::List(&Form::Text))
        .about("The keys in which both variants differ, such as \"engine.push.squash\"; a file is refused if they differ in another one."),
    optional("report", Form::Text)
        .about("Where the fault was reported, such as \"apache/pouchdb #1240\", if `fails` is an engine with a planted bug."),
]);

pub(super) const SWARM: Form = table(SWARM_KEYS);

const SWARM_KEYS: &[Key] = &[
    key("on", Form::Share, "0.75")
        .about("The chance that a kind of trouble is there with a seed, above 0: each of `chaos`, `workload.contention`, `backend.poison`, each event and each action."),
    key("always", Form::List(&Form::Text), "[]")
        .about("What is there with each seed, such as \"chaos.response_loss\", \"event.import\" or \"action.add\"."),
    key("sizes", Form::Bool, "true")
        .about("Whether chunk sizes are drawn too: some as written, others 1, 2, or around the size of an import, of a tie or of an entity."),
];

const OCCUR: &[&str] = &{
    let mut words = ["all"; Situation::WORDS.len() + 1];
    let mut at = 0;
    while at < Situation::WORDS.len() {
        words[at + 1] = Situation::WORDS[at];
        at += 1;
    }
    words
};

pub(super) const SITUATIONS: Form = table(&[
    required("occur", Form::List(&Form::Word(OCCUR)))
        .about("What must occur with one of the seeds; \"all\" are all there are. What each is, its metric says, such as situation.hot_row.count."),
    key("seeds", SOME, "200")
        .about("Of how many cells on it is a failure if one never did; of fewer it is told."),
]);

pub(in super::super) const QUESTIONS: Form = named(&QUESTION);

const QUESTION: Form = table(&[
    required("asks", Form::Text).about("What is asked."),
    required("without", Form::Text).about("The variant without what is asked for."),
    required("with", Form::Text).about("The variant with it, under the same seed."),
    required("says", Form::Text)
        .about("The answer in a sentence: `{NAME}` stands for both figures of that name, `{NAME.times}` for how many times as much the second one is."),
    required("figure", named(&FIGURE))
        .about("The figures that answer it, by name; one of them at least is to be less or more."),
    optional("does", Form::word::<Practice>())
        .about("What is asked for, as a plan shows it: whether a scenario that is asked (`run --for`) does it already. Without it that scenario does it if `with` changes nothing in it."),
    optional("alike", Form::Text)
        .about("What is said of a scenario that is asked (`run --for`) and for which both variants are the same."),
    key("needs", map(&Form::Text), "{}")
        .about("What a scenario has that can be asked (`run --for`): a dotted key, or KEY=VALUE, and what is said of one that has not."),
]);

const FIGURE: Form = table(&[
    required("metric", Form::Text)
        .about("The figure, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("less", FACTOR)
        .about("It is less in `with`: the one of `without` is at least so many times as much, and above 0."),
    optional("more", FACTOR)
        .about("It is more in `with`: at least so many times as much as in `without`, and above 0."),
]);

const FACTOR: Form = Form::Decimal { max: 1e6 };
