//! What mends a failing cell, in words.

use crate::metrics::human;
use crate::record::{RemedyRecord, shell_word};

/// One line per remedy: what was tried with its result, or what may be tried.
pub(super) fn remedies(of: &[RemedyRecord]) -> Vec<String> {
    of.iter().map(remedy).collect()
}

fn remedy(RemedyRecord { check, set, found, left, remaining }: &RemedyRecord) -> String {
    let quoted: Vec<String> = set.iter().map(|one| format!("--set {}", shell_word(one))).collect();
    let together = quoted.join(" ");
    let counted = |n: u64| human::thousands(n);
    match left {
        Some(0) if !remaining.is_empty() => format!(
            "{together} removes {check}, and the cell still fails by {} (tried)",
            remaining.join(", ")
        ),
        Some(0) if *found > 0 => format!("mended by {together} (tried: {check} {} → 0)", counted(*found)),
        Some(0) => format!("mended by {together} (tried: no {check})"),
        Some(left) if left < found => format!(
            "no setting that is known for {check} mends this; {together} leaves {} of {} (tried)",
            counted(*left),
            counted(*found)
        ),
        Some(_) => format!("no setting that is known for {check} mends this (tried: {})", quoted.join(", ")),
        None => format!("may be mended by {} (not tried: the cell takes too long)", quoted.join(" or ")),
    }
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
        };
        let others = RemedyRecord { remaining: vec!["silent-discard".to_owned()], ..of(2, Some(0)) };
        let all = [others, of(36, Some(0)), of(0, Some(0)), of(36, Some(5)), of(36, Some(36)), of(36, None)];
        insta::assert_snapshot!(remedies(&all).join("\n"));
    }
}
