//! Random scenario files: entities, fleet, units, engine, backend, gateway, people and faults, from
//! settings that claim to lose nothing.

use syncdyno::base::{Seed, Stream};
use syncdyno::protocol;

/// The scenario file with this number: random settings, without those that exclude each other.
///
/// `why` gives the error of `syncdyno check` for a text.
pub(super) fn composition(number: u64, why: impl Fn(&str) -> Option<String>) -> String {
    let mut lines = drawn(number);
    loop {
        let text = lines.join("\n") + "\n";
        let Some(said) = why(&text) else { return text };
        let place = said.split("composition.toml:").nth(1).and_then(|place| place.split(':').next());
        let line: usize = place.and_then(|line| line.parse().ok()).unwrap_or(lines.len());
        lines.remove(line - 1);
    }
}

/// The lines of a scenario file; some may exclude each other.
fn drawn(number: u64) -> Vec<String> {
    let mut draft = Draft { lines: Vec::new(), stream: Seed(number).stream("composition", 0, 0) };
    draft.line(format_args!("name = \"composition-{number}\""));
    let minutes = draft.stream.below(10) + 5;
    draft.line(format_args!("duration = \"{minutes}m\""));
    draft.line(format_args!("seed = {number}"));
    let entities = entities(&mut draft);
    let phones = fleet(&mut draft);
    let units = units(&mut draft, &entities);
    let ahead = gateway_and_backend(&mut draft);
    let brings_ends = entities.iter().all(|one| one.pulled && !one.on_open);
    engine(&mut draft, ahead, brings_ends);
    let actions = people(&mut draft, &entities);
    events(&mut draft, &Cast { minutes, phones, units, actions, entities });
    draft.lines
}

struct Draft {
    lines: Vec<String>,
    stream: Stream,
}

impl Draft {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.lines.push(text.to_string());
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.stream.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        *self.stream.pick(of)
    }

    /// Sets a key to one of these values, or leaves its default, all equally likely.
    fn maybe(&mut self, key: &str, of: &[&str]) {
        let at = self.stream.below(of.len() as u64 + 1) as usize;
        if let Some(value) = of.get(at) {
            self.line(format_args!("{key} = {value}"));
        }
    }
}

struct Entity {
    name: &'static str,
    scoped: bool,
    pulled: bool,
    /// True if others may refer to it: a copied column is not copied again.
    is_parent: bool,
    on_open: bool,
    /// Columns that people set.
    set: Vec<String>,
}

const NAMES: [&str; 5] = ["site", "job", "part", "visit", "remark"];
const TYPES: &[&str] = &[
    "text 0..40",
    "prose 40..200",
    "int 0..100",
    "real",
    "bool",
    "decimal(12,2)",
    "int64",
    "date -30d..0d",
    "timestamp 0d..2d /20m",
    "one of open|done|late",
    "text 5..30 null 20%",
    "long-text 300B..3kB",
];

fn entities(draft: &mut Draft) -> Vec<Entity> {
    let count = draft.stream.below(4) as usize + 1;
    let mut made: Vec<Entity> = Vec::new();
    for (at, name) in NAMES.iter().copied().take(count).enumerate() {
        let parents: Vec<usize> = (0..at).filter(|at| made[*at].is_parent).collect();
        let parent = (!parents.is_empty() && draft.chance(70)).then(|| draft.pick(&parents));
        let one = entity(draft, name, parent.map(|at| &made[at]), at + 1 == count && at > 0);
        made.push(one);
    }
    made
}

