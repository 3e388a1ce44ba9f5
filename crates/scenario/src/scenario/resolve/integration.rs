//! A one-way integration and its destination system.

use super::ResolveContext;
use super::gateway::CARRIED;
use crate::config::view::{View, read};
use crate::contract::EntityId;
use crate::gateway::Capture;
use crate::integration::{CursorKept, DestinationOptions, IntegrationOptions, Remembers};

pub(super) fn integration(context: &ResolveContext<'_>) -> Option<IntegrationOptions> {
    let view = context.root.at("integration").present()?;
    let capture = context.capture(CARRIED);
    let options = read!(view, IntegrationOptions {
        workers every page claim rejected timeout clock_ahead killed restart_after
    } with {
        entities: carried(context, view.at("entities")),
        remembers: view.at("remember").word(),
        cursor: view.at("cursor_kept").word(),
        capture,
        destination: destination(context, view.at("destination")),
    });
    shared(context, view, &options);
    let mut events = context.root.at("event").entries();
    if let Some((_, event)) = events.find(|(_, event)| event.at("restore_backend").present().is_some()) {
        let title = "the workers of an integration do not notice that the backend went back to a backup";
        context.mistakes.at(event.at("restore_backend"), title, "remove `restore_backend` or [integration]");
    }
    kept_there(context, view, &options);
    Some(options)
}

fn destination(context: &ResolveContext<'_>, view: View<'_>) -> DestinationOptions {
    read!(view, DestinationOptions {
        ids batch rtt fixed_cost record_cost errors rejects poison versions loaded
    } with { availability: context.availability(view.at("availability")) })
}

fn carried(context: &ResolveContext<'_>, view: View<'_>) -> Vec<EntityId> {
    if view.present().is_none() {
        return context.schema.ids().collect();
    }
    context.mistakes.once(context.root.at("integration"), "entities");
    let known: Vec<&str> = context.schema.entities.iter().map(|entity| &*entity.name).collect();
    let found = view.items().filter_map(|item| context.mistakes.find(item, "entity", item.text(), &known));
    let mut found: Vec<EntityId> = found.map(|at| EntityId(at as u16)).collect();
    found.sort_unstable();
    found
}

/// Refuses several workers for a capture that keeps its state in one worker.
fn shared(context: &ResolveContext<'_>, view: View<'_>, options: &IntegrationOptions) {
    if options.workers > 1
        && let Some(why) = options.capture.works_alone
    {
        let shared = Capture::such(|capture| capture.works_alone.is_none());
        let help = format!("write `workers = 1`, or a capture by {shared}, which several workers can share");
        context.mistakes.at(view.at("workers"), why, help);
    }
}

fn kept_there(context: &ResolveContext<'_>, view: View<'_>, options: &IntegrationOptions) {
    if options.cursor != CursorKept::Destination || options.is_stateless() {
        return;
    }
    let (kept, page, remember) = (view.at("cursor_kept"), view.at("page"), view.at("remember"));
    if options.page > options.destination.batch {
        let batch = view.at("destination.batch");
        let title = format!(
            "a page of {} rows takes several calls, but its cursor goes with only one call",
            options.page
        );
        let help =
            format!("write a `page` of at most {}, the `destination.batch`", options.destination.batch);
        context.mistakes.among(&[page, batch, kept], title, help);
    }
    if options.remembers == Remembers::BeforeWrite {
        let title = "a cursor that the destination keeps is written with the records, not before them";
        context.mistakes.among(&[remember, kept], title, "write remember = \"after-write\"");
    }
}
