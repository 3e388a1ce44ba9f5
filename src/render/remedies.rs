//! Lists the settings that repair a failing cell (one simulation).

use super::lines::joined;
use crate::metrics::{self, human};
use crate::oracle::metric_of;
use crate::record::{RemedyRecord, WorseRecord, headline_of, shell_word};

const BACKEND: &str = "backend.";
const EXPECT: &str = "expect ";
const GATE: &str = "gate ";

/// A remedy: settings with their result. Untried settings are shown as a suggestion.
pub(super) fn remedy(RemedyRecord { check, set, found, left, remaining, worse }: &RemedyRecord) -> String {
    let check = named(check);
    let quoted: Vec<String> = set.iter().map(|one| format!("--set {}", shell_word(one))).collect();
    let together = quoted.join(" ");
    let [was, is] = [*found, left.unwrap_or(0)].map(human::thousands);
    let worse = price(worse);
    let remaining = joined(remaining.iter().map(|what| named(what)), ", ");
    let told = match (left, worse, remaining) {
        (Some(0), Some(worse), _) => format!("{together} removes {check}, but {worse}"),
        (Some(0), None, Some(others)) => {
            format!("{together} removes {check}, but the cell still fails by {others} (tried)")
        }
        (Some(0), ..) if *found > 0 => format!("fixed by {together} (tried: {check} {was} → 0)"),
        (Some(0), ..) => format!("fixed by {together} (tried: no {check})"),
        (Some(left), ..) if left < found => {
            format!("no setting that was tried for {check} fixes this; {together} leaves {is} of {was}")
        }
        (Some(_), ..) => format!("no setting that was tried for {check} fixes this: {}", quoted.join(", ")),
        (None, ..) => format!("may be fixed by {} (not tried: the cell takes too long)", quoted.join(" or ")),
    };
    let of_backend: Vec<&String> = set.iter().filter(|one| one.starts_with(BACKEND)).collect();
    if of_backend.is_empty() || left.is_some_and(|left| left > 0 && left >= *found) {
        return told;
    }
    let keys = of_backend.iter().filter_map(|one| Some(one.split_once('=')?.0));
    let keys = joined(keys, ", ").unwrap_or_default();
    format!("{told}; only the backend's team can change {keys}")
}

/// The name of a check or a figure in the summary. For an expectation, it names the figure.
fn named(what: &str) -> String {
    let name = |what: &str| headline_of(what).map_or(what, |headline| headline.name).to_owned();
    what.strip_prefix(EXPECT).map_or_else(|| name(what), |what| format!("the expectation of {}", name(what)))
}

/// The figures that settings make worse: larger counts, then missed limits, then other failures.
/// `None` if nothing is worse.
fn price(worse: &[WorseRecord]) -> Option<String> {
    let is_counted =
        |one: &&WorseRecord| metrics::find(&one.what).is_some() || metric_of(&one.what).is_some();
    let is_expected = |one: &&WorseRecord| one.what.starts_with(EXPECT);
    let is_demand = |one: &&WorseRecord| is_expected(one) || one.what.starts_with(GATE);
    let more = |WorseRecord { what, before, after }: &WorseRecord| {
        format!("{} {} → {}", named(what), human::thousands(*before), human::thousands(*after))
    };
    let name = |one: &WorseRecord| named(&one.what);
    let harm = joined(worse.iter().filter(is_counted).map(more), ", ");
    let missed = joined(worse.iter().filter(is_demand).map(name), ", ");
    let others = worse.iter().filter(|one| !is_counted(one) && !is_demand(one));
    let others = joined(others.map(name), ", ");
    let parts = [
        harm.map(|harm| format!("does more harm: {harm}")),
        missed.map(|missed| format!("the cell then misses {missed}")),
        others.map(|others| format!("the cell then fails by {others}")),
    ];
    let told = joined(parts.into_iter().flatten(), ", and ")?;
    let next = if worse.iter().all(|one| is_expected(&one)) {
        "; to use the setting, change `[expect]`"
    } else {
        ""
    };
    Some(format!("{told} (tried){next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_says_whether_it_was_tried() {
        let of = |found, left| RemedyRecord {
            check: "undetected-delete".to_owned(),
            set: vec!["a.b=c".to_owned(), "d=1s".to_owned()],
            found,
            left,
            remaining: Vec::new(),
            worse: Vec::new(),
        };
        let worse = [("oracle.saved_edits.lost", 9, 91), ("stale", 0, 3), ("gate usable", 0, 1)];
        let worse = worse.map(|(what, before, after)| WorseRecord { what: what.to_owned(), before, after });
        let harmful = RemedyRecord { worse: worse.into(), ..of(2, Some(0)) };
        let what = "expect oracle.lost.rows".to_owned();
        let unexpected = vec![WorseRecord { what, before: 0, after: 1 }];
        let unexpected = RemedyRecord { worse: unexpected, ..of(2, Some(0)) };
        let team = |set: &[&str], left| RemedyRecord {
            check: "oracle.saved_edits.lost".to_owned(),
            set: set.iter().map(|one| (*one).to_owned()).collect(),
            ..of(36, left)
        };
        let others = RemedyRecord { remaining: vec!["silent-discard".to_owned()], ..of(2, Some(0)) };
        let all = [others, of(36, Some(0)), of(0, Some(0)), of(36, Some(5)), of(36, Some(36)), of(36, None)];
        let of_team = [
            team(&["backend.writes=checked"], Some(0)),
            team(&["a.b=c", "backend.writes=checked"], None),
            team(&["backend.writes=checked"], Some(36)),
        ];
        let all: Vec<RemedyRecord> = all.into_iter().chain([harmful, unexpected]).chain(of_team).collect();
        insta::assert_snapshot!(all.iter().map(remedy).collect::<Vec<_>>().join("\n"));
    }
}
