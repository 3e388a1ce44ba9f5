//! `tune`: searches the best settings for each class, link and fleet size.
//!
//! A knob is a searched key, and a setting has one value per knob. A place is the fixed part of a
//! search: a variant with one class, link and fleet size. A cell is one simulation. Noise is the
//! random difference between seeds.

use super::args::{TuneArgs, TuneFormat};
use super::console::Console;
use super::cost;
use super::grid::SEED;
use super::refusal::Refusal;
use super::run::{Order, Ran, UnderWay};
use super::shard::{self, Cells};
use super::sources::{self, Values};
use crate::analysis::sweep::Objective;
use crate::analysis::tune::{Limits, field};
use crate::analysis::{Asks, Trial};
use crate::base::Digest;
use crate::campaign::tune::{Knob, Place, Setting, Shipped, Space, herd};
use crate::campaign::{Axis, CELLS_MAX};
use crate::engine::control::Controller;
use crate::gateway::Mode;
use crate::metrics::human;
use crate::record::{CellsTuned, Exit, Judged, Note, RunRecord, TuneRecord};
use crate::scenario::{Document, Plan, Request};
use crate::{analysis, render};

const PULL_ROWS: &str = "engine.pull.chunk_rows";
/// The default number of seeds, starting with the scenario's own. Fewer show little of the noise.
const SEEDS: u64 = 8;

pub(super) fn tune(args: &TuneArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let mut search = Search::new(args, console)?;
    let tune = Some(search.tuned());
    let order = Order { tune, ..Order::of(&args.place, &args.work) };
    sources::remark_on(&search.plans, console);
    let corners = std::mem::take(&mut search.plans);
    let place = &args.place;
    if place.partition.is_some() || place.merges.is_some() || place.list {
        let plans = search.wanted(console)?.0;
        let cells = Cells { plans: &plans, run: search.name.clone(), twice: false };
        if let Some(exit) = shard::instead(&args.place, &args.work, &cells, console)? {
            let first = "note: these are the first cells; their results decide the next cells\n";
            console.remark(if args.place.list { first } else { "" });
            return Ok(exit);
        }
    }
    cost::for_plans(&corners, &args.work, console)?;
    let mut under_way = UnderWay::open(&corners, &search.name, &order)?;
    under_way.remark(console);
    search.remarks.iter().for_each(|remark| console.remark(remark));
    while search.step(&mut under_way, console)? {}
    let record = search.record(&under_way.shown);
    let ran = under_way.close(record, &search.plans, Vec::new())?;
    tell(args.format, &ran, console);
    Ok(ran.close(console))
}

/// The index of a place, a setting, and whether the cell only serves to show this setting.
type Whose = (usize, Setting, bool);

struct Search<'a> {
    args: &'a TuneArgs,
    document: Document,
    objective: Objective,
    across: Vec<Across>,
    places: Vec<Place>,
    name: String,
    /// All plans that ran. Before the first run, one plan per place.
    plans: Vec<Plan>,
    judged: Vec<Judged>,
    missing: usize,
    notes: Vec<Note>,
    cells: CellsTuned,
    /// The command-line options that define the search and its limits.
    given: Vec<String>,
    remarks: Vec<String>,
}

