//! The cells of a plan, as each of its shards knows them.

use crate::base::Digest;
use crate::campaign::journal::Name;
use crate::scenario::Plan;

/// All cells in the order of the plan, and the digest of the whole.
#[derive(Clone, Debug)]
pub struct Roll {
    /// Covers the program, the cells' names and seeds, and the contents of their scenarios with all
    /// that those read.
    pub digest: String,
    pub(super) names: Vec<Name>,
    pub(super) costs: Vec<u64>,
}

impl Roll {
    /// Of `plans`, which have these names and are estimated to cost so much beside each other;
    /// `program` tells the build.
    ///
    /// # Panics
    /// When there is no name or no cost for each plan.
    pub fn new(program: &str, plans: &[Plan], ids: &[String], costs: Vec<u64>) -> Roll {
        assert!(plans.len() == ids.len() && plans.len() == costs.len(), "a name and a cost for each cell");
        let mut digest = Digest::new();
        digest.text(program);
        let name = |(plan, id): (&Plan, &String)| (id.clone(), plan.digest.clone(), plan.seed.0.to_string());
        let names: Vec<Name> = plans.iter().zip(ids).map(name).collect();
        for (id, plan, seed) in &names {
            [id, plan, seed].into_iter().for_each(|text| digest.text(text));
        }
        Roll { digest: digest.hex(), names, costs }
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.names.len()
    }
    /// The name of the cell at this position.
    pub fn id(&self, cell: usize) -> &str {
        &self.names[cell].0
    }
}
