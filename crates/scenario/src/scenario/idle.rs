//! Keys that have no effect beside others, such as how a replica is fed where there is none.
//!
//! Who writes such a key is told so. It is passed over where a variant, `--set` or an axis chose
//! what makes it idle, or where another variant chooses: a file that is for several ways says how
//! each of them goes. It is passed over too where a product brought it and the file is for
//! something else.

use super::check::check;
use super::grammar::ROOT;
use super::merge::{Setting, is_axis};
use crate::backend::Numbered;
use crate::base::{Ppm, Span, Word};
use crate::config::diagnostic::Diagnostic;
use crate::config::form::{Form, Key};
use crate::config::tree::{Entry, Node, Origin, Table, Via, parse_own};
use crate::config::view::View;
use crate::contract::NamedBy;
use crate::engine::{self, Policy};
use crate::gateway::{Mode, Snapshot};
use crate::net::Protocol;

struct Idle {
    /// `*` stands for each name of a table.
    keys: &'static [&'static str],
    needs: fn(View<'_>) -> bool,
    /// What decides about that; of a one-of also which kind it is.
    chosen_by: &'static [&'static str],
    why: &'static str,
    help: &'static str,
}

const SERVED: &str = "gateway.serve.capture";
const FED: &str = "gateway.refresh.capture";
const CARRIED: &str = "integration.capture";
const PRODUCT: &str = "product";
const CONNECTS: &str = "protocol = \"http/1.1\" or \"http/2\" has them; to compare both, let variants or an axis set transport.protocol";
const DECIDES: &[&str] = &["engine.conflict.policy", "engine.name"];

