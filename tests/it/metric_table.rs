//! The oracle does not know the table of metrics, but all of its metrics must be in it.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use syncdyno::base::{EntityId, Key, Span, Stamp, Time, Value};
use syncdyno::contract::{Capabilities, Schema};
use syncdyno::metrics;
use syncdyno::oracle::{Clock, Labels, Oracle, OracleSetup, Patience, Truth};

/// A backend without rows.
struct Nothing;

impl Truth for Nothing {
    fn row(&self, _: EntityId, _: &str) -> Option<(Stamp, Vec<Value>)> {
        None
    }
    fn for_each(&self, _: EntityId, _: &mut dyn FnMut(&Key, Stamp, &[Value])) {}
}

#[test]
fn the_figures_of_the_oracle_are_the_ones_of_the_table() {
    let (schema, units, initial) = (Arc::new(Schema::default()), Arc::from([]), Rc::new(Nothing));
    let oracle = Oracle::new(OracleSetup {
        labels: Labels { schema, units, clock: Clock::default(), is_third_party: false },
        attributes: Vec::new(),
        durable: true,
        resets: false,
        patience: Patience::Stated { span: Span::secs(600), requests: 16 },
        capabilities: Capabilities::ALL,
        combined: Vec::new(),
        definition: Default::default(),
        initial,
    });
    let verdict = oracle.begin_check(Time::ZERO, &Nothing, &|| false).finish();
    let found: BTreeSet<&str> = verdict.figures.keys().copied().collect();
    let table: BTreeSet<&str> = metrics::names().filter(|name| name.starts_with("oracle.")).collect();
    assert_eq!(found, table);
    let collector = metrics::Collector::new(metrics::CollectorSetup::default());
    let left = metrics::Left {
        logins: Vec::new(),
        reach: &|_, _, _| Box::new(|_| true),
        end_of: &|_| None,
        is_carried: &|_, _| true,
    };
    let collected = collector.finish(Time::ZERO, &verdict.figures, &left);
    assert_eq!(collected.figures["oracle.divergent.devices"].stat("value"), Some(0));
}

