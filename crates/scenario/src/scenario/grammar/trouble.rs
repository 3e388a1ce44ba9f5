//! Keys of faults, and of the expectations on a run.

use super::super::column::COLUMN;
use super::super::question::Practice;
use crate::base::Word;
use crate::config::form::{Form, Key, SOME, SPAN, key, map, named, optional, required, table, word};
use crate::config::view::View;
use crate::config::written::CLOCK;
use crate::faults;
use crate::metrics::Situation;
use crate::on_devices;
use crate::setup::Asking;
use crate::store::OnMismatch;

const UPGRADE: Form = on_devices![
    optional("adds", ADDS).about(
        "The column that the new version adds. Other events with other columns bring the same new version."
    ),
    word::<OnMismatch>("on_mismatch")
        .about("What the new version does with the database of the old version."),
    key("restart_after", SPAN, "\"5s\"").about("Time until the app is started again."),
];

/// Whether the file has an event of this kind.
pub(super) fn happens(events: View<'_>, kind: &str) -> bool {
    events.entries().any(|(_, event)| event.at(kind).present().is_some())
}

/// The events that users and the office cause.
const DEEDS: [Key; 3] = [
    optional("bulk_import", IMPORT).about("The office imports new rows, all with the same stamp."),
    optional(
        "edits",
        on_devices![
            required("action", Form::Text).about("The kind of edit: a name from `action`."),
            key("count", Form::Int { min: 1, max: 1_000_000 }, "1").about("Number of edits per device."),
            key("over", SPAN, "\"0s\"").about("The edits are spread evenly over this time; 0s means all at once."),
            optional("row", Form::Text)
                .about("Key of the row that they edit. For creates, key of the row that the new rows refer to."),
            optional("row_of", Form::Text).about("Name of another event: they edit the row that the edits of that event edited. For creates, the new rows refer to it."),
            key("same_row", Form::Bool, "false")
                .about("Whether all edit the row that the first of them chooses. New rows then have the same natural key."),
            key("set", ANYTHING, "{}")
                .about("Columns and the values that are written to them, instead of random values."),
            key("null", Form::List(&Form::Text), "[]").about("Columns that are set to null."),
        ],
    )
    .about("People make edits."),
    optional(
        "trigger",
        on_devices![
            required("unit", Form::Text).about("The unit that they ask for."),
            optional("how", Form::word::<Asking>()).about("How the unit is queued or run."),
        ],
    )
    .about("People ask for a sync."),
];

const KINDS: [Key; faults::KINDS.len() + DEEDS.len()] = {
    let mut kinds = [DEEDS[0]; faults::KINDS.len() + DEEDS.len()];
    let mut at = 0;
    while at < faults::KINDS.len() {
        kinds[at] = faults::KINDS[at].key;
        if faults::KINDS[at].adds_a_column {
            kinds[at].form = UPGRADE;
        }
        at += 1;
    }
    while at < kinds.len() {
        kinds[at] = DEEDS[at - faults::KINDS.len()];
        at += 1;
    }
    kinds
};

pub(super) const EVENT: Form = Form::Table {
    keys: &[required("at", Form::Written(&CLOCK)).about("When the event begins.")],
    kinds: &KINDS,
};

const ADDS: Form = table(&[
    required("entity", Form::Text).about("The entity that gets the column."),
    required("column", Form::Text).about("Name of the column."),
    optional("type", Form::Written(&COLUMN)).about(
        "Type of the column, if it is not in the schema. The column is then new on the backend, too, and empty in all rows.",
    ),
]);

/// The number of imported rows. One imported row costs the host about 1 kB.
const IMPORTED: Form = Form::Int { min: 1, max: 10_000_000 };

const IMPORT: Form = table(&[
    required("entity", Form::Text).about("The entity of the new rows."),
    required("rows", IMPORTED).about("Number of new rows."),
    optional("of_one", Form::Text).about("An attribute: all new rows get the same value of it."),
]);

pub(super) const PROXY: Form = table(&[key("ttl", SPAN, "\"0s\"")
    .about("How long the proxy serves a response from its cache; 0s means that there is no proxy.")]);

pub(super) const EXPECT: Form = Form::Map {
    keys: &[optional("violation", Form::List(&Form::Text))
        .about("Violations that must occur, each at least once.")],
    rest: &Form::Bound,
    dotted: true,
};

const STATS: &[&str] = &["value", "count", "never", "min", "mean", "p50", "p95", "p99", "max"];

pub(super) const GATE: Form = table(&[
    required("metric", Form::Text).about("The metric that the gate limits."),
    key("stat", Form::Word(STATS), "\"value\"")
        .about("The statistic of the metric. A distribution needs one other than \"value\"."),
    optional("min", Form::Figure).about("The figure must not be less than this, in the metric's unit."),
    optional("max", Form::Figure).about("The figure must not be more than this, in the metric's unit."),
    optional("start", Form::Text)
        .about("Only devices with this state at the start (`fleet.NAME.start`) count, such as \"1d\"."),
]);

