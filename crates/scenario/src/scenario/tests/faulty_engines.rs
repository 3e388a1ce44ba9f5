//! Writes the page of engines with one fault (`docs/faulty-engines.md`).

use std::fmt::Write;

use crate::bugs::{self, Bug};

const HEAD: &str = "# Faulty engines

<!-- written by a program, checked by a test -->

Each engine here is the built-in one with one fault. It shows what such a fault does in your own
world, and whether your checks would find it. Choose one by `engine.name`:

```console
$ syncdyno run my-app.toml --set engine.name=broken:pulls-over-edits
```

To compare it with the correct engine on the same seed, let a variant set it:

```toml
[variant.faulty]
set = { \"engine.name\" = \"broken:pulls-over-edits\" }
```

`syncdyno profiles ls` lists the engines whose fault a product had, and `syncdyno profiles show
broken:pulls-over-edits` describes one. [BUGS.md](../scenarios/BUGS.md) says in which worlds each
was caught, and how many it took.

## Faults that are settings

These faults are choices that products make, so they are keys of a scenario. Each pair is in
[scenarios/field](../scenarios/field/README.md).

| fault | as a setting | mended by | a public report |
|---|---|---|---|
| sends a batch that fails for ever | `backend.poison_response = \"fail\"` with `engine.push.on_failed = \"repeat\"` | `on_failed = \"bisect\"` | [opengisch/QFieldCloud #327](https://github.com/opengisch/QFieldCloud/issues/327) |
| sends again what is there | `gateway.attachment_again = \"refuse\"` with `engine.attachments.resume = false` | `engine.attachments.on_there = \"done\"` | [zotero/zotero-ios PR 696](https://github.com/zotero/zotero-ios/pull/696) |
| wipes itself with what waits | `event.NAME.wipe_demanded` with `engine.on_wipe = \"reset\"` | `on_wipe = \"upload-first\"` | [realm/realm-js #3548](https://github.com/realm/realm-js/issues/3548) |
| sends children before parents | `backend.foreign_keys = false` with `engine.push.order = \"bottom-up\"` | `order = \"top-down\"` | [vrtmrz/obsidian-livesync #510](https://github.com/vrtmrz/obsidian-livesync/issues/510) |
| refuses a whole batch | `backend.commits = \"requests\"` with `engine.push.on_refused = \"refuse-all\"` | `on_refused = \"go-on\"` | made up |
| applies sent rows over a gap | `engine.pull.live_sends = \"rows\"` with `engine.pull.live_gap = \"ignore\"` | `live_gap = \"pull\"` | made up |
| marks rows instead of edits | `engine.push.capture = \"dirty-flags\"` | `capture = \"outbox\"` | [forcedotcom/SalesforceMobileSDK-iOS #3974](https://github.com/forcedotcom/SalesforceMobileSDK-iOS/issues/3974) |
";

const REPORTED: &str = "
## Faults that products had

| the engine | `engine.name` | what it does wrong | found by | seen in |
|---|---|---|---|---|
";

const MADE_UP: &str = "
## Faults that are made up

No public report of these is known to us. The last column says where such a fault comes from.

| the engine | `engine.name` | what it does wrong | found by | as in |
|---|---|---|---|---|
";

/// The product in which the fault was seen, with the addresses of the reports.
fn seen(bug: &Bug) -> String {
    let linked = |text: String, report: bugs::FaultReport| match report.address {
        Some(address) => text.replace(report.name, &format!("[{}]({address})", report.name)),
        None => text,
    };
    bug.reports().into_iter().fold(bug.seen_in.to_owned(), linked)
}

fn lines<'b>(text: &mut String, bugs: impl Iterator<Item = &'b Bug>) {
    for bug in bugs {
        let Bug { mechanism, check, .. } = bug;
        let name = bug.engine_name();
        let _ = writeln!(text, "| {} | `{name}` | {mechanism} | `{check}` | {} |", bug.said(), seen(bug));
    }
}

/// The text of the page: settings first, then faults with a report, then the other faults.
pub(super) fn page() -> String {
    let mut text = format!("{HEAD}{REPORTED}");
    lines(&mut text, bugs::all().filter(|bug| !bug.reports().is_empty()));
    text.push_str(MADE_UP);
    lines(&mut text, bugs::all().filter(|bug| bug.reports().is_empty()));
    text
}