/// An entity; the last of several may come by other means than pulls.
fn entity(draft: &mut Draft, name: &'static str, parent: Option<&Entity>, last: bool) -> Entity {
    let rows = draft.pick(&["0", "4", "30", "90", "250"]);
    draft.line(format_args!("entity.{name}.rows = {rows}"));
    draft.line(format_args!("entity.{name}.schema.id = \"uuid key\""));
    let (mut on_open, mut pulled) = (false, true);
    let mut scoped = parent.is_some_and(|parent| parent.scoped);
    if let Some(Entity { name: above, .. }) = parent {
        draft.line(format_args!("entity.{name}.schema.{above} = \"ref {above}\""));
        if scoped {
            draft.line(format_args!("entity.{name}.schema.area = \"fold {above}.area via {above}\""));
        }
        // With `missing_parent = "wait"`, a row would wait for ever for a deleted parent.
        let then = draft.pick(&["cascade", "restrict"]);
        draft.line(format_args!("entity.{name}.on_delete.{above} = \"{then}\""));
        on_open = last && draft.chance(15);
    } else if draft.chance(50) {
        scoped = true;
        draft.line(format_args!("entity.{name}.schema.area = \"attribute area\""));
    }
    if on_open {
        let above = parent.expect("a record is opened above it").name;
        draft.line(format_args!("entity.{name}.delivery = \"on-open of {above}\""));
        draft.line(format_args!("workload.opens.entity = \"{above}\""));
        draft.line(format_args!("workload.opens.per_day = 200"));
    } else if last && draft.chance(15) {
        pulled = false;
        draft.line(format_args!("entity.{name}.delivery = \"upload-only\""));
    } else if scoped {
        draft.line(format_args!("entity.{name}.scope.area = \"device.area\""));
    }
    if draft.chance(if pulled { 10 } else { 60 }) {
        draft.line(format_args!("entity.{name}.attachment.least = \"2kB\""));
        draft.line(format_args!("entity.{name}.attachment.most = \"30kB\""));
        draft.maybe(&format!("entity.{name}.attachment.thumbnail"), &["\"1kB\""]);
    }
    let mut set = Vec::new();
    for column in 0..=draft.stream.below(4) {
        let of = draft.pick(TYPES);
        draft.line(format_args!("entity.{name}.schema.c{column} = \"{of}\""));
        set.push(format!("c{column}"));
    }
    draft.maybe(&format!("entity.{name}.ids"), &["\"server\"", "\"pool\"", "\"client\"", "\"client\""]);
    draft.maybe(&format!("entity.{name}.one_stamp"), &["\"1d\"", "\"10m\""]);
    let is_parent = pulled && !on_open && (parent.is_none() || !scoped);
    Entity { name, scoped, pulled, is_parent, on_open, set }
}

fn fleet(draft: &mut Draft) -> u64 {
    let phones = draft.stream.below(4) + 1;
    draft.line(format_args!("fleet.phones.devices = {phones}"));
    draft.line(format_args!("fleet.phones.attributes.area = 2"));
    for (key, of) in [
        ("class", &["\"low\"", "\"high\""][..]),
        (
            "link",
            &["\"lte-good\"", "\"lte-poor\"", "\"3g-poor\"", "\"edge\"", "{ wifi-good = 0.5, edge = 0.5 }"],
        ),
        ("start", &["\"1d\"", "\"10m\"", "{ empty = 0.5, 1d = 0.5 }"]),
        ("clock", &["\"phones\""]),
    ] {
        draft.maybe(&format!("fleet.phones.{key}"), of);
    }
    phones
}

/// The names of the units that a person can ask for.
fn units(draft: &mut Draft, entities: &[Entity]) -> Vec<&'static str> {
    let pulled: Vec<&str> =
        entities.iter().filter(|one| one.pulled && !one.on_open).map(|one| one.name).collect();
    let every = draft.pick(&["20s", "1m", "5m"]);
    match draft.stream.below(4) {
        0 => Vec::new(),
        1 => {
            draft.line(format_args!(
                "unit.All = {{ on = [\"login\", \"online\", \"save\", \"every {every}\"], pull = [\"*\"], push = [\"*\"] }}"
            ));
            vec!["All"]
        }
        2 => {
            let blocking = draft.chance(50);
            draft.line(format_args!(
                "unit.Get = {{ on = [\"login\", \"resume\", \"every {every}\"], pull = [\"*\"], blocking = {blocking} }}"
            ));
            draft.line(format_args!(
                "unit.Send = {{ on = [\"login\", \"online\", \"save\"], push = [\"*\"] }}"
            ));
            vec!["Get", "Send"]
        }
        _ => {
            draft.line(format_args!(
                "unit.All = {{ on = [\"start\", \"login\", \"online\", \"every {every}\"], pull = [\"*\"], push = [\"*\"] }}"
            ));
            let first = pulled[0];
            draft.line(format_args!(
                "unit.First = {{ on = [\"login\", \"manual\", \"resume\"], pull = [\"{first}\"], push = [\"{first}\"] }}"
            ));
            vec!["All", "First"]
        }
    }
}

