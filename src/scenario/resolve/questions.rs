//! What a scenario is asked, and the two variants that answer.

use super::super::diagnostic::{Diagnostic, choices};
use super::super::merge::Setting;
use super::super::question::{Demand, Piece, Put, QUESTION_LISTS, Question, Told, pieces, question_place};
use super::super::tree::Node;
use super::super::view::{Mistakes, View};
use super::shows::{each_of, two_variants, unit_named};

pub(in super::super) fn questions(node: &Node, variants: &[&str]) -> Result<Vec<Question>, Vec<Diagnostic>> {
    each_of(node, |name, at, of, wrong| {
        if question_place(name).is_none() {
            wrong.at(at, format!("no list has a question `{name}`"), want());
        }
        Some(question(name, of, variants, wrong))
    })
}

fn want() -> String {
    let lists = QUESTION_LISTS.map(|list| format!("{0}-1 to {0}-{1}", list.name, list.questions));
    format!(
        "it takes {}, and a word more where several answer one: {}-1-rows",
        lists.join(" or "),
        QUESTION_LISTS[0].name
    )
}

fn question(name: &str, of: View<'_>, variants: &[&str], wrong: &Mistakes) -> Question {
    let [without, with] = two_variants(of, ["without", "with"], variants, wrong);
    if without.is_sound() && without.text() == with.text() {
        wrong.at(with, "a variant differs in nothing from itself", "`without` and `with` are two variants");
    }
    let figures: Vec<Told> =
        of.at("figure").entries().map(|(name, figure)| told(name, figure, wrong)).collect();
    if of.at("figure").is_sound() && figures.iter().all(|figure| figure.demand.is_none()) {
        let help = "write `less = 2` or `more = 2` beside a metric: by that the answer is yes";
        wrong.at(of.at("figure"), "nothing has to come out of this question", help);
    }
    let says = of.at("says");
    let known: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    let mut named = Vec::new();
    for piece in pieces(says.text()) {
        let (Piece::Both(name) | Piece::Times(name)) = piece else { continue };
        if !known.contains(&name) {
            wrong.at(says, format!("there is no figure `{name}`"), choices(name, &known));
        }
        named.push(name);
    }
    for name in known.iter().filter(|name| says.is_sound() && !named.contains(name)) {
        let help = format!("`says` has it as {{{name}}} or {{{name}.times}}");
        wrong.at(of.at("figure").name(name), format!("the answer does not tell `{name}`"), help);
    }
    let needs = of.at("needs");
    for key in needs.names().into_iter().filter(|key| Setting::of_need(key).is_none()) {
        let help = "a dotted key such as \"entity.*.project\", or with a value \"unit.*.blocking=true\"";
        wrong.at(needs.name(key), format!("no scenario has `{key}`"), help);
    }
    Question {
        name: name.to_owned(),
        asks: of.at("asks").text().to_owned(),
        without: without.text().to_owned(),
        with: with.text().to_owned(),
        says: says.text().to_owned(),
        figures,
        alike: of.at("alike").present().map(|alike| alike.text().to_owned()),
        put: Put::ToItsOwn,
    }
}

fn told(name: &str, figure: View<'_>, wrong: &Mistakes) -> Told {
    let metric = figure.at("metric");
    if metric.is_sound() {
        unit_named(metric, wrong);
    }
    let [less, more] = ["less", "more"].map(|key| figure.at(key).present());
    if let (Some(_), Some(more)) = (less, more) {
        wrong.at(more, "it cannot be less and more", "write one of `less` and `more`");
    }
    let asked = less.or(more).filter(|factor| factor.is_sound());
    if let Some(low) = asked.filter(|factor| factor.milli() <= 1_000) {
        wrong.at(low, "such a factor asks for nothing", "it is more than 1");
    }
    let demand = asked.map(|factor| Demand { more: less.is_none(), factor_milli: factor.milli() });
    Told { name: name.to_owned(), metric: metric.text().to_owned(), demand }
}
