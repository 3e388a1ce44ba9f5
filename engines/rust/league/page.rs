//! Writes the page: tables, their explanations, and texts by people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use syncdyno::metrics::human;

use super::cells::BROKEN;
use super::entrants::{Entrant, Entrants, Whose};
use super::figures::{Figure, GONE};
use super::summary::{Line, Lines, Place};

/// The links of `league.toml`, the slowest first.
const LINKS: [&str; 6] = ["edge", "3g-poor", "lte-poor", "lte-good", "wifi-congested", "wifi-good"];
/// The link of tables that show only one link.
pub(super) const LINK: &str = "lte-good";
pub(super) const MORNING: &str = "morning";
const GAVE_WAY: &str = "gave way";

/// The width of prose, in columns.
const WIDTH: usize = 100;
/// An interval narrower than this share of the mean or median is not shown.
const NARROW: f64 = 0.1;
/// Halves of the seeds that differ by at most this share count as near.
const NEAR: f64 = 0.03;
/// If a larger share of the edits is lost, 95 % of them are never safe.
const MANY: f64 = 0.05;

/// A column of a table: its heading, its place and its figure.
struct Column<'a> {
    title: &'a str,
    work: &'a str,
    link: &'a str,
    weather: &'a str,
    figure: &'a str,
}

/// Writes `docs/engines.md`. `written` is the text around the tables. Each `{{NAME}}` in it is
/// replaced by a table or figure.
pub fn markdown(lines: &Lines, entrants: &Entrants, written: &str) -> String {
    let faults = |title, figure| Column { title, work: MORNING, link: LINK, weather: "faults", figure };
    let clean = |title, figure| Column { title, work: MORNING, link: LINK, weather: "clean", figure };
    let loses = [
        faults("broken promises", BROKEN),
        faults("gone, %", GONE),
        faults("lost", "lost"),
        faults("not told", "untold"),
        faults("replaced unseen", "replaced"),
        faults("gave way", GAVE_WAY),
        faults("twice", "twice"),
        faults("came back", "came back"),
        faults("wrong at rest", "lacking"),
        faults("stuck", "stuck"),
        faults("divergent", "divergent"),
    ];
    let costs = [
        clean("requests", "requests"),
        clean("up", "up"),
        clean("down", "down"),
        clean("radio", "radio"),
        clean("database", "database"),
        clean("safe", "safe"),
        clean("safe, 95 %", "safe 95 %"),
        clean("seen", "seen"),
        clean("seen, 95 %", "seen 95 %"),
    ];
    let load = |title, work, link| Column { title, work, link, weather: "clean", figure: "usable" };
    let of_load = |title, figure| Column { figure, ..load(title, "load-100000", LINK) };
    let waits = [
        load("1 000 rows", "load-1000", LINK),
        load("10 000 rows", "load-10000", LINK),
        load("100 000 rows", "load-100000", LINK),
        load("10 000 rows, EDGE", "load-10000", "edge"),
        Column { work: "queue-100", ..clean("queue of 100", "drained") },
        Column { work: "queue-1000", ..clean("queue of 1 000", "drained") },
        Column { work: "storm", ..clean("storm, 95 %", "safe 95 %") },
        of_load("down, 100 000 rows", "down"),
        of_load("database, 100 000 rows", "database"),
    ];
    let by_link = LINKS.map(|link| Column { title: link, link, ..faults(link, GONE) });
    let tables = [
        ("LOSES", table(lines, entrants, &loses)),
        ("COSTS", table(lines, entrants, &costs)),
        ("WAITS", table(lines, entrants, &waits)),
        ("GONE BY LINK", table(lines, entrants, &by_link)),
        ("ENTRANTS", paragraphs(lines, entrants)),
        ("LEAST GONE", least(lines, entrants, &loses[1..2])),
        ("LEAST BYTES", least(lines, entrants, &costs[1..3])),
        ("LEAST WAIT", least(lines, entrants, &waits[1..2])),
        ("HALVES", halves(lines, entrants, &costs, &waits[..3])),
        ("SEEDS", seeds(lines)),
    ];
    let put = |page: String, (name, text): &(&str, String)| page.replace(&format!("{{{{{name}}}}}"), text);
    let page = tables.iter().fold(written.to_owned(), put);
    filled(&page)
}

