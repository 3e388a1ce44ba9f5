//! What `syncdyno new` writes.

pub fn template(name: &str) -> String {
    let name = toml::Value::String(name.to_owned()).to_string();
    format!(
        "# A scenario for syncdyno. `syncdyno check` says what is wrong with it, `syncdyno run` runs it.\n\nname = {name}\n{BODY}"
    )
}

const BODY: &str = r#"duration = "1h"                         # of work; then everything heals, drains and is checked

[entity.task]                           # what is synced
rows = 5_000                            # or { csv = "tasks.csv", key = "id" } for rows of your own
scope = { team = "device.team" }        # a device holds the tasks of its own team
[entity.task.schema]
id = "uuid key"
team = "text"
title = "text 10..60"
state = "one of open|done"
due = "timestamp -7d..28d /1h"

[fleet.phones]
devices = 20
attributes = { team = 4 }
class = { low = 0.3, mid = 0.7 }        # syncdyno profiles ls
link = { wifi-good = 0.7, lte-poor = 0.3 }
start = { empty = 0.2, 1d = 0.8 }       # a fresh install, or synced a day ago

[engine]
pull = { chunk_rows = 500 }             # rows asked for in one request

[action.tick-off]                       # what people do, the office included
entity = "task"
kind = "update"
columns = ["state"]
per_device = 30
on_devices = 0.8

[event.lift]                            # what goes wrong
at = "+20m"
outage = { share = 0.5, for = "2m" }

[event.crash]
at = "+30m"
kill = { share = 0.25 }

[expect]                                # what must come out
"oracle.lost.rows" = 0
"oracle.lost_edit.count" = 0
"oracle.divergent.devices" = 0
"device.kills.count" = { min = 1 }

[gate.usable]
metric = "engine.usable_after_login.duration"
stat = "p95"
max = "30s"
"#;
