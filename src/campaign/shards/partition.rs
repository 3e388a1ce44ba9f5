//! Decides which cells (single simulations) belong to a shard. Opens the file of a shard, which has
//! the format of a journal.
//!
//! A plan describes a cell before it runs. A shard is a part of the cells, which one machine runs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::{Digest, Word, escape_path, in_words};
use crate::campaign::did_you_mean;
use crate::campaign::journal::{Head, Journal, KeptError, Name};
use crate::record::{Build, Exit, Folder};
use crate::scenario::{Plan, closest};

/// The largest number of shards. A plan has no more cells, so more are probably a typing error.
const SHARDS_MAX: u32 = 100_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Deal {
    /// Cell i goes to shard i modulo the number of shards.
    #[default]
    Slice,
    /// A hash of the cell's name decides. A cell keeps its shard if other cells are added or
    /// removed.
    Hash,
    /// The most expensive cells go first, each to the shard with the lowest cost so far.
    Balanced,
}

/// A shard. For example, `slice:3/8` is the third of eight shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Partition {
    pub deal: Deal,
    pub of: u32,
    /// The number of this shard, from 1.
    pub shard: u32,
}

/// The cells of a plan in order. All shards have the same list.
#[derive(Clone, Debug)]
pub struct CellList {
    /// A digest over the program, the ids and seeds of the cells, their scenarios and input files.
    pub digest: String,
    pub(super) names: Vec<Name>,
    pub(super) costs: Vec<u64>,
}

impl CellList {
    /// Lists the cells of `plans` with their ids and relative costs. `program` identifies the
    /// build.
    pub fn new(program: &str, plans: &[Plan], ids: &[String], costs: Vec<u64>) -> CellList {
        let name =
            |(plan, id): (&Plan, &String)| (id.clone(), plan.source.digest.clone(), plan.seed.0.to_string());
        let names: Vec<Name> = plans.iter().zip(ids).map(name).collect();
        let mut digest = Digest::new();
        digest.text(program);
        names.iter().flat_map(|(id, plan, seed)| [id, plan, seed]).for_each(|text| digest.text(text));
        CellList { digest: digest.hex(), names, costs }
    }
    pub fn cells(&self) -> usize {
        self.names.len()
    }
    pub fn id(&self, cell: usize) -> &str {
        &self.names[cell].0
    }
}

in_words!(Deal { Slice: "slice", Hash: "hash", Balanced: "balanced" });

impl Deal {
    pub(super) fn dealt(self, of: u32, roll: &CellList) -> Vec<u32> {
        match self {
            Deal::Slice => (0..roll.cells()).map(|cell| (cell % of as usize) as u32 + 1).collect(),
            Deal::Hash => roll.names.iter().map(|name| (hash(name) % u128::from(of)) as u32 + 1).collect(),
            Deal::Balanced => balanced(of, &roll.costs),
        }
    }
}

fn hash((id, plan, seed): &(String, String, String)) -> u128 {
    let mut digest = Digest::new();
    [id, plan, seed].into_iter().for_each(|text| digest.text(text));
    digest.finish()
}

/// Longest processing time first (Graham 1969). No shard costs more than 4/3 of the optimum.
fn balanced(of: u32, costs: &[u64]) -> Vec<u32> {
    let mut cells: Vec<usize> = (0..costs.len()).collect();
    cells.sort_by_key(|cell| (Reverse(costs[*cell]), *cell));
    let mut shards: BinaryHeap<Reverse<(u64, u32)>> = (1..=of).map(|shard| Reverse((0, shard))).collect();
    let mut dealt = vec![0; costs.len()];
    for cell in cells {
        let Reverse((cost, shard)) = shards.pop().expect("there is at least one");
        dealt[cell] = shard;
        shards.push(Reverse((cost.saturating_add(costs[cell].max(1)), shard)));
    }
    dealt
}

impl Partition {
    /// The indices of this shard's cells in the plan, in ascending order.
    pub fn cells(self, roll: &CellList) -> Vec<usize> {
        let dealt = self.deal.dealt(self.of, roll);
        (0..roll.cells()).filter(|cell| dealt[*cell] == self.shard).collect()
    }
    /// The default folder name, such as `slice-3-of-8`.
    pub fn folder(self) -> String {
        format!("{}-{}-of-{}", self.deal.word(), self.shard, self.of)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.deal.word(), self.shard, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;
    fn from_str(text: &str) -> Result<Partition, String> {
        let want = || "the form must be SCHEME:SHARD/SHARDS, such as slice:1/8 or balanced:8/8".to_owned();
        let (scheme, rest) = text.split_once(':').ok_or_else(want)?;
        let (shard, of) = rest.split_once('/').ok_or_else(want)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| want());
        let deal = Deal::of_word(scheme).ok_or_else(|| {
            let near = did_you_mean(closest(scheme, Deal::WORDS.iter().copied()));
            format!("`{scheme}` is not a scheme; the schemes are {}{near}", Deal::WORDS.join(", "))
        })?;
        let (shard, of) = (number(shard)?, number(of)?);
        if of == 0 || of > SHARDS_MAX {
            return Err(format!("the number of shards must be 1 to {SHARDS_MAX}, not {of}"));
        }
        if shard == 0 || shard > of {
            return Err(format!("there is no shard {shard} of {of}; it must be 1 to {of}"));
        }
        Ok(Partition { deal, of, shard })
    }
}

pub const NAME: &str = "shard.jsonl";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    pub plan: String,
    pub partition: Partition,
    /// The words of the command, without options that have no effect on results.
    pub command: Vec<String>,
}

/// The reason why two shards do not belong to one plan; `None` if they do.
pub(super) fn difference(one: (&Build, &Shard), other: (&Build, &Shard)) -> Option<&'static str> {
    if one.0.source != other.0.source {
        Some("of another build of the program")
    } else if one.1.command != other.1.command {
        Some("of another command")
    } else {
        (one.1.plan != other.1.plan).then_some("of another plan")
    }
}

/// Opens the journal of this shard in `folder`, or creates it.
pub fn open(folder: &Path, shard: &Shard) -> Result<Journal, KeptError> {
    let path = folder.join(NAME);
    Folder::create(folder)?;
    let is_of = |head: &Head<Shard>| {
        let other = difference((&head.build, &head.of), (Build::this(), shard)).map(str::to_owned);
        let partition = head.of.partition;
        let other = other.or_else(|| (partition != shard.partition).then(|| partition.to_string()));
        let Some(why) = other else { return Ok(()) };
        let folder = escape_path(folder);
        let text = format!("{folder} already contains a shard, {why}: choose another folder with --out");
        Err(KeptError::new(Exit::Usage, text))
    };
    let mut journal = match Journal::reopened(&path, false, is_of)? {
        Some(journal) => journal,
        None => Journal::begun(path, shard)?,
    };
    journal.alone = true;
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn roll(costs: &[u64]) -> CellList {
        let name = |n: usize| (format!("cell.s{n}"), "plan".to_owned(), n.to_string());
        CellList {
            digest: "d".to_owned(),
            names: (0..costs.len()).map(name).collect(),
            costs: costs.to_vec(),
        }
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
}
