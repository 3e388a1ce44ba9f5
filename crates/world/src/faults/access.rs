//! The fault that gives people other attributes: another district, team or role.

use super::fault::{Fault, Kind};
use super::reassignment::{Learned, Reassignment};
use crate::config::form::{Form, map, required, word};

pub(super) const REASSIGN: Kind = Kind::new(
    "reassign",
    on_devices![
        required("set", map(&Form::Text)).about("New values of these people's attributes, such as { district = \"district-2\" }."),
        word::<Learned>("learned").about("When the sync server begins to use the new values."),
    ],
    "People get other attributes, such as another district. Other rows then belong to their scope, although no row changed.",
    |view, asks| {
        if !asks.is_builtin() {
            let title = "the server of this stack gets the attributes of people once, at the start";
            let help = "leave the event out, or take the built-in stack";
            asks.wrong().at(view, title, help);
        }
        let set = view.at("set");
        if set.entries().next().is_none() {
            asks.wrong().at(set, "nothing changes", "such as set = { district = \"district-2\" }");
        }
        let set: Vec<_> = set.entries().filter_map(|of| asks.attribute(of)).collect();
        let reassignment = Reassignment { set, learned: view.of("learned") };
        let same = "the people had these attributes before";
        let planned = reassignment.clone();
        let fault = Fault::shown_by_its_act(same, move |when, faults| {
            let chosen = when.chosen.to_vec();
            let planned = planned.clone();
            faults.strike(when, move |reach| {
                chosen.iter().filter(|device| reach.reassign(**device, &planned)).count() > 0
            });
            format!("the people of {} get other attributes", when.whom())
        });
        Some(Fault { reassigns: Some(reassignment), ..fault })
    },
)
.nothing_if(|_| false);
