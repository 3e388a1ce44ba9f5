//! Plans of scenarios of a few lines.

use crate::contract::Described;
use crate::scenario::{DeviceClass, Document, Names, Plan, Request};

/// The plan of a scenario that is written here.
pub(super) fn plan(scenario: &str) -> Plan {
    let names = Names { metrics: &[], checks: &[], stacks: &[Described::builtin("builtin")] };
    let request = Request { seeds: vec![1], ..Request::default() };
    let document = Document::parse("", scenario).unwrap_or_else(|error| panic!("{error}"));
    document.plans(&request, &names).unwrap_or_else(|error| panic!("{error}")).remove(0)
}

pub(super) fn class(name: &str) -> DeviceClass {
    let scenario = format!(
        "name = \"class\"\n[entity.row]\nrows = 1\nschema = {{ id = \"uuid key\", text = \"text\" }}\n\
         [fleet.phones]\ndevices = 1\nclass = \"{name}\"\n"
    );
    plan(&scenario).fleets.remove(0).classes.remove(0).0
}
