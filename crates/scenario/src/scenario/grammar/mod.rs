//! Every key of a scenario file, exactly once: its form, its default and its meaning.
//!
//! Checks, defaults, the JSON Schema and the key pages in `docs/keys` all read these tables.
//! `resolve` checks keys against each other.

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
        .about("Ids of what the scenario shows, besides those under `shows`."),
    key("start", Form::Written(&DATE), "\"2026-03-02T08:00:00+01:00\"")
        .about("The wall clock at the start; its offset defines local time."),
    key("duration", SOME_SPAN, "\"1h\"").about("Length of the script."),
    key("drain", Form::Span { min: Span::secs(1), max: Span::secs(3_660 * 86_400) }, "\"2h\"")
        .about("The longest time for recovery and draining after the script; waits until claims on rows end do not count. Devices that have not converged by then are stuck."),
    key("seed", Form::Int { min: 0, max: i64::MAX }, "1")
        .about("The seed, unless the command line gives others; not part of the digest."),
    key("baseline_metrics", Form::List(&Form::Text), "[]")
        .about("Metrics that a baseline gates by equality; the headline ones if empty."),
    key("backend", backend::BACKEND, "{}").about("The system of record."),
    optional("product", Form::Word(profiles::PRODUCTS))
        .about("A product whose behaviour gives the defaults of the keys of `gateway`, `engine`, `store` and `backend`, weaknesses included; they are settings of this bench, not the product."),
    key("gateway", gateway::GATEWAY, "{}").about("The sync server."),
    optional("integration", integration::INTEGRATION)
        .about("A one-way integration that copies rows to another system, which is not a phone."),
    required("entity", named(&data::ENTITY)).about("What is synced, by name."),
    required("fleet", named(&devices::FLEET)).about("Groups of devices, by name."),
    key("link", links::LINKS, "{}")
        .about("Your own links by name, or changes to those of the library."),
    key("transport", links::TRANSPORT, "{}").about("How requests travel over the links."),
    key("push_messages", engine::PUSH_MESSAGES, "{}")
        .about("The platform's push service, which brings announcements to phones that are online.")
        .needs(&Needs {
            of: &["engine.pull.live"],
            holds: |of| engine::is_live(of[0], |medium| medium == Medium::PushMessage),
            why: "no phone gets push messages",
            help: "write live = \"push-message\" in [engine.pull] to announce changes",
        }),
    key("class", devices::CLASSES, "{}")
        .about("Your own device classes by name, or changes to those of the library."),
    key("background", devices::BACKGROUNDS, "{}")
        .about("What operating systems allow apps in the background: your own by name, or changes to those of the library."),
    optional("unit", named(&data::UNIT))
        .about("Sync units, by name; without any: Splash, Login, Send and Online."),
    key("engine", engine::ENGINE, "{}").about("The sync engine on the devices."),
    key("store", devices::STORE, "{}").about("The devices' databases."),
    key("workload", people::WORKLOAD, "{}").about("What people do with the app."),
    optional("action", named(&people::ACTION))
        .about("Kinds of writes, by name; without any: edits of every entity."),
    key("hooks", data::HOOKS, "{}")
        .about("What the app's own code does when the engine calls it."),
    key("query", named(&data::QUERY), "{}")
        .about("Lists that the app's screens show, by name; their queries are executed."),
    key("event", named(&trouble::EVENT), "{}").about("What happens at set times, by name."),
    optional("chaos", CHAOS).about("Random faults, drawn from the seed."),
    optional("swarm", trouble::SWARM)
        .about("Each seed gets a part of the faults, and its own sizes. An `expect` with a minimum must then hold with at least one of the seeds."),
    optional("situations", trouble::SITUATIONS).about("What the seeds of a run must reach together."),
    key("proxy", trouble::PROXY, "{}")
        .about("A caching proxy on the path of all devices, also after the script's end."),
    key("expect", trouble::EXPECT, "{}").about("The expected figures."),
    key("gate", named(&trouble::GATE), "{}").about("Thresholds, by name."),
    key("variant", named(&VARIANT), "{}")
        .about("Variants, by name: their changes, such as set = { \"engine.pull.chunk_rows\" = 20 }, and their expected figures."),
    optional("shows", SHOWS)
        .about("What two variants show, by id: a figure that is bad in one and good in the other."),
    optional("question", QUESTIONS)
        .about("What two variants answer, by list and number (checklist-3, field-1); `run --for FILE` asks the same of another scenario."),
    optional("table", TABLE)
        .about("What `sweep` prints of this file, or of another one with `--table`: axes, columns and a rule."),
]);

/// Visits each key with its path; `NAME` stands for a free name.
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

/// The keys of a form's tables, and the path below which they stand.
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