/// In an order in which nothing is needed by a key that is passed over later.
const IDLE: &[Idle] = &[
    Idle {
        keys: &["gateway.refresh"],
        needs: |root| says(root, "gateway.mode", Mode::Persistent),
        chosen_by: &["gateway.mode"],
        why: "a gateway in mode \"ota\" has no replica to refresh",
        help: "mode = \"persistent\" keeps one; to compare both, let variants or an axis set gateway.mode",
    },
    Idle {
        keys: &[SERVED],
        needs: |root| says(root, "gateway.mode", Mode::Ota),
        chosen_by: &["gateway.mode"],
        why: "a gateway in mode \"persistent\" serves devices by its replica's own sequence",
        help: "write how the replica is fed as gateway.refresh.capture; to compare both, let variants or an axis set gateway.mode",
    },
    Idle {
        keys: &["gateway.serve.server_cursor"],
        needs: |root| root.at("gateway.serve.cursor_held_by").text() == "server",
        chosen_by: &["gateway.serve.cursor_held_by"],
        why: "devices hold their cursors themselves, and the server moves none",
        help: "cursor_held_by = \"server\" lets it hold them",
    },
    Idle {
        keys: &[
            "gateway.*.capture.hash.file_every",
            "gateway.*.capture.hash.file_takes",
            "gateway.*.capture.hash.trailer",
        ],
        needs: |root| of_capture(root, "hash.source").is_none_or(|source| source.text() == "file"),
        chosen_by: &["gateway.serve.capture.hash.source", "gateway.refresh.capture.hash.source"],
        why: "the backend is asked for all rows, and drops no file",
        help: "source = \"file\" lets it drop them",
    },
    Idle {
        keys: &["gateway.*.capture.flag.on_unreadable"],
        needs: |root| of_capture(root, "flag.unreadable").is_none_or(|share| share.share() > Ppm(0)),
        chosen_by: &["gateway.serve.capture.flag.unreadable", "gateway.refresh.capture.flag.unreadable"],
        why: "every row can be captured",
        help: "unreadable is the share of rows that cannot, such as 0.01",
    },
    Idle {
        keys: &["gateway.*.capture.hash.read_rows"],
        needs: |root| {
            let isolated = |snapshot: View<'_>| snapshot.text() == Snapshot::Isolated.word();
            !of_capture(root, "hash.snapshot").is_some_and(isolated)
        },
        chosen_by: &["gateway.serve.capture.hash.snapshot", "gateway.refresh.capture.hash.snapshot"],
        why: "the source is read at one instant, and not in pages",
        help: "snapshot = \"torn\" or \"two-pass\" reads it in pages",
    },
    Idle {
        keys: &["gateway.*.capture.change_log.holes"],
        needs: |root| says(root, "backend.log.numbered", Numbered::AtWrite),
        chosen_by: &["backend.log"],
        why: "a log that is numbered at the commit has no holes",
        help: "[backend] log = { numbered = \"at-write\" } has them",
    },
    Idle {
        keys: &["gateway.refresh.fencing"],
        needs: |root| root.at("gateway.refresh.nodes").int() != 1,
        chosen_by: &["gateway.refresh.nodes"],
        why: "one node refreshes alone, and nobody overtakes it",
        help: "gateway.refresh.nodes = 2 lets another refresh beside it",
    },
    Idle {
        keys: &["backend.log"],
        needs: |root| captures(root, &["change_log", "flag"]),
        chosen_by: &["gateway.mode", SERVED, FED],
        why: "nobody reads the backend's log of changes, so it keeps none",
        help: "gateway.serve.capture = { change_log = {} } reads it, or gateway.refresh.capture in mode \"persistent\"; flags are kept with it",
    },
    Idle {
        keys: &["backend.rearm"],
        needs: |root| captures(root, &["flag"]),
        chosen_by: &["gateway.mode", SERVED, FED],
        why: "no row has a flag to be armed",
        help: "gateway.serve.capture = { flag = {} } has flags, or gateway.refresh.capture in mode \"persistent\"",
    },
    Idle {
        keys: &["backend.filter_precision", "backend.sort"],
        needs: |root| !captures(root, &["change_log", "flag", "hash"]),
        chosen_by: &["gateway.mode", SERVED, FED],
        why: "nobody asks the backend for what changed since a time",
        help: "capture by last_modified does, in gateway.serve.capture, or gateway.refresh.capture in mode \"persistent\"",
    },
    Idle {
        keys: &["engine.network_poll_cpu"],
        needs: |root| root.at("engine.network_poll").present().is_some(),
        chosen_by: &["engine.network_poll"],
        why: "the app is told of the network and does not ask",
        help: "network_poll is how often it asks, such as \"1s\"",
    },
    Idle {
        keys: &["workload.resolver.asks_again"],
        needs: |root| {
            let never = root.at("workload.resolver.never").share();
            Ppm(0) < never && never < Ppm::ONE
        },
        chosen_by: &["workload.resolver.never"],
        why: "people decide every conflict, or none, whenever they are asked",
        help: "never is the share of conflicts that they leave, such as 0.3",
    },
    Idle {
        keys: &["engine.pull.bad_tries"],
        needs: |root| root.at("engine.pull.bad_rows").present().is_none_or(|share| share.share() > Ppm(0)),
        chosen_by: &["engine.pull.bad_rows"],
        why: "there are no bad rows",
        help: "bad_rows is their share, such as 0.01",
    },
    Idle {
        keys: &["engine.pull.on_bad_row"],
        needs: disturbs_rows,
        chosen_by: &["engine.pull.bad_rows", "chaos.bad_rows"],
        why: "there are no bad rows",
        help: "bad_rows is their share, such as 0.01",
    },
    Idle {
        keys: &["transport.connections"],
        needs: |root| {
            says(root, "transport.protocol", Protocol::Http1) || root.at("transport.connections").int() == 1
        },
        chosen_by: &["transport.protocol"],
        why: "only HTTP/1.1 has several connections",
        help: "protocol = \"http/1.1\" opens so many; \"http/2\" has one, and \"bare\" knows none",
    },
    Idle {
        keys: &[
            "transport.tls",
            "transport.certificates",
            "transport.handshake_work",
            "transport.keep_alive",
            "transport.half_open",
            "transport.congestion",
            "transport.slow_start_after_idle",
            "transport.header_up",
            "transport.header_down",
        ],
        needs: |root| !says(root, "transport.protocol", Protocol::Bare),
        chosen_by: &["transport.protocol"],
        why: "\"bare\" messages know neither connections nor headers",
        help: CONNECTS,
    },
    Idle {
        keys: &["link.*.loss", "link.*.queue", "link.*.mtu", "link.*.promotion", "link.*.idle_cut"],
        needs: |root| !says(root, "transport.protocol", Protocol::Bare),
        chosen_by: &["transport.protocol"],
        why: "\"bare\" messages know no packets, and this does nothing to them",
        help: CONNECTS,
    },
    Idle {
        keys: &["transport.held", "transport.idle_close"],
        needs: |root| has_own_stack(root) && !says(root, "transport.protocol", Protocol::Bare),
        chosen_by: &["engine.name", "transport.protocol"],
        why: "the built-in stack holds no connections, and \"bare\" messages know none",
        help: "a stack of your own may hold them, by `Transport::connect`",
    },
    Idle {
        keys: &["event.*.half_open"],
        needs: |root| !says(root, "transport.protocol", Protocol::Bare),
        chosen_by: &["transport.protocol"],
        why: "\"bare\" messages know no connections, and this leaves none half open",
        help: CONNECTS,
    },
    Idle {
        keys: &["engine.pull.streams"],
        needs: pulls_together,
        chosen_by: &["unit", "entity"],
        why: "no unit pulls more than one entity, so there is nothing to pull at the same time",
        help: "a unit with several, such as pull = [\"*\"] where there are several, pulls so many at once",
    },
    Idle {
        keys: &["engine.hook_timeout"],
        needs: |root| root.at("hooks").entries().next().is_some(),
        chosen_by: &["hooks"],
        why: "the app has no hooks, so none takes too long",
        help: "[hooks.on_sync_start] takes = \"5s\" is one",
    },
    Idle {
        keys: &["engine.identity"],
        needs: |root| happens(root, "clone"),
        chosen_by: &["event"],
        why: "no phone is copied, and each has a name of its own wherever it keeps that",
        help: "[event.NAME] clone = { from = 0, to = 1 } copies the storage of one to another",
    },
    Idle {
        keys: &["gateway.restored"],
        needs: |root| happens(root, "restore_gateway"),
        chosen_by: &["event"],
        why: "the gateway never goes back to a backup",
        help: "[event.NAME] restore_gateway = { of = \"1m\" } takes it back",
    },
    Idle {
        keys: &["gateway.backend_restored"],
        needs: |root| happens(root, "restore_backend"),
        chosen_by: &["event"],
        why: "the backend never goes back to a backup",
        help: "[event.NAME] restore_backend = { of = \"1m\" } takes it back",
    },
    Idle {
        keys: &["integration.cursor_kept", "integration.claim"],
        needs: |root| root.at(CARRIED).at("flag").present().is_none(),
        chosen_by: &[CARRIED],
        why: "flags in the source say what is done, and there is no cursor",
        help: "a capture by `last_modified`, `change_log` or `hash` has one; `integration.capture.flag.lease` claims rows",
    },
    Idle {
        keys: &["integration.clock_ahead"],
        needs: |root| root.at("integration.capture.last_modified.source").text() == "client-clock",
        chosen_by: &["integration.capture.last_modified.source", CARRIED],
        why: "the cursor is not of the workers' clock",
        help: "integration.capture = { last_modified = { source = \"client-clock\" } } takes it from there",
    },
    Idle {
        keys: &["workload.resolver", "engine.conflict.while_open", "engine.conflict.second_edit"],
        needs: |root| decides(root, Policy::has_page),
        chosen_by: DECIDES,
        why: "no conflict waits for a person: the policy decides each of them",
        help: "policy = \"manual\" in [engine.conflict] leaves them to people; to compare it with others, let variants or an axis set it",
    },
    Idle {
        keys: &["engine.conflict.callback"],
        needs: |root| decides(root, Policy::asks_app),
        chosen_by: DECIDES,
        why: "the app has no rule for conflicts: the policy does not ask it",
        help: "policy = \"callback\" in [engine.conflict] asks it; to compare it with others, let variants or an axis set it",
    },
    Idle {
        keys: &["engine.push.sync_date"],
        needs: |root| {
            says(root, "engine.push.capture", engine::LocalCapture::UpdatedAfterLastSync)
                || says(root, "engine.pull.cursor", engine::CursorBook::LastSyncOn)
                || has_own_stack(root)
        },
        chosen_by: &["engine.push.capture", "engine.pull.cursor", "engine.name"],
        why: "nothing goes by the date of the last sync",
        help: "capture = \"updated-after-last-sync\" in [engine.push] looks for edits by that date, cursor = \"last-sync-on\" in [engine.pull] asks by it",
    },
    Idle {
        keys: &["backend.authorisation"],
        needs: is_scoped,
        chosen_by: &["entity"],
        why: "no entity has a scope, and nobody can be out of theirs",
        help: "scope = { ward = \"device.ward\" } in [entity.NAME] says whose rows are whose",
    },
];