struct Across {
    option: &'static str,
    keys: Vec<String>,
    values: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(args: &'a TuneArgs, console: &Console<'_>) -> anyhow::Result<Search<'a>> {
        let mut documents = sources::documents(&args.selection.paths, console)?;
        if documents.len() > 1 {
            return Err(Refusal::usage(format!(
                "a search needs one scenario, but {} are given: name one file",
                documents.len()
            )));
        }
        let document = documents.remove(0);
        let knobs = knobs(args)?;
        let objective = args.metric.clone().unwrap_or_else(|| Objective::of_axis(knobs[0].key()));
        if !objective.ranks() {
            return Err(Refusal::usage(format!(
                "{} has no better direction, so a search cannot use it: give another --metric",
                objective.name()
            )));
        }
        let one = std::slice::from_ref(&document);
        let bases = sources::combined(one, &args.selection.seedless(), Values::new(), console)?;
        let across = across(args, &bases[0])?;
        let turned = knobs.iter().map(|knob| (knob.key().to_owned(), knob.grid()));
        let of = |a: &Across| a.keys.iter().map(|key| (key.clone(), a.values.clone())).collect::<Values>();
        let axes = turned.chain(across.iter().flat_map(of)).collect();
        sources::refuse_overlap(&document, &args.selection, axes)?;
        let own = bases[0].seed.0;
        let seeds = args.selection.seeds().unwrap_or(own..=own.saturating_add(SEEDS - 1));
        let seeds: Vec<u64> = seeds.collect();
        let spots = spots(&bases, &across, &knobs, seeds.len())?;
        let given = given(args, &knobs, &objective, &seeds);
        let mut search = Search {
            args,
            document,
            objective,
            across,
            places: Vec::new(),
            name: String::new(),
            plans: Vec::new(),
            judged: Vec::new(),
            missing: 0,
            notes: Vec::new(),
            cells: CellsTuned::default(),
            given,
            remarks: Vec::new(),
        };
        for (variant, axes) in spots {
            search.begin(variant, axes, &knobs, &seeds, console)?;
        }
        search.name = search.named();
        Ok(search)
    }

    /// Adds a place. Its first grid is planned at once, so that wrong values are reported before
    /// any run.
    fn begin(
        &mut self,
        variant: Option<String>,
        axes: Vec<(String, String)>,
        knobs: &[Knob],
        seeds: &[u64],
        console: &Console<'_>,
    ) -> anyhow::Result<()> {
        let (variant_name, first_seed) = (variant.as_deref(), &seeds[..1]);
        let firsts = knobs.iter().map(|knob| (knob.key().to_owned(), vec![knob.first()]));
        let corner = self.cells_at(variant_name, &axes, firsts.collect(), first_seed, console)?.remove(0);
        let only = knobs.first().filter(|_| knobs.len() == 1);
        let size = only.and_then(|knob| size(knob, &corner));
        let cap = only.and_then(|knob| page_cap(knob, &corner));
        let knobs: Vec<Knob> = knobs.iter().map(|knob| self.cut_at_page_cap(knob, &corner)).collect();
        for knob in &knobs {
            let grid = vec![(knob.key().to_owned(), knob.grid())];
            self.cells_at(variant_name, &axes, grid, first_seed, console)?;
        }
        let full = knobs.iter().map(Knob::full).fold(seeds.len() as u128, u128::saturating_mul);
        let full = u64::try_from(full).unwrap_or(u64::MAX);
        self.cells.full_grid = self.cells.full_grid.saturating_add(full);
        let told = self.document.provenance(variant_name, &self.args.selection.set);
        let told = told.map_err(|e| Refusal::invalid([&e], console.err_paint().0))?;
        let present = |knob: &Knob| {
            let found = told.iter().find(|told| told.key == knob.key());
            found.ok_or_else(|| Refusal::usage(format!("the scenario has no single value of {}", knob.key())))
        };
        let present = knobs.iter().map(present).collect::<anyhow::Result<Vec<_>>>()?;
        let from = present[0].from.as_str();
        let own = if from == "default" { from } else { from.strip_prefix("profile ").unwrap_or("yours") };
        let own = if present.len() > 1 { "yours" } else { own }.to_owned();
        let space = Space {
            present: present.iter().map(|told| told.value.trim_matches('"').replace('_', "")).collect(),
            own,
            bytes: Some(corner.engine.pull.chunk_bytes.0),
            seeds: seeds.to_vec(),
            field: knobs.iter().map(|knob| self.field(knob)).collect(),
            size,
            cap,
            knobs,
            ..Space::default()
        };
        let mut words: Vec<String> = variant.iter().cloned().collect();
        for across in &self.across {
            let value = axes.iter().find(|(key, _)| *key == across.keys[0]);
            words.extend(value.map(|(key, value)| named(key, value)));
        }
        let name = if words.is_empty() { corner.source.scenario.clone() } else { words.join(" ") };
        let limits = Limits::of(&corner, &self.args.limit);
        self.places.push(Place { name, variant, axes, space, limits, ..Place::default() });
        self.plans.push(corner);
        Ok(())
    }

    /// The cells of some settings at a place. Their names begin with the knobs, as in a sweep.
    fn cells_at(
        &self,
        variant: Option<&str>,
        axes: &[(String, String)],
        turned: Values,
        seeds: &[u64],
        console: &Console<'_>,
    ) -> anyhow::Result<Vec<Plan>> {
        let across = self.across.iter().flat_map(|a| a.keys.iter().map(|key| (key.clone(), a.option)));
        let request = Request {
            options: across.chain(turned.iter().map(|(key, _)| (key.clone(), "--knob"))).collect(),
            axes: turned.into_iter().chain(axes.iter().map(|(k, v)| (k.clone(), vec![v.clone()]))).collect(),
            seeds: seeds.to_vec(),
            variants: variant.into_iter().map(str::to_owned).collect(),
            sets: self.args.selection.set.clone(),
        };
        sources::requested(&self.document, &request, console)
    }

    /// Cuts the range of a knob at the page cap, because no response has more rows.
    fn cut_at_page_cap(&mut self, knob: &Knob, corner: &Plan) -> Knob {
        let cap = page_cap(knob, corner);
        let Some((cap, within)) = cap.and_then(|cap| Some((cap, knob.up_to(cap)?))) else {
            return knob.clone();
        };
        let remark = format!(
            "{PULL_ROWS} is searched up to {cap}, because a response of the backend has no more rows\n"
        );
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
        within
    }

    fn field(&self, knob: &Knob) -> Vec<Shipped> {
        let names = |value: &str| field::names(knob.key(), value).into_iter().map(str::to_owned).collect();
        let shipped = |value: String| Shipped { names: names(&value), value };
        let values = if self.args.no_field { Vec::new() } else { field::values(knob.key()) };
        values.into_iter().map(shipped).collect()
    }

    fn named(&self) -> String {
        let mut digest = Digest::new();
        digest.text(&self.objective.name());
        for (place, plan) in self.places.iter().zip(&self.plans) {
            digest.text(&plan.source.digest);
            digest.text(&format!("{:?} {:?} {:?}", place.axes, place.space, place.limits));
        }
        digest.hex()
    }

    /// Runs the cells that the places need next. False if they need none, or if the run must stop.
    fn step(&mut self, under_way: &mut UnderWay<'_>, console: &Console<'_>) -> anyhow::Result<bool> {
        let (plans, whose) = self.wanted(console)?;
        if plans.is_empty() {
            return Ok(false);
        }
        let ids = analysis::cell_ids(&plans);
        let (judged, notes) = under_way.run(&plans, console);
        let ended = judged.iter().filter(|judged| judged.cell.verdict.was_run());
        for one in ended.clone() {
            let at = ids.iter().position(|id| *id == one.cell.id).expect("it was asked for");
            let (place, setting, beside) = whose[at].clone();
            self.places[place].add(setting, one.clone(), &self.objective);
            *(if beside { &mut self.cells.beside } else { &mut self.cells.search }) += 1;
        }
        let missing = plans.len() - ended.count();
        let goes_on = missing == 0 && notes.is_empty();
        self.missing += missing;
        self.plans.extend(plans);
        self.judged.extend(judged);
        self.notes.extend(notes);
        Ok(goes_on)
    }

    /// The cells that all places need next.
    fn wanted(&self, console: &Console<'_>) -> anyhow::Result<(Vec<Plan>, Vec<Whose>)> {
        let (mut plans, mut whose) = (Vec::new(), Vec::<Whose>::new());
        for (i, place) in self.places.iter().enumerate() {
            let wanted = place.wants().unwrap_or_default();
            for (setting, seeds) in wanted.cells {
                let turned = place.space.knobs.iter().zip(&setting);
                let turned = turned.map(|(knob, value)| (knob.key().to_owned(), vec![value.clone()]));
                let variant = place.variant.as_deref();
                let cells = self.cells_at(variant, &place.axes, turned.collect(), &seeds, console)?;
                whose.extend(cells.iter().map(|_| (i, setting.clone(), wanted.beside)));
                plans.extend(cells);
            }
        }
        Ok((plans, whose))
    }

    /// The record. A failing setting is a result. The run fails only if no setting is left.
    fn record(&mut self, folder: &str) -> RunRecord {
        let tune = self.tuned();
        // An interrupt after the last cell has no effect.
        if self.missing == 0 && tune.places.iter().all(|place| place.complete) {
            let is_late = |note: &Note| matches!(note.exit, Exit::Interrupted | Exit::Terminated);
            self.notes.retain(|note| note.is_after_cells || !is_late(note));
        }
        // Each batch has counted only its own cells, so the notes get the total.
        let how_far = human::ended((self.plans.len() - self.missing) as u64, self.plans.len() as u64);
        let of_cells = self.notes.iter_mut().filter(|note| !note.is_after_cells);
        of_cells.for_each(|note| *note = Note::stopped(note.exit, &how_far));
        let asks = Asks::Search { tune: &tune, fail_fast: self.args.work.fail_fast };
        let notes = &self.notes;
        let trial = Trial { folder, plans: &self.plans, notes, asks, ..Trial::default() };
        analysis::judge_run(&trial, std::mem::take(&mut self.judged)).record
    }

    fn tuned(&self) -> TuneRecord {
        let places: Vec<_> = self.places.iter().map(|place| place.tuned(&self.objective)).collect();
        let first = &self.places[0];
        let devices =
            self.across.iter().flat_map(|across| &across.keys).find(|key| key.ends_with(".devices"));
        let mut limits = first.limits.0.clone();
        for limit in &mut limits {
            limit.unmeasured = !self.places.iter().any(|place| place.measures(&limit.metric, &limit.stat));
        }
        TuneRecord {
            metric: self.objective.name(),
            unit: self.objective.unit,
            better: format!("{:?}", self.objective.better).to_lowercase(),
            knobs: first.space.knobs.iter().map(|knob| knob.key().to_owned()).collect(),
            given: self.given.clone(),
            across: self.across.iter().flat_map(|across| across.keys.clone()).collect(),
            seeds: first.space.seeds.iter().map(u64::to_string).collect(),
            limits,
            cells: self.cells,
            herd: devices.map_or_else(Vec::new, |key| herd(&places, key)),
            places,
        }
    }
}

