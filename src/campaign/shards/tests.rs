//! How partitions deal out cells.

use proptest::prelude::*;

use super::*;

fn roll(costs: &[u64]) -> Roll {
    let name = |n: usize| (format!("cell.s{n}"), "plan".to_owned(), n.to_string());
    Roll { digest: "d".to_owned(), names: (0..costs.len()).map(name).collect(), costs: costs.to_vec() }
}

proptest! {
    #[test]
    fn balanced_shards_differ_by_one_cell_at_most(costs in prop::collection::vec(1_u64..1_000, 1..60), of in 1_u32..9) {
        let roll = roll(&costs);
        let loads: Vec<u64> = (1..=of)
            .map(|shard| Partition { deal: Deal::Balanced, of, shard }.cells(&roll))
            .map(|cells| cells.into_iter().map(|cell| costs[cell]).sum())
            .collect();
        let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
        prop_assert!(most - least <= *costs.iter().max().unwrap(), "{loads:?}");
    }
}

#[test]
fn a_cell_stays_in_its_shard_by_hash_as_others_come() {
    let (few, many) = (roll(&[1; 10]), roll(&[1; 40]));
    for shard in 1..=4 {
        let own = Partition { deal: Deal::Hash, of: 4, shard };
        let of_few: Vec<usize> = own.cells(&many).into_iter().filter(|cell| *cell < 10).collect();
        assert_eq!(own.cells(&few), of_few);
    }
}