/// Free names with any values, for a value that only has to be a table.
const ANYTHING: Form = map(&Form::Any);

pub(in super::super) const VARIANT: Form = table(&[
    key("set", ANYTHING, "{}")
        .about("Dotted keys and their values. `*` in a key stands for every name in its place, `*:KEY` for every name whose table has that key."),
    key("unset", Form::List(&Form::Text), "[]")
        .about("Dotted keys that are removed from the file. `*` has the same meaning as in `set`."),
    key("expect", EXPECT, "{}").about("Expected figures of the variant, besides `expect` of the file."),
    optional("refused", Form::Text)
        .about("The variant must be refused before it runs, with a message that contains these words. It has no cells (runs of one variant with one seed)."),
]);

pub(in super::super) const SHOWS: Form = named(&CLAIM);

const CLAIM: Form = table(&[
    required("fails", Form::Text).about("The variant with the bad figure."),
    required("mends", Form::Text).about("The variant with the good figure, under the same seed."),
    required("metric", Form::Text)
        .about("The figure that shows it, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("min", Form::Figure)
        .about("In `mends` the figure is at least this. In `fails` it is less, unless `factor` is there."),
    optional("max", Form::Figure)
        .about("In `mends` the figure is at most this. In `fails` it is more, unless `factor` is there. It is 0 without `min`, `max` and `factor`."),
    optional("factor", Form::Decimal { max: 1e6 })
        .about("The figure of `fails` is above 0, and at least this many times the figure of `mends`. The factor is more than 1."),
    optional("keys", Form::List(&Form::Text))
        .about("The keys in which the two variants differ, such as \"engine.push.squash\". A file is refused if they differ in another key."),
    optional("report", Form::Text)
        .about("Public report of the fault, such as \"apache/pouchdb #1240\", if `fails` is an engine with a planted bug."),
]);

pub(super) const SWARM: Form = table(&[
    key("on", Form::Share, "0.75")
        .about("Chance, above 0, that a kind of fault is present with a seed. Kinds are each key of `chaos`, `workload.contention`, `backend.poison`, each event and each action."),
    key("always", Form::List(&Form::Text), "[]")
        .about("Kinds of faults that are present with every seed, such as \"chaos.response_loss\", \"event.import\" or \"action.add\"."),
    key("sizes", Form::Bool, "true")
        .about("Whether chunk sizes are drawn, too: some stay as written; others are 1, 2, or near the number of rows of an import, a tie or an entity."),
    key("one_of", ONE_OF, "{}")
        .about("Lists of tables with dotted keys, by name. Each seed takes one table of each list, such as { \"engine.pull.live\" = \"sse\" }, with equal chances."),
]);

const ONE_OF: Form = map(&Form::List(&ANYTHING));

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
        .about("Situations that must occur with at least one of the seeds. The metric of a situation says more, such as situation.hot_row.count."),
    key("seeds", SOME, "200")
        .about("With at least this many cells (runs of one variant with one seed), a situation that never occurred is a failure. With fewer cells it is a warning."),
]);

pub(in super::super) const QUESTIONS: Form = named(&QUESTION);

const QUESTION: Form = table(&[
    required("asks", Form::Text).about("The question, as a sentence."),
    required("without", Form::Text).about("The variant without the practice in question."),
    required("with", Form::Text).about("The variant with the practice, under the same seed."),
    required("says", Form::Text)
        .about("The answer as a sentence. `{NAME}` stands for the two values of the figure NAME, `{NAME.times}` for the ratio of the second to the first."),
    required("figure", named(&FIGURE))
        .about("The figures that answer the question, by name. At least one figure has `less` or `more`."),
    optional("does", Form::word::<Practice>())
        .about("The practice in question, so that `run --for` can tell whether another scenario already follows it. Without this key, a scenario follows it if `with` changes nothing in it."),
    optional("alike", Form::Text)
        .about("The answer for a scenario of `run --for` that both variants leave the same."),
    key("needs", map(&Form::Text), "{}")
        .about("Keys that a scenario of `run --for` needs for this question: a dotted key or KEY=VALUE, each with the message if the scenario lacks it."),
]);

const FIGURE: Form = table(&[
    required("metric", Form::Text)
        .about("The figure, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("less", FACTOR).about(
        "The figure is less in `with`: that of `without` is above 0, and at least this many times as high.",
    ),
    optional("more", FACTOR).about(
        "The figure is more in `with`: it is above 0, and at least this many times as high as in `without`.",
    ),
]);

const FACTOR: Form = Form::Decimal { max: 1e6 };
