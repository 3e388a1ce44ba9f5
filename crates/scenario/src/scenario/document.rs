//! A scenario file, and the plans that are made from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize as _;
use toml::ser::{Buffer, Serializer};

use super::apart::misnamed;
use super::check::{check, flatten, join};
use super::derive::derive;
use super::grammar::{QUESTIONS, ROOT, SHOWS, VARIANT};
use super::idle::{Choices, UnwrittenKeys, idle, idle_but, variant_choices, without};
use super::merge::Setting;
use super::one_of::{OneOf, Way, give_way};
use super::plan::{Claim, Origin, Plan};
use super::resolve::{claims, of_no_edits, questions, resolve, unheeded};
use super::rows::{CsvFiles, not_utf8, prepare};
use super::table_plan::{TablePlan, table_plan};
use super::traces::{Traces, drop_traced_rates, read_traces};
use super::unmeasured::unmeasured;
use super::written::{AXIS, TITLE_WANT, in_id, is_title};
use crate::base::{Digest, Seed, escape_path};
use crate::config::diagnostic::{Diagnostic, Invalid, Source, choices};
use crate::config::form::Form;
use crate::config::tree::{Node, Val, Via, parse_document, table_at};
use crate::config::view::View;
use crate::config::written::quoted;
use crate::contract::{Chosen, StackDescription, StackFile};

/// The text of a scenario file named `path`.
///
/// # Errors
/// If the bytes are not UTF-8.
pub fn text_of(bytes: Vec<u8>, path: &str) -> Result<String, Invalid> {
    let text = String::from_utf8(bytes).map_err(|e| Invalid { diagnostics: vec![not_utf8(path, &e)] })?;
    // Removes the byte order mark, because diagnostics count positions in the text without it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The cells (simulations) of a document to plan: overrides, seeds, variants and axes.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Overrides of the form `key=value`, in order.
    pub sets: Vec<String>,
    /// The seeds. If empty, the seed of the file.
    pub seeds: Vec<u64>,
    /// The variants. If empty, all variants of the file.
    pub variants: Vec<String>,
    /// The axes, each with its key and its values as TOML.
    pub axes: Vec<(String, Vec<String>)>,
    /// The option that gave a key of `axes`, for keys from another option than `--axis`.
    pub options: Vec<(String, &'static str)>,
}

impl Request {
    fn option(&self, key: &str) -> &'static str {
        self.options.iter().find(|(other, _)| other == key).map_or(AXIS, |(_, option)| option)
    }
}

/// A scenario file that is valid TOML; [`Document::plans`] checks whether it is a valid scenario.
#[derive(Clone, Debug)]
pub struct Document {
    path: String,
    dir: Option<PathBuf>,
    pub(super) tree: Node,
}

/// Tables that concern several cells. No single cell contains them.
const OF_VARIANTS: [&str; 4] = ["variant", "shows", "question", "table"];

/// A key of a resolved scenario, its value, and where the value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The dotted key.
    pub key: String,
    /// The value as TOML.
    pub value: String,
    /// The source in words: `hospital.toml:12`, `profile sql-modern`, `default`.
    pub from: String,
}

pub(super) struct Cell {
    pub(super) tree: Node,
    csv_files: CsvFiles,
    traces: Traces,
    unsaid: UnwrittenKeys,
    /// The tree that all seeds share, if seeds take tables of keys (`swarm.one_of`).
    of_seeds: Option<Node>,
    notes: Vec<String>,
    /// Settings of a variant that a command-line option overrides.
    covered: Vec<Diagnostic>,
    mistakes: Vec<Diagnostic>,
}

pub(super) struct Shared {
    bare: Node,
    choices: Choices,
    /// True if a variant sets a key of an action or an event.
    turns_script: bool,
}

/// A planned cell before its seeds take their tables of keys (`swarm.one_of`).
struct Whole<'a> {
    plan: Plan,
    one_of: OneOf,
    variant: Option<&'a str>,
    settings: &'a [Setting],
    shared: &'a Shared,
}

