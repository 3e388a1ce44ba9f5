//! Keys of faults, and of what is expected.

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
    optional("adds", ADDS)
        .about("The column that the new version adds; events that add others bring the same version."),
    word::<OnMismatch>("on_mismatch").about("What the new version does with the old one's database."),
    key("restart_after", SPAN, "\"5s\"").about("How long until the app is started again."),
];

/// Whether the file has an event of this kind.
pub(super) fn happens(events: View<'_>, kind: &str) -> bool {
    events.entries().any(|(_, event)| event.at(kind).present().is_some())
}

/// What users and the office do.
const DEEDS: [Key; 3] = [
    optional("bulk_import", IMPORT).about("The office imports new rows with one stamp."),
    optional(
        "edits",
        on_devices![
            required("action", Form::Text).about("The kind of write, from `action`."),
            key("count", Form::Int { min: 1, max: 1_000_000 }, "1").about("How many each device makes."),
            key("over", SPAN, "\"0s\"").about("Spread evenly over this time."),
            optional("row", Form::Text)
                .about("The key of the row that they edit; for creates, of the row that is referred to."),
            optional("row_of", Form::Text).about("The same, as the row that the edits of this event edited."),
            key("same_row", Form::Bool, "false")
                .about("All edit one row, which the first one chooses; new rows have one natural key."),
            key("set", ANYTHING, "{}")
                .about("Columns and the values that are written to them, instead of drawn ones."),
            key("null", Form::List(&Form::Text), "[]").about("Columns that are written as null."),
        ],
    )
    .about("People make edits."),
    optional(
        "trigger",
        on_devices![
            required("unit", Form::Text).about("The unit."),
            optional("how", Form::word::<Asking>()).about("How the sync is queued or run."),
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

pub(super) const EVENT: Form =
    Form::Table { keys: &[required("at", Form::Written(&CLOCK)).about("When.")], kinds: &KINDS };

const ADDS: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("column", Form::Text).about("The column."),
    optional("type", Form::Written(&COLUMN)).about(
        "Its type, if it is not in the schema: then it is new on the backend, too, and empty in all rows.",
    ),
]);

/// An imported row costs the host about a kilobyte.
const IMPORTED: Form = Form::Int { min: 1, max: 10_000_000 };

const IMPORT: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("rows", IMPORTED).about("How many."),
    optional("of_one", Form::Text).about("An attribute: all rows get the same value of it."),
]);

pub(super) const PROXY: Form = table(&[key("ttl", SPAN, "\"0s\"")
    .about("How long it serves a response from its cache; 0s means that there is no proxy.")]);

pub(super) const EXPECT: Form = Form::Map {
    keys: &[optional("violation", Form::List(&Form::Text)).about("Violations, each of which must occur.")],
    rest: &Form::Bound,
    dotted: true,
};

const STATS: &[&str] = &["value", "count", "never", "min", "mean", "p50", "p95", "p99", "max"];

pub(super) const GATE: Form = table(&[
    required("metric", Form::Text).about("The metric."),
    key("stat", Form::Word(STATS), "\"value\"").about("Which statistic of it."),
    optional("min", Form::Figure).about("Not less than this, in the metric's unit."),
    optional("max", Form::Figure).about("Not more than this, in the metric's unit."),
    optional("start", Form::Text).about("Only devices that started in this state."),
]);

/// Free names with any values, for what only has to be a table.
const ANYTHING: Form = map(&Form::Any);

pub(in super::super) const VARIANT: Form = table(&[
    key("set", ANYTHING, "{}")
        .about("Dotted keys and their values; `*` in a key stands for every name there, `*:KEY` for those whose table has that key."),
    key("unset", Form::List(&Form::Text), "[]")
        .about("Dotted keys that are removed from the file; `*` as in `set`."),
    key("expect", EXPECT, "{}").about("Expected figures, besides the base's `expect`."),
    optional("refused", Form::Text)
        .about("The variant must be refused before it runs, with a message that contains these words; it has no cells."),
]);

pub(in super::super) const SHOWS: Form = named(&CLAIM);

const CLAIM: Form = table(&[
    required("fails", Form::Text).about("The variant with the bad figure."),
    required("mends", Form::Text).about("The variant with the good figure, under the same seed."),
    required("metric", Form::Text)
        .about("The figure that shows it, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("min", Form::Figure)
        .about("Not less than this in `mends`, and less in `fails` unless `factor` is there."),
    optional("max", Form::Figure)
        .about("Not more than this in `mends`, and more in `fails` unless `factor` is there; without any bound or factor it is 0."),
    optional("factor", Form::Decimal { max: 1e6 })
        .about("The figure of `fails` is above 0 and at least this many times that of `mends`; more than 1."),
    optional("keys", Form::List(&Form::Text))
        .about("The keys in which both variants differ, such as \"engine.push.squash\"; a file is refused if they differ in another one."),
    optional("report", Form::Text)
        .about("Where the fault was reported, such as \"apache/pouchdb #1240\", if `fails` is an engine with a planted bug."),
]);

pub(super) const SWARM: Form = table(&[
    key("on", Form::Share, "0.75")
        .about("The chance that a kind of fault is present with a seed, above 0: each of `chaos`, `workload.contention`, `backend.poison`, each event and each action."),
    key("always", Form::List(&Form::Text), "[]")
        .about("What is present with each seed, such as \"chaos.response_loss\", \"event.import\" or \"action.add\"."),
    key("sizes", Form::Bool, "true")
        .about("Whether chunk sizes are drawn too: some as written, others 1, 2, or near the size of an import, of a tie or of an entity."),
    key("one_of", ONE_OF, "{}")
        .about("Lists of tables with dotted keys, by name: each seed takes one table of each list, such as { \"engine.pull.live\" = \"sse\" }, with the same chance."),
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
        .about("What must occur with at least one of the seeds; \"all\" is everything. Its metric says what each is, such as situation.hot_row.count."),
    key("seeds", SOME, "200")
        .about("From this many cells on, a situation that never occurred is a failure; with fewer it is a warning."),
]);

pub(in super::super) const QUESTIONS: Form = named(&QUESTION);

const QUESTION: Form = table(&[
    required("asks", Form::Text).about("What is asked."),
    required("without", Form::Text).about("The variant without the practice in question."),
    required("with", Form::Text).about("The variant with it, under the same seed."),
    required("says", Form::Text)
        .about("The answer in a sentence: `{NAME}` stands for both figures of that name, `{NAME.times}` for how many times as high the second one is."),
    required("figure", named(&FIGURE))
        .about("The figures that answer it, by name; at least one of them has `less` or `more`."),
    optional("does", Form::word::<Practice>())
        .about("The practice as a plan shows it: whether another scenario (`run --for`) follows it already. Without this key that scenario follows it if `with` changes nothing in it."),
    optional("alike", Form::Text)
        .about("The answer for a scenario of `run --for` in which both variants are the same."),
    key("needs", map(&Form::Text), "{}")
        .about("What a scenario of `run --for` needs for this question: a dotted key, or KEY=VALUE, and the text if it lacks that."),
]);

const FIGURE: Form = table(&[
    required("metric", Form::Text)
        .about("The figure, such as oracle.lost.rows or engine.session.duration.p95."),
    optional("less", FACTOR).about(
        "It is less in `with`: the value of `without` is at least this many times as high, and above 0.",
    ),
    optional("more", FACTOR)
        .about("It is more in `with`: at least this many times as much as in `without`, and above 0."),
]);

const FACTOR: Form = Form::Decimal { max: 1e6 };
