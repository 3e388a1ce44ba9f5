//! What the app's hooks do.

use super::super::hook::{AppCall, HookPlan, Hooks};
use super::super::view::{View, read};
use super::World;
use crate::base::{UnitId, Word};
use crate::contract::Hook;

impl World<'_> {
    pub(super) fn hooks(&self) -> Hooks {
        let view = self.root.at("hooks");
        let hook = |hook: &Hook| Some((*hook, self.hook(view.at(hook.word()).present()?)));
        Hook::VALUES.iter().filter_map(hook).collect()
    }

    fn hook(&self, view: View<'_>) -> HookPlan {
        let call = |view: View<'_>| read!(view, AppCall { request response takes timeout });
        HookPlan {
            unit: self.unit_named(view.at("unit")),
            takes: view.at("takes").span(),
            hangs: view.at("hangs").share(),
            calls: view.at("calls").present().map(call),
            throws: view.at("throws").share(),
            triggers: self.unit_named(view.at("triggers")),
        }
    }

    pub(super) fn unit_named(&self, view: View<'_>) -> Option<UnitId> {
        let name = view.present()?.text();
        let found = self.given_names("unit").find(view, "unit", name, &self.root.at("unit").names());
        found.map(|position| UnitId(position as u16))
    }
}
