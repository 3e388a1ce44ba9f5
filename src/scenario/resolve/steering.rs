//! What chunk sizes are steered by.

use super::super::view::View;
use super::super::words::Steered;
use super::World;
use crate::engine::control::{
    AimdOptions, ClampOptions, Controller, GradientOptions, HalveWhenSlowOptions, ModelOptions,
    SteeringOptions,
};

impl World<'_> {
    pub(super) fn steering(&self, side: View<'_>) -> SteeringOptions {
        let control = side.at("control");
        let (min, max) = (control.at("min_rows"), control.at("max_rows"));
        self.wrong.in_order(control, ["min_rows", "max_rows"], false);
        let own = control.at("per_entity").entries();
        let own = own.filter_map(|(name, rows)| Some((self.entity_named(rows, name)?, rows.count())));
        // Collected in any case: a name that is wrong is told although another controller is at
        // work.
        let own = own.collect();
        let controller = match side.at("controller").word() {
            Steered::Fixed => Controller::Fixed,
            Steered::PerEntity => Controller::PerEntity(own),
            Steered::Clamp => Controller::Clamp(ClampOptions { target: control.at("clamp.target").span() }),
            Steered::Aimd => Controller::Aimd(AimdOptions {
                step: control.at("aimd.step").count(),
                backoff: control.at("aimd.backoff").share().share(),
                target: control.at("aimd.target").span(),
            }),
            Steered::HalveWhenSlow => Controller::HalveWhenSlow(HalveWhenSlowOptions {
                slow: control.at("halve_when_slow.slow").span(),
            }),
            Steered::Gradient => Controller::Gradient(GradientOptions {
                tolerance: f64::from(control.at("gradient.tolerance").milli()) / 1e3,
                headroom: control.at("gradient.headroom").share().share(),
                smoothing: control.at("gradient.smoothing").share().share(),
            }),
            Steered::Model => Controller::Model(ModelOptions {
                target: control.at("model.target").span(),
                memory: control.at("model.memory").count(),
            }),
        };
        SteeringOptions { controller, min_rows: min.count(), max_rows: max.count() }
    }
}
