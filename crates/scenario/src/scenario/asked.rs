//! Applies the questions of one scenario to another.

use super::document::{Document, settings};
use super::merge::Setting;
use super::practice::{Mend, Seen};
use super::question::Stand;
use crate::config::diagnostic::Source;
use crate::config::tree::{Entry, Node, Origin, Table, Val, Via, parse_value};
use crate::config::written::dotted;

/// The two variants of a question, by key.
const HALVES: [(&str, Stand); 2] = [("without", Stand::Without), ("with", Stand::With)];

impl Document {
    /// This scenario with one question of the document `of`. The two variants of the question
    /// replace the variants of this scenario.
    ///
    /// `seen.half()` is the variant that this scenario already matches. That variant gets only the
    /// settings that both variants share. If that variant is `Without`, the `With` variant also
    /// gets `seen.mends`. Keys in `seen.kept` keep this scenario's value.
    #[must_use]
    pub fn asked(&self, question: &str, of: &Document, seen: &Seen) -> Document {
        let stands = seen.half();
        let mut asked = self.clone();
        let Some(written) = of.tree.get(&["question", question]) else { return asked };
        let mut written = written.clone();
        let (both, mut variants) = (of.halves(question), Table::new());
        for ((key, stand), half) in HALVES.into_iter().zip(&both) {
            let Some((name, variant)) = half else { continue };
            let title = format!("{question}-{name}");
            if let Some(node) = written.get_mut(&[key]) {
                *node = Node::text(&title, &node.origin);
            }
            let mut variant = match (stands, &both) {
                (Some(own), [Some((_, one)), Some((_, other))]) if own == stand => alike(one, other),
                _ => variant.without("expect"),
            };
            if stands == Some(Stand::Without) && stand == Stand::With {
                seen.mends.iter().for_each(|mend| add(&mut variant, mend));
            }
            seen.kept.iter().for_each(|key| keep(&mut variant, key, &self.tree));
            variants.insert(title, Entry::new(variant));
        }
        asked.tree = self.bare();
        if let Some(root) = asked.tree.table_mut() {
            let origin = written.origin.clone();
            let table = |table: Table| Entry::new(Node::new(Val::Table(table), origin.clone()));
            root.insert("variant".to_owned(), table(variants));
            let one = Table::from([(question.to_owned(), Entry::new(written))]);
            root.insert("question".to_owned(), table(one));
        }
        asked
    }

    /// The text of the first need of the question that this scenario, with `sets`, does not meet.
    /// `None` if the scenario meets all needs.
    pub fn lacks(&self, question: &str, of: &Document, sets: &[String]) -> Option<String> {
        let needs = of.tree.get(&["question", question, "needs"])?.table()?;
        if needs.is_empty() {
            return None;
        }
        let tree = self.cell(None, &settings(sets, "--set", &mut Vec::new()), &self.shared()).tree;
        let is_lacking = |key: &str| !Setting::of_need(key).is_some_and(|need| need.is_said_by(&tree));
        let lacking = needs.iter().find(|(key, _)| is_lacking(key));
        lacking.map(|(_, entry)| entry.node.as_text().unwrap_or_default().to_owned())
    }

    /// The first of `sets` (`KEY=VALUE`) whose key the question is about. A question is about the
    /// keys that differ between its variants, and about the keys that `mends` set.
    pub fn held_by<'s>(&self, question: &str, mends: &[Mend], sets: &'s [String]) -> Option<&'s str> {
        let [Some((_, one)), Some((_, other))] = self.halves(question) else { return None };
        let common = alike(one, other);
        let of = |variant: &Node| Setting::all_of_variant("", variant).into_iter().flatten();
        let common: Vec<Setting> = of(&common).collect();
        let mut about: Vec<Setting> = [one, other].into_iter().flat_map(of).collect();
        about.retain(|setting| !common.iter().any(|both| both.path == setting.path));
        about.extend(mends.iter().filter_map(|mend| Setting::of_need(&mend.key)));
        let holds = |text: &&String| {
            Setting::parse(text, "--set").is_ok_and(|set| about.iter().any(|one| one.meets(&set)))
        };
        sets.iter().find(holds).map(|text| text.split('=').next().unwrap_or(text).trim())
    }

    fn halves(&self, question: &str) -> [Option<(&str, &Node)>; 2] {
        HALVES.map(|(half, _)| {
            let name = self.tree.get(&["question", question, half])?.as_text()?;
            Some((name, self.tree.get(&["variant", name])?))
        })
    }
}

/// The keys that two variants set to the same value, and the keys that both remove.
fn alike(one: &Node, other: &Node) -> Node {
    let mut both = Table::new();
    let set = one.get(&["set"]).zip(other.get(&["set"]));
    let pairs = set.and_then(|(one, other)| Some((one, one.table()?, other.table()?)));
    if let Some((node, one, other)) = pairs {
        let same = |(key, entry): &(&String, &Entry)| {
            other.get(*key).is_some_and(|other| other.node.to_toml() == entry.node.to_toml())
        };
        let same = one.iter().filter(same).map(|(key, entry)| (key.clone(), entry.clone()));
        both.insert("set".to_owned(), Entry::new(Node::new(Val::Table(same.collect()), node.origin.clone())));
    }
    let unset = one.get(&["unset"]).zip(other.get(&["unset"]));
    if let Some((one, _)) = unset.filter(|(one, other)| one.to_toml() == other.to_toml()) {
        both.insert("unset".to_owned(), Entry::new(one.clone()));
    }
    Node::new(Val::Table(both), one.origin.clone())
}

/// Removes `key` from the variant's settings, so that the value in `tree` stays. If a setting with
/// `*` covers the key, single settings for all other names replace it. For example, for the key
/// `a.x.b`, settings `a.y.b` replace `a.*.b`.
fn keep(variant: &mut Node, key: &str, tree: &Node) {
    let Some(kept) = Setting::of_need(key) else { return };
    let Some(set) = variant.get_mut(&["set"]).and_then(Node::table_mut) else { return };
    let meets = |text: &&String| Setting::of_need(text).is_some_and(|setting| setting.meets(&kept));
    let met: Vec<String> = set.keys().filter(meets).cloned().collect();
    for text in met {
        let (Some(setting), Some(entry)) = (Setting::of_need(&text), set.remove(&text)) else { continue };
        let others = setting.single(tree).into_iter().filter(|one| !one.meets(&kept));
        set.extend(others.map(|one| (dotted(&one.path), entry.clone())));
    }
}

fn add(variant: &mut Node, mend: &Mend) {
    let origin = Origin { place: None, via: Via::Set };
    let Some(table) = variant.table_mut() else { return };
    let key = if mend.value.is_some() { "set" } else { "unset" };
    let empty = if mend.value.is_some() { Val::Table(Table::new()) } else { Val::List(Vec::new()) };
    let entry = table.entry(key.to_owned()).or_insert_with(|| Entry::new(Node::new(empty, origin.clone())));
    let value = mend.value.as_ref().and_then(|text| parse_value(&Source::new("", text), 0, Via::Set).ok());
    match (&mut entry.node.value, value) {
        (Val::Table(set), Some(value)) => drop(set.insert(mend.key.clone(), Entry::new(value))),
        (Val::List(unset), None) => unset.push(Node::text(&mend.key, &origin)),
        _ => {}
    }
}
