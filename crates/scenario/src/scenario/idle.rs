//! Finds keys that have no effect because of other keys, such as replica settings without a
//! replica.
//!
//! The grammar states the condition under which a key has an effect ([`Needs`]). If the condition
//! does not hold, the key is reported. In two cases the key is ignored without a report: a product
//! profile set it, or a choice made it ineffective. A choice is a variant, `--set` or an axis,
//! because one file may describe several designs.

use std::sync::LazyLock;

use super::check::check;
use super::grammar::{ROOT, each_key};
use super::merge::Setting;
use super::written::is_of_axis;
use crate::base::Span;
use crate::config::diagnostic::Diagnostic;
use crate::config::form::{Form, Key, Needs};
use crate::config::tree::{Entry, Node, Origin, Via, parse_own};
use crate::config::view::View;
use crate::config::written::dotted;

/// A key that has an effect only under a condition on other keys.
struct ConditionalKey {
    /// The path of the key. `NAME` stands for each name of a table.
    path: Vec<String>,
    needs: &'static Needs,
}

/// The order matters: a key comes after the keys whose removal may remove it or a key of its
/// condition.
static CONDITIONAL_KEYS: LazyLock<Vec<ConditionalKey>> = LazyLock::new(|| {
    let mut left = Vec::new();
    each_key(&mut |path, key| {
        if let Some(needs) = key.needs {
            left.push(ConditionalKey { path: names(path), needs });
        }
    });
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |needy: &ConditionalKey| left.iter().any(|other| needy.comes_after(other));
        let next = left.iter().position(|needy| !waits(needy)).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
});

const NAME: &str = "NAME";
const PRODUCT: &str = "product";

fn names(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

impl ConditionalKey {
    /// The path of a key in the condition, for a conditional key at `own`. `of` is its path as
    /// [`Needs`] writes it.
    fn decider(own: &[String], of: &str) -> Vec<String> {
        match of.strip_prefix('.') {
            Some("") => own.to_vec(),
            Some(beside) => [&own[..own.len() - 1], &names(beside)].concat(),
            None => names(of),
        }
    }

    /// Whether removing the other key may remove this key, or a key of this key's condition.
    fn comes_after(&self, other: &ConditionalKey) -> bool {
        let of = self.needs.of.iter().map(|of| ConditionalKey::decider(&self.path, of));
        self.path != other.path && of.chain([self.path.clone()]).any(|path| path.starts_with(&other.path))
    }

    /// Each path in the tree that matches this key.
    fn places(&self, root: View<'_>) -> Vec<Vec<String>> {
        let mut places = vec![Vec::new()];
        for name in &self.path {
            let below = |place: Vec<String>| {
                let under = if name == NAME { at(root, &place).names() } else { vec![name.as_str()] };
                under.into_iter().map(move |name| [&place[..], &[name.to_owned()]].concat())
            };
            places = places.into_iter().flat_map(below).collect();
        }
        places
    }
}

fn at<'v>(root: View<'v>, path: &[String]) -> View<'v> {
    path.iter().fold(root, |view, name| view.key(name))
}

/// Keys that stay in the tree but are not written to the resolved text. For a link, writing the
/// default instead would be wrong: a tunnel's packets are smaller than those of the link below it.
pub(super) type UnwrittenKeys = Vec<Vec<String>>;

/// For each of [`CONDITIONAL_KEYS`]: true if a variant sets a key of its condition.
pub(super) type Choices = Vec<bool>;

pub(super) fn variant_choices(variants: &[Setting]) -> Choices {
    let is_choice = |needy: &ConditionalKey, set: &Setting| {
        deciders(needy, &needy.path).any(|path| set.gives(&path.join(".")))
    };
    CONDITIONAL_KEYS.iter().map(|needy| variants.iter().any(|set| is_choice(needy, set))).collect()
}

/// The keys of a condition, except the conditional key itself.
fn deciders(needy: &ConditionalKey, own: &[String]) -> impl Iterator<Item = Vec<String>> {
    needy.needs.of.iter().filter(|of| **of != ".").map(|of| ConditionalKey::decider(own, of))
}

/// Removes keys that a choice left without effect, and reports the others. `by_variants` marks the
/// conditional keys whose condition depends on variants.
pub(super) fn idle(tree: &mut Node, by_variants: &Choices, mistakes: &mut Vec<Diagnostic>) -> UnwrittenKeys {
    idle_but(tree, by_variants, &vec![false; by_variants.len()], mistakes)
}