fn is_scoped(root: View<'_>) -> bool {
    root.at("entity").entries().any(|(_, entity)| entity.at("scope").entries().next().is_some())
}

pub(super) fn has_own_stack(root: View<'_>) -> bool {
    let stack = root.at("engine.name").text();
    stack != "builtin" && !stack.starts_with("broken:")
}

/// A stack of one's own knows itself what it makes of conflicts.
fn decides(root: View<'_>, fits: fn(Policy) -> bool) -> bool {
    has_own_stack(root) || Policy::of_word(root.at("engine.conflict.policy").text()).is_some_and(fits)
}

fn happens(root: View<'_>, kind: &str) -> bool {
    root.at("event").entries().any(|(_, event)| event.at(kind).present().is_some())
}

fn disturbs_rows(root: View<'_>) -> bool {
    let shares = ["engine.pull.bad_rows", "chaos.bad_rows"];
    happens(root, "bad_rows") || shares.iter().any(|path| root.at(path).share() > Ppm(0))
}

/// That streams come to the same is what is to be seen of an axis.
fn pulls_together(root: View<'_>) -> bool {
    let several = root.at("entity").entries().nth(1).is_some();
    let pulls = |unit: View<'_>| {
        let pull = unit.at("pull");
        pull.items().nth(1).is_some() || several && pull.items().any(|name| name.text() == "*")
    };
    let is_turned = root.at("engine.pull.streams").origin().is_some_and(is_of_axis);
    is_turned || root.at("unit").entries().any(|(_, unit)| pulls(unit))
}