/// Capture, what the backend provides for it, and whether pages may be prefetched.
const CAPTURES: [(&str, &str, bool); 7] = [
    ("last_modified = {}", "full", true),
    ("last_modified = { bound = \"tie-extended\" }", "full", true),
    ("last_modified = { reconcile = { every = \"1m\" } }", "stamps-only", true),
    ("flag = {}", "full", false),
    ("hash = {}", "none", false),
    ("hash = { keep = \"copy\" }", "none", false),
    ("change_log = {}", "full", true),
];

/// Returns whether pages may be prefetched.
fn gateway_and_backend(draft: &mut Draft) -> bool {
    let (capture, provisioning, ahead) = draft.pick(&CAPTURES);
    let persistent = draft.chance(40) && !capture.contains("reconcile");
    draft.line(format_args!("backend.provisioning = \"{provisioning}\""));
    if persistent {
        draft.line(format_args!("gateway.mode = \"persistent\""));
        draft.line(format_args!("gateway.refresh.capture = {{ {capture} }}"));
        draft.line(format_args!("gateway.refresh.every = \"30s\""));
        draft.maybe("gateway.refresh.page", &["17", "200"]);
    } else {
        draft.line(format_args!("gateway.serve.capture = {{ {capture} }}"));
    }
    for (key, of) in [
        ("stamp_precision", &["\"1s\"", "\"1us\""][..]),
        ("commit_delay", &["{ share = \"20%\", upto = \"2s\" }"]),
        ("poison", &["\"2%\""]),
        ("errors", &["\"3%\""]),
        ("partial", &["\"5%\""]),
        ("commits", &["\"families\""]),
        ("workers", &["2"]),
        ("page_cap", &["13", "100"]),
        ("service_cv", &["0", "1"]),
    ] {
        draft.maybe(&format!("backend.{key}"), of);
    }
    ahead || persistent
}

/// `ahead`: pages may be prefetched; `brings_ends`: pulls bring every deletion.
fn engine(draft: &mut Draft, ahead: bool, brings_ends: bool) {
    let codec = draft.pick(protocol::NAMES);
    draft.line(format_args!("engine.codec = \"{codec}\""));
    draft.line(format_args!("gateway.codecs = [\"{codec}\"]"));
    if ahead {
        draft.maybe("engine.pull.prefetch", &["1", "2"]);
    }
    if brings_ends {
        draft.maybe("engine.pull.missing_parent", &["\"wait\""]);
    }
    for (key, of) in [
        ("compression", &["\"gzip\"", "\"zstd\""][..]),
        ("decoder", &["\"managed\""]),
        ("requests", &["\"per-branch\"", "\"per-entity\"", "\"per-call\""]),
        ("queue", &["\"blocks\""]),
        ("queue_kept", &["\"disk\""]),
        ("sessions", &["2"]),
        ("debounce", &["\"0s\"", "\"10s\""]),
        ("request_timeout", &["\"10s\"", "\"1m\""]),
        ("retry.base", &["\"200ms\"", "\"5s\""]),
        ("retry.jitter", &["\"none\"", "\"decorrelated\""]),
        ("on_logout", &["\"keep\"", "\"refuse\""]),
        ("token.on_refused", &["\"later\""]),
        ("pull.chunk_rows", &["1", "7", "40"]),
        ("pull.chunk_bytes", &["\"2KiB\"", "\"20KiB\""]),
        ("pull.apply_rows", &["1", "10"]),
        ("pull.streams", &["3"]),
        ("pull.cursor", &["\"unit\""]),
        ("pull.atomic", &["\"session\""]),
        ("pull.checkpoint", &["\"session\""]),
        ("pull.controller", &["\"aimd\"", "\"model\"", "\"clamp\""]),
        ("push.chunk_rows", &["1", "5"]),
        ("push.chunk_bytes", &["\"2KiB\""]),
        ("push.squash", &["true"]),
        ("push.unit", &["\"family\""]),
        (
            "conflict.policy",
            &["\"client-wins\"", "\"server-wins\"", "\"field-merge\"", "\"keep-both\"", "\"manual\""],
        ),
        ("attachments.queue", &["\"before\"", "\"beside\""]),
        ("attachments.with", &["\"row\""]),
        ("attachments.chunk_bytes", &["\"4KiB\""]),
    ] {
        draft.maybe(&format!("engine.{key}"), of);
    }
    if draft.lines.iter().any(|line| line.ends_with("on_logout = \"keep\"")) {
        // Edits left on a phone after a logout are what this setting intends.
        draft.line(format_args!("expect.\"oracle.shelved.edits\" = {{ min = 0 }}"));
    }
    for (key, of) in [
        ("journal", &["\"wal\"", "\"persist\""][..]),
        ("page_size", &["1024"]),
        ("cache_pages", &["8"]),
        ("keep_settled", &["\"1h\""]),
        ("extra_rows", &["1"]),
    ] {
        draft.maybe(&format!("store.{key}"), of);
    }
}

