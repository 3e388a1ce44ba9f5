//! Compares the findings for histories with expectations.

use super::play::play;
use crate::base::cases::cases;
use crate::oracle::Verdict;
use crate::oracle::checks::RULES;
use crate::oracle::implied;
use crate::oracle::metric_of;

/// The verdict on a history; if it contains `restless`, no device comes to rest.
pub(super) fn verdict(history: &str) -> Verdict {
    play(history).verdict(!history.contains("restless"))
}

/// Compares the findings for histories with expectations, which are separated by ` & `. `silent`:
/// no finding. `CHECK N`: the check fires N times, and no other check except those that it implies.
/// `METRIC N` and `METRIC over N`: the value of a metric. `counted N`: the phones count N
/// conflicts. `fires CHECK …`: these checks fire and no other. `has CHECK` and `lacks CHECK`: the
/// check fires, or does not.
#[expect(clippy::print_stdout, reason = "it is shown with a failure alone")]
#[track_caller]
pub(super) fn judge(table: &str) {
    for (history, expected) in cases(table) {
        println!("{history}");
        let counted = || play(&history).phones.iter().map(|phone| phone.conflicts.len()).sum::<usize>();
        let verdict = verdict(&history);
        for part in expected.split(" & ").map(str::trim) {
            println!("  {part}");
            let words: Vec<&str> = part.split(' ').collect();
            match words[..] {
                ["silent"] => assert_silent(&verdict),
                ["fires", ..] => assert_eq!(fired(&verdict), words[1..], "{:#?}", verdict.violations),
                ["has", check] => assert!(fired(&verdict).contains(&check), "{:#?}", verdict.violations),
                ["lacks", check] => assert!(!fired(&verdict).contains(&check), "{:#?}", verdict.violations),
                ["counted", n] => assert_eq!(counted().to_string(), n),
                [metric, "over", n] => assert!(verdict.figures[metric] >= n.parse().unwrap()),
                [metric, n] if metric.contains('.') => {
                    assert_eq!(verdict.figures[metric].to_string(), n, "{:#?}", verdict.violations);
                }
                [check, n] => assert_only(&verdict, check, n.parse().unwrap()),
                _ => panic!("{part} expects nothing"),
            }
        }
    }
}

fn fired(verdict: &Verdict) -> Vec<&'static str> {
    let mut fired: Vec<&'static str> = verdict.violations.iter().map(|v| v.check).collect();
    fired.dedup();
    fired
}

/// Fails unless `check` fired this often, and no other check except those that it implies.
#[track_caller]
fn assert_only(verdict: &Verdict, check: &str, count: u64) {
    let fired = fired(verdict);
    let stray: Vec<_> = fired.iter().filter(|f| **f != check && !implied(check).contains(f)).collect();
    assert!(stray.is_empty(), "{stray:?} fired beside {check}: {:#?}", verdict.violations);
    assert_eq!(verdict.figures[metric_of(check).unwrap()], count, "{check}: {:#?}", verdict.violations);
}

#[track_caller]
fn assert_silent(verdict: &Verdict) {
    assert!(verdict.violations.is_empty(), "{:#?}", verdict.violations);
    for rule in RULES {
        assert_eq!(verdict.figures.get(rule.metric).copied().unwrap_or(0), 0, "{}", rule.name);
    }
}