fn is_of_axis(origin: &Origin) -> bool {
    origin.place.as_ref().is_some_and(|place| is_axis(&place.source.name))
}

/// Keys that stand in a tree, and not where it is written: a default in their place would not do
/// for a link, as a tunnel's packets are smaller than those below it.
pub(super) type Unsaid = Vec<Vec<String>>;

const OF_NAMES: &[(&str, NamedBy, &str)] = &[
    ("merge", NamedBy::NaturalKey, "no row is the same as another, so nothing is merged"),
    ("pool", NamedBy::Pool, "devices hold no keys for later"),
    ("refill", NamedBy::Pool, "devices hold no keys for later, and ask for none"),
];

fn of_names(tree: &mut Node, mistakes: &mut Vec<Diagnostic>) {
    let names: Vec<String> = View::new(tree).at("entity").names().into_iter().map(str::to_owned).collect();
    for name in names {
        let ids = tree.get(&["entity", &name, "ids"]).filter(|ids| ids.is_sound());
        let Some((ids, by)) = ids.and_then(|ids| Some((ids.origin.clone(), ids.as_text()?.to_owned())))
        else {
            continue;
        };
        for (key, needed, why) in OF_NAMES.iter().filter(|(_, needed, _)| by != needed.word()) {
            let help = format!(
                "it goes with ids = \"{}\"; to compare ways, let variants or an axis set entity.{name}.ids",
                needed.word()
            );
            let path = ["entity", &name, key];
            if is_passed_over(tree, &path, |node| chosen_apart(&ids, node), (why, &help), mistakes) {
                put(tree, &path, default_of(&path));
            }
        }
    }
}

/// Of each of [`IDLE`], whether some variant decides about it.
pub(super) struct Choices(Vec<bool>);

impl Choices {
    pub(super) fn of(variants: &[Setting]) -> Choices {
        let is_choice = |idle: &Idle, set: &Setting| idle.chosen_by.iter().any(|path| set.gives(path));
        Choices(IDLE.iter().map(|idle| variants.iter().any(|set| is_choice(idle, set))).collect())
    }
}

/// Takes out what was chosen to have no effect, says the rest; `by_variants` is what they choose.
pub(super) fn idle(tree: &mut Node, by_variants: &Choices, mistakes: &mut Vec<Diagnostic>) -> Unsaid {
    let mut unsaid = Unsaid::new();
    for (Idle { keys, needs, chosen_by, why, help }, elsewhere) in IDLE.iter().zip(&by_variants.0) {
        let root = View::new(tree);
        let is_sound = |path: &&str| root.at(path).present().is_none_or(View::is_sound);
        if needs(root) || !chosen_by.iter().all(is_sound) {
            continue;
        }
        let choices: Vec<Origin> = chosen_by.iter().flat_map(|path| choosers(root, path)).collect();
        let is_chosen = |node: &Node| {
            choices.iter().any(|choice| chosen_apart(choice, node)) || (*elsewhere && !of_variant(node))
        };
        for own in keys.iter().flat_map(|key| paths(root, key)).collect::<Vec<_>>() {
            let path: Vec<&str> = own.iter().map(String::as_str).collect();
            if !is_passed_over(tree, &path, is_chosen, (why, help), mistakes) {
                continue;
            }
            match path[0] {
                "link" => unsaid.push(own),
                "event" => put(tree, &path[..2], None),
                _ => put(tree, &path, default_of(&path)),
            }
        }
    }
    of_names(tree, mistakes);
    // A tail goes with the jitter that an axis or a variant takes away.
    let links = View::new(tree).at("link");
    let still = |name: &&str| {
        links.name(name).of::<_, Span>("jitter") == Span::ZERO && links.name(name).at("jitter").is_changed()
    };
    let tails = links.names().into_iter().filter(still);
    unsaid.extend(tails.map(|name| ["link", name, "jitter_tail"].map(str::to_owned).into()));
    unsaid
}