fn page_cap(knob: &Knob, corner: &Plan) -> Option<f64> {
    let capped = knob.key() == PULL_ROWS && corner.gateway.mode == Mode::Ota;
    capped.then(|| f64::from(corner.backend.page_cap))
}

/// The metric of the size that the knob limits. `None` if the knob is only the first chunk of a
/// controller.
fn size(knob: &Knob, plan: &Plan) -> Option<&'static str> {
    let fixed = plan.engine.pull.steering.controller == Controller::Fixed;
    (knob.key() == PULL_ROWS && fixed).then_some("engine.pull.response_rows")
}

fn knobs(args: &TuneArgs) -> anyhow::Result<Vec<Knob>> {
    let knobs = match args.knob.as_slice() {
        [] => vec![PULL_ROWS.parse().expect("its range is known")],
        knobs => knobs.to_vec(),
    };
    let axes = args.axis.iter().map(|axis| axis.key.as_str());
    let what = "`seed` cannot be searched: use --seeds for the seeds of each setting";
    let turns_seed = knobs.iter().map(Knob::key).chain(axes).any(|key| key == SEED);
    if turns_seed { Err(Refusal::usage(what)) } else { Ok(knobs) }
}

/// A value in the name of a place. The word "devices" follows a number of devices.
fn named(key: &str, value: &str) -> String {
    let of_fleet = key.starts_with("fleet.") && key.ends_with(".devices");
    match value.parse() {
        Ok(devices) if of_fleet => human::count(devices, "device"),
        _ => value.to_owned(),
    }
}