impl Document {
    /// Reads the text of a file. Relative names of other files start at the folder of this file.
    pub fn of_file(path: &Path, text: &str) -> Result<Document, Invalid> {
        let document = Document::parse(&escape_path(path), text)?;
        Ok(Document { dir: path.parent().map(Path::to_owned), ..document })
    }

    /// Reads a text. Messages show `name` in place of a path.
    pub fn parse(name: &str, text: &str) -> Result<Document, Invalid> {
        let tree = parse_document(&Source::new(name, text)).map_err(|diagnostics| Invalid { diagnostics })?;
        Ok(Document { path: name.to_owned(), dir: None, tree })
    }
    /// The embedded main scenario.
    pub fn hospital_day() -> Document {
        Document::embedded("hospital-day.toml", super::HOSPITAL_DAY)
    }
    /// The embedded scenarios of the checklist for offline sync.
    pub fn checklist() -> Vec<Document> {
        super::CHECKLIST.iter().map(|(name, text)| Document::embedded(name, text)).collect()
    }
    /// The scenarios of an embedded table. One of them declares the table.
    pub fn of_table(name: &str) -> Option<Vec<Document>> {
        let (_, files) = super::TABLES.iter().find(|(own, _)| *own == name)?;
        Some(files.iter().map(|(name, text)| Document::embedded(name, text)).collect())
    }
    fn embedded(name: &str, text: &str) -> Document {
        let document = Document::parse(name, text);
        let document = document.unwrap_or_else(|wrong| panic!("an embedded scenario is TOML: {wrong}"));
        Document { path: String::new(), ..document }
    }
    /// The `[table]` that the file declares for a sweep.
    pub fn table(&self) -> Result<Option<TablePlan>, Invalid> {
        self.tree.get(&["table"]).map(table_plan).transpose()
    }
    /// The same document, with `folder` as the folder of its CSV files.
    #[must_use]
    pub fn beside(self, folder: &Path) -> Document {
        Document { dir: Some(folder.to_owned()), ..self }
    }
    /// The name of the scenario.
    pub fn name(&self) -> &str {
        View::new(&self.tree).at("name").text()
    }
    /// The path of the file; empty for an embedded scenario.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The ids of the requirements that it demonstrates, each once: `shows`, then `covers`.
    pub fn covers(&self) -> Vec<&str> {
        let root = View::new(&self.tree);
        let covers = root.at("covers");
        let all = root.at("shows").names().into_iter();
        let all = all.chain(covers.items().map(View::text)).chain([covers.text()]);
        let mut seen = BTreeSet::new();
        all.filter(|id| !id.is_empty() && seen.insert(*id)).collect()
    }
    /// The names of the variants, in order.
    pub fn variants(&self) -> Vec<&str> {
        View::new(&self.tree).at("variant").names()
    }
    /// The document without the tables that concern several cells.
    #[must_use]
    pub fn base(self) -> Document {
        Document { tree: self.bare(), ..self }
    }
    /// The document without these keys.
    #[must_use]
    pub fn without(mut self, keys: &[&str]) -> Document {
        let taken_out = keys.iter().filter_map(|key| Setting::of_need(key));
        taken_out.for_each(|key| drop(key.apply(&mut self.tree)));
        self
    }
    pub(super) fn bare(&self) -> Node {
        OF_VARIANTS.iter().fold(self.tree.clone(), |tree, key| tree.without(key))
    }

