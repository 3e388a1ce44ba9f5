//! Keys of the table that a sweep prints: `[table]`.

use crate::config::form::{Form, key, map, optional, required, table};

pub(in super::super) const TABLE: Form = table(&[
    key("axis", Form::List(&AXIS), "[]")
        .about("Its axes; the last one changes fastest. Those of `--axis` come before them."),
    required("column", Form::List(&COLUMN)).about(
        "Its columns, in order. A figure is a metric, of a distribution with a statistic (engine.session.duration.p95), or a sum (net.up.bytes + net.down.bytes).",
    ),
    optional("split", Form::Text).about(
        "An axis: one table per value; values with the same table share it. Here and below \"scenario\" and \"variant\" are axes, too.",
    ),
    optional("across", Form::Text)
        .about("An axis: the last column is repeated for each of its values; the other columns show its first value."),
    optional("join", Form::Text)
        .about("An axis whose values share a field: different texts are joined with ` / `."),
    optional("least", Form::Text).about(
        "A figure: of the values of `join`, a field shows the one with the least of it, and the last column names that value in brackets.",
    ),
    key("also", NAMES, "[]").about("Figures that only `--format csv` and `json` show."),
    key("legend", NAMES, "[]").about("Lines under the table on a terminal."),
    optional("rule", RULE).about("The closing sentence: which value of an axis to choose."),
]);

const NAMES: Form = Form::List(&Form::Text);
const SETS: Form = map(&Form::Any);

const AXIS: Form = table(&[
    required("title", Form::Text).about("Heading."),
    optional("key", Form::Text).about("The key that it sets. Without it only `set` applies."),
    required("values", NAMES).about("Its values, in order; \"*\" alone is every word that the key takes."),
    key("set", map(&SETS), "{}").about("By value: further keys that are set with it."),
]);

const COLUMN: Form = Form::Table {
    keys: &[
        required("title", Form::Text).about("Heading."),
        optional("per", Form::Text).about("The figure that it is divided by."),
        optional("needs", Form::Word(&["inserts", "updates", "deletes", "moves"]))
            .about("A kind of change; the column shows – where the file makes none."),
    ],
    kinds: &[
        optional("figure", Form::Text).about("What it shows; of several seeds, the mean."),
        optional("words", Form::List(&WORD))
            .about("Words that each make a remark, one after the other, without a comma before the first."),
    ],
};

const WORD: Form = table(&[
    required("say", Form::Text).about("The word; `{}` stands for the sum of `when` over the seeds."),
    optional("when", Form::Text).about("A figure: the word appears if this is above 0; without it, always."),
    key("first", Form::Bool, "false").about("It appears only if no word before it did."),
]);

const RULE: Form = table(&[
    required("between", Form::Text).about("The axis that it chooses from; it has two values."),
    required("called", NAMES).about("What the two values are called in a sentence."),
    required("each", Form::Text).about("An axis: a rule for each value of it, the file's own value first."),
    required("zero", NAMES).about("Figures that must be 0 for a setting to be chosen."),
    required("cost", Form::Text).about(
        "A figure: of the settings with one value of `between`, the one with the least of it is taken.",
    ),
    required("age", Form::Text).about("The figure for how old the data is that people see."),
    required("weigh", map(&Form::Text))
        .about("Figures in favour of one value or the other, by their name in a sentence."),
    required("kept", Form::Text).about("A figure that is shown for both: what each keeps."),
]);