fn given(args: &TuneArgs, knobs: &[Knob], objective: &Objective, seeds: &[u64]) -> Vec<String> {
    let mut given: Vec<String> = args.no_field.then(|| "--no-field".to_owned()).into_iter().collect();
    let mut all = |name: &str, values: &mut dyn Iterator<Item = String>| {
        given.extend(values.flat_map(|value| [name.to_owned(), value]));
    };
    all("--knob", &mut knobs.iter().map(|knob| knob.text.clone()));
    all("--limit", &mut args.limit.iter().map(|limit| limit.text.clone()));
    all("--variant", &mut args.selection.variant.iter().cloned());
    all("--class", &mut args.class.iter().cloned());
    all("--link", &mut args.link.iter().cloned());
    all("--fleet", &mut args.fleet.iter().cloned());
    all("--axis", &mut args.axis.iter().map(|axis| format!("{}={}", axis.key, axis.values.join(","))));
    all("--metric", &mut [objective.name()].into_iter());
    all("--seeds", &mut [format!("{}..={}", seeds[0], seeds[seeds.len() - 1])].into_iter());
    given
}

/// The values for which the search is repeated: classes, links, fleet sizes, and other axes.
fn across(args: &TuneArgs, base: &Plan) -> anyhow::Result<Vec<Across>> {
    let mut all = Vec::new();
    let options = [
        ("class", "--class", &args.class),
        ("link", "--link", &args.link),
        ("devices", "--fleet", &args.fleet),
    ];
    for (part, option, spec) in options {
        let Some(spec) = spec else { continue };
        if part == "devices" && base.fleets.len() > 1 {
            let names: Vec<&str> = base.fleets.iter().map(|fleet| fleet.name.as_str()).collect();
            let text = format!(
                "--fleet needs a scenario with one fleet; use --axis fleet.{}.devices={spec} instead",
                names[0]
            );
            return Err(Refusal::usage(format!("{text} (the fleets are {})", names.join(", "))));
        }
        let keys: Vec<String> =
            base.fleets.iter().map(|fleet| format!("fleet.{}.{part}", fleet.name)).collect();
        let axis: Axis =
            format!("{}={spec}", keys[0]).parse().map_err(|e| Refusal::usage(format!("{option}: {e}")))?;
        refuse_large(axis.values.len() as u128)?;
        all.push(Across { option, keys, values: axis.values.clone() });
    }
    for axis in &args.axis {
        refuse_large(axis.values.len() as u128)?;
        all.push(Across { option: "--axis", keys: vec![axis.key.clone()], values: axis.values.clone() });
    }
    Ok(all)
}

