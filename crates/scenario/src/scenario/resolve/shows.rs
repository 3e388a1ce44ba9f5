//! Claims and questions that compare two variants of a scenario.

use super::super::merge::Setting;
use super::super::plan::{Bound, Claim};
use super::super::question::{Demand, Piece, Put, QUESTION_LISTS, Question, Told, pieces, question_place};
use super::super::requirements::{ID_WANT, nearest, requirement};
use super::measured::{ends, has_stat, unit, with_stat};
use crate::config::diagnostic::{Diagnostic, choices};
use crate::config::tree::Node;
use crate::config::view::{Mistakes, View, read};
use crate::metrics::{self, Unit};

fn each_of<T>(
    table: &Node,
    read: impl Fn(&str, View<'_>, View<'_>, &Mistakes) -> Option<T>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    let (view, mistakes) = (View::new(table), Mistakes::default());
    let all = view.entries().filter_map(|(name, of)| read(name, view.name(name), of, &mistakes)).collect();
    let mistakes = mistakes.taken(true);
    if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
}

pub(in super::super) fn claims(shows: &Node, variants: &[&str]) -> Result<Vec<Claim>, Vec<Diagnostic>> {
    each_of(shows, |id, at, claim, mistakes| {
        if requirement(id).is_none() {
            let near = nearest(id).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            mistakes.at(at, format!("there is no requirement `{id}`"), format!("{near}write {ID_WANT}"));
        }
        claim_of(id, claim, variants, mistakes)
    })
}

fn two_variants<'v>(
    view: View<'v>,
    keys: [&str; 2],
    variants: &[&str],
    mistakes: &Mistakes,
) -> [View<'v>; 2] {
    let both = keys.map(|key| view.at(key));
    for half in both.into_iter().filter(|half| half.is_sound()) {
        if !variants.contains(&half.text()) {
            mistakes.at(
                half,
                format!("there is no variant `{}`", half.text()),
                choices(half.text(), variants),
            );
        }
    }
    both
}

fn claim_of(id: &str, claim: View<'_>, variants: &[&str], mistakes: &Mistakes) -> Option<Claim> {
    let [fails, mends] = two_variants(claim, ["fails", "mends"], variants, mistakes);
    if fails.is_sound() && fails.text() == mends.text() {
        let help = "`fails` and `mends` must be two variants";
        mistakes.at(mends, "a variant cannot be compared with itself", help);
    }
    let figure = claim.at("metric").present().filter(|figure| figure.is_sound())?;
    let unit = unit_named(figure, figure.text(), mistakes)?;
    let factor = claim.at("factor").present().filter(|factor| factor.is_sound());
    asks_something(factor, mistakes);
    let is_bounded = ["min", "max"].iter().any(|key| claim.at(key).present().is_some());
    let bound = match (is_bounded, factor) {
        (true, _) => ends(claim, unit, mistakes),
        (false, Some(_)) => Bound::default(),
        (false, None) => Bound { min: None, max: Some(0) },
    };
    Some(read!(claim, Claim { fails mends metric report } with {
        id: id.to_owned(),
        bound,
        factor_milli: factor.map(View::milli),
        keys: claim.at("keys").items().map(View::owned_text).collect(),
    }))
}

/// The unit of the figure `name`. Mistakes are shown at `figure`.
pub(in super::super) fn unit_named(figure: View<'_>, name: &str, mistakes: &Mistakes) -> Option<Unit> {
    let (metric, stat) = with_stat(name);
    if metric.contains('@') {
        let help = "write the metric without the state at the start: it is measured for all devices together";
        mistakes.at(figure, "a state at the start cannot be used here", help);
        return None;
    }
    // Whether the named unit or entity exists is checked when the figure is computed.
    let (plain, part) = metrics::parts(&metric);
    let unit = unit(figure, plain, mistakes)?;
    if part.is_some() && metrics::find(plain).is_some() && metrics::find(&metric).is_none() {
        let title = format!("`{plain}` is not measured by part");
        mistakes.at(figure, title, format!("write `{plain}`, the figure of all together"));
        return None;
    }
    has_stat(figure, &metric, stat, mistakes).then(|| unit.of_stat(stat))
}

