//! How people decide conflicts.

use super::view::View;
use crate::workload::Resolver;

pub(super) fn resolver(view: View<'_>) -> Resolver {
    Resolver {
        takes: view.at("takes").word(),
        contested: view.at("contested").word(),
        delay: view.at("delay").span(),
        delays: view.at("delays").word(),
        never: view.at("never").share(),
    }
}
