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
use super::profiles;
use super::requirements::ID;
use crate::base::Span;
use crate::config::form::{Form, Key, SOME_SPAN, key, named, optional, required, table};
use crate::config::written::DATE;

pub(super) use engine::is_own_stack;
pub(super) use tables::TABLE;
pub(super) use trouble::{QUESTIONS, SHOWS, VARIANT};

pub(super) static ROOT: Form = table(ROOT_KEYS);

const ROOT_KEYS: &[Key] = &[
    required("name", Form::Text).about("The scenario's name."),
    key("covers", Form::List(&Form::Written(&ID)), "[]")
        .about("Ids of what it shows, besides those under `shows`."),
    key("start", Form::Written(&DATE), "\"2026-03-02T08:00:00+01:00\"")
        .about("The wall clock at the start; its offset is local time."),
    key("duration", SOME_SPAN, "\"1h\"").about("Length of the script."),
    key("drain", Form::Span { min: Span::secs(1), max: Span::secs(3_660 * 86_400) }, "\"2h\"")
        .about("The longest time for healing and draining after the script; waits until claims on rows end do not count. What has not converged by then is stuck."),
    key("seed", Form::Int { min: 0, max: i64::MAX }, "1")
        .about("The seed, unless the command line names others; not part of the digest."),
    key("baseline_metrics", Form::List(&Form::Text), "[]")
        .about("Metrics that a baseline gates by equality; the headline ones if empty."),
    key("backend", backend::BACKEND, "{}").about("The system of record."),
    optional("product", Form::Word(profiles::PRODUCTS))
        .about("A product whose ways give the keys of `gateway`, `engine`, `store` and `backend` that are not written, faults included; they are settings of this bench, not the product."),
    key("gateway", gateway::GATEWAY, "{}").about("The sync server."),
    optional("integration", integration::INTEGRATION)
        .about("Rows are carried to another system, which is no phone, by a one-way integration."),
    required("entity", named(&data::ENTITY)).about("What is synced, by name."),
    required("fleet", named(&devices::FLEET)).about("Groups of devices, by name."),
    key("link", links::LINKS, "{}")
        .about("Links of one's own, or changes to those of the library, by name."),
    key("transport", links::TRANSPORT, "{}").about("How requests travel over the links."),
    key("class", devices::CLASSES, "{}")
        .about("Device classes of one's own, or changes to those of the library, by name."),
    key("background", devices::BACKGROUNDS, "{}")
        .about("What operating systems allow apps in the background, of one's own, or changes to those of the library, by name."),
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
        .about("Lists that the app's screens show, by name; they are really run."),
    key("event", named(&trouble::EVENT), "{}").about("What happens at set times, by name."),
    optional("chaos", CHAOS).about("Random trouble, drawn from the seed."),
    optional("swarm", trouble::SWARM)
        .about("Each seed gets a part of the trouble, and sizes of its own: what must have at least some of a figure in `expect` has it with one of the seeds."),
    optional("situations", trouble::SITUATIONS).about("What a run of many seeds must come to."),
    key("proxy", trouble::PROXY, "{}")
        .about("A proxy on the way of all devices that keeps responses, also beyond the script's end."),
    key("expect", trouble::EXPECT, "{}").about("What must come out."),
    key("gate", named(&trouble::GATE), "{}").about("Thresholds, by name."),
    key("variant", named(&VARIANT), "{}")
        .about("Variants, by name: what differs, such as set = { \"engine.pull.chunk_rows\" = 20 }, and what must come out."),
    optional("shows", SHOWS)
        .about("What two variants show, by id: a figure that fails in one and is mended in the other."),
    optional("question", QUESTIONS)
        .about("What two variants answer, by list and number (checklist-3, field-1); `run --for FILE` asks the same of another scenario."),
    optional("table", TABLE)
        .about("What `sweep` prints of this file, or of another one with `--table`: axes, columns and a rule."),
];

#[cfg(test)]
pub(super) fn form_of(path: &[&str]) -> &'static Form {
    path.iter().fold(&ROOT, |form, name| form.under(name).unwrap_or_else(|| panic!("no {name}")))
}
