//! Keys of what a scenario is asked, and answers by two of its variants.

use super::super::form::{Form, key, map, named, optional, required, table};

pub(in super::super) const QUESTIONS: Form = named(&QUESTION);

const QUESTION: Form = table(&[
    required("asks", Form::Text).about("What is asked."),
    required("without", Form::Text).about("The variant without what is asked for."),
    required("with", Form::Text).about("The variant with it, under the same seed."),
    required("says", Form::Text)
        .about("The answer in a sentence: `{NAME}` stands for both figures of that name, `{NAME.times}` for how many times as much the second one is."),
    required("figure", named(&FIGURE))
        .about("The figures that answer it, by name; one of them at least is to be less or more."),
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
