//! What two variants of a scenario are said to show side by side.

use super::super::diagnostic::{Diagnostic, choices};
use super::super::plan::{Bound, Claim};
use super::super::requirements::{ID_WANT, nearest, requirement};
use super::super::tree::Node;
use super::super::view::{Mistakes, View};
use super::measured::{unit_of, with_stat};
use crate::metrics::{self, Unit};

/// What is read of each part of a table, unless something is wrong in any of them.
pub(super) fn each_of<T>(
    table: &Node,
    read: impl Fn(&str, View<'_>, View<'_>, &Mistakes) -> Option<T>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    let (view, wrong) = (View::new(table), Mistakes::default());
    let all = view.entries().filter_map(|(name, of)| read(name, view.name(name), of, &wrong)).collect();
    let (told, following) = wrong.into_inner();
    let wrong = if told.is_empty() { following } else { told };
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

pub(in super::super) fn claims(shows: &Node, variants: &[&str]) -> Result<Vec<Claim>, Vec<Diagnostic>> {
    each_of(shows, |id, at, claim, wrong| {
        if requirement(id).is_none() {
            let near = nearest(id).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let title = format!("there is nothing to show that is called `{id}`");
            wrong.at(at, title, format!("{near}it takes {ID_WANT}"));
        }
        claim_of(id, claim, variants, wrong)
    })
}

pub(super) fn two_variants<'v>(
    view: View<'v>,
    keys: [&str; 2],
    variants: &[&str],
    wrong: &Mistakes,
) -> [View<'v>; 2] {
    let both = keys.map(|key| view.at(key));
    for half in both.into_iter().filter(|half| half.is_sound()) {
        if !variants.contains(&half.text()) {
            let title = format!("there is no variant `{}`", half.text());
            wrong.at(half, title, choices(half.text(), variants));
        }
    }
    both
}

fn claim_of(id: &str, claim: View<'_>, variants: &[&str], wrong: &Mistakes) -> Option<Claim> {
    let [fails, mends] = two_variants(claim, ["fails", "mends"], variants, wrong);
    if fails.is_sound() && fails.text() == mends.text() {
        wrong.at(mends, "a variant mends nothing of itself", "`fails` and `mends` are two variants");
    }
    let figure = claim.at("metric").present().filter(|figure| figure.is_sound())?;
    let unit = unit_named(figure, wrong)?;
    let factor = claim.at("factor").present().filter(|factor| factor.is_sound());
    if let Some(low) = factor.filter(|factor| factor.milli() <= 1_000) {
        wrong.at(low, "such a factor asks for nothing", "it is more than 1");
    }
    let is_bounded = ["min", "max"].iter().any(|key| claim.at(key).present().is_some());
    let bound = match (is_bounded, factor) {
        (true, _) => wrong.ends(claim, unit),
        (false, Some(_)) => Bound::default(),
        (false, None) => Bound { min: None, max: Some(0) },
    };
    Some(Claim {
        id: id.to_owned(),
        fails: fails.text().to_owned(),
        mends: mends.text().to_owned(),
        metric: figure.text().to_owned(),
        bound,
        factor_milli: factor.map(View::milli),
    })
}

pub(super) fn unit_named(figure: View<'_>, wrong: &Mistakes) -> Option<Unit> {
    let (metric, stat) = with_stat(figure.text());
    if metric.contains('@') {
        let help = "a claim is of all devices: write it without the state at the start";
        wrong.at(figure, "a claim names no state at the start", help);
        return None;
    }
    // Whether there is such a unit or entity shows when its figure is there.
    let (plain, part) = metrics::parts(&metric);
    let unit = wrong.unit(figure, plain)?;
    if part.is_some() && metrics::find(plain).is_some() && metrics::find(&metric).is_none() {
        let title = format!("`{plain}` is not kept by part");
        wrong.at(figure, title, format!("write `{plain}`, of all together"));
        return None;
    }
    wrong.has_stat(figure, &metric, stat).then(|| unit_of(stat, unit))
}