    /// All plans of a request, ordered by variant, by axes (the last varies fastest) and by seed.
    ///
    /// # Errors
    /// All mistakes of the file and the request at once.
    pub fn plans(&self, request: &Request, stacks: &[StackDescription]) -> Result<Vec<Plan>, Invalid> {
        let mut mistakes = Vec::new();
        let mut plans = Vec::new();
        let sets = settings(&request.sets, "--set", &mut mistakes);
        let claims = self.checked_table(("shows", &SHOWS), claims, &mut mistakes);
        let questions = self.checked_table(("question", &QUESTIONS), questions, &mut mistakes);
        mistakes.extend(self.table().err().into_iter().flat_map(|invalid| invalid.diagnostics));
        let shared = self.shared();
        mistakes.extend(self.misnamed(&claims, &shared));
        for variant in self.wanted(request, &mut mistakes) {
            for point in points(&request.axes) {
                let mut settings = sets.clone();
                for (key, value) in &point {
                    let axis = [format!("{key}={value}")];
                    settings.extend(self::settings(&axis, request.option(key), &mut mistakes));
                }
                let cell = self.cell(variant, &settings, &shared);
                let one_of = OneOf::of(&cell.tree, &mut mistakes);
                match (self.plan(cell, stacks, &shared), variant.and_then(|name| self.refusal(name))) {
                    (Ok(_), Some(refusal)) => {
                        let title = format!(
                            "this variant must be refused with `{}`, but it has no mistake",
                            refusal.text()
                        );
                        mistakes.push(Diagnostic::new(refusal.place(), title));
                    }
                    (Err(wrong), Some(refusal))
                        if wrong.iter().any(|one| one.title.contains(refusal.text())) => {}
                    (Ok(mut plan), None) => {
                        plan.source_mut().variant = variant.map(str::to_owned);
                        plan.source_mut().axes = point.into_iter().collect();
                        plan.judged_mut().claims = Arc::clone(&claims);
                        plan.judged_mut().questions = Arc::clone(&questions);
                        let whole = Whole { plan, one_of, variant, settings: &settings, shared: &shared };
                        plans.extend(self.with_seeds(&whole, &request.seeds, stacks, &mut mistakes));
                    }
                    (Err(more), _) => mistakes.extend(more),
                }
            }
        }
        if plans.is_empty() && mistakes.is_empty() {
            let title = "there is nothing to run: `refused` says that each selected variant has a mistake";
            mistakes.push(Diagnostic::new(None, title).help("select another variant, or select all"));
        }
        Invalid::check(mistakes)?;
        Ok(plans)
    }