/// Wraps those paragraphs of the page again in which a figure made a line too long.
fn filled(page: &str) -> String {
    let is_prose = |line: &str| !line.is_empty() && !["|", "#", "```"].iter().any(|it| line.starts_with(it));
    let (mut blocks, mut in_code) = (Vec::<(bool, Vec<&str>)>::new(), false);
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        let goes_on = !line.trim_start().starts_with("- ");
        match blocks.last_mut() {
            Some((true, block)) if !in_code && goes_on && is_prose(line) => block.push(line),
            _ => blocks.push((!in_code && is_prose(line), vec![line])),
        }
    }
    let fill = |(is_prose, block): &(bool, Vec<&str>)| {
        if !is_prose || block.iter().all(|line| line.chars().count() <= WIDTH) {
            return block.join("\n") + "\n";
        }
        let text = block.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let first = block[0].len() - block[0].trim_start().len();
        let rest = first + if text.starts_with("- ") { 2 } else { 0 };
        let [first, rest] = [first, rest].map(|indent| " ".repeat(indent));
        let options = textwrap::Options::new(WIDTH)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(&text, options) + "\n"
    };
    blocks.iter().map(fill).collect()
}

impl Column<'_> {
    fn line<'l>(&self, lines: &'l Lines, engine: &str) -> Option<&'l Line> {
        self.line_of(lines, engine, self.figure)
    }

    /// The line of another figure at this place.
    fn line_of<'l>(&self, lines: &'l Lines, engine: &str, figure: &str) -> Option<&'l Line> {
        lines.get(&Place::of(engine, self.work, self.link, self.weather), figure)
    }

    /// True if the engine does not report the figure.
    fn is_lacking(&self, entrant: &Entrant) -> bool {
        lacks(entrant, self.figure)
    }

    /// True if so many edits of this work are lost that 95 % of them are never safe.
    fn loses_many(&self, lines: &Lines, entrant: &Entrant) -> bool {
        let of = |figure| Column { figure, ..*self }.line(lines, &entrant.engine).map(|line| line.middle);
        of("lost").zip(of("edits")).is_some_and(|(lost, edits)| lost > MANY * edits)
    }

    fn told(&self, lines: &Lines, entrant: &Entrant) -> String {
        if self.is_lacking(entrant) {
            return "–".to_owned();
        }
        let Some(line) = self.line(lines, &entrant.engine) else { return "·".to_owned() };
        if self.figure == BROKEN {
            return format!("{} of {}", (line.middle * line.seeds as f64).round(), line.seeds);
        }
        let figure = Figure::named(self.figure);
        if line.middle == f64::INFINITY && self.loses_many(lines, entrant) {
            return "lost > 5 %".to_owned();
        }
        // What an engine does not report may be more.
        let bound = if self.figure == GONE && lacks(entrant, GAVE_WAY) { "≥ " } else { "" };
        let middle = format!("{bound}{}", figure.told(line.middle));
        // A narrow interval adds nothing to the mean or median, so it is left out.
        let is_narrow = (line.high - line.low).abs() <= NARROW * line.middle;
        let [low, high] = [line.low, line.high].map(|end| figure.told(end));
        match !line.low.is_finite() || line.middle == 0.0 || is_narrow || (low == middle && high == middle) {
            true => middle,
            false => format!("{middle} ({low}…{high})"),
        }
    }
}

fn lacks(entrant: &Entrant, figure: &str) -> bool {
    entrant.lacks.iter().any(|lacks| figure.starts_with(lacks.as_str()))
}