struct Action {
    name: String,
    kind: &'static str,
}

fn people(draft: &mut Draft, entities: &[Entity]) -> Vec<Action> {
    let mut actions = Vec::new();
    for one in entities {
        for kind in ["create", "update", "delete"] {
            if kind != "create" && (!one.pulled || !draft.chance(70)) {
                continue;
            }
            let name = format!("{kind}-{}", one.name);
            draft.line(format_args!("action.{name}.entity = \"{}\"", one.name));
            draft.line(format_args!("action.{name}.kind = \"{kind}\""));
            draft.line(format_args!("action.{name}.optional = true"));
            if kind == "update" {
                let column = draft.stream.pick(&one.set).clone();
                draft.line(format_args!("action.{name}.columns = [\"{column}\"]"));
            }
            let each = if kind == "delete" { 1 } else { draft.stream.below(8) + 1 };
            draft.line(format_args!("action.{name}.per_device = {each}"));
            draft.maybe(
                &format!("action.{name}.on_devices"),
                if one.pulled { &["0.5", "0.8"] } else { &["1"] },
            );
            draft.maybe(&format!("action.{name}.aim"), &["\"made\"", "\"shown\""]);
            actions.push(Action { name, kind });
        }
    }
    for (key, of) in [
        ("foreground", &["\"10m\"", "\"30s\""][..]),
        ("resumes_per_hour", &["30"]),
        ("resolver.takes", &["\"remote\"", "\"columns\""]),
        ("resolver.delay", &["\"1m\""]),
        ("contention.by", &["\"devices\"", "\"both\""]),
        ("contention.share", &["\"30%\""]),
        ("contention.within", &["\"1m\""]),
        ("contention.equal", &["\"30%\""]),
        ("contention.deletes", &["\"10%\""]),
    ] {
        draft.maybe(&format!("workload.{key}"), of);
    }
    draft.line(format_args!("workload.login.all = {{ at = \"+10s\", spread = \"10s\" }}"));
    actions
}

struct Cast {
    minutes: u64,
    phones: u64,
    units: Vec<&'static str>,
    actions: Vec<Action>,
    entities: Vec<Entity>,
}

