//! `matrix`: one scenario on every backend, with every capture, in both architectures.

use std::collections::BTreeMap;

use anyhow::Result;

use super::args::{MatrixArgs, MatrixFormat, Selection};
use super::console::Console;
use super::refusal::Refusal;
use super::run::{self, Order};
use super::sources::{self, Values};
use crate::analysis::Asks;
use crate::base::Ppm;
use crate::contract::EditKind;
use crate::record::{CellRecord, Exit};
use crate::render::matrix::{Matrix, Setting};
use crate::scenario::{Document, Happening, Plan};

const PROVISIONINGS: [&str; 6] =
    ["full", "three-stamps", "read-only-schema", "stamps-only", "soft-delete-only", "none"];

const CAPTURES: [(&str, &str); 5] = [
    ("last modified", "{ last_modified = {} }"),
    ("last modified + reconcile", "{ last_modified = { reconcile = { every = \"1m\" } } }"),
    ("flag", "{ flag = {} }"),
    ("compare", "{ hash = {} }"),
    ("change log", "{ change_log = {} }"),
];

const MODES: [(&str, &str); 2] =
    [("ota", "gateway.serve.capture"), ("persistent", "gateway.refresh.capture")];

const PROVISIONING: &str = "backend.provisioning";
const MODE: &str = "gateway.mode";

pub(super) fn matrix(args: &MatrixArgs, console: &mut Console<'_>) -> Result<Exit> {
    let selection = &args.selection;
    if !selection.filter.is_empty() {
        return Err(Refusal::usage("a matrix is of one variant: --variant names it, not --filter"));
    }
    let documents = match selection.paths.as_slice() {
        [] => vec![Document::ward()],
        paths => sources::documents(paths, console)?,
    };
    let [document] = documents.as_slice() else {
        return Err(Refusal::usage(format!("a matrix is of one scenario, not of {}", documents.len())));
    };
    sources::combined(&documents, selection, Values::new(), console)?;
    // Each capture is tried as it is by itself, without what the file adds to one of them.
    let document = of_one_kind(document, selection, console)?.without(&MODES.map(|(_, key)| key));
    let (plans, refused) = settings_of(&document, selection, console);
    if plans.is_empty() {
        sources::combined(&[document], selection, Values::new(), console)?;
        let why = refused.into_values().next().unwrap_or_default();
        let why = format!("error: no setting of the matrix can be run: {why}");
        return Err(Refusal::because(Exit::Invalid, why));
    }
    let order = Order { asks: Asks::Matrix, ..Order::of(&args.place, &args.work) };
    run::carry_out(&plans, &order, console, |ran, console| {
        let settings: Vec<Setting> = all().into_iter().map(|(setting, _)| setting).collect();
        let matrix = Matrix::new(&settings, &refused, (&ran.record, never(&plans[0])), setting_of);
        match args.format {
            MatrixFormat::Human => {
                let told = if console.voice.quiet { matrix.words() } else { matrix.story() + "\n" };
                console.result(&(told + &ran.place_line()));
            }
            MatrixFormat::Md => console.result(&matrix.to_markdown()),
            MatrixFormat::Json => console.result(&matrix.to_json()),
        }
    })
}

/// The scenario in one variant, or without any: the costs of several would be added up.
fn of_one_kind(document: &Document, selection: &Selection, console: &mut Console<'_>) -> Result<Document> {
    match (document.variants().as_slice(), selection.variant.as_slice()) {
        ([], _) | (_, [_]) => Ok(document.clone()),
        (variants, []) => {
            let names = variants.join(", ");
            console.remark(&format!(
                "note: the file without its variants; --variant takes one of them ({names})\n"
            ));
            Ok(document.clone().base())
        }
        (_, several) => {
            Err(Refusal::usage(format!("a matrix is of one variant, not of {}", several.join(", "))))
        }
    }
}

fn all() -> Vec<(Setting, Values)> {
    let mut settings = Vec::new();
    let set = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    for provisioning in PROVISIONINGS {
        for (capture, written) in CAPTURES {
            for (mode, key) in MODES {
                let sets = vec![set(PROVISIONING, provisioning), set(MODE, mode), set(key, written)];
                settings.push((named(provisioning, capture, mode), sets));
            }
        }
    }
    settings
}

fn named(provisioning: &str, capture: &str, mode: &str) -> Setting {
    Setting { provisioning: provisioning.to_owned(), capture: capture.to_owned(), mode: mode.to_owned() }
}

fn settings_of(
    document: &Document,
    selection: &Selection,
    console: &Console<'_>,
) -> (Vec<Plan>, BTreeMap<Setting, String>) {
    let (mut plans, mut refused) = (Vec::new(), BTreeMap::new());
    for (setting, sets) in all() {
        match sources::with(document, selection, sets, console) {
            Ok(cells) => plans.extend(cells),
            Err(why) => {
                refused.insert(setting, why);
            }
        }
    }
    (plans, refused)
}

/// Kinds of changes of which a plan, as all settings of it, makes none.
fn never(plan: &Plan) -> Vec<&'static str> {
    let of = |kind| plan.taken().any(|action| action.kind == kind);
    let before = plan.data.iter().any(|data| data.deleted_daily > Ppm(0));
    let deletes = before || of(EditKind::Delete) || plan.workload.contention.deletes > Ppm(0);
    let mut scopes = plan.taken().map(|action| (action, &plan.schema.entity(action.entity).scope));
    let moves = scopes.any(|(action, of)| of.iter().any(|rule| action.columns.contains(&rule.column())));
    let imports = plan.events.iter().any(|event| matches!(event.what, Happening::Import { .. }));
    let (inserts, updates) = (imports || of(EditKind::Create), of(EditKind::Update));
    let made = [("inserts", inserts), ("updates", updates), ("deletes", deletes), ("moves", moves)];
    made.into_iter().filter_map(|(kind, is_made)| (!is_made).then_some(kind)).collect()
}

fn setting_of(cell: &CellRecord) -> Option<Setting> {
    let axis = |key: &str| cell.axes.get(key)?.as_str();
    let (mode, key) = MODES.iter().find(|(mode, _)| axis(MODE) == Some(mode))?;
    let (capture, _) = CAPTURES.iter().find(|(_, written)| axis(key) == Some(written))?;
    Some(named(axis(PROVISIONING)?, capture, mode))
}
