//! Every key of a scenario file, exactly once, with its form, its default and its meaning.
//!
//! The checks, the defaults, the JSON Schema and the key pages in `docs/keys` read these tables.
//! `resolve` checks whether the values of different keys fit together.

mod backend;
mod data;
mod devices;
mod engine;
mod gateway;
mod integration;
mod links;
mod people;
mod tables;
mod trouble;

use super::chaos::CHAOS;
use super::check::join;
use super::profiles;
use super::requirements::ID;
use crate::base::Span;
use crate::config::form::{Form, Key, Needs, SOME_SPAN, key, named, optional, required, table};
use crate::config::written::DATE;
use crate::engine::Medium;

pub(super) use engine::is_own_stack;
pub(super) use tables::TABLE;
pub(super) use trouble::{QUESTIONS, SHOWS, VARIANT};

pub(super) static ROOT: Form = table(&[
    required("name", Form::Text).about("The scenario's name."),
    key("covers", Form::List(&Form::Written(&ID)), "[]")
        .about("Ids of requirements that the scenario shows, besides the ids under `shows`."),
    key("start", Form::Written(&DATE), "\"2026-03-02T08:00:00+01:00\"")
        .about("Date and time at the start of the script. Its offset defines local time."),
    key("duration", SOME_SPAN, "\"1h\"").about("Length of the script: after it nobody edits, and no further event begins."),
    key("drain", Form::Span { min: Span::secs(1), max: Span::secs(3_660 * 86_400) }, "\"2h\"")
        .about("Longest time after the script in which devices may still sync. Waits for the end of claims on rows do not count. A device that is not done by then counts as stuck."),
    key("seed", Form::Int { min: 0, max: i64::MAX }, "1")
        .about("The seed: the number from which all chance is drawn. The command line may give others. It is not part of the digest."),
    key("baseline_metrics", Form::List(&Form::Text), "[]")
        .about("Metrics that must equal those of the baseline (the stored results of an earlier run). The headline metrics if empty."),
    key("backend", backend::BACKEND, "{}").about("The backend: the system of record."),
    optional("product", Form::Word(profiles::PRODUCTS))
        .about("A product whose behaviour, weaknesses included, gives the defaults of `gateway`, `engine`, `store` and `backend`. The run simulates these settings, not the product itself."),
    key("gateway", gateway::GATEWAY, "{}").about("The gateway: the sync server."),
    optional("integration", integration::INTEGRATION)
        .about("A one-way integration that copies rows to another system, which is not a phone."),
    required("entity", named(&data::ENTITY)).about("The entities that are synced, by name."),
    required("fleet", named(&devices::FLEET)).about("Groups of devices, by name."),
    key("link", links::LINKS, "{}")
        .about("Your own links by name, or changes to links of the library."),
    key("transport", links::TRANSPORT, "{}").about("How requests travel over the links."),
    key("push_messages", engine::PUSH_MESSAGES, "{}")
        .about("The platform's push service, which brings announcements to phones that are online.")
        .needs(&Needs {
            of: &["engine.pull.live"],
            holds: |of| engine::is_live(of[0], |medium| medium == Medium::PushMessage),
            why: "no phone gets push messages",
            help: "remove the key, or set live = \"push-message\" in [engine.pull]",
        }),
    key("class", devices::CLASSES, "{}")
        .about("Your own hardware classes by name, or changes to classes of the library."),
    key("background", devices::BACKGROUNDS, "{}")
        .about("How long operating systems let apps run in the background: your own rules by name, or changes to rules of the library."),
    optional("unit", named(&data::UNIT))
        .about("Sync units, by name: each pulls and pushes some entities. Without any, the units are Splash, Login, Send and Online."),
    key("engine", engine::ENGINE, "{}").about("The sync engine on the devices."),
    key("store", devices::STORE, "{}").about("The devices' databases."),
    key("workload", people::WORKLOAD, "{}").about("What people do with the app."),
    optional("action", named(&people::ACTION))
        .about("Kinds of edits, by name. Without any, people edit every entity."),
    key("hooks", data::HOOKS, "{}")
        .about("What the app's own code does when the engine calls it."),
    key("query", named(&data::QUERY), "{}")
        .about("Lists that the app's screens show, by name. The bench executes their queries."),
    key("event", named(&trouble::EVENT), "{}").about("Events at set times, by name."),
    optional("chaos", CHAOS).about("Random faults, drawn from the seed."),
    optional("swarm", trouble::SWARM)
        .about("Each seed gets a part of the faults, and its own sizes. An `expect` with a minimum must then hold for at least one of the seeds."),
    optional("situations", trouble::SITUATIONS).about("Situations that the seeds of a run must reach together."),
    key("proxy", trouble::PROXY, "{}")
        .about("A caching proxy on the path of all devices, also after the script's end."),
    key("expect", trouble::EXPECT, "{}").about("The expected figures: a metric and its value, or `{ min, max }`. A run with another figure fails."),
    key("gate", named(&trouble::GATE), "{}").about("Gates, by name: limits of a metric. A run beyond a limit fails."),
    key("variant", named(&VARIANT), "{}")
        .about("Variants of the scenario, by name: their changes, such as set = { \"engine.pull.chunk_rows\" = 20 }, and their expected figures."),
    optional("shows", SHOWS)
        .about("Requirements that two variants show, by id: a figure is bad in one variant and good in the other."),
    optional("question", QUESTIONS)
        .about("Questions that two variants answer, by list and number (checklist-3, field-1). `run --for FILE` asks the same of another scenario."),
    optional("table", TABLE)
        .about("The table that `sweep` prints for this file, or for another file with `--table`: axes, columns and a rule."),
]);

/// Calls `visit` with the path of each key and the key. `NAME` in a path stands for a free name.
pub(super) fn each_key(visit: &mut impl FnMut(&str, &Key)) {
    fn below(form: &Form, path: &str, visit: &mut impl FnMut(&str, &Key)) {
        let (keys, path) = children(form, path);
        for key in keys {
            let path = join(&path, key.name);
            visit(&path, key);
            below(&key.form, &path, visit);
        }
    }
    below(&ROOT, "", visit);
}

/// The keys of the tables in a form, and the path of the table that contains them.
pub(super) fn children<'f>(form: &'f Form, path: &str) -> (Vec<&'f Key>, String) {
    match form {
        Form::Table { keys, kinds } => (keys.iter().chain(*kinds).collect(), path.to_owned()),
        Form::Named { of, .. } => children(of, &join(path, "NAME")),
        Form::Map { keys, .. } => (keys.iter().collect(), path.to_owned()),
        Form::Either { table, .. } => children(table, path),
        Form::List(item) => children(item, path),
        _ => (Vec::new(), path.to_owned()),
    }
}

#[cfg(test)]
pub(super) fn form_of(path: &[&str]) -> &'static Form {
    path.iter().fold(&ROOT, |form, name| form.under(name).unwrap_or_else(|| panic!("no {name}")))
}
