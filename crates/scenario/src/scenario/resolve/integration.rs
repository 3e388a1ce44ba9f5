//! A one-way integration and its destination system.

use super::World;
use super::gateway::CARRIED;
use crate::config::view::{View, read};
use crate::contract::EntityId;
use crate::gateway::Capture;
use crate::integration::{CursorKept, DestinationOptions, IntegrationOptions, Remembers};

pub(super) fn integration(world: &World<'_>) -> Option<IntegrationOptions> {
    let view = world.root.at("integration").present()?;
    let capture = world.capture(CARRIED);
    let options = read!(view, IntegrationOptions {
        workers every page claim rejected timeout clock_ahead killed restart_after
    } with {
        entities: carried(world, view.at("entities")),
        remembers: view.at("remember").word(),
        cursor: view.at("cursor_kept").word(),
        capture,
        destination: destination(world, view.at("destination")),
    });
    shared(world, view, &options);
    let mut events = world.root.at("event").entries();
    if let Some((_, event)) = events.find(|(_, event)| event.at("restore_backend").present().is_some()) {
        let title = "the workers of an integration do not notice that the backend went back to a backup";
        world.wrong.at(event.at("restore_backend"), title, "not supported together with [integration]");
    }
    kept_there(world, view, &options);
    Some(options)
}

fn destination(world: &World<'_>, view: View<'_>) -> DestinationOptions {
    read!(view, DestinationOptions {
        ids batch rtt fixed_cost record_cost errors rejects poison versions loaded
    } with { availability: world.availability(view.at("availability")) })
}

fn carried(world: &World<'_>, view: View<'_>) -> Vec<EntityId> {
    if view.present().is_none() {
        return world.schema.ids().collect();
    }
    world.wrong.once(world.root.at("integration"), "entities");
    let known: Vec<&str> = world.schema.entities.iter().map(|entity| &*entity.name).collect();
    let found = view.items().filter_map(|item| world.wrong.find(item, "entity", item.text(), &known));
    let mut found: Vec<EntityId> = found.map(|at| EntityId(at as u16)).collect();
    found.sort_unstable();
    found
}

/// Some captures keep state in one worker, which other workers do not see.
fn shared(world: &World<'_>, view: View<'_>, options: &IntegrationOptions) {
    if options.workers > 1
        && let Some(why) = options.capture.works_alone
    {
        let shared = Capture::such(|capture| capture.works_alone.is_none());
        let help = format!("`workers = 1`; a capture by {shared} can be shared");
        world.wrong.at(view.at("workers"), why, help);
    }
}

fn kept_there(world: &World<'_>, view: View<'_>, options: &IntegrationOptions) {
    if options.cursor != CursorKept::Destination || options.is_stateless() {
        return;
    }
    let (kept, page, remember) = (view.at("cursor_kept"), view.at("page"), view.at("remember"));
    if options.page > options.destination.batch {
        let batch = view.at("destination.batch");
        let title = format!(
            "a page of {} rows takes several calls, and its cursor goes with only one of them",
            options.page
        );
        let help = format!("`page` must be at most `destination.batch`, {}", options.destination.batch);
        world.wrong.among(&[page, batch, kept], title, help);
    }
    if options.remembers == Remembers::BeforeWrite {
        let title = "a cursor that the destination keeps is written with the records, not before them";
        world.wrong.among(&[remember, kept], title, "remember = \"after-write\"");
    }
}