    /// The keys of the first two axes that overwrite each other's settings.
    pub fn overlap<'a>(&self, request: &'a Request) -> Option<[&'a str; 2]> {
        let (shared, ignored) = (self.shared(), &mut Vec::new());
        let sets = settings(&request.sets, "--set", ignored);
        let cell = |variant| self.cell(variant, &sets, &shared).tree;
        let trees: Vec<Node> = self.wanted(request, ignored).into_iter().map(cell).collect();
        let mut earlier = Vec::<(&str, Vec<Setting>)>::new();
        for (key, values) in &request.axes {
            // Two plain values per axis are enough to find an overlap.
            let telling = values.iter().enumerate().filter(|(n, value)| *n < 2 || value.contains('{'));
            let texts: Vec<String> = telling.map(|(_, value)| format!("{key}={value}")).collect();
            let own = settings(&texts, AXIS, ignored);
            let ends = |one: &Setting, two| trees.iter().any(|tree| !one.is_independent_of(two, tree));
            let overlaps = |other: &[Setting]| other.iter().any(|one| own.iter().any(|two| ends(one, two)));
            if let Some((other, _)) = earlier.iter().find(|(_, other)| overlaps(other)) {
                return Some([*other, key]);
            }
            earlier.push((key, own));
        }
        None
    }

    /// Every key of a variant or of the base, with its value and source. Names are not resolved.
    pub fn provenance(&self, variant: Option<&str>, sets: &[String]) -> Result<Vec<Provenance>, Invalid> {
        let mut mistakes = Vec::new();
        let settings = settings(sets, "--set", &mut mistakes);
        let cell = self.cell(variant, &settings, &self.shared());
        mistakes.extend(cell.mistakes);
        Invalid::check(mistakes)?;
        let mut all = Vec::new();
        walk(&cell.tree, "", &mut all);
        Ok(all)
    }

    /// A cell as the file has it, without defaults: the base, with the keys of a variant and of
    /// `sets`. `None` if one of these keys belongs to a table that only the defaults create.
    pub fn written_cell(&self, variant: Option<&str>, sets: &[String]) -> Option<toml::Table> {
        let mut mistakes = Vec::new();
        let mut tree = self.bare();
        let written = variant.and_then(|name| Some((name, self.tree.get(&["variant", name])?)));
        let own = written.map_or_else(Vec::new, |(name, written)| {
            expect_too(name, written, &mut tree);
            Setting::all_of_variant(name, written)
        });
        let own = own.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
        for setting in own.into_iter().chain(settings(sets, "--set", &mut mistakes)) {
            setting.apply(&mut tree).ok()?;
        }
        let toml::Value::Table(table) = tree.to_toml() else { return None };
        mistakes.is_empty().then_some(table)
    }

    fn checked_table<T>(
        &self,
        (key, form): (&str, &Form),
        read: impl Fn(&Node, &[&str]) -> Result<Vec<T>, Vec<Diagnostic>>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Arc<[T]> {
        let Some(written) = self.tree.get(&[key]) else { return Arc::from([]) };
        let mut written = written.clone();
        check(form, &mut written, key, mistakes);
        let all = read(&written, &self.variants()).map_err(|wrong| mistakes.extend(wrong));
        all.unwrap_or_default().into()
    }

    /// The message with which this variant must be refused, if the file has one.
    fn refusal(&self, variant: &str) -> Option<View<'_>> {
        View::new(self.tree.get(&["variant", variant])?).at("refused").present()
    }

    fn misnamed(&self, claims: &[Claim], shared: &Shared) -> Vec<Diagnostic> {
        let shows = View::new(&self.tree).at("shows");
        let mut wrong = Vec::new();
        for claim in claims.iter().filter(|claim| !claim.keys.is_empty()) {
            let halves = [&claim.fails, &claim.mends].map(|half| self.checked(Some(half), &[], shared));
            if halves.iter().all(|half| half.mistakes.is_empty()) {
                let trees = [&halves[0].tree, &halves[1].tree];
                wrong.extend(misnamed(claim, shows.key(&claim.id), trees));
            }
        }
        wrong
    }

    fn wanted(&self, request: &Request, mistakes: &mut Vec<Diagnostic>) -> Vec<Option<&str>> {
        let all = self.variants();
        if let Some(variants) = self.tree.get(&["variant"]) {
            let mut variants = variants.clone();
            if variants.table().is_none() {
                check(&Form::Named { of: &VARIANT, library: Vec::new }, &mut variants, "variant", mistakes);
            }
            let mut ids = BTreeMap::new();
            for (name, entry) in variants.table_mut().into_iter().flatten() {
                if let Some(other) = ids.insert(in_id(name), name) {
                    let title = format!(
                        "the cells of this variant would have the same names as the cells of `{other}`"
                    );
                    let help = "rename one of the two: in the names of cells, each character other than letters, digits, `.`, `_`, `=` and `-` becomes `-`";
                    mistakes.push(Diagnostic::new(entry.key.place.clone(), title).help(help));
                }
                // The name of a variant is a part of its cells' names.
                if !is_title(name) {
                    let title = "a variant cannot have this name";
                    mistakes.push(Diagnostic::new(entry.key.place.clone(), title).help(TITLE_WANT));
                }
                check(&VARIANT, &mut entry.node, &join("variant", name), mistakes);
            }
        }
        for name in &request.variants {
            if !all.contains(&name.as_str()) {
                let title = format!("there is no variant `{name}`");
                mistakes.push(Diagnostic::new(None, title).help(choices(name, &all)));
            }
        }
        if all.is_empty() {
            return vec![None];
        }
        let asked = |name: &&str| request.variants.is_empty() || request.variants.iter().any(|v| v == name);
        all.into_iter().filter(asked).map(Some).collect()
    }

    pub(super) fn cell(&self, variant: Option<&str>, settings: &[Setting], shared: &Shared) -> Cell {
        let mut cell = self.checked(variant, settings, shared);
        cell.of_seeds = cell.tree.get(&["swarm", "one_of"]).is_some_and(has_keys).then(|| {
            let mut tree = cell.tree.clone();
            let taken: Vec<Setting> = OneOf::of(&tree, &mut Vec::new()).settings().cloned().collect();
            let by_seeds = variant_choices(&taken);
            let unsaid = idle_but(&mut tree, &shared.choices, &by_seeds, &mut Vec::new());
            without(tree, &unsaid)
        });
        cell.unsaid = idle(&mut cell.tree, &shared.choices, &mut cell.mistakes);
        cell.mistakes.extend(unmeasured(&cell.tree, &self.tree, variant));
        drop_traced_rates(&mut cell.tree, &mut cell.mistakes);
        cell
    }

    fn checked(&self, variant: Option<&str>, settings: &[Setting], shared: &Shared) -> Cell {
        let mut mistakes = Vec::new();
        let mut tree = shared.bare.clone();
        let written = variant.and_then(|name| Some((name, self.tree.get(&["variant", name])?)));
        let mut all = Vec::new();
        if let Some((name, written)) = written {
            expect_too(name, written, &mut tree);
            let own = Setting::all_of_variant(name, written).into_iter();
            all.extend(own.filter_map(|setting| setting.map_err(|wrong| mistakes.push(wrong)).ok()));
        }
        // The variant's `expect` depends on its settings, so an axis must not change them.
        if written.is_some_and(|(_, written)| written.get(&["expect"]).is_some()) {
            let fights = |axis: &Setting| all.iter().find_map(|own| axis.turns(own));
            mistakes.extend(settings.iter().filter_map(fights));
        }
        let covers = |set: &Setting| all.iter().find_map(|own| set.covers(own));
        let covered: Vec<Diagnostic> = settings.iter().filter_map(covers).collect();
        let mut notes = Vec::new();
        all.extend_from_slice(settings);
        // A setting that fails now may belong to a table that `derive` creates.
        all.retain(|setting| setting.apply(&mut tree).is_err());
        let csv_files = prepare(&mut tree, self.dir.as_deref(), &mut notes, &mut mistakes);
        let traces = read_traces(&tree, self.dir.as_deref(), &mut mistakes);
        derive(&mut tree);
        mistakes.extend(all.iter().filter_map(|setting| setting.apply(&mut tree).err()));
        check(&ROOT, &mut tree, "", &mut mistakes);
        give_way(&mut tree, settings);
        let unsaid = UnwrittenKeys::new();
        Cell { tree, csv_files, traces, unsaid, of_seeds: None, notes, covered, mistakes }
    }

    pub(super) fn shared(&self) -> Shared {
        let mut set_by_variants = Vec::new();
        for (name, entry) in self.tree.get(&["variant"]).and_then(Node::table).into_iter().flatten() {
            // Planning a variant reports its invalid keys.
            set_by_variants.extend(Setting::all_of_variant(name, &entry.node).into_iter().flatten());
        }
        let of_seeds = OneOf::of(&self.tree, &mut Vec::new());
        set_by_variants.extend(of_seeds.settings().cloned());
        let turns_script = set_by_variants.iter().any(|set| ["action", "event"].contains(&&*set.path[0]));
        let choices = variant_choices(&set_by_variants);
        Shared { bare: self.bare(), choices, turns_script }
    }

    /// The plans of these seeds, or of the file's own seed if there are none. Each combination of
    /// tables that seeds take is resolved once.
    fn with_seeds(
        &self,
        whole: &Whole<'_>,
        seeds: &[u64],
        stacks: &[StackDescription],
        mistakes: &mut Vec<Diagnostic>,
    ) -> Vec<Plan> {
        let Whole { plan, one_of, .. } = whole;
        let own = [plan.seed.0];
        let seeds = if seeds.is_empty() { &own } else { seeds };
        // All seeds share the rest of the plan, because there may be a million seeds.
        let seeded = |plan: &Plan, seed: Seed| plan.clone().with_seed(seed);
        if one_of.is_empty() {
            return seeds.iter().map(|&seed| seeded(plan, Seed(seed)).drawn(Vec::new())).collect();
        }
        let alone = one_of.each().filter_map(|way| self.taking(&way, whole, stacks).err());
        mistakes.extend(alone.flatten());
        let mut known: BTreeMap<Vec<Way>, Plan> = BTreeMap::new();
        let mut plans = Vec::new();
        for seed in seeds.iter().map(|&seed| Seed(seed)).take_while(|_| mistakes.is_empty()) {
            let ways = one_of.drawn(seed);
            if !known.contains_key(&ways) {
                match self.taking(&ways, whole, stacks) {
                    Ok(plan) => drop(known.insert(ways.clone(), plan)),
                    Err(wrong) => {
                        mistakes.extend(wrong);
                        mistakes.push(one_of.told(&ways));
                        break;
                    }
                }
            }
            let taken = one_of.taken(&ways);
            let taken = taken.iter().filter_map(Setting::written).collect();
            plans.extend(known.get(&ways).map(|plan| seeded(plan, seed).drawn(taken)));
        }
        plans
    }

    /// The plan of a cell with the tables that a seed takes. Its name, digest and resolved text
    /// stay those of the cell without these tables.
    fn taking(
        &self,
        ways: &[Way],
        whole: &Whole<'_>,
        stacks: &[StackDescription],
    ) -> Result<Plan, Vec<Diagnostic>> {
        let settings = [&whole.one_of.taken(ways), whole.settings].concat();
        let mut plan = self.plan(self.cell(whole.variant, &settings, whole.shared), stacks, whole.shared)?;
        let own = Arc::clone(&plan.source);
        let all = &whole.plan.source;
        let files = all.files.iter().chain(own.files.iter().filter(|file| !all.files.contains(file)));
        plan.source = Arc::new(Origin {
            files: files.cloned().collect(),
            warnings: Arc::clone(&own.warnings),
            ..(**all).clone()
        });
        plan.judged_mut().claims = Arc::clone(&whole.plan.judged.claims);
        plan.judged_mut().questions = Arc::clone(&whole.plan.judged.questions);
        Ok(plan)
    }

    fn plan(
        &self,
        cell: Cell,
        stacks: &[StackDescription],
        shared: &Shared,
    ) -> Result<Plan, Vec<Diagnostic>> {
        let Cell { tree, csv_files, traces, unsaid, of_seeds, notes, covered, mistakes } = cell;
        let plan = resolve(&tree, &csv_files, &traces, stacks, (self.dir.as_deref(), mistakes.is_empty()));
        let mut plan = plan.map_err(|wrong| [mistakes, wrong].concat())?;
        // If variants change actions or events, an action that is idle here may be used elsewhere.
        let idle = if shared.turns_script { Vec::new() } else { of_no_edits(&plan, View::new(&tree)) };
        let unheeded = unheeded(&tree, stacks);
        let tree = without(of_seeds.unwrap_or_else(|| without(tree, &unsaid)), &unheeded);
        let (setup, source) = (&plan.setup, Arc::make_mut(&mut plan.source));
        source.path.clone_from(&self.path);
        source.digest = digest(&tree, &csv_files, &traces, &setup.chosen);
        source.resolved = text(&tree).into();
        let of_stack = setup.chosen.files().map(|(_, file)| &file.path);
        source.files =
            csv_files.values().map(|b| &b.file).chain(traces.keys()).chain(of_stack).cloned().collect();
        let told = |(option, file): (&str, &StackFile)| format!("engine.options.{option}: {file:?}");
        source.notes = notes.into_iter().chain(setup.chosen.files().map(told)).collect();
        source.warnings = covered.iter().chain(source.warnings.iter()).chain(&idle).cloned().collect();
        Ok(plan)
    }

    /// The names of the questions that the file defines, in order.
    pub fn asks(&self) -> Vec<&str> {
        View::new(&self.tree).at("question").names()
    }
}