fn table(lines: &Lines, entrants: &Entrants, columns: &[Column<'_>]) -> String {
    let mut text = "| engine |".to_owned();
    columns.iter().for_each(|column| _ = write!(text, " {} |", column.title));
    text += "\n| --- |";
    columns.iter().for_each(|_| text += " ---: |");
    for entrant in &entrants.entrant {
        _ = write!(text, "\n| {} |", entrant.title);
        columns.iter().for_each(|column| _ = write!(text, " {} |", column.told(lines, entrant)));
    }
    text
}

fn paragraphs(lines: &Lines, entrants: &Entrants) -> String {
    let all: Vec<String> = entrants.entrant.iter().map(|entrant| paragraph(lines, entrant)).collect();
    all.concat().trim_end().to_owned()
}

/// An item of a list. A single reason follows the text, several are items below it.
fn paragraph(lines: &Lines, entrant: &Entrant) -> String {
    let Entrant { engine, title, page, promise, text, found, .. } = entrant;
    let broken = broken_in(lines, engine);
    let mut block = format!("- **{title}** ([page]({page})) promises: {promise}. {}{broken}", text.trim());
    let before = if found.len() == 1 { " " } else { "\n  - " };
    for found in found {
        let whose = match found.whose {
            Whose::Engine => "Fault of the engine",
            Whose::Design => "By design",
            Whose::Preset => "As the product",
            Whose::Halves => "Our server half",
        };
        let checks: Vec<String> = found.checks.iter().map(|check| format!("`{check}`")).collect();
        _ = write!(block, "{before}{} *{whose}* ({}).", found.why, checks.join(", "));
    }
    block + "\n"
}

/// A sentence that names the work in which the engine broke a promise.
fn broken_in(lines: &Lines, engine: &str) -> String {
    let mut places = BTreeMap::<&str, Vec<(&str, &str)>>::new();
    for ((place, figure), line) in &lines.0 {
        if place.engine == engine && figure == BROKEN && line.middle > 0.0 {
            places.entry(&place.work).or_default().push((&place.link, &place.weather));
        }
    }
    let works: Vec<String> = places.iter().map(|(work, at)| named(work, at)).collect();
    if works.is_empty() { String::new() } else { format!(" Broken in {}.", works.join(", ")) }
}

/// Names a kind of work, and its link or its faults if all places have the same.
fn named(work: &str, at: &[(&str, &str)]) -> String {
    let size = |size: &str| size.parse().map_or_else(|_| size.to_owned(), human::thousands);
    match work.split_once('-') {
        None => {
            let faults = if at.iter().all(|(_, weather)| *weather == "faults") { " with faults" } else { "" };
            let links: BTreeSet<&str> = at.iter().map(|(link, _)| *link).collect();
            let over = match links.contains(LINK) {
                true => String::new(),
                false => format!(" over {}", links.into_iter().collect::<Vec<_>>().join(", ")),
            };
            format!("{work}s{faults}{over}")
        }
        Some(("load", rows)) if at.iter().all(|(link, _)| *link == "edge") => {
            format!("loads of {} rows over EDGE", size(rows))
        }
        Some(("load", rows)) => format!("loads of {} rows", size(rows)),
        Some((kind, edits)) => format!("{kind}s of {}", size(edits)),
    }
}

/// An engine with the sum of some figures, and the ends of its interval.
struct Sum<'a> {
    title: &'a str,
    middle: f64,
    low: f64,
    high: f64,
    broken: f64,
}

/// Two sums without intervals are alike if they differ by at most this share.
const ALIKE: f64 = 0.1;
/// How many engines a sentence names.
const NAMED: usize = 3;

