//! The questions of one scenario, put to another.

use super::document::{Document, OF_VARIANTS};
use super::merge::Setting;
use super::tree::{Entry, Node, Table, Val};
use super::view::View;

const HALVES: [&str; 2] = ["without", "with"];

impl Document {
    pub fn asks(&self) -> Vec<&str> {
        View::new(&self.tree).at("question").names()
    }

    /// This scenario under a question of `of`, with its two variants in place of all own ones.
    #[must_use]
    pub fn asked(&self, question: &str, of: &Document) -> Document {
        let mut asked = self.clone();
        let Some(written) = of.tree.get(&["question", question]) else { return asked };
        let mut written = written.clone();
        let mut variants = Table::new();
        for half in HALVES {
            let Some(name) = written.get(&[half]).and_then(Node::as_text).map(str::to_owned) else {
                continue;
            };
            let Some(variant) = of.tree.get(&["variant", &name]) else { continue };
            let title = format!("{question}-{name}");
            if let Some(entry) = written.table_mut().and_then(|table| table.get_mut(half)) {
                entry.node = Node::text(&title, &entry.node.origin);
            }
            variants.insert(title, Entry::new(variant.without("expect")));
        }
        let tree = OF_VARIANTS.iter().fold(self.tree.clone(), |tree, key| tree.without(key));
        asked.tree = tree;
        if let Some(root) = asked.tree.table_mut() {
            let origin = written.origin.clone();
            let table = |table: Table| Entry::new(Node::new(Val::Table(table), origin.clone()));
            root.insert("variant".to_owned(), table(variants));
            let one = Table::from([(question.to_owned(), Entry::new(written))]);
            root.insert("question".to_owned(), table(one));
        }
        asked
    }

    /// What a question of `of` needs and this scenario, with this set, has not: what is then said.
    pub fn lacks(&self, question: &str, of: &Document, sets: &[String]) -> Option<String> {
        let needs = of.tree.get(&["question", question, "needs"])?.table()?;
        if needs.is_empty() {
            return None;
        }
        let tree = self.completed(sets);
        let is_lacking = |key: &str| !Setting::of_need(key).is_some_and(|need| need.is_said_by(&tree));
        let lacking = needs.iter().find(|(key, _)| is_lacking(key));
        lacking.map(|(_, entry)| entry.node.as_text().unwrap_or_default().to_owned())
    }
}