/// Metrics that answer one question: page, heading, when to look at it, prefixes of names.
struct Question(&'static str, &'static str, &'static str, &'static [&'static str]);

const PAGES: [(&str, &str); 6] = [
    ("waiting", "What people wait for, and what they see"),
    ("cost", "What sync costs: requests, bytes, battery, storage"),
    ("correctness", "What was lost, doubled or wrong"),
    ("conflicts", "Edits and conflicts"),
    ("server", "Backend and gateway"),
    ("world", "What went wrong around it, and what people did"),
];

const QUESTIONS: &[Question] = &[
    Question(
        "waiting",
        "Until the app can be used",
        "Look first if people say that the app is slow to start.",
        &[
            "engine.usable_after_login",
            "engine.never_usable",
            "engine.first_screen",
            "engine.first_rows",
            "engine.entity",
        ],
    ),
    Question(
        "waiting",
        "Until an edit is safe, and seen",
        "Look if others see changes late, or if a lost phone would cost work.",
        &[
            "engine.write_acknowledged",
            "engine.never_safe",
            "engine.write_visible",
            "engine.write_brought",
            "engine.commit_visible",
            "engine.edits.unsent",
            "engine.outbox",
            "engine.edits.unsent_offline",
            "engine.edits.unsent_in_sync",
            "engine.edits.unsent_after_failure",
            "engine.edits.unsent_lost",
            "engine.edits.passing_seen",
        ],
    ),
    Question(
        "waiting",
        "Until a phone hears of a change",
        "Look if the server announces changes (`engine.pull.live`).",
        &["live"],
    ),
    Question(
        "waiting",
        "The screen while a sync runs",
        "Look if the app stutters, or takes no edits.",
        &[
            "device.screen",
            "device.query",
            "device.list",
            "device.ui",
            "device.lock",
            "device.half_synced",
            "device.dangling",
            "device.empty_table",
        ],
    ),
    Question(
        "waiting",
        "Syncs and their queue",
        "Look if a sync is long, fails often, or waits behind others.",
        &["engine.session", "engine.syncs", "engine.queue", "engine.hook", "engine.hooks"],
    ),
    Question(
        "waiting",
        "What the app says of the sync",
        "Look if people believe that all is synced.",
        &["engine.status", "engine.network", "oracle.status"],
    ),
    Question(
        "cost",
        "Requests and retries",
        "Look if the server is busy, or if a sync waits more than it transfers.",
        &[
            "engine.request",
            "engine.requests",
            "engine.response",
            "engine.retries",
            "engine.retry",
            "engine.tokens",
        ],
    ),
    Question(
        "cost",
        "Bytes",
        "Look at the bill for mobile data, and at bytes that brought nothing.",
        &[
            "engine.down",
            "engine.up",
            "engine.bytes",
            "engine.wasted",
            "engine.echoed",
            "oracle.repeated",
            "net.up",
            "net.down",
            "net.wasted",
            "net.packets",
            "net.dropped",
        ],
    ),
    Question(
        "cost",
        "Chunks, and what is done with them",
        "Look while you choose chunk sizes.",
        &[
            "engine.rows",
            "engine.pull",
            "engine.push",
            "engine.pages_left",
            "engine.apply",
            "engine.cursor",
            "engine.control",
            "engine.excerpt",
            "engine.set_aside",
        ],
    ),
    Question(
        "cost",
        "Battery and processor",
        "Look if people say that the app empties the battery. Energy is an estimate.",
        &["device.radio", "device.coding", "device.cpu"],
    ),
    Question(
        "cost",
        "Storage and memory",
        "Look on old phones, and over months.",
        &[
            "device.database",
            "device.disk",
            "device.storage",
            "device.wal",
            "device.write",
            "device.transaction",
            "device.memory",
            "device.low_memory",
        ],
    ),
    Question("cost", "Photos and other attachments", "Look if the app uploads files.", &["attachment"]),
    Question(
        "correctness",
        "What people saved and lost",
        "Look first: each saved edit has exactly one of these ends.",
        &["oracle.saved_edits", "oracle.shelved", "oracle.taken_back"],
    ),
    Question(
        "correctness",
        "Checks",
        "Any of these above 0 is a defect, unless the scenario expects it.",
        &["oracle"],
    ),
    Question(
        "conflicts",
        "Conflicts",
        "Look if two people edit one row.",
        &[
            "oracle.conflicts",
            "engine.conflicts",
            "oracle.overwritten",
            "oracle.replaced",
            "oracle.gave_way",
            "oracle.kept_both",
            "oracle.skipped",
        ],
    ),
    Question(
        "conflicts",
        "The page on which people decide",
        "Look with `engine.conflict.policy = \"manual\"`.",
        &["engine.page"],
    ),
    Question(
        "conflicts",
        "What became of edits",
        "Look if people miss their edits.",
        &["engine.edits", "workload.edits"],
    ),
    Question(
        "server",
        "The backend",
        "Look if many devices come at once, or if reading rows is expensive.",
        &["backend"],
    ),
    Question(
        "server",
        "The gateway",
        "Look while you choose how the gateway finds changes, or whether it has a replica.",
        &["gateway"],
    ),
    Question(
        "server",
        "Another system as the destination",
        "Look with `[integration]`. Other scenarios do not have these figures.",
        &["destination"],
    ),
    Question("world", "The network", "Look to see whether the planned faults occurred.", &["net"]),
    Question("world", "The device", "Look to see what happened to apps and phones.", &["device"]),
    Question("world", "The scenario", "Look if a run passes too easily.", &["workload", "situation"]),
];

/// The question that a metric belongs to: the one with the longest matching prefix.
fn question_of(name: &str) -> &'static Question {
    let begins = |start: &&&str| {
        name.strip_prefix(**start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let length = |question: &&Question| question.3.iter().filter(begins).map(|start| start.len()).max();
    QUESTIONS.iter().max_by_key(length).expect("there are some")
}

fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() > 97 {
            lines.push(std::mem::take(&mut line));
        }
        line = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
    }
    lines.push(line);
    lines.join("\n  ")
}

/// A metric in a list: name, unit, better direction, description.
fn entry(metric: &metrics::Metric) -> String {
    let word = |value: serde_json::Value| value.as_str().expect("a name").replace(['-', '_'], " ");
    let unit = word(serde_json::to_value(metric.unit).expect("a unit has a name"));
    let better = match metric.better {
        metrics::Better::Lower => ", less is better",
        metrics::Better::Higher => ", more is better",
        metrics::Better::Neither => "",
    };
    format!("- `{}` ({unit}{better})\n  {}\n", metric.name, wrapped(metric.how))
}

/// The pages of metrics, by their path.
fn pages() -> Vec<(String, String)> {
    let mut index = String::from(
        "# Metrics\n\nEvery report has these figures; `-v` prints all of them. A distribution is shown by its percentiles.\nA wait that never ended counts as longer than all others; `never` is the number of these waits. A\npercentile among them reads `> 53 min 20 s (20 of 30 never)`: longer than the longest known wait.\nA metric may end in the name of a unit or an entity (`engine.session.duration/Login`), or of the\nstate in which devices started (`@1d`).\n\nEach metric has its unit in brackets: `ns` is nanoseconds, `row ns` rows times nanoseconds, `ppm`\nmillionths and `uj` microjoules. Reports for people show larger units, such as seconds and hours.\n\n| page | look at |\n|---|---|\n",
    );
    let mut all = Vec::new();
    for (file, title) in PAGES {
        let mut text = format!("# {title}\n\n<!-- written by a program, checked by a test -->\n");
        let of_page = || QUESTIONS.iter().filter(|question| question.0 == file);
        for Question(_, heading, when, starts) in of_page() {
            text.push_str(&format!("\n## {heading}\n\n{when}\n\n"));
            let mine = |metric: &&metrics::Metric| question_of(metric.name).1 == *heading;
            metrics::TABLE.iter().filter(mine).for_each(|metric| text.push_str(&entry(metric)));
            assert!(
                !starts.is_empty() && text.ends_with("\n") && !text.ends_with("\n\n"),
                "{heading} has metrics"
            );
        }
        let headings: Vec<String> = of_page().map(|question| question.1.to_lowercase()).collect();
        index.push_str(&format!("| [{title}]({file}.md) | {} |\n", headings.join("; ")));
        all.push((format!("docs/metrics/{file}.md"), text));
    }
    all.push(("docs/metrics/README.md".to_owned(), index));
    all
}

#[test]
fn the_pages_of_metrics_are_fresh() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in pages() {
        assert!(text.lines().count() <= 300, "{path} has {} lines", text.lines().count());
        let path = root.join(path);
        if std::env::var_os("SYNCDYNO_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the page is written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{}: SYNCDYNO_BLESS=1 writes it again", path.display());
    }
}

#[test]
fn every_metric_belongs_to_a_question_by_its_name() {
    for metric in metrics::TABLE {
        let Question(_, heading, _, starts) = question_of(metric.name);
        assert!(starts.iter().any(|start| metric.name.starts_with(start)), "{} under {heading}", metric.name);
    }
}
