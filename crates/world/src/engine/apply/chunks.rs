//! Divides pages into transactions.

/// Rows `from..until` of page number `page`, written in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) page: usize,
    pub(crate) from: usize,
    pub(crate) until: usize,
    pub(crate) ends_page: bool,
}

/// Divides pages of `sizes` rows into transactions of at most `limit` rows. Small pages share a
/// transaction.
pub(crate) fn cut(sizes: &[usize], limit: usize) -> Vec<Vec<Segment>> {
    let limit = limit.max(1);
    let mut transactions = Vec::new();
    let mut current: Vec<Segment> = Vec::new();
    let mut room = limit;
    for (page, &size) in sizes.iter().enumerate() {
        let mut from = 0;
        loop {
            let until = size.min(from + room);
            current.push(Segment { page, from, until, ends_page: until == size });
            room -= until - from;
            from = until;
            if room == 0 {
                transactions.push(std::mem::take(&mut current));
                room = limit;
            }
            if from == size {
                break;
            }
        }
    }
    if !current.is_empty() {
        transactions.push(current);
    }
    transactions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_are_cut_without_losing_or_doubling_a_row(
            sizes in proptest::collection::vec(0_usize..40, 0..8),
            limit in 1_usize..50,
        ) {
            let transactions = cut(&sizes, limit);
            let mut seen = vec![0; sizes.len()];
            let mut ended = vec![0; sizes.len()];
            for transaction in &transactions {
                let rows: usize = transaction.iter().map(|s| s.until - s.from).sum();
                prop_assert!(rows <= limit);
                for segment in transaction {
                    prop_assert_eq!(segment.from, seen[segment.page]);
                    seen[segment.page] = segment.until;
                    ended[segment.page] += u32::from(segment.ends_page);
                }
            }
            prop_assert_eq!(&seen, &sizes);
            prop_assert!(ended.iter().all(|&n| n == 1));
            let full = transactions.iter().rev().skip(1);
            for transaction in full {
                prop_assert_eq!(transaction.iter().map(|s| s.until - s.from).sum::<usize>(), limit);
            }
        }
    }
}
