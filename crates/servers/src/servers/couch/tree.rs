//! The revision tree of a document.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::{Value as Json, json};

/// A revision, `N-hash`. Revisions are ordered by generation, then by the text of the hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rev {
    pub(super) generation: u64,
    pub(super) hash: String,
}

impl fmt::Display for Rev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.generation, self.hash)
    }
}

impl FromStr for Rev {
    type Err = ();
    fn from_str(text: &str) -> Result<Rev, ()> {
        let (generation, hash) = text.split_once('-').ok_or(())?;
        let generation = generation.parse().map_err(|_| ())?;
        let is_sound = generation > 0 && !hash.is_empty();
        is_sound.then(|| Rev { generation, hash: hash.to_owned() }).ok_or(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) rev: Rev,
    /// The index of the parent revision.
    parent: Option<usize>,
    pub(super) deleted: bool,
    /// The stamp of the record's commit; `None` if the record (the backend) did not commit this
    /// revision.
    pub(super) stamp: Option<i64>,
}

/// All known revisions. A parent is always before its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(Vec<Node>);

impl Tree {
    pub(super) fn find(&self, rev: &Rev) -> Option<&Node> {
        self.0.iter().find(|node| node.rev == *rev)
    }
    pub(super) fn note(&mut self, rev: &Rev, stamp: i64) {
        let node = self.0.iter_mut().find(|node| node.rev == *rev);
        node.into_iter().for_each(|node| node.stamp = Some(stamp));
    }
    /// The leaves, winner first. Live leaves come before deleted ones, then longer histories, then
    /// greater texts.
    pub(super) fn leaves(&self) -> Vec<&Node> {
        let inner: BTreeSet<usize> = self.0.iter().filter_map(|node| node.parent).collect();
        let mut leaves: Vec<&Node> =
            self.0.iter().enumerate().filter(|(at, _)| !inner.contains(at)).map(|(_, node)| node).collect();
        leaves.sort_by(|a, b| (!b.deleted, &b.rev).cmp(&(!a.deleted, &a.rev)));
        leaves
    }
    pub(super) fn winner(&self) -> Option<&Node> {
        self.leaves().first().copied()
    }
    pub(super) fn history(&self, rev: &Rev) -> Vec<&Rev> {
        let mut at = self.0.iter().position(|node| node.rev == *rev);
        let mut history = Vec::new();
        while let Some(node) = at.map(|at| &self.0[at]) {
            history.push(&node.rev);
            at = node.parent;
        }
        history
    }
    /// Returns the leaves that descend from a revision. A leaf counts as its own descendant.
    pub(super) fn leaves_of(&self, rev: &Rev) -> Vec<&Node> {
        self.leaves().into_iter().filter(|leaf| self.history(&leaf.rev).contains(&rev)).collect()
    }
    /// Adds a revision with its history, newest first. Returns false if the revision is known.
    pub(super) fn add(&mut self, history: &[Rev], deleted: bool) -> bool {
        let place = |rev: &Rev| self.0.iter().position(|node| node.rev == *rev);
        let known = history.iter().enumerate().find_map(|(nth, rev)| Some((nth, place(rev)?)));
        let (new, mut parent) = match known {
            Some((0, _)) => return false,
            Some((nth, at)) => (nth, Some(at)),
            None => (history.len(), None),
        };
        for nth in (0..new).rev() {
            let rev = history[nth].clone();
            self.0.push(Node { rev, parent, deleted: deleted && nth == 0, stamp: None });
            parent = Some(self.0.len() - 1);
        }
        new > 0
    }
    /// Drops each revision that is not among the last `limit` of any leaf.
    pub(super) fn stem(&mut self, limit: usize) {
        let leaves: Vec<Rev> = self.leaves().iter().map(|leaf| leaf.rev.clone()).collect();
        let kept: BTreeSet<Rev> = {
            let kept = leaves.iter().flat_map(|leaf| self.history(leaf).into_iter().take(limit.max(1)));
            kept.cloned().collect()
        };
        if kept.len() == self.0.len() {
            return;
        }
        let mut places = vec![None; self.0.len()];
        let mut stemmed: Vec<Node> = Vec::new();
        for (at, node) in self.0.iter().enumerate().filter(|(_, node)| kept.contains(&node.rev)) {
            places[at] = Some(stemmed.len());
            // Parents come first, so the parent's new place is already known.
            stemmed.push(Node { parent: node.parent.and_then(|parent| places[parent]), ..node.clone() });
        }
        self.0 = stemmed;
    }