fn paths(root: View<'_>, key: &str) -> Vec<Vec<String>> {
    let path: Vec<String> = key.split('.').map(str::to_owned).collect();
    if path.get(1).is_none_or(|name| name != "*") {
        return vec![path];
    }
    let named = |name: &str| [&path[..1], &[name.to_owned()], &path[2..]].concat();
    root.at(&path[0]).names().into_iter().map(named).collect()
}

/// Whether a key is passed over; who wrote another value than its default is told.
fn is_passed_over(
    tree: &Node,
    path: &[&str],
    is_chosen: impl Fn(&Node) -> bool,
    (why, help): (&str, &str),
    mistakes: &mut Vec<Diagnostic>,
) -> bool {
    let Some(node) = tree.get(path).filter(|node| node.is_sound()) else { return false };
    let passed = brought(node) || is_chosen(node);
    if !passed && default_of(path).map(|default| default.to_toml()) != Some(node.to_toml()) {
        mistakes.push(Diagnostic::new(node.origin.place.clone(), why).help(help));
    }
    passed
}

fn brought(node: &Node) -> bool {
    matches!(node.origin.via, Via::Profile { .. } | Via::Default)
        && node.table().is_none_or(|table| table.values().all(|entry| brought(&entry.node)))
}

/// Whether this choice was made by somebody else than who wrote the key.
fn chosen_apart(choice: &Origin, key: &Node) -> bool {
    match choice.via {
        Via::Variant(_) => !came_by(key, |via| *via == choice.via),
        Via::Set => is_of_axis(choice) || !came_by(key, |via| *via == Via::Set),
        Via::File | Via::Profile { .. } | Via::Default => false,
    }
}

fn of_variant(node: &Node) -> bool {
    came_by(node, |via| matches!(via, Via::Variant(_)))
}

fn came_by(node: &Node, is: impl Fn(&Via) -> bool + Copy) -> bool {
    is(&node.origin.via)
        || node.table().is_some_and(|table| table.values().any(|entry| came_by(&entry.node, is)))
}

fn says(root: View<'_>, path: &str, value: impl Word) -> bool {
    root.at(path).text() == value.word()
}

/// A key of the way to find changes, whether it serves devices or feeds a replica.
fn of_capture<'v>(root: View<'v>, key: &str) -> Option<View<'v>> {
    [SERVED, FED, CARRIED].iter().find_map(|path| root.at(path).at(key).present())
}

fn captures(root: View<'_>, kinds: &[&str]) -> bool {
    [SERVED, FED, CARRIED]
        .iter()
        .any(|path| kinds.iter().any(|kind| root.at(path).at(kind).present().is_some()))
}

/// Where the value came from; of a table, where its keys did.
fn origins(root: View<'_>, path: &str) -> Vec<Origin> {
    match root.at(path) {
        table if table.is_table() => {
            table.names().iter().filter_map(|name| table.name(name).origin()).cloned().collect()
        }
        value => value.origin().into_iter().cloned().collect(),
    }
}

/// Where the choice came from; where a product made it, that of the product did.
fn choosers(root: View<'_>, path: &str) -> Vec<Origin> {
    let direct = origins(root, path);
    let of_product = direct.iter().any(|origin| matches!(origin.via, Via::Profile { .. }));
    if of_product { [direct, origins(root, PRODUCT)].concat() } else { direct }
}

fn default_of(path: &[&str]) -> Option<Node> {
    let (name, above) = path.split_last()?;
    let form = above.iter().try_fold(&ROOT, |form, name| form.under(name))?;
    let Form::Table { keys, .. } = form else { return None };
    let Key { form, preset, .. } = keys.iter().find(|key| key.name == *name)?;
    let mut node = parse_own(&preset.text()?);
    check(form, &mut node, name, &mut Vec::new());
    Some(node)
}

pub(super) fn without(mut tree: Node, unsaid: &Unsaid) -> Node {
    for path in unsaid {
        put(&mut tree, &path.iter().map(String::as_str).collect::<Vec<_>>(), None);
    }
    tree
}

fn put(tree: &mut Node, path: &[&str], default: Option<Node>) {
    let [above @ .., name] = path else { return };
    let table = above.iter().try_fold(tree, |node, name| Some(&mut node.table_mut()?.get_mut(*name)?.node));
    let Some(table): Option<&mut Table> = table.and_then(Node::table_mut) else { return };
    match default {
        Some(default) => table.insert((*name).to_owned(), Entry::new(default)),
        None => table.remove(*name),
    };
}