pub(in super::super) fn questions(node: &Node, variants: &[&str]) -> Result<Vec<Question>, Vec<Diagnostic>> {
    each_of(node, |name, at, of, mistakes| {
        if question_place(name).is_none() {
            mistakes.at(at, format!("there is no question `{name}`"), want());
        }
        Some(question(name, of, variants, mistakes))
    })
}

fn want() -> String {
    let lists = QUESTION_LISTS.map(|list| format!("{0}-1 to {0}-{1}", list.name, list.questions));
    format!(
        "write {}; if several questions answer one point, add a word: {}-1-rows",
        lists.join(" or "),
        QUESTION_LISTS[0].name
    )
}

fn question(name: &str, of: View<'_>, variants: &[&str], mistakes: &Mistakes) -> Question {
    let [without, with] = two_variants(of, ["without", "with"], variants, mistakes);
    if without.is_sound() && without.text() == with.text() {
        mistakes.at(
            with,
            "a variant cannot be compared with itself",
            "`without` and `with` must be two variants",
        );
    }
    let figures: Vec<Told> =
        of.at("figure").entries().map(|(name, figure)| told(name, figure, mistakes)).collect();
    if of.at("figure").is_sound() && figures.iter().all(|figure| figure.demand.is_none()) {
        let help =
            "write `less = 2` or `more = 2` beside a metric: this factor decides whether the answer is yes";
        mistakes.at(of.at("figure"), "this question expects no result", help);
    }
    let says = of.at("says");
    let known: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    let mut named = Vec::new();
    for piece in pieces(says.text()) {
        let (Piece::Both(name) | Piece::Times(name)) = piece else { continue };
        if !known.contains(&name) {
            mistakes.at(says, format!("there is no figure `{name}`"), choices(name, &known));
        }
        named.push(name);
    }
    for name in known.iter().filter(|name| says.is_sound() && !named.contains(name)) {
        let help = format!("write {{{name}}} or {{{name}.times}} in `says`");
        mistakes.at(of.at("figure").name(name), format!("the answer does not mention `{name}`"), help);
    }
    let needs = of.at("needs");
    for key in needs.names().into_iter().filter(|key| Setting::of_need(key).is_none()) {
        let help = "write a dotted key such as \"entity.*.project\", or a key with a value such as \"unit.*.blocking=true\"";
        mistakes.at(needs.name(key), format!("no scenario has `{key}`"), help);
    }
    read!(of, Question { asks without with says alike } with {
        name: name.to_owned(),
        figures,
        does: of.at("does").present().filter(|does| does.is_sound()).map(View::word),
        put: Put::ToItsOwn,
    })
}

fn told(name: &str, figure: View<'_>, mistakes: &Mistakes) -> Told {
    let metric = figure.at("metric");
    if metric.is_sound() {
        unit_named(metric, metric.text(), mistakes);
    }
    let [less, more] = ["less", "more"].map(|key| figure.at(key).present());
    if let (Some(_), Some(more)) = (less, more) {
        mistakes.at(more, "`less` and `more` exclude each other", "write only one of `less` and `more`");
    }
    let asked = less.or(more).filter(|factor| factor.is_sound());
    asks_something(asked, mistakes);
    let demand = asked.map(|factor| Demand { more: less.is_none(), factor_milli: factor.milli() });
    Told { name: name.to_owned(), metric: metric.owned_text(), demand }
}

fn asks_something(factor: Option<View<'_>>, mistakes: &Mistakes) {
    if let Some(low) = factor.filter(|factor| factor.milli() <= 1_000) {
        mistakes.at(low, "this factor has no effect", "write a factor above 1");
    }
}
