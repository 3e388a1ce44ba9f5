//! Changes of what a person may see: another district, team or role.

use super::fault::{Fault, Kind};
use crate::base::{Value, word_enums};
use crate::config::form::{Form, map, required, word};

word_enums! {
    /// When the sync server begins to use a person's new attributes.
    pub enum Learned {
        /// At once: the server looks up the attributes for each request.
        #[default]
        AtOnce: "at-once",
        /// From the next login on: the attributes are claims in the login token.
        Login: "login",
        /// Never: the app sends the attributes from its setup.
        Never: "never",
    }
}

/// What a reassignment changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reassignment {
    /// Attributes by position, and their new values.
    pub set: Vec<(usize, Value)>,
    /// When the sync server begins to use them.
    pub learned: Learned,
}

pub(super) const REASSIGN: Kind = Kind::new(
    "reassign",
    on_devices![
        required("set", map(&Form::Text)).about("Attributes of these people, and their new values."),
        word::<Learned>("learned").about("When the sync server serves them by the new values."),
    ],
    "People get other attributes, such as another district: other rows are theirs, though no row changed.",
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
            let (chosen, planned) = (when.chosen.to_vec(), planned.clone());
            faults.strike(when, move |reach| {
                chosen.iter().filter(|device| reach.reassign(**device, &planned)).count() > 0
            });
            format!("the people of {} get other attributes", when.whom())
        });
        Some(Fault { reassigns: Some(reassignment), ..fault })
    },
)
.nothing_if(|_| false);