pub(super) fn settings(texts: &[String], option: &str, mistakes: &mut Vec<Diagnostic>) -> Vec<Setting> {
    let mut read = |text: &String| Setting::parse(text, option).map_err(|wrong| mistakes.push(wrong)).ok();
    texts.iter().filter_map(&mut read).collect()
}

fn points(axes: &[(String, Vec<String>)]) -> Vec<Vec<(String, String)>> {
    axes.iter().fold(vec![Vec::new()], |points, (key, values)| {
        let longer = |point: Vec<(String, String)>| {
            values.iter().map(move |value| [&point[..], &[(key.clone(), value.clone())]].concat())
        };
        points.into_iter().flat_map(longer).collect()
    })
}

/// Adds a variant's `expect` to the base's. For the same metric, it replaces the base's bound.
fn expect_too(name: &str, variant: &Node, tree: &mut Node) {
    let Some(mut expect) = variant.get(&["expect"]).cloned() else { return };
    expect.came_by(&Via::Variant(name.to_owned()));
    let base = tree.table_mut().and_then(|root| table_at(root, "expect", &expect.origin));
    if let (Some(base), Val::Table(mut own)) = (base, expect.value) {
        flatten(base);
        flatten(&mut own);
        base.extend(own);
    }
}

fn has_keys(node: &Node) -> bool {
    node.table().is_some_and(|table| !table.is_empty())
}