/// Like `idle`, but keeps the keys whose condition depends on the seeds of a swarm.
pub(super) fn idle_but(
    tree: &mut Node,
    by_variants: &Choices,
    by_seeds: &Choices,
    mistakes: &mut Vec<Diagnostic>,
) -> UnwrittenKeys {
    let mut unsaid = UnwrittenKeys::new();
    let decided = CONDITIONAL_KEYS.iter().zip(by_variants).zip(by_seeds);
    for ((needy, elsewhere), _) in decided.filter(|(_, stays)| !**stays) {
        let Needs { of, holds, why, help } = needy.needs;
        for own in needy.places(View::new(tree)) {
            let root = View::new(tree);
            let decide: Vec<View<'_>> =
                of.iter().map(|of| at(root, &ConditionalKey::decider(&own, of))).collect();
            let is_sound = |path: Vec<String>| at(root, &path).present().is_none_or(View::is_sound);
            if at(root, &own).present().is_none() || holds(&decide) || !deciders(needy, &own).all(is_sound) {
                continue;
            }
            let choices: Vec<Origin> = deciders(needy, &own).flat_map(|path| choosers(root, &path)).collect();
            let of_variant = |node: &Node| came_by(node, |via| matches!(via, Via::Variant(_)));
            let is_chosen = |node: &Node| {
                choices.iter().any(|choice| chosen_by_other(choice, node))
                    || (*elsewhere && !of_variant(node))
            };
            let title = format!("`{}` has no effect: {why}", dotted(&own));
            if !is_ignored_key(tree, &own, is_chosen, (&title, help), mistakes) {
                continue;
            }
            match &*own[0] {
                "link" => unsaid.push(own),
                "event" => put(tree, &own[..2], None),
                _ => put(tree, &own, default_of(&own)),
            }
        }
    }
    unsaid.extend(tails(View::new(tree)));
    unsaid
}

/// The jitter tails of links whose jitter an axis or a variant sets to 0. Without jitter there is
/// no tail, so the tail in the file is ignored.
fn tails(root: View<'_>) -> impl Iterator<Item = Vec<String>> {
    let links = root.at("link");
    let still = move |name: &&str| {
        links.name(name).of::<_, Span>("jitter") == Span::ZERO && links.name(name).at("jitter").is_changed()
    };
    let tails = links.names().into_iter().filter(still);
    tails.map(|name| ["link", name, "jitter_tail"].map(str::to_owned).into())
}

/// True if a key is ignored silently. Otherwise, reports it if its value is not the default.
fn is_ignored_key(
    tree: &Node,
    path: &[String],
    is_chosen: impl Fn(&Node) -> bool,
    (title, help): (&str, &str),
    mistakes: &mut Vec<Diagnostic>,
) -> bool {
    let Some(node) = tree.get(path).filter(|node| node.is_sound()) else { return false };
    let passed = brought(node) || is_chosen(node);
    if !passed && default_of(path).map(|default| default.to_toml()) != Some(node.to_toml()) {
        mistakes.push(Diagnostic::new(node.origin.place.clone(), title).help(help));
    }
    passed
}

fn brought(node: &Node) -> bool {
    matches!(node.origin.via, Via::Profile { .. } | Via::Default)
        && node.table().is_none_or(|table| table.values().all(|entry| brought(&entry.node)))
}

/// True if this choice does not come from the source that set the key.
fn chosen_by_other(choice: &Origin, key: &Node) -> bool {
    match choice.via {
        Via::Variant(_) => !came_by(key, |via| *via == choice.via),
        Via::Set => is_of_axis(choice) || !came_by(key, |via| *via == Via::Set),
        Via::File | Via::Profile { .. } | Via::Default => false,
    }
}

fn came_by(node: &Node, is: impl Fn(&Via) -> bool + Copy) -> bool {
    is(&node.origin.via)
        || node.table().is_some_and(|table| table.values().any(|entry| came_by(&entry.node, is)))
}

/// The origin of the value; for a table, the origins of its keys.
fn origins(value: View<'_>) -> Vec<Origin> {
    if value.is_table() {
        return value.names().iter().filter_map(|name| value.name(name).origin()).cloned().collect();
    }
    value.origin().into_iter().cloned().collect()
}

/// The origins of a choice. If a product profile made the choice, also the origins of the product's
/// name.
fn choosers(root: View<'_>, path: &[String]) -> Vec<Origin> {
    let direct = origins(at(root, path));
    let of_product = direct.iter().any(|origin| matches!(origin.via, Via::Profile { .. }));
    if of_product { [direct, origins(root.at(PRODUCT))].concat() } else { direct }
}

fn default_of(path: &[String]) -> Option<Node> {
    let (name, above) = path.split_last()?;
    let form = above.iter().try_fold(&ROOT, |form, name| form.under(name))?;
    let Form::Table { keys, .. } = form else { return None };
    let Key { form, preset, .. } = keys.iter().find(|key| key.name == name)?;
    let mut node = parse_own(&preset.text()?);
    check(form, &mut node, name, &mut Vec::new());
    Some(node)
}

pub(super) fn without(mut tree: Node, unsaid: &UnwrittenKeys) -> Node {
    for path in unsaid {
        put(&mut tree, path, None);
    }
    tree
}

fn put(tree: &mut Node, path: &[String], default: Option<Node>) {
    let [above @ .., name] = path else { return };
    let Some(table) = tree.get_mut(above).and_then(Node::table_mut) else { return };
    match default {
        Some(default) => table.insert(name.clone(), Entry::new(default)),
        None => table.remove(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_needs_is_settled_before_it_and_is_a_key() {
        for (place, needy) in CONDITIONAL_KEYS.iter().enumerate() {
            let late = CONDITIONAL_KEYS[place + 1..].iter().find(|other| needy.comes_after(other));
            assert_eq!(late.map(|other| &other.path), None, "{:?} goes first", needy.path);
            for of in needy.needs.of {
                let path = ConditionalKey::decider(&needy.path, of);
                let form = path.iter().try_fold(&ROOT, |form, name| form.under(name));
                assert!(form.is_some(), "{of} of {:?}", needy.path);
            }
        }
        assert!(CONDITIONAL_KEYS.len() > 40, "{} keys need something", CONDITIONAL_KEYS.len());
    }
}