fn refuse_large(cells: u128) -> anyhow::Result<()> {
    if cells > CELLS_MAX { Err(sources::too_large("the first grid of the search", cells)) } else { Ok(()) }
}

type PlaceAxes = (Option<String>, Vec<(String, String)>);

/// All places: each variant with each combination of values. First grids that are too large are an
/// error.
fn spots(bases: &[Plan], across: &[Across], knobs: &[Knob], seeds: usize) -> anyhow::Result<Vec<PlaceAxes>> {
    let grid = knobs.iter().map(Knob::count).fold(0, u128::saturating_add);
    let points = across.iter().map(|across| across.values.len() as u128).fold(1, u128::saturating_mul);
    refuse_large([points, bases.len() as u128, seeds as u128].into_iter().fold(grid, u128::saturating_mul))?;
    let mut spots: Vec<PlaceAxes> =
        bases.iter().map(|base| (base.source.variant.clone(), Vec::new())).collect();
    for across in across {
        let with = |(variant, axes): &PlaceAxes, value: &String| {
            let own = across.keys.iter().map(|key| (key.clone(), value.clone()));
            (variant.clone(), axes.iter().cloned().chain(own).collect())
        };
        spots =
            spots.iter().flat_map(|spot| across.values.iter().map(move |value| with(spot, value))).collect();
    }
    Ok(spots)
}

fn tell(format: TuneFormat, ran: &Ran, console: &mut Console<'_>) {
    let tune = ran.record.tune.as_ref().expect("it was put there");
    let (paint, last) = (console.out_paint(), ran.place_line());
    match format {
        TuneFormat::Human if console.voice.quiet => {
            let fails = ran.record.exit_code != Exit::Success.code();
            let verdict = fails.then(|| render::headline(&ran.record, paint));
            let notes: String = ran.record.notes.iter().map(|note| format!("note: {note}\n")).collect();
            console.result(&(verdict.unwrap_or_default() + &render::tune::answers(tune) + &notes));
        }
        TuneFormat::Human => {
            let [headline, notes] = [render::headline, render::notes].map(|part| part(&ran.record, paint));
            console.result(&format!("{headline}\n{}\n{notes}{last}", render::tune::story(tune)));
        }
        programs => {
            let json = programs == TuneFormat::Json;
            console.result(&if json { render::tune::to_json(tune) } else { render::tune::to_csv(tune) });
            console.remark(&last);
        }
    }
}