fn text(tree: &Node) -> String {
    // `toml::to_string` moves all following text once per table. Writing to a `Buffer` does not.
    let mut written = Buffer::new();
    let wrote = tree.to_toml().serialize(Serializer::new(&mut written));
    wrote.expect("a checked scenario can be written as TOML");
    written.to_string()
}

/// A digest of the meaning of the scenario. It includes CSV rows and traces, but not the seed.
fn digest(tree: &Node, csv_files: &CsvFiles, traces: &Traces, chosen: &Chosen) -> String {
    let mut meaning = tree.clone();
    if let Some(table) = meaning.table_mut() {
        table.retain(|name, _| name != "seed" && name != "covers");
    }
    let mut digest = Digest::new();
    digest.text(&text(&meaning));
    for (entity, rows) in csv_files {
        digest.text(entity);
        digest.text(&rows.text);
    }
    for (file, trace) in traces {
        digest.text(file);
        trace.digest(&mut digest);
    }
    for (option, file) in chosen.files() {
        digest.text(option);
        digest.text(&file.hash());
    }
    digest.hex()
}

fn walk(node: &Node, path: &str, out: &mut Vec<Provenance>) {
    for (name, entry) in node.table().into_iter().flatten() {
        let key = join(path, &quoted(name));
        if entry.node.table().is_some_and(|t| !t.is_empty()) {
            walk(&entry.node, &key, out);
        } else {
            out.push(Provenance { key, value: entry.node.to_toml().to_string(), from: from(&entry.node) });
        }
    }
}

fn from(node: &Node) -> String {
    let place = node.origin.place.as_ref().map(|p| format!("{}:{}", p.source.name, p.line_column().0));
    match (&node.origin.via, place) {
        (Via::File, Some(place)) => place,
        (Via::Profile { name, .. }, _) => format!("profile {name}"),
        (Via::Variant(name), _) => format!("variant {name}"),
        (Via::Set, Some(place)) => place.split(':').next().unwrap_or_default().to_owned(),
        _ => "default".to_owned(),
    }
}