    pub(super) fn written(&self) -> String {
        let node = |node: &Node| json!([node.rev.to_string(), node.parent, node.deleted, node.stamp]);
        Json::Array(self.0.iter().map(node).collect()).to_string()
    }
    /// Parses a tree that `written` wrote.
    pub(super) fn read(text: &str) -> Option<Tree> {
        let nodes: Vec<(String, Option<usize>, bool, Option<i64>)> = serde_json::from_str(text).ok()?;
        let node = |(rev, parent, deleted, stamp): (String, Option<usize>, bool, Option<i64>)| {
            Some(Node { rev: rev.parse().ok()?, parent, deleted, stamp })
        };
        nodes.into_iter().map(node).collect::<Option<_>>().map(Tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revs(names: &[&str]) -> Vec<Rev> {
        names.iter().map(|name| name.parse().expect("it is one")).collect()
    }

    fn winner(tree: &Tree) -> String {
        tree.winner().expect("there is one").rev.to_string()
    }

    #[test]
    fn two_revisions_of_one_generation_have_one_winner_in_any_order() {
        let branches = [
            (vec!["2-b", "1-a"], false),
            (vec!["2-c", "1-a"], false),
            (vec!["3-d", "2-e", "1-a"], true),
            (vec!["2-a", "1-a"], false),
        ];
        let mut trees = BTreeSet::new();
        for shift in 0..4 {
            let mut tree = Tree::default();
            for nth in 0..4 {
                let (names, deleted) = &branches[(nth + shift) % 4];
                assert!(tree.add(&revs(names), *deleted));
                assert!(!tree.add(&revs(names), *deleted), "it is known");
            }
            let leaves: Vec<String> = tree.leaves().iter().map(|leaf| leaf.rev.to_string()).collect();
            trees.insert(leaves);
        }
        assert_eq!(trees.into_iter().collect::<Vec<_>>(), [["2-c", "2-b", "2-a", "3-d"]]);
    }

    /// If the last revision to arrive won, the order of arrival would decide. Two servers could
    /// then differ.
    #[test]
    fn the_last_to_arrive_is_no_winner() {
        let arrival = |order: [&str; 2]| {
            let mut tree = Tree::default();
            order.iter().for_each(|name| _ = tree.add(&revs(&[name, "1-a"]), false));
            (winner(&tree), tree.0.last().expect("it was added").rev.to_string())
        };
        let (one, other) = (arrival(["2-b", "2-c"]), arrival(["2-c", "2-b"]));
        assert_eq!((&one.0, &one.0), (&other.0, &"2-c".to_owned()));
        assert_ne!(one.1, other.1, "by arrival they differ");
    }

    #[test]
    fn a_branch_that_goes_on_is_one_leaf_and_deletions_come_last() {
        let mut tree = Tree::default();
        tree.add(&revs(&["1-a"]), false);
        tree.add(&revs(&["3-c", "2-b", "1-a"]), false);
        tree.add(&revs(&["2-x", "1-a"]), false);
        assert_eq!((winner(&tree), tree.leaves().len()), ("3-c".to_owned(), 2));
        tree.add(&revs(&["4-d", "3-c"]), true);
        assert_eq!((winner(&tree), tree.leaves().len()), ("2-x".to_owned(), 2));
        let history: Vec<String> =
            tree.history(&revs(&["4-d"])[0]).iter().map(|rev| rev.to_string()).collect();
        assert_eq!(history, ["4-d", "3-c", "2-b", "1-a"]);
        let latest: Vec<String> =
            tree.leaves_of(&revs(&["2-b"])[0]).iter().map(|leaf| leaf.rev.to_string()).collect();
        assert_eq!(latest, ["4-d"]);
        assert_eq!(tree.leaves_of(&revs(&["1-a"])[0]).len(), 2);
        assert_eq!(Tree::read(&tree.written()), Some(tree));
    }

    #[test]
    fn a_long_history_is_stemmed_and_known_again_by_what_is_left() {
        let name = |n: u64| format!("{n}-r");
        let mut tree = Tree::default();
        for n in 1..=10 {
            let history = [name(n), name(n - 1)];
            let known = if n == 1 { 1 } else { 2 };
            let history: Vec<&str> = history[..known].iter().map(String::as_str).collect();
            tree.add(&revs(&history), false);
            tree.stem(3);
        }
        assert_eq!((tree.0.len(), winner(&tree)), (3, name(10)));
        assert!(!tree.add(&revs(&[&name(9), &name(8), &name(7)]), false), "it is in the tree");
        assert!(tree.add(&revs(&[&name(5), &name(4)]), false), "a forgotten one is a branch of its own");
        assert_eq!((tree.leaves().len(), winner(&tree)), (2, name(10)));
    }

    #[test]
    fn names_that_are_none_are_refused() {
        for wrong in ["", "1", "-a", "0-a", "x-a", "1-"] {
            assert!(wrong.parse::<Rev>().is_err(), "{wrong}");
        }
        let ten: Rev = "10-a".parse().expect("it is one");
        assert!(ten > "9-b".parse().expect("it is one"), "generations are numbers");
    }
}
