//! Delta debugging: removes as many parts of a list as possible.
//!
//! Source: Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002. This
//! version tries only complements: it removes a group, and the rest must still fail. Half of the
//! parts alone seldom fails.

/// Tries to remove `parts`: all at once, then halves, then quarters, down to single parts. `first`
/// receives groups of parts. It removes the first group without which the rest still fails, and
/// returns the index of this group. `None` means that all groups are needed.
pub(super) fn ddmin<P: Clone>(mut parts: Vec<P>, mut first: impl FnMut(&[Vec<P>]) -> Option<usize>) {
    let mut size = parts.len();
    while size > 0 {
        let mut at = 0;
        while at < parts.len() {
            let groups: Vec<Vec<P>> = parts[at..].chunks(size).map(<[P]>::to_vec).collect();
            let Some(group) = first(&groups) else { break };
            let gone = at + group * size..(at + (group + 1) * size).min(parts.len());
            at = gone.start;
            parts.drain(gone);
        }
        size = if size == 1 { 0 } else { size.min(parts.len()).div_ceil(2) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of `0..all` that remain if `needed` are needed, and the number of tried groups.
    fn left(all: u32, needed: &[u32]) -> (Vec<u32>, usize) {
        let mut rest: Vec<u32> = (0..all).collect();
        let mut tried = 0;
        ddmin(rest.clone(), |groups| {
            let found = groups.iter().position(|group| !group.iter().any(|part| needed.contains(part)));
            tried += found.map_or(groups.len(), |found| found + 1);
            rest.retain(|part| found.is_none_or(|found| !groups[found].contains(part)));
            found
        });
        (rest, tried)
    }

    #[test]
    fn only_what_is_needed_is_left() {
        for needed in [&[][..], &[0], &[7], &[3, 4], &[0, 5, 9]] {
            assert_eq!(left(10, needed).0, needed);
        }
        assert_eq!(left(0, &[]).1, 0, "there is nothing to try");
    }

    #[test]
    fn few_needed_parts_of_many_take_few_tries() {
        let (rest, tried) = left(1_000, &[17, 730]);
        assert_eq!(rest, [17, 730]);
        assert!(tried < 100, "{tried}");
    }
}
