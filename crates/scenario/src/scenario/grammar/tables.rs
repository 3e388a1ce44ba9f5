//! Keys of the table that a sweep prints: `[table]`.

use crate::config::form::{Form, key, map, optional, required, table};

pub(in super::super) const TABLE: Form = table(&[
    key("axis", Form::List(&AXIS), "[]")
        .about("The axes of the table: keys and the values that the sweep tries. The last axis changes fastest. Axes of `--axis` come before them."),
    required("column", Form::List(&COLUMN)).about(
        "The columns of the table, in order. A figure is a metric, a statistic of a metric (engine.session.duration.p95), or a sum (net.up.bytes + net.down.bytes).",
    ),
    optional("split", Form::Text).about(
        "An axis: one table per value; values with the same table share it. Here and below, \"scenario\" and \"variant\" are axes, too.",
    ),
    optional("across", Form::Text)
        .about("An axis: the last column is repeated for each of its values. The other columns show the first value."),
    optional("join", Form::Text)
        .about("An axis whose values share one field of the table. Different texts are joined with ` / `."),
    optional("least", Form::Text).about(
        "A figure: a field shows only the value of `join` with the least of this figure. The last column names that value in brackets.",
    ),
    key("also", NAMES, "[]").about("Figures that only `--format csv` and `json` show."),
    key("legend", NAMES, "[]").about("Lines of text under the table on a terminal."),
    optional("rule", RULE).about("The closing sentence: which value of an axis to choose."),
]);

const NAMES: Form = Form::List(&Form::Text);
const SETS: Form = map(&Form::Any);

const AXIS: Form = table(&[
    required("title", Form::Text).about("Heading of the axis."),
    optional("key", Form::Text).about("The key that the axis sets. Without this, only `set` applies."),
    required("values", NAMES)
        .about("The values of the axis, in order. \"*\" alone stands for every word that the key takes."),
    key("set", map(&SETS), "{}").about("By value of the axis: further keys that are set with this value."),
]);

const COLUMN: Form = Form::Table {
    keys: &[
        required("title", Form::Text).about("Heading of the column."),
        optional("per", Form::Text).about("The figure by which the column's figure is divided."),
        optional("needs", Form::Word(&["inserts", "updates", "deletes", "moves"]))
            .about("A kind of change. The column shows – if the file makes none."),
    ],
    kinds: &[
        optional("figure", Form::Text)
            .about("The figure that the column shows; with several seeds, the mean."),
        optional("words", Form::List(&WORD)).about(
            "Remarks that the column shows one after the other, with a comma before each but the first.",
        ),
    ],
};

const WORD: Form = table(&[
    required("say", Form::Text).about("The remark; `{}` stands for the sum of `when` over the seeds."),
    optional("when", Form::Text)
        .about("A figure: the remark appears if the figure is above 0. Without this, it always appears."),
    key("first", Form::Bool, "false").about("Whether the remark appears only if no remark before it did."),
]);

const RULE: Form = table(&[
    required("between", Form::Text).about("The axis from which the rule chooses a value. It has two values."),
    required("called", NAMES).about("Names of the two values in the sentence."),
    required("each", Form::Text).about("An axis: one rule for each of its values, the file's own value first."),
    required("zero", NAMES).about("Figures that must be 0 for a setting to be chosen."),
    required("cost", Form::Text).about(
        "A figure: among the settings with one value of `between`, the rule takes the setting with the least of this figure.",
    ),
    required("age", Form::Text).about("The figure for the age of the data that people see."),
    required("weigh", map(&Form::Text))
        .about("Figures in favour of one value or the other, by their name in the sentence."),
    required("kept", Form::Text).about("A figure that the sentence shows for both values, as what each keeps."),
]);