/// Faults that an engine must survive without a loss.
const FAULTS: &[&str] = &[
    "outage = { for = \"90s\" }",
    "outage = { for = \"2m\", mode = \"hold\" }",
    "outage = { for = \"20s\", mode = \"reset\" }",
    "flap = { for = \"1m\", every = \"6s\" }",
    "captive_portal = { for = \"1m\" }",
    "foreign_responses = { for = \"2m\", responses = \"30%\" }",
    "caching_proxy = { for = \"4m\", ttl = \"1m\" }",
    "bad_rows = { for = \"1m\", rows = \"10%\" }",
    "put_off = { for = \"1m\", edits = \"50%\" }",
    "refused_deletes = { for = \"3m\", deletes = \"50%\" }",
    "cancel = {}",
    "session_loss = {}",
    "half_open = {}",
    "network_change = { for = \"2m\", link = \"edge\" }",
    "kill = {}",
    "kill = { point = \"pull.answer-received\" }",
    "kill = { point = \"pull.chunk-applied\" }",
    "kill = { point = \"push.answer-received\", nth = 2 }",
    "kill = { point = \"push.batch-settled\" }",
    "kill = { point = \"session.before-end\" }",
    "power_loss = {}",
    "power_loss = { at_sync = 3 }",
    "response_loss = { for = \"2m\", loss = \"50%\" }",
    "backend_down = { for = \"1m\" }",
    "backend_clock_step = { by = \"-2m\" }",
    "backend_clock_step = { by = \"90s\" }",
    "backend_link_outage = { for = \"40s\" }",
    "gateway_kill = {}",
    "suspend = { for = \"2m\" }",
    "token_expiry = {}",
    "logout = { for = \"1m\" }",
    "other_user = { for = \"2m\" }",
    "clock_step = { by = \"-7m\" }",
    "time_zone = { by = \"1h\" }",
    "disk_full = { for = \"1m\" }",
    "slow_disk = { for = \"2m\" }",
    "upgrade = { adds = { entity = \"site\", column = \"added\", type = \"int\" } }",
    "upgrade = { adds = { entity = \"site\", column = \"added\", type = \"int\" }, on_mismatch = \"backfill\" }",
    "restore_gateway = { of = \"1m\" }",
];

fn events(draft: &mut Draft, cast: &Cast) {
    for n in 0..draft.stream.below(6) {
        let (fault, at) = (draft.pick(FAULTS), draft.stream.below(cast.minutes * 60));
        draft.line(format_args!("event.fault-{n} = {{ at = \"+{at}s\", {fault} }}"));
    }
    let creates: Vec<&Action> = cast.actions.iter().filter(|one| one.kind == "create").collect();
    if !creates.is_empty() && draft.chance(30) {
        let (action, at) = (draft.stream.pick(&creates).name.clone(), draft.stream.below(cast.minutes * 60));
        let who = draft.stream.below(cast.phones);
        draft.line(format_args!(
            "event.burst = {{ at = \"+{at}s\", edits = {{ action = \"{action}\", devices = [{who}], count = 9, over = \"20s\" }} }}"
        ));
    }
    if draft.chance(30) {
        let pulled: Vec<&Entity> = cast.entities.iter().filter(|one| one.pulled).collect();
        let (entity, rows) = (draft.stream.pick(&pulled).name, draft.stream.below(60) + 1);
        draft.line(format_args!(
            "event.import = {{ at = \"+2m\", bulk_import = {{ entity = \"{entity}\", rows = {rows} }} }}"
        ));
    }
    if !cast.units.is_empty() && draft.chance(30) {
        let unit = draft.pick(&cast.units);
        draft.line(format_args!("event.ask = {{ at = \"+3m\", trigger = {{ unit = \"{unit}\" }} }}"));
    }
    for (key, of) in [
        ("kill_mtbf", &["\"3m\""][..]),
        ("power_loss_mtbf", &["\"6m\""]),
        ("outage_mtbf", &["\"2m\""]),
        ("response_loss", &["\"5%\""]),
        ("put_off", &["\"5%\""]),
        ("backend_mtbf", &["\"5m\""]),
        ("suspend_mtbf", &["\"5m\""]),
        ("token_mtbf", &["\"5m\""]),
    ] {
        if draft.chance(40) {
            draft.maybe(&format!("chaos.{key}"), of);
        }
    }
}
