//! Keys of the table that a sweep prints: `[table]`.

use crate::config::form::{Form, key, map, optional, required, table};

pub(in super::super) const TABLE: Form = table(&[
    key("axis", Form::List(&AXIS), "[]")
        .about("Its axes; the last one turns fastest. Those of `--axis` come before them."),
    required("column", Form::List(&COLUMN)).about(
        "Its columns, in order. A figure is a metric, of a distribution with a statistic (engine.session.duration.p95), or a sum (net.up.bytes + net.down.bytes).",
    ),
    optional("split", Form::Text).about(
        "An axis: a table for each of its values; those with the same table share it. Here and below \"scenario\" and \"variant\" are axes, too.",
    ),
    optional("across", Form::Text)
        .about("An axis: the last column is there for each of its values; the others are of its first value."),
    optional("join", Form::Text)
        .about("An axis whose values share a field: texts that differ, with ` / ` between them."),
    optional("least", Form::Text).about(
        "A figure: of the values of `join` a field shows that with the least of it, and the last column names the value in brackets.",
    ),
    key("also", NAMES, "[]").about("Figures that only `--format csv` and `json` have."),
    key("legend", NAMES, "[]").about("Lines under the table on a terminal."),
    optional("rule", RULE).about("What it ends with: which value of an axis to choose."),
]);

const NAMES: Form = Form::List(&Form::Text);
const SETS: Form = map(&Form::Any);

const AXIS: Form = table(&[
    required("title", Form::Text).about("What stands above it."),
    optional("key", Form::Text).about("The key that it sets. Without it only `set` counts."),
    required("values", NAMES).about("Its values, in order; \"*\" alone is each word that the key takes."),
    key("set", map(&SETS), "{}").about("By value: keys that are set with it."),
]);

const COLUMN: Form = Form::Table {
    keys: &[
        required("title", Form::Text).about("What stands above it."),
        optional("per", Form::Text).about("The figure that it is divided by."),
        optional("needs", Form::Word(&["inserts", "updates", "deletes", "moves"]))
            .about("A kind of change; it shows – where the file makes none."),
    ],
    kinds: &[
        optional("figure", Form::Text).about("What it shows; of several seeds the mean."),
        optional("words", Form::List(&WORD))
            .about("Words that each say something, one after the other, without a comma before the first."),
    ],
};

const WORD: Form = table(&[
    required("say", Form::Text).about("The word; `{}` stands for the sum of `when` over the seeds."),
    optional("when", Form::Text).about("A figure: it is said if this is above 0; without it always."),
    key("first", Form::Bool, "false").about("It is said only if no word before it was."),
]);

const RULE: Form = table(&[
    required("between", Form::Text).about("The axis that it chooses from; it has two values."),
    required("called", NAMES).about("What these two are called in a sentence."),
    required("each", Form::Text).about("An axis: a rule for each value of it, the file's own value first."),
    required("zero", NAMES).about("Figures that must be 0, or a setting is not chosen."),
    required("cost", Form::Text)
        .about("A figure: of the settings with one value of `between` that with the least of it is taken."),
    required("age", Form::Text).about("How old data is that people see."),
    required("weigh", map(&Form::Text))
        .about("Figures that speak for one value or the other, by what they are called in a sentence."),
    required("kept", Form::Text).about("A figure that is named for both: what each keeps."),
]);