fn sum<'a>(lines: &Lines, entrant: &'a Entrant, columns: &[Column<'_>]) -> Option<Sum<'a>> {
    let all: Option<Vec<&Line>> = columns.iter().map(|column| column.line(lines, &entrant.engine)).collect();
    let all = all?;
    let of = |end: fn(&Line) -> f64| all.iter().map(|line| end(line)).sum::<f64>();
    let (middle, mut low, mut high) = (of(|line| line.middle), of(|line| line.low), of(|line| line.high));
    if !low.is_finite() {
        (low, high) = (middle * (1.0 - ALIKE), middle);
    }
    let broken = Column { weather: "faults", ..columns[0] }
        .line_of(lines, &entrant.engine, BROKEN)
        .map_or(0.0, |line| line.middle);
    Some(Sum { title: &entrant.title, middle, low, high, broken })
}

/// The engines for which the sum of these figures is least, with the sum. An engine with several
/// rows is named once, by the row that breaks fewest promises. The bench's own engine is left out,
/// as no app can install it. So is an engine that does not report a part of the figure.
fn least(lines: &Lines, entrants: &Entrants, columns: &[Column<'_>]) -> String {
    let figure = Figure::named(columns[0].figure);
    let others = entrants.entrant.iter().filter(|entrant| {
        !entrant.engine.starts_with("ours-") && !(figure.name == GONE && lacks(entrant, GAVE_WAY))
    });
    let mut least: Vec<Sum<'_>> = others.filter_map(|entrant| sum(lines, entrant, columns)).collect();
    least.sort_by(|a, b| (a.middle.total_cmp(&b.middle)).then(a.broken.total_cmp(&b.broken)));
    let mut told = BTreeSet::new();
    least.retain(|one| told.insert(one.title.split(',').next()));
    let Some(first) = least.first() else { return String::new() };
    let ties = least.iter().take_while(|one| one.low <= first.high).count();
    let listed = |some: &[Sum<'_>]| {
        let all = some.iter().map(|one| format!("{} ({})", one.title, figure.told(one.middle)));
        all.collect::<Vec<_>>().join(", ")
    };
    let (alike, rest) = least.split_at(ties);
    let rest = &rest[..NAMED.saturating_sub(ties).min(rest.len())];
    let alike = if ties > 1 { format!("{}, in no certain order", listed(alike)) } else { listed(alike) };
    if rest.is_empty() { alike } else { format!("{alike}; then {}", listed(rest)) }
}

/// A sentence that says how much the figures of the two halves of the seeds differ.
fn halves(lines: &Lines, entrants: &Entrants, costs: &[Column<'_>], loads: &[Column<'_>]) -> String {
    let of = |columns: &[Column<'_>]| -> Vec<f64> {
        let all =
            entrants.entrant.iter().flat_map(|entrant| columns.iter().map(move |column| (entrant, column)));
        let all = all.filter(|(entrant, column)| !column.is_lacking(entrant));
        let all = all.filter_map(|(entrant, column)| column.line(lines, &entrant.engine));
        all.filter(|line| line.seeds > 1 && line.halves[1].is_finite() && line.halves[1] > 0.0)
            .map(|line| (line.halves[0] / line.halves[1] - 1.0).abs())
            .collect()
    };
    let worst = |apart: &[f64]| apart.iter().fold(0.0, |worst: f64, apart| worst.max(*apart)) * 100.0;
    let (costs, loads) = (of(costs), of(loads));
    let near = costs.iter().filter(|apart| **apart <= NEAR).count();
    format!(
        "{near} of {} figures of [what it costs](#what-it-costs) differ by at most 3 %, the worst by {:.1} %. \
         Loads have few seeds and differ by up to {:.1} %: small differences there mean nothing",
        costs.len(),
        worst(&costs),
        worst(&loads)
    )
}

/// The numbers of seeds of each kind of work.
fn seeds(lines: &Lines) -> String {
    let of = |is_in: &dyn Fn(&Place) -> bool| {
        // All cells have this figure.
        let is_one = |place: &Place, figure: &str| figure == BROKEN && is_in(place);
        let seeds = lines.0.iter().filter(|((place, figure), _)| is_one(place, figure));
        let seeds: BTreeSet<usize> = seeds.map(|(_, line)| line.seeds).collect();
        seeds.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ")
    };
    format!(
        "{} of mornings over good LTE and {} over other links, {} of loads, {} of queues, {} of storms",
        of(&|place| place.work == MORNING && place.link == LINK),
        of(&|place| place.work == MORNING && place.link != LINK),
        of(&|place| place.work.starts_with("load")),
        of(&|place| place.work.starts_with("queue")),
        of(&|place| place.work == "storm")
    )
}

/// Makes one self-contained file of the page: the rendered Markdown with the plot.
pub fn html(markdown: &str, plot: &str) -> String {
    let mut body = String::new();
    let parser = pulldown_cmark::Parser::new_ext(markdown, pulldown_cmark::Options::ENABLE_TABLES);
    pulldown_cmark::html::push_html(&mut body, parser);
    let body = match (body.find("<img src=\"plots/engines.svg\""), body.find("engines.svg")) {
        (Some(at), _) => {
            let end = at + body[at..].find('>').map_or(0, |end| end + 1);
            format!("{}{plot}{}", &body[..at], &body[end..])
        }
        _ => body,
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Engines side by side</title>\n<style>{STYLE}</style>\n<main>\n{body}</main>\n</html>\n"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em}\
main>*{max-width:46em}\
table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto;max-width:none}\
th,td{padding:.25em .6em;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);white-space:nowrap}\
td:first-child,th:first-child{text-align:left}\
pre{overflow-x:auto;padding:.8em;background:color-mix(in srgb,currentColor 7%,transparent)}\
svg{max-width:100%;height:auto}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_that_is_too_wide_is_filled_as_a_whole() {
        let words = |times| vec!["abcd"; times].join(" ");
        // The page has two paragraphs with lines of 99, 104 and 49 columns, and a table.
        let [fits, wide, short] = [20, 21, 10].map(words);
        let page = format!("{fits}\n{short}\n\n- {wide}\n  {short}\n- {short}\n\n| {wide} |\n");
        let again = format!("- {}\n  {}\n- {short}\n", words(19), words(12));
        assert_eq!(filled(&page), format!("{fits}\n{short}\n\n{again}\n| {wide} |\n"));
    }

    #[test]
    fn an_item_below_an_item_keeps_its_place() {
        let words = |times| vec!["abcd"; times].join(" ");
        let page = format!("- {}\n  - {}\n", words(5), words(20));
        let filled_twice = format!("- {}\n  - {}\n    {}\n", words(5), words(19), words(1));
        assert_eq!(filled(&page), filled_twice);
    }

    #[test]
    fn an_address_is_not_broken() {
        let address = format!("https://{}", "a".repeat(WIDTH));
        assert_eq!(filled(&format!("see {address} there\n")), format!("see\n{address}\nthere\n"));
    }

    #[test]
    fn work_is_named_with_its_link_or_its_faults() {
        assert_eq!(named("morning", &[(LINK, "faults"), ("edge", "faults")]), "mornings with faults");
        assert_eq!(named("morning", &[(LINK, "clean"), (LINK, "faults")]), "mornings");
        assert_eq!(named("morning", &[("edge", "faults")]), "mornings with faults over edge");
        assert_eq!(named("load-10000", &[("edge", "clean")]), "loads of 10\u{2009}000 rows over EDGE");
        assert_eq!(named("queue-1000", &[(LINK, "clean")]), "queues of 1\u{2009}000");
    }

    #[test]
    fn a_storm_that_loses_many_edits_says_so() {
        let storm = Column { title: "", work: "storm", link: LINK, weather: "clean", figure: "safe 95 %" };
        let entrant = Entrant {
            engine: "one".to_owned(),
            title: String::new(),
            page: String::new(),
            promise: String::new(),
            lacks: Vec::new(),
            text: String::new(),
            found: Vec::new(),
        };
        let told = |lost: f64| {
            let place = Place::of("one", "storm", LINK, "clean");
            let values = [("safe 95 %", f64::INFINITY), ("lost", lost), ("edits", 100.0)];
            let lines = values.map(|(name, value)| {
                ((place.clone(), name.to_owned()), Line::of(Figure::named(name), &[value]))
            });
            storm.told(&Lines(lines.into()), &entrant)
        };
        assert_eq!(told(6.0), "lost > 5 %");
        assert_eq!(told(4.0), "never");
    }
}
